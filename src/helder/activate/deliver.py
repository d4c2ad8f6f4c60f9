"""The stage ``deliver``: cleans up after senders that died, tells what became of messages, ends enrolments.

Senders look for due rows themselves, every 50 ms: a row is all it takes. Being woken only spares them that wait.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, select, update

from helder.activate import move
from helder.activate.journeys.graph import END
from helder.activate.journeys.step import at_end
from helder.activate.outbox import FINAL, has_stale, messages_of, time_out
from helder.activate.outcomes import outcome_event
from helder.clock import stored
from helder.collect.event import Entry, Event
from helder.collect.inbox import Inbox
from helder.store.state import State
from helder.store.tables.journeys import enrolment, journey_version
from helder.store.tables.outbox import outbox

_AT_ONCE = 1_000
_NAMES = {"sent": "Email Sent", "failed": "Email Bounced"}


class Deliver:
    """The stage. One object in the worker; not for several threads at once."""

    name = "deliver"

    def __init__(self, state: State, inbox: Inbox, claim_seconds: float = 120.0, send_seconds: float = 900.0) -> None:
        """Prepare the stage.

        Args:
            state: where the outbox and the enrolments are.
            inbox: where outcomes go.
            claim_seconds: how long a claim holds before the message is queued again.
            send_seconds: how long a message may be in a sender's hands before it counts as unknown; longer than any
                sender waits for a server.
        """
        self._state = state
        self._inbox = inbox
        self._claim_seconds = claim_seconds
        self._send_seconds = send_seconds

    def run(self, now: datetime) -> int:
        """Do what there is to do at ``now`` (aware UTC); return how many rows that were."""
        moment = stored(now)
        return sum(step(moment) for step in (self._time_out, self._report, self._close_ended))

    def _time_out(self, now: datetime) -> int:
        with self._state.read() as connection:
            if not has_stale(connection, now, self._claim_seconds, self._send_seconds):
                return 0
        with self._state.write() as connection:
            return time_out(connection, now, self._claim_seconds, self._send_seconds)

    def _report(self, now: datetime) -> int:
        """Tell outcomes: into the inbox, then marked as told. After a crash they are told again, by the same ids."""
        total = 0
        while rows := self._untold():
            if events := [event for row in rows for event in events_of(row, now)]:
                self._inbox.append([Entry(events)])
            with self._state.write() as connection:
                told = [row["id"] for row in rows]
                connection.execute(update(outbox).where(outbox.c.id.in_(told)).values(reported=1))
                standing = [row["enrolment_id"] for row in rows if row["enrolment_id"] is not None]
                _close(connection, standing, now)
            total += len(rows)
        return total

    def _untold(self) -> Sequence[RowMapping]:
        query = select(outbox).where(outbox.c.reported == 0, outbox.c.status.in_(FINAL)).limit(_AT_ONCE)
        with self._state.read() as connection:
            return connection.execute(query).mappings().all()

    def _close_ended(self, now: datetime) -> int:
        """End the enrolments that have come to the end of their journey; those with a message under way wait for it."""
        total = 0
        with self._state.read() as connection:
            versions = list(
                connection.scalars(select(journey_version.c.id).where(journey_version.c.started_at.is_not(None)))
            )
        for version in versions:
            while found := self._at_the_end(version, now):
                with self._state.write() as connection:
                    total += _close(connection, found, now)
                    under_way = move.these(found).scalar_subquery()
                    connection.execute(update(enrolment).where(enrolment.c.id.in_(under_way)).values(due_at=move.NEVER))
        return total

    def _at_the_end(self, version: int, now: datetime) -> list[int]:
        with self._state.read() as connection:
            return [row.id for row in connection.execute(move.due(version, END, now, _AT_ONCE))]


def events_of(row: RowMapping, now: datetime) -> list[Event]:
    """Return what to tell of a message that is done with; nothing of one that was skipped, or of which nobody knows."""
    name = _NAMES.get(row["status"])
    if name is None:
        return []
    return [outcome_event(row, name, row["sent_at"] or now, now, reason=row["reason"] or None)]


def _close(connection: Connection, enrolments: Sequence[int], now: datetime) -> int:
    """End those of ``enrolments`` that are at the end and have no message under way; return how many."""
    c = enrolment.c
    ready = select(c.id).where(c.id.in_(enrolments), c.step == END, c.outcome.is_(None))
    at = list(connection.scalars(ready))
    messages = messages_of(connection, at)
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for each in at:
        found = messages.get(each, [])
        if all(status in FINAL for status, _ in found):
            ended = at_end(found)
            groups[ended.outcome, ended.reason].append(each)
    return sum(move.end(connection, ids, *why, now) for why, ids in groups.items())
