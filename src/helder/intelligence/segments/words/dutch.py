"""Dutch. Relative clauses put their verb last: *klanten die minstens twee keer een bestelling plaatsten*."""

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
from helder.intelligence.segments.words import dutch_nouns as nouns
from helder.intelligence.segments.words.dutch_verbs import Phrase, verb_last
from helder.intelligence.segments.words.grammar import Clause, Grammar, Times, counting, everywhen
from helder.intelligence.segments.words.places import country
from helder.intelligence.segments.words.tickets import ticket_words

DIE = "die"
VAN_WIE = "van wie"


class Dutch(Grammar):
    """Standard Dutch, spoken to a marketer."""

    language: ClassVar[str] = "nl"
    customers: ClassVar[str] = "Klanten"
    everyone: ClassVar[str] = "Alle klanten"
    nobody: ClassVar[str] = "Geen enkele klant"
    conjunction: ClassVar[str] = "en"
    disjunction: ClassVar[str] = "of"
    who: ClassVar[str] = DIE
    pronouns: ClassVar[tuple[str, ...]] = (DIE, VAN_WIE)
    yes: ClassVar[str] = "ja"
    no: ClassVar[str] = "nee"
    euros: ClassVar[str] = "¤ #,##0"
    subordinate: ClassVar[tuple[str, ...]] = (", waarbij ", ", maar ", " waarvan ", " daarna ")

    def attribute(self, test: Condition) -> Clause:
        """*in Utrecht wonen*; *van wie de postcode met ‘35’ begint*."""
        known = self._living(test) or self._having(test)
        if known:
            return Clause(DIE, known)
        label = self.lexicon.field_label("person", test.field, "nl") or nouns.SEEN.get(test.field)
        return Clause(VAN_WIE, f"{nouns.with_article(test.field, label)} {self._predicate(test, 'person')}")

    def behaviour(self, leaf: Behaviour, times: Times) -> Clause:
        """*in de afgelopen 180 dagen minstens twee keer een bestelling plaatsten*."""
        done = self._done(self._event(leaf.event), times, leaf.window)
        return Clause(DIE, done + self._where(leaf.where, "event", ", waarbij"))

    def sequence(self, leaf: Sequence) -> Clause:
        """*aan een aanmelding begonnen, maar binnen 24 uur daarna geen aanmelding afrondden*."""
        first = self._done(self._event(leaf.first), Times("at_least", 1), leaf.window)
        times = Times("is", 0) if leaf.negated else Times("at_least", 1)
        soon = f"binnen {self.length(leaf.within)} daarna"
        then = verb_last(self._event(leaf.then), self._frequency(times), denied=leaf.negated, windowed=True, when=soon)
        but = ", maar" if leaf.negated else " en"
        first += self._where(leaf.where, "event", ", waarbij")
        return Clause(DIE, f"{first}{but} {then}{self._where(leaf.then_where, 'event', ', waarbij')}")

    def aggregate(self, leaf: Aggregate) -> Clause:
        """*geen open klacht hebben*; *van wie het totale bedrag van de bestellingen minstens € 100 is*."""
        if leaf.measure == "count":
            return Clause(DIE, self._counted(leaf))
        if leaf.measure == "days":
            return Clause(DIE, self._on_days(leaf))
        label = self.lexicon.field_label(leaf.object, leaf.test.field, "nl")
        if leaf.test.field == "at":
            return Clause(VAN_WIE, self._dated(leaf))
        text = (
            f"{self._measured(leaf, label)}{self._when(leaf.window)}{self._where(leaf.where, leaf.object, ' waarvan')}"
        )
        return Clause(VAN_WIE, f"{text} {self._predicate(leaf.test, leaf.object)}")

    def live(self, leaf: Live) -> Clause:
        """*volgens het ERP geen plaats in een workshop bestelden*."""
        said = self.aggregate(leaf.question)
        name = self.lexicon.named(self.lexicon.sources, leaf.source, "nl")
        told = f"volgens {name or self.quoted(leaf.source)}"
        return Clause(said.pronoun, f"{told} {said.text}")

    def permission(self, leaf: Permission, *, negated: bool) -> Clause:
        """*voor workshops per e-mail benaderd mogen worden*."""
        purpose = self.lexicon.named(self.lexicon.purposes, leaf.purpose, "nl")
        title = f" over {self.quoted(leaf.title)}" if leaf.title else ""
        denial = "niet " if negated else ""
        by = nouns.CHANNELS.get(leaf.channel, f"via {self.quoted(leaf.channel)}")
        return Clause(DIE, f"{denial}voor {self.quoted(purpose or leaf.purpose)}{title} {by} benaderd mogen worden")

    def membership(self, leaf: Membership, *, negated: bool) -> Clause:
        """*tot het segment ‘Trouwe kopers’ behoren*."""
        name = self.quoted(self.lexicon.segments.get(leaf.segment, leaf.segment))
        return Clause(DIE, f"{'niet ' if negated else ''}tot het segment {name} behoren")

    def among(self, text: str) -> str:
        """*niet behoren tot de klanten die …*."""
        return f"niet behoren tot de klanten {text}"

    def quoted(self, text: str) -> str:
        """‘Utrecht’."""
        return f"‘{text}’"

    def length(self, span: Span) -> str:
        """*24 uur*, *één dag*: hours stay singular after a number."""
        one, many = nouns.UNITS[span.unit]
        return f"één {one}" if span.n == 1 else f"{self.number(span.n)} {many}"

    def _living(self, test: Condition) -> str:
        """Say where people live."""
        if test.field not in ("city", "country") or test.op not in ("is", "is_not", "in", "not_in"):
            return ""
        values = test.value if isinstance(test.value, tuple) else (test.value,)
        names = [country(str(value), "nl") if test.field == "country" else str(value) for value in values]
        return f"{'niet ' if test.op in ('is_not', 'not_in') else ''}in {self.spoken_list(names, 'of')} wonen"

    def _having(self, test: Condition) -> str:
        """Say whether an address or number is known."""
        if test.field not in nouns.OWNED or test.op not in ("set", "not_set"):
            return ""
        return f"{'een' if test.op == 'set' else 'geen'} {nouns.OWNED[test.field]} hebben"

    def _event(self, name: str) -> Phrase:
        """Return the phrase of an event; without one it *did* its label."""
        phrase = self.lexicon.event_phrase(name, "nl")
        return Phrase(*phrase) if phrase else Phrase("deden", self.quoted(self.lexicon.event_label(name, "nl")))

    def _done(self, phrase: Phrase, times: Times, window: Window) -> str:
        """Say how often something was done, and when."""
        often = self._frequency(times)
        when = self._when(window).strip()
        return verb_last(phrase, often, denied=times.never, windowed=not everywhen(window), when=when)

    def _counted(self, leaf: Aggregate) -> str:
        """Say how many records there are."""
        times = counting(leaf.test)
        having = ticket_words(leaf, "nl")
        if having and (times.never or times.once_or_more):
            when = self._when(leaf.window).strip()
            known = f"{'geen' if times.never else 'een'} {having}"
            return f"{when} {known} hadden" if when else f"{known} hebben"
        phrase = self.lexicon.object_phrase(leaf.object, "nl")
        known = Phrase(*phrase) if phrase else Phrase("hebben", self.quoted(leaf.object))
        return self._done(known, times, leaf.window) + self._where(leaf.where, leaf.object, ", waarbij")

    def _measured(self, leaf: Aggregate, label: str | None) -> str:
        """*het totale bedrag van de bestellingen*, *de status van het laatste abonnement*."""
        known = self.lexicon.object_label(leaf.object, "nl")
        if leaf.measure in ("last", "first"):
            of_one = nouns.singular(leaf.object, nouns.ADJECTIVES[leaf.measure], known)
            return f"{nouns.with_article(leaf.test.field, label)} van {of_one}"
        return f"{nouns.with_adjective(leaf.measure, leaf.test.field, label)} van {nouns.plural(leaf.object, known)}"

    def _dated(self, leaf: Aggregate) -> str:
        """*de laatste bestelling vóór 1 januari ligt*."""
        which = "laatste" if leaf.measure in ("last", "greatest") else "eerste"
        one = nouns.singular(leaf.object, which, self.lexicon.object_label(leaf.object, "nl"))
        where = self._where(leaf.where, leaf.object, " waarvan")
        return f"{one}{self._when(leaf.window)}{where} {self._predicate(leaf.test, leaf.object)}"

    def _on_days(self, leaf: Aggregate) -> str:
        """*op minstens drie dagen een bestelling plaatsten*."""
        phrase = self.lexicon.object_phrase(leaf.object, "nl")
        known = Phrase(*phrase) if phrase else Phrase("hebben", self.quoted(leaf.object))
        days = f"op {self._amount(counting(leaf.test), 'dag', 'dagen')}"
        done = verb_last(known, days, denied=False, windowed=False, when=self._when(leaf.window).strip())
        return f"{done}{self._where(leaf.where, leaf.object, ', waarbij')}"

    def _frequency(self, times: Times) -> str:
        """*minstens twee keer*; nothing for at all, and for never (the verb says that)."""
        return "" if times.never or times.once_or_more else self._amount(times, "keer", "keer")

    def _amount(self, times: Times, one: str, many: str) -> str:
        """*minstens twee keer*, *twee tot en met vijf keer*."""
        number = nouns.count(times.n, self.number)
        if times.upper is not None:
            return f"{number} tot en met {nouns.count(times.upper, self.number)} {many}"
        return f"{nouns.COMPARED[times.op]}{number} {one if times.n == 1 else many}"

    def _when(self, window: Window) -> str:
        """* in de afgelopen 180 dagen*, with a space before it."""
        if window.in_last is not None:
            article = nouns.LAST[window.in_last.unit] if window.in_last.n == 1 else "de afgelopen"
            one = nouns.UNITS[window.in_last.unit][0]
            return f" in {article} {one if window.in_last.n == 1 else self.length(window.in_last)}"
        if window.since is not None and window.until is not None:
            return f" van {self.date(window.since)} tot {self.date(window.until)}"
        if window.since is not None:
            return f" sinds {self.date(window.since)}"
        return f" vóór {self.date(window.until)}" if window.until is not None else ""

    def _where(self, tests: tuple[Condition, ...], object_key: str, lead: str) -> str:
        """*, waarbij titel ‘tuin’ is en bedrag minstens € 10 is*."""
        said = []
        for test in tests:
            label = self.lexicon.field_label(object_key, test.field, "nl")
            name = nouns.with_article(test.field, label) if label else self.quoted(test.field)
            said.append(f"{name} {self._predicate(test, object_key)}")
        return f"{lead} {' en '.join(said)}" if said else ""

    def _predicate(self, test: Condition, object_key: str) -> str:
        """Say a comparison with its verb last: *‘tuin’ is*, *met ‘35’ begint*."""
        values = self.value(test, object_key) if test.value is not None else []
        if test.op in ("in", "not_in"):
            return nouns.PREDICATES[test.op].format(self.spoken_list(values, "of"))
        if test.op in ("in_last", "in_next"):
            span = cast("Span", test.value)
            some = nouns.UNITS[span.unit][0] if span.n == 1 else values[0]
            article = nouns.LAST[span.unit] if test.op == "in_last" else nouns.NEXT[span.unit]
            plural = "de afgelopen" if test.op == "in_last" else "de komende"
            return f"in {article if span.n == 1 else plural} {some} ligt"
        return nouns.PREDICATES[test.op].format(*values)
