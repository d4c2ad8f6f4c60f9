"""The worker as a process: lock, rounds, answers, and a clean stop."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from helder.clock import Clock, Monotone
from helder.errors import Unavailable
from helder.worker.answering import Answering, Handler
from helder.worker.protocol import wake_path
from helder.worker.rounds import Rounds, Work
from helder.worker.wake import woken_at

SETTLE_SECONDS = 600.0


class House(Work, Protocol):
    """What ``wiring`` builds for a worker."""

    def close(self) -> None:
        """Close every store."""
        ...


def run_worker(
    data: Path,
    house: House,
    handlers: Mapping[str, Handler],
    tick_seconds: float = 0.1,
    clock: Clock | None = None,
) -> None:
    """Work until SIGTERM or SIGINT; the round that runs then is finished, and everything is closed.

    The caller holds the data folder's worker lock.

    Args:
        data: the data folder.
        house: the stores and stages, open; closed at the end.
        handlers: the questions that rooms answer, by name.
        tick_seconds: longest pause between two rounds.
        clock: tells the time of each round.

    Raises:
        Unavailable: when the facts engine stopped and only a start helps; the supervisor does that by itself.
    """
    lost = threading.Event()

    def end() -> None:
        lost.set()
        os.kill(os.getpid(), signal.SIGTERM)

    rounds = Rounds(house, clock or Monotone(), tick_seconds, end)
    pipeline = threading.Thread(target=rounds.run, name="pipeline")
    pipeline.start()
    try:
        asyncio.run(_serve(data, {**handlers, **own_handlers(house, rounds)}, rounds))
    finally:
        rounds.stop()
        pipeline.join()
        house.close()
    if lost.is_set():
        raise Unavailable("The facts engine stopped (a full disk does that); start the worker again.")


def own_handlers(house: House, rounds: Rounds) -> dict[str, Handler]:
    """Return the questions about the worker itself."""

    def status() -> dict[str, Any]:
        """Return how the pipeline fares: stages, inbox depth, newest batch."""
        return {
            "process": os.getpid(),
            "batch": house.facts.last_batch(),
            "inbox_depth": house.inbox.depth(house.facts.watermark("receive")),
            "last_round": rounds.last_round,
            "stages": rounds.stages,
        }

    def settle(seconds: float = SETTLE_SECONDS) -> bool:
        """Wait until there is nothing left to do; tell whether that came within ``seconds``."""
        return rounds.settle(seconds)

    return {"status": status, "settle": settle, "wake": rounds.wake, "ping": lambda: "pong"}


async def _serve(data: Path, handlers: Mapping[str, Handler], rounds: Rounds) -> None:
    """Answer calls and be woken, until told to stop."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    answering = Answering(data, handlers)
    with woken_at(wake_path(data), loop, rounds.wake):
        await answering.open()
        await stopped.wait()
        await answering.close()
