"""Events over HTTP, answered when they are on disk: single calls and batches of 100, at 64 connections.

Beside it the same endpoint on FastAPI and uvicorn, with Helder's own keys, parsing and inbox (``fastapi_door.py``).
Each server is a process of its own, and so is the load (``load.py``): they share two cores, so what the load costs
weighs on both. With batches the parsing and the disk, which are the same, outweigh the framework: the goal of so many
times the baseline is for single calls. How soon batches are answered is measured at the rate that is promised, each
from when it was due; and also at the limit of both servers, where it follows from the rate alone. ``n`` is counted in
the inbox afterwards: every event that was answered is there.
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
from functools import partial
from pathlib import Path
from typing import TypeAlias

import msgspec

from helder.access.keys import Keys
from helder.collect.inbox import Inbox
from helder.store.migrations import upgrade
from helder.store.state import open_state
from load import Load, Wish, send
from measurement import Context, Measurement

Loads: TypeAlias = dict[str, list[Load]]

HERE = Path(__file__).resolve().parent
SECONDS = 8.0
RUNS = 3
BATCH = 100
PROMISED = 100_000
"""Events a second at which the answers to batches must be quick; beyond it, waiting grows with whatever is sent."""
START_SECONDS = 30.0


def measure(context: Context) -> list[Measurement]:
    """Measure both servers in turn, with no worker beside them."""
    ways = {"single": Wish(port=0, key="", size=1), "batch": Wish(port=0, key="", size=BATCH),
            "steady": Wish(port=0, key="", size=BATCH, rate=PROMISED / BATCH)}  # fmt: skip
    ours: Loads = {way: [] for way in ways}
    theirs: Loads = {way: [] for way in ways}
    counted = dict.fromkeys(ways, 0)
    for _ in range(RUNS):
        for way, wish in ways.items():
            for found, command in ((ours, helder), (theirs, fastapi)):
                load, kept = once(context.data / "door", wish, command)
                found[way].append(load)
                counted[way] += kept if found is ours else 0
                context.say(f"{command.__name__}, {way}: {load.events / load.seconds:,.0f} events/s, "
                            f"p50 {load.p50:.1f} ms, p99 {load.p99:.1f} ms")  # fmt: skip
    figure = partial(_figure, ours, theirs, counted)
    return [
        figure("collect.single", "single", "events/s", rate),
        figure("collect.batch", "batch", "events/s", rate),
        figure("collect.p99", "single", "ms", p99),
        figure("collect.batch_p99", "steady", "ms", p99),
        figure("collect.batch_p99_full", "batch", "ms", p99),
    ]


def _figure(
    ours: Loads,
    theirs: Loads,
    counted: dict[str, int],
    bench: str,
    way: str,
    unit: str,
    of: Callable[[list[Load]], float],
) -> Measurement:
    """Return one figure of one way, beside the baseline's."""
    return Measurement(bench=bench, value=of(ours[way]), unit=unit, n=counted[way], runs=RUNS, baseline=of(theirs[way]))


def rate(loads: list[Load]) -> float:
    """Return the median of events a second."""
    return statistics.median(each.events / each.seconds for each in loads)


def p99(loads: list[Load]) -> float:
    """Return the median of the milliseconds within which 99 of 100 were answered."""
    return statistics.median(each.p99 for each in loads)


def helder(data: Path, port: int) -> list[str]:
    """Return how Helder's web process is started."""
    return [sys.executable, "-m", "helder", "serve", "--role", "web", "--data", str(data), "--port", str(port)]


def fastapi(data: Path, port: int) -> list[str]:
    """Return how the baseline is started."""
    return [sys.executable, str(HERE / "fastapi_door.py"), str(data), str(port)]


def once(folder: Path, wish: Wish, command: Callable[[Path, int], list[str]]) -> tuple[Load, int]:
    """Load one server for a while; return what came of it, and the events that the inbox holds.

    Raises:
        RuntimeError: when a request was refused, or an event that was answered is not in the inbox.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    key, port = new_key(folder), free_port()
    with running(command(folder, port), port):
        load = send(msgspec.structs.replace(wish, port=port, key=key, seconds=SECONDS))
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
