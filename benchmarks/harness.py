"""Run benchmarks and judge them.

``python benchmarks/harness.py all`` or ``… segment``: each figure becomes one line of JSON on standard output. Only
this file decides whether a goal is met, from ``goals.toml``; a benchmark just measures. The exit code is 1 when a goal
is missed or a benchmark broke.
"""

from __future__ import annotations

import fcntl
import importlib
import os
import subprocess
import sys
import tomllib
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from measurement import Context, Measurement

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("HELDER_BENCH_DATA", "~/.cache/helder-bench")).expanduser()
RUNS = int(os.environ.get("HELDER_BENCH_RUNS", "7"))

__all__ = ["Context", "Goal", "Line", "Measurement", "judge", "main"]


class Goal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a figure must be to be met."""

    unit: str
    below: float | None = None
    """The figure must be less than this."""
    above: float | None = None
    """The figure must be this or more: for rates, where more is better."""
    ratio: float | None = None
    """The figure may be at most this many times its baseline."""
    times: float | None = None
    """The figure must be at least this many times its baseline."""
    n: int = 1
    """Worked on at least this much; a fast answer over less is no answer."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the output."""

    bench: str
    value: float | None
    unit: str
    goal: float | None
    baseline: float | None
    ratio: float | None
    n: int
    runs: int
    commit: str
    met: bool


def main(arguments: list[str]) -> int:
    """Run the benchmarks that are named (``all`` for every one); return the exit code."""
    names = everything() if arguments in ([], ["all"]) else arguments
    if unknown := [name for name in names if name not in everything()]:
        print(f"no benchmark {', '.join(unknown)}; there are: {', '.join(everything())}", file=sys.stderr)
        return 2
    with alone():
        lines = [line for name in names for line in run(name)]
    return 0 if lines and all(line.met for line in lines) else 1


def run(name: str) -> list[Line]:
    """Run one benchmark, print its lines, and return them. One that breaks leaves its goals unmet."""
    print(f"{name}:", file=sys.stderr, flush=True)
    goals = read_goals()
    found = {each.bench: each for each in measured(name)}
    wanted = [bench for bench in goals if bench.split(".")[0] == name]
    lines = [judge(bench, found.get(bench), goals.get(bench)) for bench in dict.fromkeys([*wanted, *found])]
    for line in lines:
        print(msgspec.json.encode(line).decode(), flush=True)
    return lines


def measured(name: str) -> list[Measurement]:
    """Return what a benchmark measured; nothing when it broke, after telling why."""
    try:
        return importlib.import_module(f"bench_{name}").measure(Context(data=folder(name), runs=RUNS))
    except Exception:  # noqa: BLE001 - the other benchmarks still run, and the exit code tells
        traceback.print_exc()
        return []


def judge(bench: str, measured: Measurement | None, goal: Goal | None) -> Line:
    """Compare a figure with its goal. What was not measured, or over too little, is not met; no goal is no judgement.

    Raises:
        ValueError: when the goal and the figure do not speak of the same unit.
    """
    if measured is None:
        return absent(bench, goal)
    if goal is not None and goal.unit != measured.unit:
        raise ValueError(f"{bench} is measured in {measured.unit}, its goal is in {goal.unit}")
    ratio = measured.value / measured.baseline if measured.baseline else None
    return Line(
        bench=bench,
        value=round(measured.value, 3),
        unit=measured.unit,
        goal=limit(goal),
        baseline=None if measured.baseline is None else round(measured.baseline, 3),
        ratio=None if ratio is None else round(ratio, 3),
        n=measured.n,
        runs=measured.runs,
        commit=commit(),
        met=goal is None or is_met(measured, ratio, goal),
    )


def absent(bench: str, goal: Goal | None) -> Line:
    """Return the line of a figure that its benchmark did not give."""
    unit = goal.unit if goal else ""
    nothing = dict.fromkeys(("value", "baseline", "ratio"))
    return Line(bench=bench, unit=unit, goal=limit(goal), n=0, runs=0, commit=commit(), met=False, **nothing)


def limit(goal: Goal | None) -> float | None:
    """Return the figure that a goal asks to stay below, or to reach."""
    return None if goal is None else goal.below if goal.below is not None else goal.above


def is_met(measured: Measurement, ratio: float | None, goal: Goal) -> bool:
    """Tell whether a figure reaches its goal in every respect that the goal names."""
    fast = goal.below is None or measured.value < goal.below
    much = goal.above is None or measured.value >= goal.above
    close = goal.ratio is None or (ratio is not None and ratio <= goal.ratio)
    ahead = goal.times is None or (ratio is not None and ratio >= goal.times)
    return fast and much and close and ahead and measured.n >= goal.n


def read_goals() -> dict[str, Goal]:
    """Return the goals by the name of their figure."""
    return msgspec.convert(tomllib.loads((HERE / "goals.toml").read_text("utf-8")), dict[str, Goal])


def everything() -> list[str]:
    """Return the names of all benchmarks: the files ``bench_<name>.py``."""
    return sorted(file.stem.removeprefix("bench_") for file in HERE.glob("bench_*.py"))


def folder(name: str) -> Path:
    """Return the folder in which a benchmark keeps its data between runs."""
    path = DATA / name
    path.mkdir(parents=True, exist_ok=True)
    return path


def commit() -> str:
    """Return the commit that was measured, with a plus sign when the source differs from it."""
    git = ["git", "-C", str(HERE)]
    head = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    changed = subprocess.run([*git, "diff", "--quiet", "HEAD", "--", "../src"], capture_output=True, check=False)
    return (head.stdout.strip() or "unknown") + ("+" if changed.returncode else "")


@contextmanager
def alone() -> Iterator[None]:
    """Hold the lock that keeps two benchmarks from running at once: each would measure the other."""
    DATA.mkdir(parents=True, exist_ok=True)
    with (DATA / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("another benchmark runs; waiting for it", file=sys.stderr, flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    sys.exit(main(sys.argv[1:]))
