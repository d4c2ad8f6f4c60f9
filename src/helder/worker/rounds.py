"""Round after round of the pipeline, on one thread, with the upkeep of the facts in between."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from helder.clock import Clock, stopwatch
from helder.collect.inbox import Inbox
from helder.errors import place
from helder.pipeline import Ran, Stage, run_once
from helder.store.facts.protocol import Facts

UPKEEP_SECONDS = 60.0
"""Between two times that the event tail is moved into history."""
UPKEEP_EVENTS = 500_000
"""Rows taken in after which the tail is moved sooner."""
SHORTEST_ROUND, LONGEST_REST = 0.02, 1.0
"""Seconds from the beginning of one round to the next. Rounds of a few events each would cost more than they bring, and
in bulk (an import, a backlog) a round a second does the same work for far less than ten do."""
BULK_ROWS = 20_000
"""Rows moved in a round that make the longest rest; fewer make a rest in proportion."""

_log = logging.getLogger("helder.worker")


class Work(Protocol):
    """What the worker works on; ``wiring`` builds it."""

    @property
    def facts(self) -> Facts:
        """The facts, open."""
        ...

    @property
    def inbox(self) -> Inbox:
        """The inbox."""
        ...

    @property
    def stages(self) -> Sequence[Stage]:
        """The stages, in order."""
        ...


class StageState(msgspec.Struct):
    """How a stage fares, for metrics."""

    rows: int = 0
    seconds: float = 0.0
    failures: int = 0
    failing: str = ""


def rest(moved: int) -> float:
    """Return the seconds that a round which moved so many rows lasts at least."""
    return max(SHORTEST_ROUND, LONGEST_REST * min(1.0, moved / BULK_ROWS))


class Rounds:
    """Runs the pipeline for ever: every tick, or at once when woken."""

    def __init__(
        self, work: Work, clock: Clock, tick_seconds: float = 0.1, lost: Callable[[], None] = lambda: None
    ) -> None:
        """Prepare rounds over ``work``; ``lost`` is called when they end because the facts engine stopped."""
        self._work, self._clock, self._tick = work, clock, tick_seconds
        self._woken = threading.Event()
        self._stopped = threading.Event()
        self._round = threading.Condition()
        self._begun = self._idle = 0
        self._since_upkeep = 0
        self._upkeep_at = stopwatch() + UPKEEP_SECONDS
        self._prunable = 0
        self._lost, self._failed = lost, False
        self.stages: dict[str, StageState] = {stage.name: StageState() for stage in work.stages}
        self.last_round: datetime | None = None

    def run(self) -> None:
        """Run until ``stop``; a round that has begun is finished."""
        while not self._stopped.is_set():
            began = stopwatch()
            moved = self._one()
            self._keep_up()  # between rounds, not only when idle: a busy worker has the most to tidy
            if moved:
                self._stopped.wait(max(0.0, rest(moved) - (stopwatch() - began)))
            else:
                self._woken.wait(self._tick)
            self._woken.clear()
            if self._failed and not self._work.facts.usable():
                _log.error("the facts engine stopped; the worker ends, and opens it again when it is started again")
                self.stop()
                self._lost()

    def wake(self) -> None:
        """Begin a round at once."""
        self._woken.set()

    def stop(self) -> None:
        """End after the round that runs now."""
        self._stopped.set()
        self._woken.set()
        with self._round:
            self._round.notify_all()

    def settle(self, timeout: float) -> bool:
        """Wait until a round that began after this call found nothing to do, and no stage failed in it.

        Args:
            timeout: seconds to wait at most.

        Returns:
            Whether such a round came.
        """
        with self._round:
            wanted = self._begun + 1
            self._woken.set()
            self._round.wait_for(lambda: self._idle >= wanted or self._stopped.is_set(), timeout)
            return self._idle >= wanted

    def _one(self) -> int:
        """Run one round; return the rows that it moved."""
        with self._round:
            self._begun += 1
            number = self._begun
        now = self._clock()
        ran = run_once(self._work.stages, now)
        for each in ran:
            self._note(each)
        self.last_round = now
        moved = sum(each.rows for each in ran)
        self._failed = any(each.failed for each in ran)
        if not moved and not self._failed:
            with self._round:
                self._idle = number
                self._round.notify_all()
        return moved

    def _note(self, ran: Ran) -> None:
        """Add what a stage did to its state."""
        state = self.stages[ran.stage]
        state.rows += ran.rows
        state.seconds += ran.seconds
        state.failures += bool(ran.failed)
        state.failing = ran.failed
        if ran.stage == "receive":
            self._since_upkeep += ran.rows

    def _keep_up(self) -> None:
        """Move the tail into history when it is time, and prune the inbox behind what is checkpointed."""
        due = self._since_upkeep and (stopwatch() >= self._upkeep_at or self._since_upkeep >= UPKEEP_EVENTS)
        try:
            if due:
                self._maintain()
            elif self._prunable and not self._work.inbox.prune(self._prunable):
                self._prunable = 0
        except Exception as error:  # noqa: BLE001 - upkeep that fails is done again later; the pipeline goes on
            self._upkeep_at, self._since_upkeep, self._failed = stopwatch() + UPKEEP_SECONDS, 1, True
            _log.error("upkeep failed", extra={"error": type(error).__name__, "where": place(error)})

    def _maintain(self) -> None:
        """Checkpoint; only what was taken in before is prunable, since that alone is surely in the facts' file."""
        position = self._work.facts.watermark("receive")
        self._work.facts.maintain()
        self._prunable = position
        self._since_upkeep = 0
        self._upkeep_at = stopwatch() + UPKEEP_SECONDS
