"""Tracking plans in state: every version is kept, the newest holds."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection, Row, insert, select

from helder.clock import aware, stored
from helder.collect.plan.definition import Plan
from helder.errors import NotFound
from helder.govern import audit
from helder.store.state import State
from helder.store.tables.sources import plan_version


class SavedPlan(msgspec.Struct, frozen=True):
    """One version of a plan."""

    plan: Plan
    version: int
    saved_at: datetime
    """Aware UTC."""
    saved_by: str


def save_plan(state: State, plan: Plan, now: datetime, actor: str) -> SavedPlan:
    """Save ``plan`` as the next version for its source; the same plan once more is no new version."""
    body = msgspec.json.encode(plan, order="sorted").decode()
    with state.write() as connection:
        newest = _newest(connection, plan.source)
        if newest is not None and newest.body == body:
            return _saved(newest)
        version = 1 if newest is None else newest.version + 1
        row = {"source": plan.source, "version": version, "body": body, "saved_at": stored(now), "saved_by": actor}
        connection.execute(insert(plan_version).values(row))
        audit.append(connection, audit.Entry(now, actor, "plan.save", f"plan:{plan.source}", f"version {version}"))
    return SavedPlan(plan, version, now, actor)


def read_saved(state: State, source: str, version: int = 0) -> SavedPlan:
    """Return a version of the plan of ``source``, the newest when ``version`` is 0.

    Raises:
        NotFound: when there is none.
    """
    with state.read() as connection:
        found = _newest(connection, source, version)
    if found is None:
        of_version = f" of version {version}" if version else ""
        raise NotFound(f"there is no tracking plan{of_version} for the source {source!r}; `helder plan save` makes one")
    return _saved(found)


def read_plans(state: State) -> list[SavedPlan]:
    """Return the newest version of every plan, by source."""
    with state.read() as connection:
        sources = connection.scalars(select(plan_version.c.source).distinct().order_by(plan_version.c.source)).all()
        found = [_newest(connection, source) for source in sources]
    return [_saved(row) for row in found if row is not None]


def newest_body(connection: Connection, source: str) -> tuple[str, int] | None:
    """Return the plan of ``source`` as JSON text, and its version: for the door, which compiles it once."""
    found = _newest(connection, source)
    return None if found is None else (found.body, found.version)


def _newest(connection: Connection, source: str, version: int = 0) -> Row[tuple[object, ...]] | None:
    query = select(plan_version).where(plan_version.c.source == source)
    if version:
        query = query.where(plan_version.c.version == version)
    return connection.execute(query.order_by(plan_version.c.version.desc()).limit(1)).first()


def _saved(row: Row[tuple[object, ...]]) -> SavedPlan:
    return SavedPlan(msgspec.json.decode(row.body, type=Plan), row.version, aware(row.saved_at), row.saved_by)
