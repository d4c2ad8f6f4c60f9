"""The stage ``advance``: people enter journeys and go on in them, thousands at once.

Work goes in chunks of 5,000 with a pause of 20 ms between two, so that clicks, opt-outs and senders get their turn:
back to back, chunks starve small transactions for seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select, update

from helder.activate import move
from helder.activate.definitions import Live, find_segment, running
from helder.activate.enrol import Enrol
from helder.activate.journeys.graph import Branch, Email, Holdout, Wait
from helder.activate.mailing import Mailing, Matches
from helder.activate.people import People
from helder.clock import aware, stored
from helder.errors import Unavailable
from helder.store.state import State
from helder.store.tables.journeys import enrolment, journey

_AT_ONCE = 5_000
_MAILS_AT_ONCE = 1_000
_FIRST_WAIT = timedelta(seconds=2)
_LONGEST_WAIT = timedelta(seconds=60)


class Advance:
    """The stage. One object in the worker; not for several threads at once."""

    name = "advance"

    def __init__(
        self,
        state: State,
        people: People,
        matches: Matches,
        key: bytes,
        pause: Callable[[], None] = lambda: time.sleep(0.02),
        queued: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare the stage.

        Args:
            state: where journeys and enrolments are.
            people: who is who.
            matches: tells which profiles answer to a rule; raises Unavailable when that cannot be told now.
            key: the installation's secret, for the holdout.
            pause: called between two chunks.
            queued: called when messages have come into the outbox: wakes the senders.
        """
        self._state = state
        self._people = people
        self._matches = matches
        self._enrol = Enrol(state, people, key, pause)
        self._mailing = Mailing(state, people, matches)
        self._pause, self._queued = pause, queued
        self._again: dict[int, tuple[datetime, timedelta]] = {}

    def run(self, now: datetime) -> int:
        """Bring every live journey on to ``now`` (aware UTC); return how many moves that were."""
        with self._state.read() as connection:
            live = running(connection)
        return sum(self._journey(each, stored(now)) for each in live)

    def _journey(self, live: Live, now: datetime) -> int:
        """Bring one journey on. When a rule cannot be answered it waits, says why, and tries again a little later."""
        again, wait = self._again.get(live.id, (now, _FIRST_WAIT / 2))
        if now < again:
            return 0
        moves = self._enrol.enrol(live, now) if live.enters else 0
        try:
            moves += sum(self._step(live, number, now) for number in range(len(live.graph.steps)))
        except Unavailable as error:
            wait = min(wait * 2, _LONGEST_WAIT)
            self._again[live.id] = (now + wait, wait)
            self._say(live, str(error))
            return moves
        self._again.pop(live.id, None)
        self._say(live, "")
        return moves

    def _step(self, live: Live, number: int, now: datetime) -> int:
        """Take one step for everybody who is due, chunk by chunk; return how many."""
        most = _MAILS_AT_ONCE if isinstance(live.graph.steps[number], Email) else _AT_ONCE
        total = 0
        while moved := self._chunk(live, number, now):
            total += moved
            if moved < most:
                break  # a pause is owed to others by whoever has more to do
            self._pause()
        return total

    def _chunk(self, live: Live, number: int, now: datetime) -> int:
        """Take one step for as many as go in one chunk; return how many."""
        step = live.graph.steps[number]
        if not self._anybody(live, number, now):
            return 0
        match step:
            case Wait():
                return self._pass(live, number, step.next, now + timedelta(seconds=step.seconds), now)
            case Holdout():
                return self._hold_out(live, number, step, now)
            case Branch():
                return self._branch(live, number, step, now)
            case Email():
                return self._mail(live, number, now)

    def _anybody(self, live: Live, number: int, now: datetime) -> bool:
        """Look before locking: most steps have nobody due at most ticks."""
        with self._state.read() as connection:
            return connection.scalar(move.due(live.id, number, now, 1)) is not None

    def _pass(self, live: Live, number: int, to: int, due_at: datetime, now: datetime) -> int:
        with self._state.write() as connection:
            who = move.due(live.id, number, now, _AT_ONCE)
            return move.pass_on(connection, who, (number, to), due_at, now)

    def _hold_out(self, live: Live, number: int, step: Holdout, now: datetime) -> int:
        with self._state.write() as connection:
            who = move.due(live.id, number, now, _AT_ONCE)
            held = move.end_held_out(connection, who, number, now)
            return held + move.pass_on(connection, who, (number, step.next), now, now)

    def _branch(self, live: Live, number: int, step: Branch, now: datetime) -> int:
        """Ask the rule first, with nothing locked; then let the two groups go their ways."""
        with self._state.read() as connection:
            rule = find_segment(connection, step.segment).rule
            who = move.due(live.id, number, now, _AT_ONCE).scalar_subquery()
            found = connection.execute(select(enrolment.c.id, enrolment.c.identity_id).where(enrolment.c.id.in_(who)))
            rows = {row.id: row.identity_id for row in found}
        profile_of = self._people.online.profile_of(list(rows.values()))
        profiles = {each: profile_of.get(identity, identity) for each, identity in rows.items()}
        inside = {int(each) for each in self._matches(rule, sorted(set(profiles.values())), aware(now))}
        ways = {step.then: [], step.otherwise: []}
        for each, profile in profiles.items():
            ways[step.then if profile in inside else step.otherwise].append(each)
        with self._state.write() as connection:
            return sum(
                move.pass_on(connection, move.these(ids), (number, to), now, now) for to, ids in ways.items() if ids
            )

    def _mail(self, live: Live, number: int, now: datetime) -> int:
        moved = self._mailing.take(live, number, now, _MAILS_AT_ONCE)
        if moved:
            self._queued()
        return moved

    def _say(self, live: Live, because: str) -> None:
        """Write why the journey waits; an empty text when it does not."""
        if because != live.waiting_because:
            with self._state.write() as connection:
                change = update(journey).where(journey.c.id == live.journey_id)
                connection.execute(change.values(waiting_because=because))
