"""The rule tree: what a segment asks of a customer.

A tree of groups (all, any or none of their rules) over leaves. Everything is frozen, and holds no store, no clock and
no settings: a rule means the same wherever it is read. Reference with examples: ``docs/reference/rules.md``.

Time: a window ``in_last`` W is ``(now − W, now]``; a fixed window is ``[since, until)``; moments are naive UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

import msgspec

Unit = Literal["minutes", "hours", "days", "weeks"]
Match = Literal["all", "any", "none"]
Counting = Literal["at_least", "at_most", "exactly", "never"]
Measure = Literal["count", "days", "sum", "average", "least", "greatest", "last", "first"]
Op = Literal[
    "is",
    "is_not",
    "in",
    "not_in",
    "contains",
    "not_contains",
    "starts_with",
    "at_least",
    "at_most",
    "more_than",
    "less_than",
    "between",
    "before",
    "after",
    "in_last",
    "in_next",
    "set",
    "not_set",
]

NEGATIVE: dict[str, str] = {"is_not": "is", "not_in": "in", "not_contains": "contains", "not_set": "set"}
"""Each negative comparison and the positive one it is the exact opposite of: an empty value is *not* Utrecht."""

_SECONDS: dict[str, int] = {"minutes": 60, "hours": 3600, "days": 86_400, "weeks": 604_800}


class Span(msgspec.Struct, frozen=True):
    """A length of time. A day is 24 hours here; calendar days are asked with dates."""

    n: int
    unit: Unit

    @property
    def length(self) -> timedelta:
        """The span as a ``timedelta``."""
        return timedelta(seconds=self.n * _SECONDS[self.unit])


class Window(msgspec.Struct, frozen=True):
    """When something happened: ``in_last`` (relative), or ``since``/``until`` (naive UTC), or always (up to now)."""

    in_last: Span | None = None
    since: datetime | None = None
    until: datetime | None = None


Scalar = bool | int | float | str
Value = None | Scalar | datetime | Span | tuple[str | int | float, ...]


class Condition(msgspec.Struct, frozen=True):
    """A comparison of one field. ``value`` is null for ``set`` and ``not_set``, a tuple for ``in`` and ``between``."""

    field: str
    op: Op
    value: Value = None


class Attribute(msgspec.Struct, frozen=True, tag="attribute"):
    """A field of the golden record."""

    test: Condition


class Behaviour(msgspec.Struct, frozen=True, tag="behaviour"):
    """Did an event at least, at most, exactly or never so many times."""

    event: str
    op: Counting = "at_least"
    times: int = 1
    window: Window = Window()
    where: tuple[Condition, ...] = ()


class Sequence(msgspec.Struct, frozen=True, tag="sequence"):
    """Did ``first`` and then, within a span of that, did or did not do ``then``.

    An event ``first`` at t counts when some (``negated``: no) event ``then`` of the same profile lies in
    ``(t, t + within]``. A negated sequence is known only once its span is over: ``t + within <= now``.
    """

    first: str
    then: str
    within: Span
    negated: bool = False
    window: Window = Window()
    where: tuple[Condition, ...] = ()
    then_where: tuple[Condition, ...] = ()


class Aggregate(msgspec.Struct, frozen=True, tag="aggregate"):
    """A measure over the records of an object: count, days (on which), sum, average, least, greatest, last, first."""

    object: str
    measure: Measure
    test: Condition
    window: Window = Window()
    where: tuple[Condition, ...] = ()


class Live(msgspec.Struct, frozen=True, tag="live"):
    """An aggregate over an object of a live source, asked there at the moment of the question."""

    source: str
    question: Aggregate


class Permission(msgspec.Struct, frozen=True, tag="permission"):
    """May be written to for a purpose by a channel (and, when given, for a title)."""

    purpose: str
    channel: str
    title: str = ""


class Membership(msgspec.Struct, frozen=True, tag="membership"):
    """Belongs to another segment, by its key: the other's rule, asked at the same moment."""

    segment: str


Leaf = Attribute | Behaviour | Sequence | Aggregate | Live | Permission | Membership


class Group(msgspec.Struct, frozen=True, tag="group"):
    """All, any or none of ``rules``. An empty *all* or *none* holds for everyone, an empty *any* for nobody."""

    match: Match
    rules: tuple[Rule, ...]


Rule = Group | Attribute | Behaviour | Sequence | Aggregate | Live | Permission | Membership


def nodes(rule: Rule, path: str = "rule") -> Iterator[tuple[str, Rule]]:
    """Yield every node with its path (``rule.all[1]``), parents first."""
    yield path, rule
    if isinstance(rule, Group):
        for position, child in enumerate(rule.rules):
            yield from nodes(child, f"{path}.{rule.match}[{position}]")


def leaves(rule: Rule) -> Iterator[tuple[str, Leaf]]:
    """Yield every leaf with its path."""
    return ((path, node) for path, node in nodes(rule) if not isinstance(node, Group))


def fingerprint(rule: Rule) -> bytes:
    """Return the rule as canonical bytes: equal for equal rules only (unlike ``==``, which takes 1 for true)."""
    return msgspec.json.encode(rule, order="deterministic")
