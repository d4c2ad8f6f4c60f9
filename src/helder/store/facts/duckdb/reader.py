"""Questions to DuckDB, over a cursor of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import duckdb
import pyarrow as pa
from ibis.expr.types import Expr

from helder.errors import Cancelled, Unavailable
from helder.store.facts.compile import compiled
from helder.store.facts.duckdb import statements
from helder.store.facts.duckdb.names import column, known
from helder.store.facts.schema import SCHEMAS
from helder.store.refusals import DamagedData, DiskFull

_FULL = "No space left on device"
"""What DuckDB hands on from the system (ENOSPC)."""


class DuckDbReader:
    """Answers questions over one cursor. Not to be shared between threads, apart from ``interrupt``."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Use ``cursor``."""
        self._cursor = cursor

    def read(self, expr: Expr, **tables: pa.Table) -> pa.Table:
        """Answer ``expr`` with the small ``tables`` visible by name.

        Raises:
            Cancelled: when ``interrupt`` was called meanwhile.
            Unavailable: when it needs more memory or disk than the settings allow.
        """
        return self.sql(compiled(expr, "duckdb"), **tables)

    def sql(self, text: str, **tables: pa.Table) -> pa.Table:
        """Answer SQL that was compiled from an expression before; raises as ``read`` does."""
        with self._visible(tables), explained():
            return self._cursor.execute(text).to_arrow_table()

    def last_batch(self) -> int:
        """Return the number of the newest batch that this reader sees."""
        return int(self._cursor.execute(statements.text("last_batch")).fetchall()[0][0])

    def changed(
        self, table: str, after: int, upto: int, *, order: Sequence[str] = (), batch_size: int = 50_000
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows of ``table`` written in batches (after, upto]; versions that have ended are left out."""
        current = " AND until_batch IS NULL" if "until_batch" in SCHEMAS[table] else ""
        sort = ", ".join(column(table, name) for name in order)
        text = f"SELECT * FROM {known(table)} WHERE batch > $after AND batch <= $upto{current}"
        return self._stream(f"{text} ORDER BY {sort}" if sort else text, after, upto, batch_size)

    def ended(self, table: str, after: int, upto: int, *, batch_size: int = 50_000) -> Iterator[pa.RecordBatch]:
        """Yield the versions of records in ``table`` that newer ones ended in batches (after, upto]."""
        text = f"SELECT * FROM {known(table)} WHERE until_batch > $after AND until_batch <= $upto"
        return self._stream(text, after, upto, batch_size)

    def statement(self, name: str, parameters: Mapping[str, object] | None = None) -> pa.Table:
        """Run the named statement of ``statements/<name>.sql``; raises as ``read`` does."""
        with explained():
            return self._cursor.execute(statements.text(name), dict(parameters or {})).to_arrow_table()

    def interrupt(self) -> None:
        """Stop the question that runs now, from another thread; its own thread gets ``Cancelled``."""
        self._cursor.interrupt()

    def _stream(self, text: str, after: int, upto: int, batch_size: int) -> Iterator[pa.RecordBatch]:
        # Parameters, not literals: zone maps skip row groups by them just as well, and the text stays the same.
        with explained():
            yield from self._cursor.execute(text, {"after": after, "upto": upto}).to_arrow_reader(batch_size)

    @contextmanager
    def _visible(self, tables: Mapping[str, pa.Table]) -> Iterator[None]:
        """Make Arrow tables visible by name for a while."""
        for name, rows in tables.items():
            self._cursor.register(name, rows)
        try:
            yield
        finally:
            for name in tables:
                self._cursor.unregister(name)


@contextmanager
def explained() -> Iterator[None]:
    """Turn DuckDB's errors that an operator can do something about into Helder's."""
    try:
        yield
    except duckdb.InterruptException as error:
        raise Cancelled("The question was cancelled.") from error
    except duckdb.OutOfMemoryException as error:
        raise Unavailable(f"The facts engine ran out of memory; raise memory_limit or free disk. ({error})") from error
    except (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException) as error:
        if _FULL in str(error):
            raise DiskFull(f"The disk of the facts is full; free some room. Nothing is lost. ({error})") from error
        if not isinstance(error, duckdb.FatalException):
            raise
        raise DamagedData(f"The facts engine stopped; start the worker again. ({error})") from error
