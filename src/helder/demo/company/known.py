"""What was emitted about people, kept while generating so that the truth can be decided from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache

Identity = tuple[str, str]  # kind, normalised value


@dataclass(slots=True)
class Choice:
    """One yes or no to a purpose. ``at`` is in seconds since 1970, UTC."""

    identity: Identity
    email: str
    purpose: str
    title: str
    choice: str
    at: int


@dataclass(slots=True)
class Known:
    """The facts of one chunk that decide who belongs in the audience, under the identity that bears them."""

    choices: list[Choice] = field(default_factory=list)
    complaints: set[Identity] = field(default_factory=set)
    paid: set[Identity] = field(default_factory=set)
    subscribed: set[Identity] = field(default_factory=set)
    mailed: set[Identity] = field(default_factory=set)
    ordered: set[Identity] = field(default_factory=set)
    started: dict[Identity, int] = field(default_factory=dict)
    finished: set[Identity] = field(default_factory=set)
    tickets: list[tuple[int, Identity]] = field(default_factory=list)

    _by_identity: dict[Identity, list[Choice]] | None = None

    def choices_of(self, identities: set[Identity]) -> list[Choice]:
        """Return the choices made under any of these identities or their addresses."""
        if self._by_identity is None:
            self._by_identity = {}
            for each in self.choices:
                for key in {each.identity, ("email", each.email.lower())}:
                    self._by_identity.setdefault(key, []).append(each)
        found = {id(each): each for key in identities for each in self._by_identity.get(key, ())}
        return list(found.values())


@cache
def _day(number: int) -> str:
    """Return a day, counted from 1970, as ISO 8601."""
    return datetime.fromtimestamp(number * 86_400, UTC).date().isoformat()


def iso(seconds: int) -> str:
    """Return seconds since 1970 as ISO 8601 in UTC, the way all sources write moments."""
    day, rest = divmod(seconds, 86_400)  # six times as fast as strftime, for hundreds of thousands of moments
    return f"{_day(day)}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}Z"
