"""Merging: rows of ``hot`` that wait in the order in which they came are moved to where their person's rows lie.

What comes in a minute is of people all over a file of gigabytes, and each row put in its place would write a page of
its own. So new rows wait in a tail that is small enough to stay in memory. When the worker has nothing else to do they
are merged, a little at a time, in the order of their key: then neighbours share a page.
"""

from __future__ import annotations

from helder.store.projections.file import Key, ProjectionFile

MOST = 2_000_000
"""Rows that may wait; when there are more, as many are merged in each run as came in it."""
QUIET_CHUNK = 500
"""Rows merged when nothing came: whoever comes next waits for no more than these."""
CHUNK = 5_000
"""Rows merged in a transaction when too many wait."""


class Merge:
    """Merges the tail of one table, round and round in the order of the key. One object a file: it counts."""

    def __init__(self, file: ProjectionFile, table: str) -> None:
        """Merge within ``table`` of ``file``; nothing is asked of it yet."""
        self._file, self._table = file, table
        self._start: Key = (-1, *([0] * (len(file.layouts[table].key) - 1)))
        self._after: Key = self._start
        self._waits: int | None = None

    def keep_up(self, came: int) -> int:
        """Merge a little when nothing came, or as much as came when too much waits; return the rows merged.

        Args:
            came: rows that this run brought.
        """
        if self._waits is None:
            self._waits = self._file.waiting(self._table)
        elif came:
            self._waits += came
        if not came:
            return self._step(QUIET_CHUNK) if self._waits else 0
        if self._waits > MOST:
            # What came was not all of this table: before others must wait for it, the tail is counted.
            self._waits = self._file.waiting(self._table)
        merged = 0
        while self._waits > MOST and merged < came:
            merged += self._step(CHUNK)
            self._file.let_others_in()
        return merged

    def _step(self, most: int) -> int:
        """Merge at most ``most`` rows, from the beginning again when the end is reached."""
        began = self._after
        with self._file.write() as writer:
            done, self._after = writer.merge(self._table, began, most)
        # Rows that came twice were counted twice; after a whole sweep there is nothing left to count.
        whole = done < most and began == self._start
        self._waits = 0 if whole else max(1, (self._waits or 0) - done)
        if done < most:
            self._after = self._start
        return done
