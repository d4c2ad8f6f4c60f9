"""What every facts engine can do. Rooms above ``store`` know this protocol and no engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import pyarrow as pa
from ibis.expr.types import Expr


class Batch(Protocol):
    """One facts transaction: all of it becomes visible at once, or none."""

    number: int
    """The batch number that every appended row gets."""

    def append(self, table: str, rows: pa.Table) -> None:
        """Add ``rows`` (columns of the table by name, without ``batch``; absent columns are null)."""
        ...

    def supersede(self, table: str, keys: pa.Table) -> None:
        """End the current versions of the records in ``keys`` (columns source, record_key)."""
        ...

    def delete(self, table: str, column: str, values: pa.Array) -> None:
        """Delete the rows whose ``column`` is among ``values``: derived tables and erasure only."""
        ...

    def clear(self, table: str) -> None:
        """Empty a derived table."""
        ...

    def read(self, expr: Expr, **tables: pa.Table) -> pa.Table:
        """Answer ``expr`` inside this transaction, seeing what it wrote."""
        ...

    def move(self, stage: str, position: int) -> None:
        """Set a watermark; committed with the rows."""
        ...


class Reader(Protocol):
    """A snapshot-consistent view for questions, to be used by one thread."""

    def read(self, expr: Expr, **tables: pa.Table) -> pa.Table:
        """Answer ``expr``; ``tables`` are small tables, visible by name to this question only."""
        ...

    def last_batch(self) -> int:
        """Return the number of the newest batch that this reader sees."""
        ...

    def changed(
        self, table: str, after: int, upto: int, *, order: Sequence[str] = (), batch_size: int = 50_000
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows of ``table`` written in batches (after, upto]; versions that have ended are left out.

        Args:
            table: a table or view of the facts.
            after: a watermark: rows of this batch are not given again.
            upto: the last batch given.
            order: columns to sort by.
            batch_size: most rows in one yield. Take all before asking this reader something else.
        """
        ...

    def ended(self, table: str, after: int, upto: int, *, batch_size: int = 50_000) -> Iterator[pa.RecordBatch]:
        """Yield the versions of records in ``table`` that newer ones ended in batches (after, upto]."""
        ...

    def sql(self, text: str, **tables: pa.Table) -> pa.Table:
        """Answer SQL that was compiled from an expression before; ``tables`` as in ``read``."""
        ...

    def statement(self, name: str, parameters: Mapping[str, object] | None = None) -> pa.Table:
        """Run the named read-only statement of this engine (``store/<engine>/statements``)."""
        ...


class Facts(Protocol):
    """An analytical engine that holds the facts."""

    dialect: str
    """SQLGlot dialect that expressions are compiled to."""

    def write(self) -> AbstractContextManager[Batch]:
        """Begin a batch; commits on leaving, rolls back on an error."""
        ...

    def reader(self) -> AbstractContextManager[Reader]:
        """Open a reader with a cursor of its own; all its answers are of one moment."""
        ...

    def read(self, expr: Expr, **tables: pa.Table) -> pa.Table:
        """Answer one question with a reader of its own."""
        ...

    def last_batch(self) -> int:
        """Return the number of the newest committed batch (0 when empty)."""
        ...

    def added(self, table: str, after: int, upto: int) -> pa.Table | None:
        """Return what batches (after, upto] added to ``table``, when that is still at hand without asking.

        None when it is not at hand, or when rows of the table were ended or deleted in those batches: then ask.
        """
        ...

    def watermark(self, stage: str) -> int:
        """Return how far ``stage`` has come (0 at first)."""
        ...

    def maintain(self) -> int:
        """Move the event tail into history and checkpoint; returns the rows moved."""
        ...

    def usable(self) -> bool:
        """Tell whether it still answers; when not, only opening it again helps."""
        ...

    def close(self) -> None:
        """Checkpoint and close."""
        ...
