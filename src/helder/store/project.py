"""The stage ``project``: what is new in the facts, copied to ``hot`` and ``online``.

Each file has a watermark of its own and catches up by itself. Rows go in chunks; the watermark moves after the last of
them. A crash in between repeats the range, and repeating changes nothing: rows have natural keys, and an older batch
never overwrites a newer one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from helder.store.facts.protocol import Facts, Reader
from helder.store.projections.file import ProjectionFile
from helder.store.projections.hot import Hot
from helder.store.projections.layout import Layout
from helder.store.projections.online import Online

CHUNK = 5_000
"""Rows in a transaction, when others may wait for their turn."""
BULK_CHUNK = 50_000
"""Rows in a transaction that fills an empty table."""


class Project:
    """The stage ``project``."""

    name = "project"

    def __init__(self, facts: Facts, hot: Hot, online: Online) -> None:
        """Copy from ``facts`` to ``hot`` and ``online``."""
        self._facts = facts
        self._files: tuple[ProjectionFile, ...] = (hot, online)
        self._online = online

    def run(self, now: datetime) -> int:  # noqa: ARG002 - every stage is given the moment
        """Copy what is new to both files, and renew the index of people; return the rows copied or removed."""
        moved = sum(self._catch_up(file) for file in self._files)
        self._online.index()
        return moved

    def _catch_up(self, file: ProjectionFile) -> int:
        after = file.watermark(self.name)
        if after >= self._facts.last_batch():
            return 0
        with self._facts.reader() as reader:
            upto = reader.last_batch()
            moved = sum(_copy(reader, file, layout, (after, upto)) for layout in file.layouts.values())
        with file.write() as writer:
            writer.move(self.name, upto)
        return moved


def _copy(reader: Reader, file: ProjectionFile, layout: Layout, span: tuple[int, int]) -> int:
    """Bring one table from batch ``span[0]`` to ``span[1]``; return the number of rows.

    New versions come before old ones go, so that nobody who looks meanwhile misses a record.
    """
    if file.is_empty(layout.table):
        return _fill(reader, file, layout, span)
    moved = 0
    for rows in _chunks(reader, layout, span, CHUNK):
        with file.write() as writer:
            writer.renew(layout.table, rows)
        moved += rows.num_rows
        file.let_others_in()
    return moved + (_drop_ended(reader, file, layout, span) if layout.versioned else 0)


def _fill(reader: Reader, file: ProjectionFile, layout: Layout, span: tuple[int, int]) -> int:
    """Fill a table that is empty: there is nothing to replace or to remove, and its indexes can wait."""
    moved = 0
    for rows in _chunks(reader, layout, span, BULK_CHUNK):
        with file.write() as writer:
            writer.without_indexes(layout.table)
            writer.append(layout.table, rows)
        moved += rows.num_rows
        file.let_others_in()
    if moved:
        with file.write() as writer:
            writer.with_indexes(layout.table)
    return moved


def _drop_ended(reader: Reader, file: ProjectionFile, layout: Layout, span: tuple[int, int]) -> int:
    """Remove the versions that newer ones ended."""
    dropped = 0
    for rows in reader.ended(layout.read_from, *span, batch_size=CHUNK):
        with file.write() as writer:
            writer.discard(layout.table, rows)
        dropped += rows.num_rows
        file.let_others_in()
    return dropped


def _chunks(reader: Reader, layout: Layout, span: tuple[int, int], size: int) -> Iterator[pa.RecordBatch]:
    """Yield the new rows in the order of the key, so that SQLite fills page after page; nobody's rows are left out."""
    for rows in reader.changed(layout.read_from, *span, order=(*layout.key, "batch"), batch_size=size):
        kept = rows.filter(pc.is_valid(rows.column(layout.key[0])))
        if kept.num_rows:
            yield kept
