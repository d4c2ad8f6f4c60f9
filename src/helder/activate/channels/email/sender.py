"""The sender: takes messages from the outbox, hands them to the SMTP server, writes what became of them.

A process of its own, with a few connections. Nothing is asked of another process but rows in state, so that it can be
killed at any moment: see ``outbox`` for what is then left, and who cleans up.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from helder.activate.channels.email.connection import Accepted, Answer, Broken, Connection, Lost
from helder.activate.channels.email.dispatch import Dispatch, Ready, Step
from helder.activate.channels.email.exchange import Exchange
from helder.activate.channels.email.replies import Reply
from helder.activate.outbox import Verdict, release, waiting
from helder.clock import Clock, stopwatch, stored
from helder.errors import Unavailable
from helder.settings import Settings
from helder.store.state import State

T = TypeVar("T")

_LOG = logging.getLogger(__name__)
_POLL = 0.05
_MOST_AT_ONCE = 25
_BATCH_SECONDS = 0.25
_LONGEST_PAUSE = 60.0
_MOST_ATTEMPTS = 12
_WRITES = 20
_PASSING = (SQLAlchemyError, sqlite3.Error, Unavailable)
"""What passes by itself: a store that is locked, full or not there yet."""


class Sender:
    """Sends for ever, or until told to stop."""

    def __init__(
        self, state: State, dispatch: Dispatch, settings: Settings, clock: Clock, timeout: float = 30.0
    ) -> None:
        """Prepare; nothing is opened yet.

        Args:
            state: where the outbox is.
            dispatch: makes messages ready.
            settings: the server, and how many connections.
            clock: tells the time.
            timeout: seconds that one command may take.
        """
        self._state = state
        self._dispatch = dispatch
        self._settings = settings
        self._clock = clock
        self._timeout = timeout
        self._stop = asyncio.Event()
        self._woken = asyncio.Event()
        self._claiming = asyncio.Lock()
        self._exchange = Exchange(lambda steps: self._dispatch.exchange(steps, self._clock()))
        self._down = 0.0

    def stop(self) -> None:
        """Finish what is in hand, then end ``run``."""
        self._stop.set()
        self._woken.set()

    def wake(self) -> None:
        """Look into the outbox at once, instead of at the next look."""
        self._woken.set()

    async def run(self) -> None:
        """Send until ``stop`` is called."""
        await self._all(until_empty=False)

    async def drain(self) -> None:
        """Send until nothing is due any more, then end: for one campaign, and for tests."""
        await self._all(until_empty=True)

    async def _all(self, *, until_empty: bool) -> None:
        """Work with as many connections as the settings say."""
        work = (self._work(until_empty=until_empty) for _ in range(self._settings.smtp_connections))
        await asyncio.gather(*work)
        await asyncio.sleep(0.01)  # sockets are closed by the loop, after the word to close them

    async def _work(self, *, until_empty: bool) -> None:
        """Be one connection: connect first, so that nothing is claimed while the server is down."""
        token = secrets.token_hex(8)
        connection = Connection(self._settings, self._timeout)
        size = 1
        try:
            while not self._stop.is_set():
                try:
                    batch = await self._batch(connection, token, size)
                    if batch:
                        size = await self._send(connection, token, batch)
                    elif until_empty and not await self._due():
                        return
                except _PASSING as error:
                    await self._back_off("the stores", type(error).__name__)
        finally:
            await connection.close()
            await self._insist(lambda: asyncio.to_thread(self._release, token))

    async def _batch(self, connection: Connection, token: str, size: int) -> list[Ready]:
        """Return messages to send; none when nothing is due or the server cannot be reached."""
        async with self._claiming:
            self._woken.clear()
            if not await self._due():
                await _within(_POLL, self._woken)
                return []
            if problem := await connection.ready():
                await self._back_off("the smtp server", problem)
                return []
            self._down = 0.0
            return await asyncio.to_thread(self._dispatch.take, token, size, self._clock())

    async def _send(self, connection: Connection, token: str, batch: Sequence[Ready]) -> int:
        """Send a batch, one message after the other; return how many to take next time.

        What became of one is written together with the mark that the next is being sent. A batch should take a quarter
        of a second: others could send what waits in it.
        """
        begun = stopwatch()
        told: list[tuple[Ready, Answer]] = []
        problem = ""
        for each in batch:
            problem = problem or await connection.ready()
            if problem:
                told.append((each, Broken(problem)))
            elif await self._step(token, told, each):
                told = [(each, await connection.send(each.sender, each.to, each.content))]
            else:
                told = []
        if told:
            await self._step(token, told)
        seconds = max(stopwatch() - begun, 0.001)
        return max(1, min(_MOST_AT_ONCE, round(len(batch) * min(2.0, _BATCH_SECONDS / seconds))))

    async def _step(self, token: str, told: Sequence[tuple[Ready, Answer]], following: Ready | None = None) -> bool:
        """Write what became of messages and ask to hand over ``following``; tell whether that may be done now.

        What became of a message is known only here, so the writing is tried again: what is not written ends as unknown.
        """
        gone = [
            each.message.envelope.address_identity
            for each, answer in told
            if isinstance(answer, Reply) and answer.bounce
        ]
        verdicts = [self._verdict(*each) for each in told]
        step = Step(token=token, verdicts=verdicts, bounced=gone, next=following)
        return bool(await self._insist(lambda: self._exchange(step)))

    def _verdict(self, each: Ready, answer: Answer) -> Verdict:
        """Say what the server's answer makes of a message."""
        number, now = each.message.envelope.id, stored(self._clock())
        match answer:
            case Accepted():
                return Verdict(id=number, status="sent", sent_at=now)
            case Lost(reason):
                return Verdict(id=number, status="unknown", reason=reason)
            case Reply(status="failed", reason=reason):
                return Verdict(id=number, status="failed", reason=reason)
            case Reply(reason=reason) | Broken(reason):
                if each.message.attempts >= _MOST_ATTEMPTS:
                    return Verdict(id=number, status="failed", reason=f"gave up: {reason}")
                wait = timedelta(seconds=min(3600, 5 * 2 ** min(each.message.attempts, 12)))
                return Verdict(id=number, status="queued", reason=reason, due_at=now + wait)

    async def _due(self) -> bool:
        """Tell whether a message is due, by a read that locks nothing."""
        first = await asyncio.to_thread(self._first)
        return first is not None and first <= stored(self._clock())

    def _first(self) -> datetime | None:
        with self._state.read() as connection:
            return waiting(connection)

    def _release(self, token: str) -> None:
        with self._state.write() as connection:
            release(connection, token, stored(self._clock()))

    async def _insist(self, write: Callable[[], Awaitable[T]]) -> T | None:
        """Write, and again if need be; None when it would not go."""
        for _ in range(_WRITES):
            try:
                return await write()
            except _PASSING as error:
                _LOG.warning("state cannot be written (%s); trying again", type(error).__name__)
                await asyncio.sleep(_POLL * 10)
        return None

    async def _back_off(self, what: str, problem: str) -> None:
        """Wait ever longer while something cannot be reached; the messages stay in the queue."""
        self._down = min(_LONGEST_PAUSE, max(0.5, self._down * 2))
        _LOG.warning("%s cannot be reached (%s); trying again in %.1f s", what, problem, self._down)
        await self._rest(self._down)

    async def _rest(self, seconds: float) -> None:
        """Wait, unless told to stop."""
        await _within(seconds, self._stop)


async def _within(seconds: float, event: asyncio.Event) -> None:
    """Wait for ``event``, no longer than ``seconds``."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
