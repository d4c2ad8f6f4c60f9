"""A sender as a process: hands messages to channels until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path

from helder.clock import Clock
from helder.settings import Settings
from helder.worker.wake import sender_path, woken_at

_LOOK_SECONDS = 0.05


def run_sender(settings: Settings, clock: Clock) -> None:
    """Send until SIGTERM or SIGINT; the messages in hand are finished first."""
    asyncio.run(_send(settings, clock))


async def _send(settings: Settings, clock: Clock) -> None:
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    if not await _made([settings.data / "online.db", settings.data / "hot.db"], told):
        return
    from helder.wiring.sender import build_sender

    sender = build_sender(settings, clock)
    with woken_at(sender_path(settings.data), loop, sender.wake):
        running = asyncio.create_task(sender.run())
        stopping = asyncio.create_task(told.wait())
        await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        sender.stop()
        await running


async def _made(files: Sequence[Path], told: asyncio.Event) -> bool:
    """Wait for the projections, which the worker makes at its first start; tell whether they came before the stop."""
    while not all(file.exists() for file in files):
        if told.is_set():
            return False
        await asyncio.sleep(_LOOK_SECONDS)
    return True
