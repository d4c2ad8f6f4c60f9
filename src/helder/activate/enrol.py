"""People enter a journey: those who came into its segment and are still in it, each once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.sqlite import insert

from helder.activate.definitions import Live, find_segment
from helder.activate.journeys.holdout import held_out
from helder.activate.known import parts
from helder.activate.people import People
from helder.store.projections.records import MemberChange
from helder.store.state import State, move
from helder.store.tables.base import watermark
from helder.store.tables.journeys import enrolment, journey_version

_AT_ONCE = 5_000
_NOTED = 5_000
"""Changes of other segments that are passed over before the watermark is written: each writing waits for the disk."""
_STAGE = "enter:"
"""With the id of a journey version: the name of its watermark in the changes of membership."""


def read_upto(state: State) -> int:
    """Return how far in the changes of membership the journey that is furthest has read."""
    with state.read() as connection:
        found = connection.scalar(
            select(func.max(watermark.c.position)).where(watermark.c.stage.startswith(_STAGE, autoescape=True))
        )
    return int(found or 0)


class Enrol:
    """Reads the changes of membership past the watermark of each journey version, and enrols."""

    def __init__(self, state: State, people: People, key: bytes, pause: Callable[[], None]) -> None:
        """Write to ``state``; ``key`` is the installation's secret, ``pause`` lets others in between two chunks."""
        self._state = state
        self._people = people
        self._key = key
        self._pause = pause
        self._passed: dict[str, tuple[int, int]] = {}
        """Watermark → where it was written to be, and how far past it nobody came in."""

    def enrol(self, live: Live, now: datetime) -> int:
        """Enrol whoever came into the segment of ``live``; return how many.

        The watermark moves with the last chunk; enrolling somebody again changes nothing.
        """
        stage = f"{_STAGE}{live.id}"
        total = 0
        while (last := self._people.online.last_change()) > (position := self._position(stage)):
            with self._state.read() as connection:
                segment = find_segment(connection, live.graph.enter.segment).id
            changes = self._people.online.member_changes(position, _AT_ONCE, segment)
            whole = len(changes) == _AT_ONCE
            # Whatever other segments' changes lie in between is passed over at once.
            upto = changes[-1].seq if whole else last
            came = self._newcomers(changes, segment)
            if not came and self._pass_over(stage, upto):
                continue
            with self._state.write() as connection:
                total += self._insert(connection, live, came, now)
                move(connection, stage, upto)
            if whole:
                self._pause()
        return total

    def _position(self, stage: str) -> int:
        """Return how far was read: what is written, or further when nobody came in since."""
        written = self._state.position(stage)
        noted, upto = self._passed.get(stage, (written, written))
        return max(written, upto) if noted == written else written

    def _pass_over(self, stage: str, upto: int) -> bool:
        """Remember that nobody came in up to ``upto``; tell whether that will do, or must be written now."""
        written = self._state.position(stage)
        self._passed[stage] = (written, upto)
        return upto - written < _NOTED

    def _newcomers(self, changes: Sequence[MemberChange], segment: int) -> dict[int, int]:
        """Return profile → identity of those who came in, and are in it now."""
        came = {each.profile_id: each.identity_id for each in changes if each.entered and each.segment_id == segment}
        if not came:
            return {}
        inside = {profile for number, profile in self._people.online.memberships(list(came)) if number == segment}
        return {profile: identity for profile, identity in came.items() if profile in inside}

    def _insert(self, connection: Connection, live: Live, came: dict[int, int], now: datetime) -> int:
        """Enrol the people in ``came`` who may take part."""
        groups = self._people.identities(list(came))
        before = _earlier(connection, live.id, [each for group in groups.values() for each in group])
        rows = []
        for profile, identity in came.items():
            past = [each for one in groups[profile] for each in before.get(one, ())]
            entry = next_entry(past, live.graph.enter.again_after_days, now)
            if entry is not None:
                held = any(each.holdout for each in past) or self._held_out(live, identity)
                rows.append(_row(live, identity, entry, now, held=held))
        if rows:
            connection.execute(insert(enrolment).on_conflict_do_nothing(), rows)
        return len(rows)

    def _held_out(self, live: Live, identity: int) -> bool:
        return held_out(live.graph.key, identity, live.graph.holdout, self._key)


class Past(msgspec.Struct, frozen=True):
    """An earlier enrolment of the same person in the same journey."""

    entry: int
    holdout: bool
    ended_at: datetime | None


def next_entry(past: Iterable[Past], again_after_days: int | None, now: datetime) -> int | None:
    """Return the number of the entry that a person may make now; None when they may not. Pure.

    Args:
        past: enrolments of all identities of the person, in every version of the journey.
        again_after_days: None is never again.
        now: naive UTC.
    """
    earlier = list(past)
    if not earlier:
        return 1
    if again_after_days is None or any(each.ended_at is None for each in earlier):
        return None
    last = max(each.ended_at for each in earlier if each.ended_at is not None)
    return max(each.entry for each in earlier) + 1 if last + timedelta(days=again_after_days) <= now else None


def _earlier(connection: Connection, version: int, identities: Sequence[int]) -> dict[int, list[Past]]:
    """Return the enrolments of these identities in any version of the journey."""
    journey_id = select(journey_version.c.journey_id).where(journey_version.c.id == version).scalar_subquery()
    versions = list(connection.scalars(select(journey_version.c.id).where(journey_version.c.journey_id == journey_id)))
    c = enrolment.c
    query = select(c.identity_id, c.entry, c.holdout, c.ended_at).where(c.journey_version.in_(versions))
    found: dict[int, list[Past]] = defaultdict(list)
    for part in parts(identities):
        for identity, entry, holdout, ended_at in connection.execute(query.where(c.identity_id.in_(part))):
            found[identity].append(Past(entry, bool(holdout), ended_at))
    return found


def _row(live: Live, identity: int, entry: int, now: datetime, *, held: bool) -> dict[str, Any]:
    return {
        "journey_version": live.id,
        "identity_id": identity,
        "entry": entry,
        "entered_at": now,
        "step": 0,
        "due_at": now,
        "holdout": int(held),
    }
