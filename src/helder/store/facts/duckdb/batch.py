"""One write transaction on DuckDB."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from helder.store.facts.duckdb import names
from helder.store.facts.duckdb.reader import DuckDbReader, explained

_ROWS = "_rows"
"""Private name under which Arrow rows are visible to one statement."""


class DuckDbBatch(DuckDbReader):
    """One write transaction; it reads what it wrote."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, number: int) -> None:
        """Write rows stamped with ``number`` through ``cursor``."""
        super().__init__(cursor)
        self.number = number
        self.added: dict[str, list[pa.Table]] = {}
        """Rows that were added, by table."""
        self.touched: set[str] = set()
        """Tables in which rows were ended or deleted."""

    def append(self, table: str, rows: pa.Table) -> None:
        """Add ``rows``; columns that are absent become null, ``batch`` is stamped."""
        if not rows.num_rows:
            return
        new = names.stamped(rows, table, self.number)
        columns = ", ".join(names.column(table, name) for name in new.column_names)
        self._change(f"INSERT INTO {names.known(table)} ({columns}) SELECT {columns} FROM {_ROWS}", new)
        self.added.setdefault(table, []).append(new)

    def supersede(self, table: str, keys: pa.Table) -> None:
        """End the current versions of the records in ``keys`` (source, record_key)."""
        if not keys.num_rows:
            return
        self.touched.add(table)
        self._change(
            f"UPDATE {names.known(table)} AS t SET until_batch = $number FROM {_ROWS} AS k "
            "WHERE t.until_batch IS NULL AND t.batch < $number AND t.source = k.source AND t.record_key = k.record_key",
            keys,
            {"number": self.number},
        )

    def delete(self, table: str, column: str, values: pa.Array) -> None:
        """Delete the rows whose ``column`` is among ``values``."""
        if len(values):
            self.touched.add(table)
            self._change(
                f"DELETE FROM {names.known(table)} WHERE {names.column(table, column)} IN (SELECT value FROM {_ROWS})",
                pa.table({"value": values}),
            )

    def clear(self, table: str) -> None:
        """Empty a table."""
        self.touched.add(table)
        with explained():
            self._cursor.execute(f"DELETE FROM {names.known(table)}")

    def move(self, stage: str, position: int) -> None:
        """Set the watermark of ``stage``."""
        self._cursor.execute("DELETE FROM watermark WHERE stage = ?", [stage])
        self._cursor.execute("INSERT INTO watermark VALUES (?, ?)", [stage, position])

    def _change(self, text: str, rows: pa.Table, parameters: dict[str, int] | None = None) -> None:
        """Run a statement with ``rows`` visible to it."""
        with self._visible({_ROWS: rows}), explained():
            self._cursor.execute(text, parameters or {})
