"""Facts on DuckDB.

One process owns the file (DuckDB lets no second one open it). One lock makes one writer; every reader has a cursor
of its own, because a connection shared by threads gives silently wrong answers.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from ibis.expr.types import Expr

from helder.errors import Unavailable
from helder.store.facts.compile import compiled
from helder.store.facts.duckdb import statements
from helder.store.facts.duckdb.migrate import migrate
from helder.store.facts.schema import SCHEMAS


class DuckDbReader:
    """Answers questions over one cursor. Not to be shared between threads."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Use ``cursor``."""
        self._cursor = cursor

    def read(self, expr: Expr, **tables: pa.Table) -> pa.Table:
        """Answer ``expr`` with the small ``tables`` visible by name."""
        return self.sql(compiled(expr, "duckdb"), **tables)

    def sql(self, text: str, **tables: pa.Table) -> pa.Table:
        """Answer SQL that was compiled from an expression before."""
        for name, rows in tables.items():
            self._cursor.register(name, rows)
        try:
            return self._cursor.execute(text).to_arrow_table()
        finally:
            for name in tables:
                self._cursor.unregister(name)

    def last_batch(self) -> int:
        """Return the number of the newest batch that this reader sees."""
        return int(self._cursor.execute(statements.text("last_batch")).fetchall()[0][0])

    def changed(
        self, table: str, after: int, upto: int, *, order: Sequence[str] = (), batch_size: int = 50_000
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows of ``table`` written in batches (after, upto]; versions that have ended are left out."""
        current = "AND until_batch IS NULL" if "until_batch" in SCHEMAS[table] else ""
        sort = ", ".join(f'"{_column(table, name)}"' for name in order)
        text = f'SELECT * FROM "{_known(table)}" WHERE batch > $after AND batch <= $upto {current}'
        return self._stream(f"{text} ORDER BY {sort}" if sort else text, after, upto, batch_size)

    def ended(self, table: str, after: int, upto: int, *, batch_size: int = 50_000) -> Iterator[pa.RecordBatch]:
        """Yield the versions of records in ``table`` that newer ones ended in batches (after, upto]."""
        text = f'SELECT * FROM "{_known(table)}" WHERE until_batch > $after AND until_batch <= $upto'
        return self._stream(text, after, upto, batch_size)

    def _stream(self, text: str, after: int, upto: int, batch_size: int) -> Iterator[pa.RecordBatch]:
        answer = self._cursor.execute(text, {"after": after, "upto": upto})
        yield from answer.to_arrow_reader(batch_size)

    def statement(self, name: str, parameters: Mapping[str, object] | None = None) -> pa.Table:
        """Run the named statement of ``statements/<name>.sql``."""
        return self._cursor.execute(statements.text(name), dict(parameters or {})).to_arrow_table()

    def interrupt(self) -> None:
        """Stop the question that runs now; its thread gets a ``duckdb.InterruptException``."""
        self._cursor.interrupt()


class DuckDbBatch(DuckDbReader):
    """One write transaction."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, number: int) -> None:
        """Write rows stamped with ``number`` through ``cursor``."""
        super().__init__(cursor)
        self.number = number

    def append(self, table: str, rows: pa.Table) -> None:
        """Add ``rows``; columns that are absent become null, ``batch`` is stamped."""
        if not rows.num_rows:
            return
        stamped = _stamp(rows, table, self.number)
        with self._registered(stamped) as name:
            columns = ", ".join(f'"{column}"' for column in stamped.column_names)
            self._cursor.execute(f'INSERT INTO "{_known(table)}" ({columns}) SELECT {columns} FROM {name}')

    def supersede(self, table: str, keys: pa.Table) -> None:
        """End the current versions of the records in ``keys`` (source, record_key)."""
        with self._registered(keys) as name:
            self._cursor.execute(
                f'UPDATE "{_known(table)}" SET until_batch = ? FROM {name} AS k WHERE until_batch IS NULL '
                f'AND batch < ? AND "{table}".source = k.source AND "{table}".record_key = k.record_key',
                [self.number, self.number],
            )

    def delete(self, table: str, column: str, values: pa.Array) -> None:
        """Delete the rows whose ``column`` is among ``values``."""
        if column not in SCHEMAS[table]:
            raise KeyError(column)
        with self._registered(pa.table({"value": values})) as name:
            self._cursor.execute(f'DELETE FROM "{_known(table)}" WHERE "{column}" IN (SELECT value FROM {name})')

    def clear(self, table: str) -> None:
        """Empty a table."""
        self._cursor.execute(f'DELETE FROM "{_known(table)}"')

    def move(self, stage: str, position: int) -> None:
        """Set the watermark of ``stage``."""
        self._cursor.execute("DELETE FROM watermark WHERE stage = ?", [stage])
        self._cursor.execute("INSERT INTO watermark VALUES (?, ?)", [stage, position])

    @contextmanager
    def _registered(self, rows: pa.Table) -> Iterator[str]:
        """Make ``rows`` visible under a fixed private name."""
        self._cursor.register("_rows", rows)
        try:
            yield "_rows"
        finally:
            self._cursor.unregister("_rows")


class DuckDbFacts:
    """The facts of one installation. Open it once, in the process that owns it, and never fork afterwards."""

    dialect = "duckdb"

    def __init__(self, path: Path | str, memory_limit: str = "4GB", threads: int = 2) -> None:
        """Open (and migrate) the file at ``path``; ``":memory:"`` for tests.

        Raises:
            Unavailable: when another process holds the file.
        """
        config: dict[str, Any] = {"memory_limit": memory_limit, "threads": threads, "preserve_insertion_order": False}
        if str(path) != ":memory:":
            config["temp_directory"] = f"{path}.tmp"
        try:
            self._connection = duckdb.connect(str(path), config=config)
        except duckdb.IOException as error:
            raise Unavailable(f"the facts file cannot be opened: {error}") from error
        self._connection.execute("SET TimeZone = 'UTC'")
        migrate(self._connection)
        self._writing = threading.Lock()
        self._batch = int(self._scalar("SELECT coalesce(max(position), 0) FROM watermark WHERE stage = '_batch'"))

    @contextmanager
    def write(self) -> Iterator[DuckDbBatch]:
        """Begin a batch; one at a time. Committed on leaving, rolled back on an error."""
        with self._writing:
            cursor = self._connection.cursor()
            number = self._batch + 1
            cursor.execute("BEGIN TRANSACTION")
            try:
                batch = DuckDbBatch(cursor, number)
                yield batch
                batch.move("_batch", number)
                cursor.execute("COMMIT")
            except BaseException:
                cursor.execute("ROLLBACK")
                raise
            finally:
                cursor.close()
            self._batch = number

    @contextmanager
    def reader(self) -> Iterator[DuckDbReader]:
        """Open a reader whose answers are all of one moment."""
        cursor = self._connection.cursor()
        cursor.execute("BEGIN TRANSACTION")
        try:
            yield DuckDbReader(cursor)
        finally:
            cursor.execute("ROLLBACK")
            cursor.close()

    def read(self, expr: Expr, **tables: pa.Table) -> pa.Table:
        """Answer one question."""
        with self.reader() as reader:
            return reader.read(expr, **tables)

    def last_batch(self) -> int:
        """Return the number of the newest committed batch."""
        return self._batch

    def watermark(self, stage: str) -> int:
        """Return the watermark of ``stage``."""
        return int(self._scalar("SELECT coalesce(max(position), 0) FROM watermark WHERE stage = ?", stage))

    def maintain(self) -> int:
        """Move the tail into history, in time order, and checkpoint."""
        with self._writing:
            cursor = self._connection.cursor()
            try:
                moved = int(cursor.execute("SELECT count(*) FROM event_tail").fetchall()[0][0])
                if moved:
                    cursor.execute("BEGIN TRANSACTION")
                    cursor.execute(statements.text("tail_to_history"))
                    cursor.execute("DELETE FROM event_tail")
                    cursor.execute("COMMIT")
                cursor.execute("CHECKPOINT")
            finally:
                cursor.close()
        return moved

    def close(self) -> None:
        """Checkpoint and close the file."""
        with self._writing:
            self._connection.close()

    def _scalar(self, sql: str, *parameters: object) -> Any:  # noqa: ANN401 - a cell of any table
        cursor = self._connection.cursor()
        try:
            return cursor.execute(sql, list(parameters)).fetchall()[0][0]
        finally:
            cursor.close()


def _known(table: str) -> str:
    """Return ``table`` when it is one of ours: names go into SQL text, so they are never taken on trust."""
    if table not in SCHEMAS:
        raise KeyError(table)
    return table


def _column(table: str, name: str) -> str:
    """Return ``name`` when ``table`` has such a column."""
    if name not in SCHEMAS[table]:
        raise KeyError(f"{table} has no column {name}")
    return name


def _stamp(rows: pa.Table, table: str, number: int) -> pa.Table:
    """Return ``rows`` with their batch number, refusing columns that the table does not have."""
    unknown = set(rows.column_names) - set(SCHEMAS[table])
    if unknown:
        raise KeyError(f"{table} has no column {', '.join(sorted(unknown))}")
    if "batch" in rows.column_names:
        rows = rows.drop_columns(["batch"])
    if "batch" not in SCHEMAS[table]:
        return rows
    return rows.append_column("batch", pa.array([number], pa.int64()).take(pa.array([0] * rows.num_rows, pa.int32())))
