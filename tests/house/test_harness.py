"""The benchmark harness: the only judge of whether a goal is met."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

import harness
from measurement import Context, Measurement

GOAL = harness.Goal(unit="ms", below=400, ratio=1.5, n=50)
FAST = Measurement(bench="b.cold", value=300.0, unit="ms", n=50, runs=7, baseline=250.0)
FIELDS = ["bench", "value", "unit", "goal", "baseline", "ratio", "n", "runs", "commit", "met"]


@pytest.mark.parametrize(
    ("change", "met"),
    [
        ({}, True),
        ({"value": 400.0, "baseline": 390.0}, False),
        ({"baseline": 199.0}, False),
        ({"baseline": 200.0}, True),
        ({"baseline": None}, False),
        ({"n": 49}, False),
    ],
)
def test_a_goal_is_met_in_every_respect_or_not(change: dict[str, object], met: bool) -> None:
    """A figure must be below its goal, near enough to its baseline, and over enough data."""
    values = {field: getattr(FAST, field) for field in FAST.__struct_fields__} | change
    assert harness.judge("b.cold", Measurement(**values), GOAL).met is met


@pytest.mark.parametrize(
    ("change", "met"),
    [({}, True), ({"value": 4_999.0}, False), ({"baseline": 4_000.0}, False), ({"baseline": None}, False)],
)
def test_a_rate_must_reach_its_goal(change: dict[str, object], met: bool) -> None:
    """Of a rate more is better, and it must be so many times its baseline."""
    rate = {"bench": "b.rate", "value": 5_000.0, "unit": "1/s", "n": 50, "runs": 3, "baseline": 3_000.0} | change
    goal = harness.Goal(unit="1/s", above=5_000, times=1.4, n=50)
    line = harness.judge("b.rate", Measurement(**rate), goal)  # type: ignore[arg-type] - values of several types
    assert (line.met, line.goal) == (met, 5_000)


def test_a_figure_without_a_measurement_is_not_met() -> None:
    """What a benchmark did not measure is reported, and not met."""
    line = harness.judge("b.cold", None, GOAL)
    assert (line.met, line.value, line.goal) == (False, None, 400)


def test_units_must_agree() -> None:
    """Seconds are never compared with milliseconds."""
    with pytest.raises(ValueError, match="measured in ms"):
        harness.judge("b.cold", FAST, harness.Goal(unit="s", below=1))


def test_every_goal_has_a_benchmark() -> None:
    """Each goal belongs to a benchmark that is there, and each benchmark has a goal."""
    assert {name.split(".")[0] for name in harness.read_goals()} == set(harness.everything())


def test_a_line_has_the_agreed_fields(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A run prints one JSON object a figure; a goal that was not measured is among them."""
    bench = ModuleType("bench_b")
    bench.measure = lambda context: [FAST]  # type: ignore[attr-defined] - a made-up benchmark
    monkeypatch.setitem(sys.modules, "bench_b", bench)
    monkeypatch.setattr(harness, "DATA", tmp_path)
    monkeypatch.setattr(harness, "read_goals", lambda: {"b.cold": GOAL, "b.warm": GOAL})
    harness.run("b")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [list(line) for line in lines] == [FIELDS, FIELDS]
    assert [(line["bench"], line["met"]) for line in lines] == [("b.cold", True), ("b.warm", False)]


def test_a_broken_benchmark_meets_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A benchmark that raises leaves its goals unmet instead of ending the run."""
    bench = ModuleType("bench_b")
    bench.measure = lambda context: 1 / 0  # type: ignore[attr-defined] - a made-up benchmark
    monkeypatch.setitem(sys.modules, "bench_b", bench)
    monkeypatch.setattr(harness, "DATA", tmp_path)
    monkeypatch.setattr(harness, "read_goals", lambda: {"b.cold": GOAL})
    assert [line.met for line in harness.run("b")] == [False]


def test_the_median_is_not_moved_by_one_slow_run(tmp_path: Path) -> None:
    """One run that is slowed by something else does not move the figure."""
    pauses = iter([0.0, 0.2, 0.0])
    context = Context(data=tmp_path, runs=3)
    import time

    assert context.median(lambda: time.sleep(next(pauses))) < 0.1
