"""What every language must be able to say, and what all say alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime
from typing import ClassVar, cast

import msgspec
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from helder.intelligence.segments.rule import (
    Aggregate,
    Attribute,
    Behaviour,
    Condition,
    Leaf,
    Live,
    Membership,
    Op,
    Permission,
    Sequence,
    Span,
    Window,
)
from helder.intelligence.segments.words.lexicon import Lexicon


class Clause(msgspec.Struct, frozen=True):
    """A part of a sentence about customers, with the pronoun that it needs (who, whose)."""

    pronoun: str
    text: str


class Times(msgspec.Struct, frozen=True):
    """How often: the comparison and the number."""

    op: str
    n: int | float
    upper: int | float | None = None

    @property
    def never(self) -> bool:
        """Whether it says *not once*."""
        return (self.op in ("is", "at_most") and self.n == 0) or (self.op == "less_than" and self.n <= 1)

    @property
    def once_or_more(self) -> bool:
        """Whether it says *at all*."""
        return (self.op == "at_least" and self.n == 1) or (self.op in ("more_than", "is_not") and self.n == 0)


class Grammar(ABC):
    """One language."""

    language: ClassVar[str]
    customers: ClassVar[str]
    everyone: ClassVar[str]
    nobody: ClassVar[str]
    conjunction: ClassVar[str]
    disjunction: ClassVar[str]
    who: ClassVar[str]
    pronouns: ClassVar[tuple[str, ...]]
    yes: ClassVar[str]
    no: ClassVar[str]
    euros: ClassVar[str]
    """Pattern of whole euros."""
    subordinate: ClassVar[tuple[str, ...]]
    """Words that open a clause within a clause: a comma closes it before the next."""

    def __init__(self, lexicon: Lexicon) -> None:
        """Speak with the words of ``lexicon``."""
        self.lexicon = lexicon

    def clause(self, leaf: Leaf, *, negated: bool = False) -> Clause | None:
        """Return a leaf, or its opposite, as a clause; None when this grammar has no short way to say the opposite."""
        if negated:
            return self.opposite(leaf)
        match leaf:
            case Behaviour():
                return self.behaviour(leaf, times_of(leaf))
            case Permission():
                return self.permission(leaf, negated=False)
            case Membership():
                return self.membership(leaf, negated=False)
            case _:
                return self.asked(leaf)

    def asked(self, leaf: Attribute | Sequence | Aggregate | Live) -> Clause:
        """Return a leaf that is said in one way only."""
        match leaf:
            case Attribute():
                return self.attribute(leaf.test)
            case Sequence():
                return self.sequence(leaf)
            case Aggregate():
                return self.aggregate(leaf)
            case Live():
                return self.live(leaf)

    def opposite(self, leaf: Leaf) -> Clause | None:
        """Return the opposite of a leaf."""
        match leaf:
            case Behaviour() if less := fewer(times_of(leaf)):
                return self.behaviour(leaf, less)
            case Aggregate(measure="count") if less := fewer(counting(leaf.test)):
                return self.aggregate(_counting(leaf, less))
            case Live(question=Aggregate(measure="count") as ask) if less := fewer(counting(ask.test)):
                return self.live(Live(leaf.source, _counting(ask, less)))
            case Permission():
                return self.permission(leaf, negated=True)
            case Membership():
                return self.membership(leaf, negated=True)
            case Attribute() if leaf.test.op in _TURNED:
                return self.attribute(msgspec.structs.replace(leaf.test, op=_TURNED[leaf.test.op]))
            case _:
                return None

    @abstractmethod
    def attribute(self, test: Condition) -> Clause:
        """Say a comparison of the golden record."""

    @abstractmethod
    def behaviour(self, leaf: Behaviour, times: Times) -> Clause:
        """Say how often something was done."""

    @abstractmethod
    def sequence(self, leaf: Sequence) -> Clause:
        """Say A, then (not) B."""

    @abstractmethod
    def aggregate(self, leaf: Aggregate) -> Clause:
        """Say a measure over records."""

    @abstractmethod
    def live(self, leaf: Live) -> Clause:
        """Say a measure over records of a live source."""

    @abstractmethod
    def permission(self, leaf: Permission, *, negated: bool) -> Clause:
        """Say permission."""

    @abstractmethod
    def membership(self, leaf: Membership, *, negated: bool) -> Clause:
        """Say membership."""

    @abstractmethod
    def among(self, text: str) -> str:
        """Say *not among the customers who* ``text``."""

    @abstractmethod
    def quoted(self, text: str) -> str:
        """Put quotation marks round a value."""

    @abstractmethod
    def length(self, span: Span) -> str:
        """Say how long something takes."""

    def number(self, value: float) -> str:
        """Say a number."""
        return format_decimal(value, locale=self.language)

    def money(self, value: float) -> str:
        """Say an amount in euros; whole euros without cents."""
        pattern = self.euros if float(value).is_integer() else f"{self.euros}.00"
        return format_currency(value, "EUR", pattern, self.language, currency_digits=False)

    def date(self, at: datetime) -> str:
        """Say a moment: its date, and its time unless that is midnight."""
        local = self.lexicon.local(at)
        said = format_date(local, "d MMMM y", self.language)
        return said if (local.hour, local.minute) == (0, 0) else f"{said} {local:%H:%M}"

    def value(self, test: Condition, object_key: str) -> list[str]:
        """Say what a field of an object is compared with; whole values in the catalogue's words, where it has them."""
        values = test.value if isinstance(test.value, tuple) else (test.value,)
        kind = self.lexicon.field_type(object_key, test.field)
        whole = test.op in ("is", "is_not", "in", "not_in")
        said = [
            self.lexicon.value_label(object_key, test.field, each, self.language) if whole else None for each in values
        ]
        return [label or self.one(each, kind) for label, each in zip(said, values, strict=True)]

    def one(self, value: object, kind: str) -> str:
        """Say one value."""
        if isinstance(value, datetime):
            return self.date(value)
        if isinstance(value, Span):
            return self.length(value)
        if isinstance(value, bool):
            return self.quoted(self.yes if value else self.no)
        if not isinstance(value, int | float):
            return self.quoted(str(value))
        return self.money(value) if kind == "money" else self.number(value)

    def spoken_list(self, words: list[str], last: str) -> str:
        """Say *a, b or c*."""
        return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def times_of(leaf: Behaviour) -> Times:
    """Return how often a behaviour is asked."""
    if leaf.op == "never":
        return Times("is", 0)
    return Times("is" if leaf.op == "exactly" else leaf.op, leaf.times)


def counting(test: Condition) -> Times:
    """Return how often a count is asked."""
    if isinstance(test.value, tuple):
        return Times(test.op, cast("float", test.value[0]), cast("float", test.value[1]))
    return Times(test.op, cast("float", test.value))


def everywhen(window: Window) -> bool:
    """Return whether a window is all of the past."""
    return window == Window()


def fewer(times: Times) -> Times | None:
    """Return the opposite of *at all* (never) and of *at least three times* (less than three times); else None."""
    if times.once_or_more:
        return Times("is", 0)
    return Times("less_than", times.n) if times.op == "at_least" and times.n > 1 else None


def _counting(leaf: Aggregate, times: Times) -> Aggregate:
    """Return the leaf that asks for another count."""
    return msgspec.structs.replace(leaf, test=Condition(leaf.test.field, cast("Op", times.op), times.n))


_TURNED = {
    "is": "is_not",
    "is_not": "is",
    "in": "not_in",
    "not_in": "in",
    "contains": "not_contains",
    "not_contains": "contains",
    "set": "not_set",
    "not_set": "set",
}
