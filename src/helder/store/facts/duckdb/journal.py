"""What the last batches added, still in memory: the stages after a batch need not ask the engine for it again.

Every question costs a millisecond or more however little it finds, and a round of the pipeline has dozens of them.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping

import pyarrow as pa

KEPT_BYTES = 64 << 20
"""Of the rows that are kept; the newest batch is kept whatever its size."""


class Journal:
    """Rows by table and batch. Safe to share between threads."""

    def __init__(self, batch: int) -> None:
        """Begin after ``batch``."""
        self._lock = threading.Lock()
        self._before = batch
        self._batches: deque[tuple[int, Mapping[str, list[pa.Table]]]] = deque()
        self._bytes = 0
        self._changed: dict[str, int] = {}

    def add(self, batch: int, added: Mapping[str, list[pa.Table]], changed: set[str]) -> None:
        """Keep what a batch added, each table with the column ``batch``.

        Args:
            batch: its number; batches come in order.
            added: rows by table.
            changed: tables in which it also ended or deleted rows. What earlier batches added to them is no longer all
                true, so it is not kept: what was erased must not stay in memory either.
        """
        with self._lock:
            self._batches.append((batch, {name: rows for name, rows in added.items() if name not in changed}))
            self._bytes += _size(self._batches[-1][1])
            if changed:
                self._batches = deque((number, _without(rows, changed)) for number, rows in self._batches)
                self._bytes = sum(_size(rows) for _, rows in self._batches)
                self._changed.update(dict.fromkeys(changed, batch))
            while self._bytes > KEPT_BYTES and len(self._batches) > 1:
                self._before, rows = self._batches.popleft()
                self._bytes -= _size(rows)

    def since(self, table: str, after: int, upto: int) -> list[pa.Table] | None:
        """Return what batches (after, upto] added to ``table``; None when that is not known here any more."""
        with self._lock:
            if after < max(self._before, self._changed.get(table, 0)):
                return None
            return [each for number, rows in self._batches if after < number <= upto for each in rows.get(table, ())]


def _without(rows: Mapping[str, list[pa.Table]], tables: set[str]) -> Mapping[str, list[pa.Table]]:
    return {name: each for name, each in rows.items() if name not in tables}


def _size(rows: Mapping[str, list[pa.Table]]) -> int:
    return sum(each.nbytes for tables in rows.values() for each in tables)
