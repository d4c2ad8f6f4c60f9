"""What a benchmark is given and what it hands back."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """One figure: what was measured, never whether that is good enough."""

    bench: str
    """Name in goals.toml, such as ``segment.cold``."""
    value: float
    """Median over the runs."""
    unit: str
    """ms, s, GB, …"""
    n: int
    """Size of what was worked on, counted in the store after the work."""
    runs: int
    """How often it was measured."""
    baseline: float | None = None
    """Median of what it is compared with, measured in the same run on the same storage, in the same unit."""


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What a benchmark works with."""

    data: Path
    """Folder for data that is kept between runs, outside the source tree."""
    runs: int
    """How often to measure, unless once takes minutes."""

    def median(self, work: Callable[[], object], *, runs: int = 0, before: Callable[[], object] | None = None) -> float:
        """Return the median seconds that ``work`` takes.

        Args:
            work: what is measured.
            runs: how often; 0 means the harness's choice.
            before: is called ahead of each run, untimed (to empty a cache, say).
        """
        return statistics.median(self._seconds(work, before) for _ in range(runs or self.runs))

    def _seconds(self, work: Callable[[], object], before: Callable[[], object] | None) -> float:
        """Return the seconds of one run."""
        if before is not None:
            before()
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    def say(self, message: str) -> None:
        """Tell the person who waits what is going on, on standard error."""
        print(f"    {message}", file=sys.stderr, flush=True)
