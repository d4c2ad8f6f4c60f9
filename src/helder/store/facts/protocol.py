"""What every facts engine can do. Rooms above ``store`` know this protocol and no engine."""

from __future__ import annotations

from collections.abc import Mapping
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

    def watermark(self, stage: str) -> int:
        """Return how far ``stage`` has come (0 at first)."""
        ...

    def maintain(self) -> int:
        """Move the event tail into history and checkpoint; returns the rows moved."""
        ...

    def close(self) -> None:
        """Checkpoint and close."""
        ...
