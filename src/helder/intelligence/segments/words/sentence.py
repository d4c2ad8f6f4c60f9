"""A rule as one sentence: the clauses of its leaves, joined by and, or and not."""

from __future__ import annotations

from itertools import pairwise

from helder.intelligence.segments.rule import Group, Rule
from helder.intelligence.segments.vocabulary import Catalogue
from helder.intelligence.segments.words.dutch import Dutch
from helder.intelligence.segments.words.english import English
from helder.intelligence.segments.words.grammar import Clause, Grammar
from helder.intelligence.segments.words.lexicon import Lexicon

GRAMMARS: dict[str, type[Grammar]] = {"nl": Dutch, "en": English}


def say(rule: Rule, language: str, lexicon: Lexicon) -> str:
    """Return ``rule`` as a sentence.

    Args:
        rule: the rule.
        language: nl or en.
        lexicon: what things are called.
    """
    grammar = GRAMMARS[language](lexicon)
    rule = simplified(rule)
    if isinstance(rule, Group) and not rule.rules:
        return f"{grammar.nobody if rule.match == 'any' else grammar.everyone}."
    text, _ = _spoken(rule, grammar, "", inside=False)
    return f"{grammar.customers} {text}."


def in_words(rule: Rule, language: str, catalogue: Catalogue) -> str:
    """Return ``rule`` as a sentence, with nothing but the catalogue's words."""
    return say(rule, language, Lexicon(catalogue=catalogue))


def say_node(rule: Rule, language: str, lexicon: Lexicon) -> str:
    """Return one node as a clause without its pronoun, to stand beside its verdict."""
    grammar = GRAMMARS[language](lexicon)
    rule = simplified(rule)
    if isinstance(rule, Group) and not rule.rules:
        return grammar.nobody if rule.match == "any" else grammar.everyone
    text, _ = _spoken(rule, grammar, grammar.who, inside=False)
    return text


def simplified(rule: Rule) -> Rule:
    """Return the same rule without groups of one: nobody says those."""
    if not isinstance(rule, Group):
        return rule
    children = tuple(simplified(child) for child in rule.rules)
    if len(children) == 1 and rule.match != "none":
        return children[0]
    return Group(rule.match, children)


def _spoken(rule: Rule, grammar: Grammar, before: str, *, inside: bool) -> tuple[str, str]:
    """Return a node in words and the pronoun that is then in force; ``before`` is the one in force now."""
    if not isinstance(rule, Group):
        clause = grammar.clause(rule)
        if clause is None:
            raise TypeError(type(rule).__name__)
        return _with_pronoun(clause, before)
    if rule.match == "none":
        return _excluded(rule, grammar, before, inside=inside)
    word = grammar.conjunction if rule.match == "all" else grammar.disjunction
    text, pronoun = _joined(rule, grammar, word, before)
    return (_bracketed(text, grammar) if inside and len(rule.rules) > 1 else text), pronoun


def _bracketed(text: str, grammar: Grammar) -> str:
    """Put brackets round a group, after the pronoun that it begins with: *die (inlogden of …)*."""
    for pronoun in grammar.pronouns:
        if text.startswith(f"{pronoun} "):
            return f"{pronoun} ({text.removeprefix(f'{pronoun} ')})"
    return f"({text})"


def _joined(rule: Group, grammar: Grammar, word: str, before: str) -> tuple[str, str]:
    """Return the children in words: *a, b en c*, with ``word`` also where another pronoun begins."""
    if not rule.rules:
        nothing = grammar.nobody if rule.match == "any" else grammar.everyone
        return f"({nothing.lower()})", before
    texts: list[str] = []
    for child in rule.rules:
        text, before = _spoken(child, grammar, before, inside=True)
        texts.append(text)
    pronouns = tuple(f"{pronoun} " for pronoun in grammar.pronouns)
    turns = [*(text.startswith(pronouns) for text in texts), True]
    joined = texts[0]
    for n, (last, text) in enumerate(pairwise(texts), start=1):
        if not (turns[n] or turns[n + 1]):
            joined += f", {text}"
            continue
        comma = "," if any(mark in last for mark in grammar.subordinate) and not last.endswith(")") else ""
        joined += f"{comma} {word} {text}"
    return joined, before


def _excluded(rule: Group, grammar: Grammar, before: str, *, inside: bool) -> tuple[str, str]:
    """Return a *none* group: the opposite of its one leaf, or *not among the customers who*."""
    if not rule.rules:
        return f"({grammar.everyone.lower()})", before
    only = rule.rules[0]
    if len(rule.rules) == 1 and not isinstance(only, Group):
        clause = grammar.clause(only, negated=True)
        if clause is not None:
            return _with_pronoun(clause, before)
    any_of = Group("any", rule.rules)
    text, _ = _spoken(simplified(any_of), grammar, "", inside=inside)
    return _with_pronoun(Clause(grammar.who, grammar.among(text)), before)


def _with_pronoun(clause: Clause, before: str) -> tuple[str, str]:
    """Return a clause after its pronoun, which is left out when it is in force already."""
    text = clause.text if clause.pronoun == before else f"{clause.pronoun} {clause.text}"
    return text, clause.pronoun
