"""English."""

from __future__ import annotations

from typing import ClassVar, cast

from helder.intelligence.segments.rule import (
    Aggregate,
    Behaviour,
    Condition,
    Live,
    Membership,
    Permission,
    Sequence,
    Span,
    Window,
)
from helder.intelligence.segments.words import english_nouns as nouns
from helder.intelligence.segments.words.grammar import Clause, Grammar, Times, counting, everywhen
from helder.intelligence.segments.words.places import country
from helder.intelligence.segments.words.tickets import ticket_words

WHO = "who"
WHOSE = "whose"


class English(Grammar):
    """British English, spoken to a marketer."""

    language: ClassVar[str] = "en"
    customers: ClassVar[str] = "Customers"
    everyone: ClassVar[str] = "All customers"
    nobody: ClassVar[str] = "No customer"
    conjunction: ClassVar[str] = "and"
    disjunction: ClassVar[str] = "or"
    who: ClassVar[str] = WHO
    pronouns: ClassVar[tuple[str, ...]] = (WHO, WHOSE)
    yes: ClassVar[str] = "yes"
    no: ClassVar[str] = "no"
    euros: ClassVar[str] = "¤#,##0"
    subordinate: ClassVar[tuple[str, ...]] = (" where ", ", but ")

    def attribute(self, test: Condition) -> Clause:
        """*live in Utrecht*; *whose postcode starts with “35”*."""
        known = self._living(test) or self._having(test)
        if known:
            return Clause(WHO, known)
        known = self.lexicon.field_label("person", test.field, "en") or nouns.SEEN.get(test.field)
        label = nouns.lowered(known) or self.quoted(test.field)
        return Clause(WHOSE, f"{label} {self._predicate(test, 'person')}")

    def behaviour(self, leaf: Behaviour, times: Times) -> Clause:
        """*placed an order at least twice in the last 180 days*."""
        done = self._done(self._event(leaf.event), times, leaf.window)
        return Clause(WHO, done + self._where(leaf.where, "event"))

    def sequence(self, leaf: Sequence) -> Clause:
        """*started a registration, but completed no registration within 24 hours of that*."""
        first = self._done(self._event(leaf.first), Times("at_least", 1), leaf.window)
        first += self._where(leaf.where, "event")
        then = _said(self._event(leaf.then), denied=leaf.negated)
        but = ", but" if leaf.negated else " and then"
        soon = f"within {self.length(leaf.within)} of that"
        return Clause(WHO, f"{first}{but} {then} {soon}{self._where(leaf.then_where, 'event')}")

    def aggregate(self, leaf: Aggregate) -> Clause:
        """*have no open complaint*; *whose total amount of orders is at least €100*."""
        if leaf.measure == "count":
            return Clause(WHO, self._counted(leaf))
        if leaf.measure == "days":
            return Clause(WHO, self._on_days(leaf))
        if leaf.test.field == "at":
            return Clause(WHOSE, self._dated(leaf))
        label = self._label(leaf.object, leaf.test.field)
        what = f"{nouns.ADJECTIVES[leaf.measure]} {label}"
        of = nouns.PLURALS.get(leaf.object, self.quoted(self.lexicon.object_label(leaf.object, "en")))
        text = f"{what} of {of}{self._when(leaf.window)}{self._where(leaf.where, leaf.object)}"
        return Clause(WHOSE, f"{text} {self._predicate(leaf.test, leaf.object)}")

    def live(self, leaf: Live) -> Clause:
        """*ordered no workshop place according to the ERP*."""
        said = self.aggregate(leaf.question)
        name = self.lexicon.named(self.lexicon.sources, leaf.source, "en")
        before, where, after = said.text.partition(" where ")
        return Clause(said.pronoun, f"{before} according to {name or self.quoted(leaf.source)}{where}{after}")

    def permission(self, leaf: Permission, *, negated: bool) -> Clause:
        """*may be contacted by e-mail for “Events”*."""
        purpose = self.lexicon.named(self.lexicon.purposes, leaf.purpose, "en")
        title = f" about {self.quoted(leaf.title)}" if leaf.title else ""
        by = nouns.CHANNELS.get(leaf.channel, f"by {self.quoted(leaf.channel)}")
        denial = "not " if negated else ""
        return Clause(WHO, f"may {denial}be contacted {by} for {self.quoted(purpose or leaf.purpose)}{title}")

    def membership(self, leaf: Membership, *, negated: bool) -> Clause:
        """*belong to the segment “Loyal buyers”*."""
        name = self.quoted(self.lexicon.segments.get(leaf.segment, leaf.segment))
        return Clause(WHO, f"{'do not ' if negated else ''}belong to the segment {name}")

    def among(self, text: str) -> str:
        """*are not among the customers who …*."""
        return f"are not among the customers {text}"

    def quoted(self, text: str) -> str:
        """“Utrecht”."""
        return f"“{text}”"

    def length(self, span: Span) -> str:
        """*24 hours*, *one day*."""
        return f"one {span.unit[:-1]}" if span.n == 1 else f"{self.number(span.n)} {span.unit}"

    def _living(self, test: Condition) -> str:
        """Say where people live."""
        if test.field not in ("city", "country") or test.op not in ("is", "is_not", "in", "not_in"):
            return ""
        values = test.value if isinstance(test.value, tuple) else (test.value,)
        names = [country(str(value), "en") if test.field == "country" else str(value) for value in values]
        return f"{'do not ' if test.op in ('is_not', 'not_in') else ''}live in {self.spoken_list(names, 'or')}"

    def _having(self, test: Condition) -> str:
        """Say whether an address or number is known."""
        if test.field not in nouns.OWNED or test.op not in ("set", "not_set"):
            return ""
        article, noun = nouns.OWNED[test.field]
        return f"have {article if test.op == 'set' else 'no'} {noun}"

    def _event(self, name: str) -> tuple[str, str]:
        """Return the phrase of an event; without one it *did* its label."""
        return self.lexicon.event_phrase(name, "en") or ("did", self.quoted(self.lexicon.event_label(name, "en")))

    def _done(self, phrase: tuple[str, str], times: Times, window: Window) -> str:
        """Say what was done, how often, and when."""
        done = _said(phrase, denied=times.never, ever=everywhen(window))
        often = "" if times.never or times.once_or_more else f" {self._frequency(times)}"
        return f"{done}{often}{self._when(window)}"

    def _counted(self, leaf: Aggregate) -> str:
        """Say how many records there are."""
        times = counting(leaf.test)
        having = ticket_words(leaf, "en")
        if having and (times.never or times.once_or_more):
            article = "no" if times.never else "an" if having[0] in "aeiou" else "a"
            return f"{'have' if everywhen(leaf.window) else 'had'} {article} {having}{self._when(leaf.window)}"
        phrase = self.lexicon.object_phrase(leaf.object, "en") or ("have", self.quoted(leaf.object))
        return self._done(phrase, times, leaf.window) + self._where(leaf.where, leaf.object)

    def _label(self, object_key: str, field: str) -> str:
        """Return what a field is called inside a sentence."""
        label = self.lexicon.field_label(object_key, field, "en")
        return self.quoted(field) if label is None else nouns.MOMENTS.get(field) or nouns.lowered(label)

    def _dated(self, leaf: Aggregate) -> str:
        """*latest order lies before 1 January*."""
        which = "latest" if leaf.measure in ("last", "greatest") else "first"
        one = nouns.lowered(self.lexicon.object_label(leaf.object, "en"))
        where = self._where(leaf.where, leaf.object)
        return f"{which} {one}{self._when(leaf.window)}{where} {self._predicate(leaf.test, leaf.object)}"

    def _on_days(self, leaf: Aggregate) -> str:
        """*placed an order on at least three days*."""
        phrase = self.lexicon.object_phrase(leaf.object, "en") or ("have", self.quoted(leaf.object))
        days = self._amount(counting(leaf.test), "day", "days")
        where = self._where(leaf.where, leaf.object)
        return f"{_said(phrase, denied=False)} on {days}{self._when(leaf.window)}{where}"

    def _frequency(self, times: Times) -> str:
        """*at least twice*, *exactly once*, *between two and five times*."""
        if times.upper is None and times.n in nouns.OFTEN:
            return f"{nouns.COMPARED[times.op]}{nouns.OFTEN[int(times.n)]}"
        return self._amount(times, "time", "times")

    def _amount(self, times: Times, one: str, many: str) -> str:
        """*at least three days*."""
        number = nouns.count(times.n, self.number)
        if times.upper is not None:
            return f"between {number} and {nouns.count(times.upper, self.number)} {many}"
        return f"{nouns.COMPARED[times.op]}{number} {one if times.n == 1 else many}"

    def _when(self, window: Window) -> str:
        """* in the last 180 days*, with a space before it."""
        if window.in_last is not None:
            span = window.in_last
            return f" in the last {span.unit[:-1] if span.n == 1 else self.length(span)}"
        if window.since is not None and window.until is not None:
            return f" from {self.date(window.since)} until {self.date(window.until)}"
        if window.since is not None:
            return f" since {self.date(window.since)}"
        return f" before {self.date(window.until)}" if window.until is not None else ""

    def _where(self, tests: tuple[Condition, ...], object_key: str) -> str:
        """*, where title is “tuin” and amount is at least €10*."""
        said = [f"{self._label(object_key, test.field)} {self._predicate(test, object_key)}" for test in tests]
        return f" where {' and '.join(said)}" if said else ""

    def _predicate(self, test: Condition, object_key: str) -> str:
        """Say a comparison: *is “tuin”*, *starts with “35”*."""
        values = self.value(test, object_key) if test.value is not None else []
        if test.op in ("in", "not_in"):
            return nouns.PREDICATES[test.op].format(self.spoken_list(values, "or"))
        if test.op in ("in_last", "in_next"):
            span = cast("Span", test.value)
            return f"lies in the {test.op[3:]} {span.unit[:-1] if span.n == 1 else values[0]}"
        return nouns.PREDICATES[test.op].format(*values)


def _said(phrase: tuple[str, str], *, denied: bool, ever: bool = False) -> str:
    """Return what was done, or was not: *placed no order*, *never signed in*."""
    verb, rest = phrase
    if not denied:
        return f"{verb} {rest}".strip()
    if verb.startswith("could not "):
        return f"could always {verb.removeprefix('could not ')} {rest}".strip()
    if rest.endswith("something"):
        return f"{verb} {rest.removesuffix('something')}nothing"
    article = next((each for each in ("an ", "a ") if rest.startswith(each)), "")
    if ever or not article:
        return f"never {verb} {rest}".strip() if not verb.startswith("were ") else f"were never {verb[5:]} {rest}"
    return f"{verb} no {rest.removeprefix(article)}"
