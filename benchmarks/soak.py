"""An hour under load: does anything grow that should not, does the front door stay quick, is all of it there?

``python benchmarks/soak.py --minutes 60 --rate 1000``. One line of JSON for each of twelve windows (five minutes of an
hour), then one with the verdict; the exit code is 1 when a bound is broken. The load runs on the same machine.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from helder.cli._demo.server import Server, free_port
from helder.demo.catcher import Catcher, caught
from helder.store.facts.duckdb.engine import DuckDbFacts
from helder.worker.client import Client
from soak_company import define

WINDOWS = 12
LOOK_SECONDS = 5.0
P99_MS = 250.0
"""Longest answer of 99 in a hundred, in every window."""
GROWTH = 1.15
"""Most that a process may hold in the last quarter, in terms of what it held in the second: the first is a warm-up."""
WARM_MINUTES = 20.0
"""A shorter soak tells what grew and does not judge it: until then everybody who comes is met for the first time."""
ROOM_MB = 24.0
"""Growth below this is no growth: sets of a day's messages fill (eight bytes each), caches do."""
BEHIND_SECONDS = 30.0
"""Most that may lie in the inbox at the end of a window, in seconds of load."""
FILE_RATIO = 2.0
"""Facts file at the end, in terms of its size when compacted."""


class Seen(msgspec.Struct, frozen=True):
    """What was seen at one moment."""

    second: float
    memory: dict[str, float]
    """MB by role."""
    file: float
    """MB of the facts, their log included."""
    depth: int
    """Requests in the inbox that were not taken in yet."""


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """One window of the soak."""

    window: int
    minutes: float
    answers: int
    failed: int
    p50: float
    p99: float
    longest: float
    """Milliseconds."""
    memory: dict[str, float]
    """MB by role, median."""
    file: float
    depth: int
    """At its end."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    passed: bool
    broken: list[str]
    minutes: float
    accepted: int
    stored: int
    mails: int
    growth: dict[str, float]
    """MB by role, from the second quarter to the last."""
    file: float
    compacted: float
    """MB of the facts after the end, before and after compaction."""


def main(arguments: Sequence[str]) -> int:
    """Run the soak; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=int, default=1000, help="events a second")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="helder-soak-") as folder, Catcher(Path(folder) / "mails") as catcher:
        verdict = soak(Path(folder), catcher, options.minutes, options.rate)
    _say(verdict)
    return 0 if verdict.passed else 1


def soak(folder: Path, catcher: Catcher, minutes: float, rate: int) -> Verdict:
    """Load a Helder in ``folder``, watch it, stop it, and look at what is left."""
    settings = {"smtp_host": catcher.host, "smtp_port": str(catcher.port), "smtp_tls": "never"}
    server = Server(folder / "helder", free_port(0), settings)
    try:
        with contextlib.closing(server.ready()) as client:
            define(client, folder)
            seen = _load(folder, server, client, minutes, rate)
            client.call("settle")
    finally:
        server.close()
    answers = _answers(folder / "answers")
    windows = [_window(number, minutes, answers, seen) for number in range(WINDOWS)]
    for each in windows:
        _say(each)
    return _judged(folder, windows, answers, minutes, rate)


def _load(folder: Path, server: Server, client: Client, minutes: float, rate: int) -> list[Seen]:
    """Run the load to its end, looking at the processes meanwhile."""
    command = [sys.executable, str(Path(__file__).with_name("soak_load.py")), server.base, str(rate), str(minutes)]
    began = time.monotonic()
    seen: list[Seen] = []
    with subprocess.Popen([*command, str(folder / "answers")]) as load:
        pause = threading.Event()
        while load.poll() is None:
            depth = int(client.call("status")["inbox_depth"])
            files = (folder / "helder").glob("facts.duckdb*")
            size = sum(file.stat().st_size for file in files if file.is_file()) / 1e6
            seen.append(Seen(time.monotonic() - began, _memory(folder / "helder"), size, depth))
            pause.wait(LOOK_SECONDS)
        if load.returncode:
            raise RuntimeError(f"the load ended with {load.returncode}")
    return seen


