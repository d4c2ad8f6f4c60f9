"""One transaction for all connections that wait to write: each disk sync serves everyone who came during the last one.

Every message needs a transaction of its own between the one before it and its handing over. With one sync for each,
four connections would wait for four syncs in a row.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from helder.activate.channels.email.dispatch import Step


class Exchange:
    """Gathers the steps of a sender's connections. For one event loop."""

    def __init__(self, write: Callable[[Sequence[Step]], set[int]]) -> None:
        """Write with ``write``, on a thread: it returns the ids of the messages that may be handed over."""
        self._write = write
        self._waiting: list[tuple[Step, asyncio.Future[bool]]] = []
        self._running: asyncio.Task[None] | None = None

    async def __call__(self, step: Step) -> bool:
        """Write a step; return whether its next message may be handed over. Raises what the writing raised."""
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((step, done))
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
        return await done

    async def _run(self) -> None:
        """Write group after group, until nobody waits."""
        while self._waiting:
            group = self._waiting.copy()
            self._waiting.clear()
            try:
                marked = await asyncio.to_thread(self._write, [step for step, _ in group])
            except Exception as error:  # noqa: BLE001 - whoever waits is told, and decides
                for _, done in group:
                    if not done.done():
                        done.set_exception(error)
                continue
            for step, done in group:
                if not done.done():
                    done.set_result(step.next is not None and step.next.message.envelope.id in marked)
