"""An SMTP server in a process of its own: ``python catching.py <folder>``. Says its port, then its open connections."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from helder.demo.catcher import Behaviour, Catcher

DELAY = 0.01
"""Seconds that a mail takes: a real server is no quicker."""


async def main(folder: Path) -> None:
    """Catch mail; answer every line on standard input with the number of connections that are open."""
    catcher = Catcher(folder, behaviour=Behaviour(delay=DELAY))
    await catcher.start()
    _say(catcher.port)
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        _say(len(catcher._talks))
    await catcher.stop()


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
