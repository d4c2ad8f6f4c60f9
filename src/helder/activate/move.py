"""People go on in a journey, thousands in one statement. SQL only; ``journeys.step`` says the same of one person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Select, literal, select, update
from sqlalchemy.dialects.sqlite import insert

from helder.activate.known import parts
from helder.store.tables.journeys import enrolment, enrolment_step

NEVER = datetime(9999, 12, 31)  # noqa: DTZ001 - stores hold naive UTC
"""When something is due that only another event makes due."""


def due(version: int, step: int, now: datetime, limit: int) -> Select[tuple[int]]:
    """Select up to ``limit`` enrolments that stand before ``step`` and are due."""
    c = enrolment.c
    ready = (c.journey_version == version, c.step == step, c.due_at <= now, c.outcome.is_(None))
    return select(c.id).where(*ready).order_by(c.due_at, c.id).limit(limit)


def note_passed(connection: Connection, who: Select[tuple[int]], step: int, now: datetime) -> None:
    """Write that the enrolments of ``who`` passed ``step``; the key makes a repeat harmless."""
    rows = select(who.subquery().c.id, literal(step), literal(now)).where(literal(1) == 1)
    names = ["enrolment_id", "step", "at"]
    connection.execute(insert(enrolment_step).from_select(names, rows).on_conflict_do_nothing())


def pass_on(
    connection: Connection, who: Select[tuple[int]], place: tuple[int, int], due_at: datetime, now: datetime
) -> int:
    """Let the enrolments of ``who`` pass a step; return how many.

    Args:
        connection: a write transaction.
        who: selects them by id.
        place: the step they pass, and the one they then stand before.
        due_at: when that one is due.
        now: naive UTC.
    """
    note_passed(connection, who, place[0], now)
    going = enrolment.c.id.in_(who.scalar_subquery())
    return connection.execute(update(enrolment).where(going).values(step=place[1], due_at=due_at)).rowcount


def end_held_out(connection: Connection, who: Select[tuple[int]], step: int, now: datetime) -> int:
    """End those of ``who`` who are held out; return how many."""
    held = who.where(enrolment.c.holdout == 1)
    note_passed(connection, held, step, now)
    ended = update(enrolment).where(enrolment.c.id.in_(held.scalar_subquery()))
    return connection.execute(ended.values(outcome="holdout", ended_at=now, due_at=NEVER)).rowcount


def end(connection: Connection, ids: Sequence[int], outcome: str, reason: str, now: datetime) -> int:
    """End the enrolments ``ids``; one that has ended stays as it is. Return how many ended."""
    values = {"outcome": outcome, "reason": reason, "ended_at": now, "due_at": NEVER}
    changes = (
        update(enrolment).where(enrolment.c.id.in_(part), enrolment.c.outcome.is_(None)).values(**values)
        for part in parts(ids)
    )
    return sum(connection.execute(change).rowcount for change in changes)


def these(ids: Sequence[int]) -> Select[tuple[int]]:
    """Select the enrolments ``ids``."""
    return select(enrolment.c.id).where(enrolment.c.id.in_(ids), enrolment.c.outcome.is_(None))