def _memory(data: Path) -> dict[str, float]:
    """Return the resident memory of each process that works on ``data``, MB by role."""
    return {role: _resident(pid) for pid, role in _processes(data)}


def _processes(data: Path) -> Iterator[tuple[int, str]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
            except OSError:
                continue
            if "serve" in words and str(data) in words:
                yield int(entry.name), words[words.index("--role") + 1] if "--role" in words else "supervisor"


def _resident(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text("utf-8")
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1000 for line in status.splitlines() if line.startswith("VmRSS")), 0.0)


def _answers(path: Path) -> list[tuple[float, float, int]]:
    """Return (second when due, milliseconds, status) of every answer."""
    found = []
    with path.open(encoding="utf-8") as file:
        for line in file:
            second, taken, status = line.split()
            found.append((float(second), float(taken), int(status)))
    return found


def _window(number: int, minutes: float, answers: list[tuple[float, float, int]], seen: list[Seen]) -> Window:
    length = minutes * 60 / WINDOWS
    begin, end = number * length, (number + 1) * length
    inside = [each for each in answers if begin <= each[0] < end]
    taken = sorted(each[1] for each in inside)
    looks = [each for each in seen if begin <= each.second < end] or seen[-1:]
    roles = {role for each in looks for role in each.memory}
    return Window(
        window=number,
        minutes=round(length / 60, 2),
        answers=len(inside),
        failed=sum(each[2] != 200 for each in inside),
        p50=round(taken[len(taken) // 2], 1),
        p99=round(taken[int(len(taken) * 0.99)], 1),
        longest=round(taken[-1], 1),
        memory={role: round(statistics.median(each.memory.get(role, 0.0) for each in looks), 1) for role in roles},
        file=round(looks[-1].file, 1),
        depth=looks[-1].depth,
    )


def _judged(
    folder: Path, windows: list[Window], answers: list[tuple[float, float, int]], minutes: float, rate: int
) -> Verdict:
    accepted = sum(status == 200 for _, _, status in answers)
    stored, file, compacted = _stored(folder / "helder" / "facts.duckdb")
    growth = _growth(windows)
    quarter = WINDOWS // 4
    broken = [f"window {each.window}: p99 {each.p99} ms" for each in windows if each.p99 > P99_MS]
    broken += [f"window {each.window}: {each.depth} behind" for each in windows if each.depth > BEHIND_SECONDS * rate]
    for role, grown in growth.items():
        held = statistics.median(each.memory.get(role, 0.0) for each in windows[quarter : 2 * quarter])
        if minutes >= WARM_MINUTES and grown > max(ROOM_MB, held * (GROWTH - 1)):
            broken.append(f"{role} grew by {grown:.0f} MB")
    if stored != accepted:
        broken.append(f"{accepted} accepted, {stored} stored")
    if file > FILE_RATIO * compacted:
        broken.append(f"the facts take {file:.0f} MB, {compacted:.0f} when compacted")
    return Verdict(
        passed=not broken,
        broken=broken,
        minutes=minutes,
        accepted=accepted,
        stored=stored,
        mails=len(caught(folder / "mails")),
        growth=growth,
        file=file,
        compacted=compacted,
    )


def _growth(windows: list[Window]) -> dict[str, float]:
    quarter = WINDOWS // 4
    early, late = windows[quarter : 2 * quarter], windows[-quarter:]
    return {
        role: round(
            statistics.median(each.memory.get(role, 0.0) for each in late)
            - statistics.median(each.memory.get(role, 0.0) for each in early),
            1,
        )
        for role in sorted(windows[-1].memory)
    }


def _stored(path: Path) -> tuple[int, float, float]:
    """Return the events of the site, and the MB of the file before and after compaction."""
    before = path.stat().st_size
    facts = DuckDbFacts(path)
    with facts.reader() as reader:
        stored = reader.sql("SELECT count(DISTINCT message_id) AS n FROM every_event WHERE source = 'site'")
    facts.compact()
    facts.close()
    return int(stored["n"][0].as_py()), round(before / 1e6, 1), round(path.stat().st_size / 1e6, 1)


def _say(line: Window | Verdict) -> None:
    print(msgspec.json.encode(line).decode(), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
