"""Round after round of the pipeline."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from helder.clock import Monotone, stopwatch
from helder.worker import rounds as rounds_module
from helder.worker.rounds import Rounds


class Step:
    """A stage that has ``left`` rows to move, ten at a time."""

    name = "receive"

    def __init__(self, left: int = 0) -> None:
        self.left = left
        self.moments: list[datetime] = []
        self.failing = False

    def run(self, now: datetime) -> int:
        self.moments.append(now)
        if self.failing:
            raise OSError
        moved = min(self.left, 10)
        self.left -= moved
        return moved


class Store:
    """Stands for facts and inbox: notes what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.held = 12_000

    def watermark(self, _stage: str) -> int:
        return 7

    def usable(self) -> bool:
        return True

    def maintain(self) -> int:
        self.asked.append("maintain")
        return 0

    def prune(self, upto: int) -> int:
        self.asked.append(f"prune {upto}")
        gone = min(5000, self.held)
        self.held -= gone
        return gone


class Work:
    def __init__(self, step: Step) -> None:
        self.stages = (step,)
        self.facts: Any = Store()
        self.inbox: Any = self.facts


@contextmanager
def running(work: Work, tick: float = 0.02, clock: Callable[[], datetime] | None = None) -> Iterator[Rounds]:
    rounds = Rounds(work, clock or Monotone(), tick)
    thread = threading.Thread(target=rounds.run)
    thread.start()
    try:
        yield rounds
    finally:
        rounds.stop()
        thread.join(5)
        assert not thread.is_alive()


def test_settling_waits_until_nothing_is_left() -> None:
    """When it returns, all that was there at the call has been moved."""
    step = Step(95)
    with running(Work(step)) as rounds:
        assert rounds.settle(5)
        assert step.left == 0
        assert rounds.stages["receive"].rows == 95


def test_settling_is_not_done_while_a_stage_fails() -> None:
    """A round in which a stage failed does not count as one with nothing to do."""
    step = Step()
    step.failing = True
    with running(Work(step)) as rounds:
        assert not rounds.settle(0.2)
        assert rounds.stages["receive"].failures > 1
        assert rounds.stages["receive"].failing == "OSError"
        step.failing = False
        assert rounds.settle(5)
        assert rounds.stages["receive"].failing == ""


def test_a_wake_begins_a_round_at_once() -> None:
    """With a tick of a minute, a woken worker does its work in a moment."""
    step = Step()
    with running(Work(step), tick=60) as rounds:
        while not step.moments:
            pass
        step.left = 5
        began = stopwatch()
        rounds.wake()
        while step.left and stopwatch() - began < 5:
            pass
        assert step.left == 0


def test_time_never_goes_back_for_stages() -> None:
    """When the machine's clock jumps back an hour, rounds repeat the last moment until it is overtaken."""
    start = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    moments = iter([start, start - timedelta(hours=1), start - timedelta(minutes=59), start + timedelta(seconds=1)])
    last = [start]

    def jumping() -> datetime:
        last[0] = next(moments, last[0])
        return last[0]

    step = Step()
    with running(Work(step), tick=0.001, clock=Monotone(jumping)) as rounds:
        rounds.settle(5)
        rounds.settle(5)
    assert step.moments == sorted(step.moments)
    assert step.moments[0] == start


def test_the_inbox_is_pruned_only_behind_a_checkpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    """First the facts are checkpointed, then what was taken in before that goes, in pieces."""
    monkeypatch.setattr(rounds_module, "UPKEEP_EVENTS", 10)
    work = Work(Step(10))
    with running(work, tick=0.001) as rounds:
        for _ in range(6):
            rounds.settle(5)
    asked = work.facts.asked
    assert asked[0] == "maintain"
    assert asked.count("maintain") == 1
    assert asked[1:4] == ["prune 7"] * 3
    assert work.facts.held == 0


def test_a_worker_that_is_never_idle_tidies_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """With rows to move in every round, the tail still becomes history and the inbox is still pruned."""
    monkeypatch.setattr(rounds_module, "UPKEEP_EVENTS", 10)
    work = Work(Step(10**9))
    with running(work, tick=0.001):
        end = stopwatch() + 10
        while work.facts.asked.count("maintain") < 2 and stopwatch() < end:
            pass
    assert work.facts.asked.count("maintain") >= 2


def test_upkeep_that_fails_does_not_end_the_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk at the checkpoint leaves the pipeline running; upkeep is tried again later."""
    monkeypatch.setattr(rounds_module, "UPKEEP_EVENTS", 10)
    work = Work(Step(10))
    work.facts.maintain = lambda: (_ for _ in ()).throw(OSError("disk full"))
    with running(work, tick=0.001) as rounds:
        assert rounds.settle(5)
        work.stages[0].left = 5
        assert rounds.settle(5)
        assert work.stages[0].left == 0


def test_a_facts_engine_that_stopped_ends_the_rounds() -> None:
    """A stage that fails is tried again for ever; when the engine itself has stopped, the worker is told to end."""
    work, told = Work(Step(10)), threading.Event()
    work.stages[0].failing = True
    rounds = Rounds(work, Monotone(), 0.001, told.set)
    thread = threading.Thread(target=rounds.run)
    thread.start()
    assert not told.wait(0.1)
    work.facts.usable = lambda: False
    assert told.wait(5)
    thread.join(5)
    assert not thread.is_alive()
