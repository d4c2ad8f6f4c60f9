"""The stage ``project``: what is new in the facts, copied to ``hot`` and ``online``.

Each file has a watermark of its own and catches up by itself. Rows go in chunks; the watermark moves after the last of
them. A crash in between repeats the range, and repeating changes nothing: rows have natural keys, and an older batch
never overwrites a newer one.

New events go to the tail of their table, and are merged when there is time (see ``merge``). What is not at hand any
more, after a start or in bulk, goes to its place at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from helder.store.facts.protocol import Facts, Reader
from helder.store.merge import Merge
from helder.store.projections.file import ProjectionFile
from helder.store.projections.hot import Hot
from helder.store.projections.layout import Layout
from helder.store.projections.online import Online

CHUNK = 5_000
"""Rows in a transaction, when others may wait for their turn."""
BULK_CHUNK = 50_000
"""Rows in a transaction that fills an empty table."""
INDEXED = 10_000
"""People whose words are indexed in one round: half a second, after which the other stages have their turn."""


class Project:
    """The stage ``project``."""

    name = "project"

    def __init__(self, facts: Facts, hot: Hot, online: Online) -> None:
        """Copy from ``facts`` to ``hot`` and ``online``."""
        self._facts = facts
        self._files: tuple[ProjectionFile, ...] = (hot, online)
        self._online = online
        self._merge = Merge(hot, "event")

    def run(self, now: datetime) -> int:  # noqa: ARG002 - every stage is given the moment
        """Copy what is new to both files, and renew the index of people; return the rows copied, removed or indexed.

        Merging is no such work: who waits for rest need not wait for that.
        """
        moved = sum(self._catch_up(file) for file in self._files)
        moved += self._online.index(INDEXED)
        self._merge.keep_up(moved)
        return moved

    def _catch_up(self, file: ProjectionFile) -> int:
        after = file.watermark(self.name)
        if after >= self._facts.last_batch():
            return 0
        with self._facts.reader() as reader:
            upto = reader.last_batch()
            fresh = _Fresh(self._facts, reader, (after, upto))
            moved = sum(_copy(fresh, file, layout) for layout in file.layouts.values())
        with file.write() as writer:
            writer.move(self.name, upto)
        return moved


class _Fresh:
    """What came in the batches (after, upto]: as far as it is at hand from there, else asked of the reader."""

    def __init__(self, facts: Facts, reader: Reader, span: tuple[int, int]) -> None:
        self._facts, self._reader, self._span = facts, reader, span

    def at_hand(self, layout: Layout) -> pa.Table | None:
        """Return the new rows when they are all there is to know: nothing was ended or deleted."""
        return self._facts.added(layout.read_from, *self._span)

    def chunks(self, layout: Layout, size: int) -> Iterator[pa.RecordBatch]:
        """Yield the new rows in the order of the key, so that SQLite fills page after page; nobody's are left out."""
        order = (*layout.key, "batch")
        rows = self.at_hand(layout)
        if rows is None:
            found = self._reader.changed(layout.read_from, *self._span, order=order, batch_size=size)
        else:
            found = rows.sort_by([(name, "ascending") for name in order]).combine_chunks().to_batches(size)
        for each in found:
            kept = each.filter(pc.is_valid(each.column(layout.key[0])))
            if kept.num_rows:
                yield kept

    def ended(self, layout: Layout) -> Iterator[pa.RecordBatch]:
        """Yield the versions that newer ones ended."""
        return self._reader.ended(layout.read_from, *self._span, batch_size=CHUNK)


def _copy(fresh: _Fresh, file: ProjectionFile, layout: Layout) -> int:
    """Bring one table up to date; return the number of rows.

    New versions come before old ones go, so that nobody who looks meanwhile misses a record.
    """
    rows = fresh.at_hand(layout)
    if rows is not None and not rows.num_rows:
        return 0
    if file.is_empty(layout.table):
        return _fill(fresh, file, layout)
    moved = 0
    for chunk in fresh.chunks(layout, CHUNK):
        with file.write() as writer:
            if layout.tailed and rows is not None:
                writer.append_to_tail(layout.table, chunk)
            else:
                writer.renew(layout.table, chunk)
        moved += chunk.num_rows
        file.let_others_in()
    return moved + (_drop_ended(fresh, file, layout) if layout.versioned and rows is None else 0)


def _fill(fresh: _Fresh, file: ProjectionFile, layout: Layout) -> int:
    """Fill a table that is empty: there is nothing to replace or to remove, and its indexes can wait."""
    moved = 0
    for rows in fresh.chunks(layout, BULK_CHUNK):
        with file.write() as writer:
            writer.without_indexes(layout.table)
            writer.append(layout.table, rows)
        moved += rows.num_rows
        file.let_others_in()
    if moved:
        with file.write() as writer:
            writer.with_indexes(layout.table)
    return moved


def _drop_ended(fresh: _Fresh, file: ProjectionFile, layout: Layout) -> int:
    """Remove the versions that newer ones ended."""
    dropped = 0
    for rows in fresh.ended(layout):
        with file.write() as writer:
            writer.discard(layout.table, rows)
        dropped += rows.num_rows
        file.let_others_in()
    return dropped
