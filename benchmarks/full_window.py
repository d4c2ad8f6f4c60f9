"""What remembering messages costs when the window is full: ``python benchmarks/full_window.py [MILLIONS]``.

Fills ``Duplicates`` with so many million messages over eight days, as a start from the facts and as a running system
do, and prints one JSON line: bytes and microseconds a message, and the longest pause that an addition made.
"""

from __future__ import annotations

import json
import resource
import sys
from datetime import datetime, timedelta
from time import perf_counter

import numpy as np

from helder.collect.duplicates import Duplicates

NOW = datetime(2026, 11, 24, 10)  # noqa: DTZ001 - naive UTC, as in the stores
DAYS = 8
AT_ONCE = (1, 100, 1_000, 50_000)
"""Keys of one look-up: a quiet second's, a busy tick's, a catching-up run's."""


def main(millions: int) -> None:
    """Measure and print."""
    chance = np.random.default_rng(1)
    duplicates, a_day = Duplicates(), millions * 1_000_000 // DAYS
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for ago in range(1, DAYS):
        keys = chance.integers(0, 2**63, a_day).astype(np.uint64)
        duplicates.fill((NOW - timedelta(days=ago)).date(), keys)
    pauses = []
    for _ in range(max(1, a_day // 50_000)):
        fresh = chance.integers(0, 2**63, 50_000).tolist()
        began = perf_counter()
        duplicates.add(fresh, NOW)
        pauses.append(perf_counter() - began)
    used = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    held = sum(array.nbytes for day in duplicates._sorted.values() for array in day)  # noqa: SLF001 - what is measured
    line = {
        "remembered": len(duplicates),
        "megabytes_in_arrays": round(held / 2**20),
        "megabytes_at_most": round(used / 2**20),
        "microseconds_a_key": {str(size): _looked_up(duplicates, chance, size) for size in AT_ONCE},
        "longest_addition_of_50000_ms": round(max(pauses) * 1000),
        "median_addition_of_50000_ms": round(float(np.median(pauses)) * 1000, 1),
    }
    print(json.dumps(line))


def _looked_up(duplicates: Duplicates, chance: np.random.Generator, size: int) -> float:
    """Return microseconds a key for look-ups of ``size`` keys, none of them known: those go through everything."""
    rounds = max(5, min(500, 100_000 // size))
    asked = [chance.integers(2**63, 2**64 - 1, size, dtype=np.uint64).tolist() for _ in range(rounds)]
    began = perf_counter()
    for keys in asked:
        if not all(duplicates.fresh(keys)):
            raise AssertionError("a key that nobody added is known")
    return round((perf_counter() - began) / (rounds * size) * 1e6, 2)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
