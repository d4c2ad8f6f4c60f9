"""The segments that marketers defined: read from, and saved in, state."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Row, Select, insert, select, update

from helder.clock import stored
from helder.errors import NotFound
from helder.intelligence.segments.parse import parse
from helder.intelligence.segments.rule import Rule
from helder.store.state import State
from helder.store.tables.definitions import segment, segment_version


class Segment(msgspec.Struct, frozen=True):
    """A segment in its present version."""

    id: int
    key: str
    name: str
    version: int
    rule: Rule


class Segments:
    """All segments of this installation."""

    def __init__(self, state: State, zone: tzinfo = UTC) -> None:
        """Read ``state``; dates in rules are in ``zone``."""
        self._state = state
        self._zone = zone

    def all(self) -> list[Segment]:
        """Return the segments that are not archived, by id."""
        with self._state.read() as connection:
            rows = connection.execute(_current().order_by(segment.c.id)).all()
        return [self._segment(row) for row in rows]

    def get(self, key: str) -> Segment:
        """Return the segment called ``key``.

        Raises:
            NotFound: when there is none.
        """
        with self._state.read() as connection:
            row = connection.execute(_current().where(segment.c.key == key)).first()
        if row is None:
            raise NotFound(f"there is no segment {key!r}.")
        return self._segment(row)

    def rule(self, key: str) -> Rule:
        """Return the rule of the segment called ``key``: what a membership leaf asks."""
        return self.get(key).rule

    def save(self, key: str, name: str, rule: str, now: datetime, by: str) -> Segment:
        """Save ``rule`` (JSON text) as the next version of the segment ``key``, which is made when there is none.

        Raises:
            RuleError: when the rule cannot be understood; nothing is saved.
        """
        parse(rule, self._zone)
        at = stored(now)
        with self._state.write() as connection:
            found = connection.execute(select(segment.c.id, segment.c.version).where(segment.c.key == key)).first()
            if found is None:
                made = insert(segment).values(key=key, name=name, version=1, created_at=at)
                number, version = connection.execute(made.returning(segment.c.id)).scalar_one(), 1
            else:
                number, version = found.id, found.version + 1
                changed = update(segment).where(segment.c.id == number)
                connection.execute(changed.values(version=version, name=name, archived_at=None))
            row = {"segment_id": number, "version": version, "rule": rule, "created_at": at, "created_by": by}
            connection.execute(insert(segment_version).values(row))
        return self.get(key)

    def archive(self, key: str, now: datetime) -> None:
        """Put a segment away; its memberships stay as they are and are no longer refreshed."""
        with self._state.write() as connection:
            connection.execute(update(segment).where(segment.c.key == key).values(archived_at=stored(now)))

    def _segment(self, row: Row[*tuple[Any, ...]]) -> Segment:
        return Segment(row.id, row.key, row.name, row.version, _understood(row.rule, self._zone))


@lru_cache(maxsize=4096)
def _understood(rule: str, zone: tzinfo) -> Rule:
    """Return the tree of a rule; the stage *refresh* asks for all of them several times a second."""
    return parse(rule, zone)


def _current() -> Select[*tuple[Any, ...]]:
    """Select each segment that is not archived, with its present rule."""
    present = (segment_version.c.segment_id == segment.c.id) & (segment_version.c.version == segment.c.version)
    columns = (segment.c.id, segment.c.key, segment.c.name, segment.c.version, segment_version.c.rule)
    return select(*columns).join_from(segment, segment_version, present).where(segment.c.archived_at.is_(None))
