"""Events over HTTP, answered when they are on disk: single calls and batches of 100, at 64 connections.

Beside it the same endpoint on FastAPI and uvicorn, with Helder's own keys, parsing and inbox (``fastapi_door.py``).
Each server is a process of its own, and so is the load (``load.py``): they share two cores, so that what the load costs
weighs on both. ``n`` is counted in the inbox afterwards: every event that was answered is there.
"""

from __future__ import annotations

import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from helder.access.keys import Keys
from helder.collect.inbox import Inbox
from helder.store.migrations import upgrade
from helder.store.state import open_state
from load import Load, Wish, send
from measurement import Context, Measurement

HERE = Path(__file__).resolve().parent
SECONDS = 8.0
RUNS = 3
BATCH = 100
START_SECONDS = 30.0


def measure(context: Context) -> list[Measurement]:
    """Measure both servers in turn, singles and batches, with no worker beside them."""
    ours: dict[int, list[Load]] = {1: [], BATCH: []}
    theirs: dict[int, list[Load]] = {1: [], BATCH: []}
    counted = {1: 0, BATCH: 0}
    for _ in range(RUNS):
        for size in (1, BATCH):
            for found, command in ((ours, helder), (theirs, fastapi)):
                load, kept = once(context.data / "door", size, command)
                found[size].append(load)
                counted[size] += kept if found is ours else 0
                context.say(f"{command.__name__}, {size} a request: {load.events / load.seconds:,.0f} events/s, "
                            f"p99 {load.p99:.1f} ms")  # fmt: skip
    return [
        Measurement(bench="collect.single", value=rate(ours[1]), unit="events/s", n=counted[1], runs=RUNS,
                    baseline=rate(theirs[1])),
        Measurement(bench="collect.batch", value=rate(ours[BATCH]), unit="events/s", n=counted[BATCH], runs=RUNS,
                    baseline=rate(theirs[BATCH])),
        Measurement(bench="collect.p99", value=statistics.median(each.p99 for each in ours[1]), unit="ms",
                    n=counted[1], runs=RUNS, baseline=statistics.median(each.p99 for each in theirs[1])),
        Measurement(bench="collect.batch_p99", value=statistics.median(each.p99 for each in ours[BATCH]), unit="ms",
                    n=counted[BATCH], runs=RUNS, baseline=statistics.median(each.p99 for each in theirs[BATCH])),
    ]  # fmt: skip


def rate(loads: list[Load]) -> float:
    """Return the median of events a second."""
    return statistics.median(each.events / each.seconds for each in loads)


def helder(data: Path, port: int) -> list[str]:
    """Return how Helder's web process is started."""
    return [sys.executable, "-m", "helder", "serve", "--role", "web", "--data", str(data), "--port", str(port)]


def fastapi(data: Path, port: int) -> list[str]:
    """Return how the baseline is started."""
    return [sys.executable, str(HERE / "fastapi_door.py"), str(data), str(port)]


def once(folder: Path, size: int, command: Callable[[Path, int], list[str]]) -> tuple[Load, int]:
    """Load one server for a while; return what came of it, and the events that the inbox holds.

    Raises:
        RuntimeError: when a request was refused, or an event that was answered is not in the inbox.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    key, port = new_key(folder), free_port()
    with running(command(folder, port), port):
        load = send(Wish(port=port, key=key, seconds=SECONDS, size=size))
    kept = count(folder)
    if load.refused or kept < load.events:
        raise RuntimeError(f"{load.refused} refused; {load.events} answered and {kept} kept")
    shutil.rmtree(folder)
    return load, kept


def new_key(folder: Path) -> str:
    """Make the state of a data folder; return a write key."""
    state = open_state(folder / "state.db")
    upgrade(state)
    key = Keys(state).add_write_key("site-tuin", datetime.now(UTC))
    state.close()
    return key


def count(folder: Path) -> int:
    """Return the events in the inbox."""
    inbox = Inbox(folder / "inbox.db")
    return sum(len(entry.events) for _, entry in inbox.read(0, 1 << 62))


@contextmanager
def running(command: list[str], port: int) -> Iterator[None]:
    """Run a server, from when it listens until the end of the block."""
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until something listens on ``port``.

    Raises:
        RuntimeError: when the server ends, or takes too long.
    """
    for _ in range(int(START_SECONDS / 0.05)):
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"the server did not start (status {process.poll()})")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
