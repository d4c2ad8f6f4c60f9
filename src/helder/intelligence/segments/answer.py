"""What questions about a rule are answered with."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """How many profiles meet a rule."""

    total: int | None
    """Profiles that meet it; null when that cannot be known now."""
    base: int
    """Profiles in all."""
    counts: dict[str, int | None]
    """Profiles that meet each node, by its path (``rule``, ``rule.all[0]``…)."""
    as_of: datetime
    """The moment the answer is of, aware UTC."""
    took: float
    """Seconds it took."""
    unavailable_because: str = ""
    """Why there is no total, naming the source; empty when there is one."""


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of a rule while it is being written; numbers are null when they cannot be known now."""

    total: int | None
    base: int
    """Profiles in all."""
    counts: dict[str, int | None]
    """Profiles that meet each node, by its path."""
    beside: tuple[int | None, ...]
    """Profiles that meet the rule and also each of the rules beside it."""
    beside_all: tuple[int | None, ...]
    """Profiles that meet each of the rules beside it, whether or not they meet the rule."""
    sample: tuple[int, ...]
    """Some that meet it."""
    words: dict[str, str]
    """The rule as a sentence, by language."""
    as_of: datetime
    """The moment the numbers are of, aware UTC."""
    took: float
    """Seconds it took."""
    unavailable_because: str = ""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether one node of a rule holds for one profile."""

    path: str
    holds: bool | None
    """Null when that cannot be known now."""
    words: dict[str, str]
    """The node in words, by language."""
    unavailable_because: str = ""


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """Why a profile is, or is not, in a segment: every node's verdict, parents first."""

    profile_id: int
    holds: bool | None
    verdicts: tuple[Verdict, ...]
    as_of: datetime
