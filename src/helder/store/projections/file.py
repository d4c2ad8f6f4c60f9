"""One projection file: copies of tables of the facts, and how far each stage has come in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa

from helder.errors import HelderError
from helder.store.projections import sql
from helder.store.projections.connections import Connections
from helder.store.projections.layout import Layout
from helder.store.projections.rows import from_arrays, to_json, to_tuples

Ids = Sequence[int] | np.ndarray
"""Any number of 63-bit ids."""

Key = tuple[int | str, ...]
"""A natural key, in the order of its layout, as SQLite holds it."""

_IDS_AT_ONCE = 20_000
"""Ids in one statement: what SQLite answers with must stay below a billion bytes."""
_WATERMARK = "CREATE TABLE IF NOT EXISTS watermark (stage TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID"


class ProjectionError(HelderError):
    """A projection file cannot be used; deleting it is safe, since it fills again from the facts."""

    code = "projection"


class ProjectionWriter:
    """One write transaction of a projection file."""

    def __init__(self, connection: sqlite3.Connection, layouts: Mapping[str, Layout]) -> None:
        """Write through ``connection``."""
        self.connection = connection
        self._layouts = layouts

    def append(self, table: str, rows: pa.Table | pa.RecordBatch) -> None:
        """Add ``rows`` (columns of the facts' table by name); a row with the key of one that is there replaces it."""
        layout = self._layouts[table]
        self.connection.executemany(sql.upsert(layout), to_tuples(layout, rows, layout.columns))
        if layout.tailed and not empty(self.connection, layout.tail):
            self.connection.executemany(sql.overtake(layout), to_tuples(layout, rows, (*layout.key, "batch")))

    def append_to_tail(self, table: str, rows: pa.Table | pa.RecordBatch) -> None:
        """Add ``rows`` as ``append`` does, but leave them where they came: each would touch a page of its own."""
        layout = self._layouts[table]
        self.connection.executemany(sql.upsert(layout, layout.tail), to_tuples(layout, rows, layout.columns))

    def merge(self, table: str, after: Key, most: int) -> tuple[int, Key]:
        """Move at most ``most`` rows from the tail to their place, in the order of the key, past the key ``after``.

        Returns:
            How many were moved, and the key of the last: where the next go on.
        """
        layout = self._layouts[table]
        found = self.connection.execute(sql.next_of_tail(layout), (*after, most)).fetchall()
        if not found:
            return 0, after
        rows = to_json([row[0] for row in found])
        for statement in sql.merge(layout):
            self.connection.execute(statement, (rows,))
        return len(found), found[-1][1:]

    def renew(self, table: str, rows: pa.Table | pa.RecordBatch) -> None:
        """Add ``rows``, with whatever else must go or come with them in the same transaction."""
        self.append(table, rows)

    def without_indexes(self, table: str) -> None:
        """Drop the indexes of ``table``: filling it in the order of its key is much faster without."""
        for statement in sql.drop_indexes(self._layouts[table]):
            self.connection.execute(statement)

    def with_indexes(self, table: str) -> None:
        """Make the indexes of ``table`` that are not there."""
        for statement in sql.create(self._layouts[table]):
            self.connection.execute(statement)

    def discard(self, table: str, rows: pa.Table | pa.RecordBatch) -> None:
        """Remove these versions of ``rows``; newer versions under the same key stay."""
        layout = self._layouts[table]
        self.connection.executemany(sql.discard(layout), to_tuples(layout, rows, (*layout.key, "batch")))

    def forget(self, table: str, by: str, ids: Ids) -> None:
        """Delete the rows whose column ``by`` is among ``ids``: for erasure."""
        for statement in sql.forget(self._layouts[table], by):
            self.connection.execute(statement, (to_json(ids),))

    def move(self, stage: str, position: int) -> None:
        """Set a watermark; committed with the rows."""
        self.connection.execute("INSERT OR REPLACE INTO watermark VALUES (?, ?)", (stage, position))


class ProjectionFile:
    """A SQLite file of copies (WAL): written by one process, read by any at the same time."""

    layouts: Mapping[str, Layout]
    version: int
    """Grows when the copies change shape; a file of an older version is emptied and fills again."""
    oldest: int = 0
    """A version from which on nothing is emptied: what came since are tables that begin empty. 0: only ``version``."""

    def __init__(self, path: Path | str, *, read_only: bool = False) -> None:
        """Open the file at ``path`` and make its tables.

        Args:
            path: the file; its folder must be there.
            read_only: for processes other than the worker; the file is then looked for at the first question.

        Raises:
            ProjectionError: when a newer Helder made the file, or it is no SQLite file.
        """
        self.path = Path(path)
        self._connections = Connections(self.path, read_only=read_only)
        if not read_only:
            self._prepare()

    @contextmanager
    def write(self) -> Iterator[ProjectionWriter]:
        """Begin a transaction; one at a time. Committed on leaving, undone on an error."""
        with self._connections.writing() as connection:
            yield ProjectionWriter(connection, self.layouts)

    def append(self, table: str, rows: pa.Table | pa.RecordBatch) -> None:
        """Add ``rows`` to ``table`` in a transaction of its own."""
        with self.write() as writer:
            writer.append(table, rows)

    def rows(
        self,
        table: str,
        ids: Ids,
        columns: Sequence[str] | None = None,
        *,
        by: str = "",
        only: Mapping[str, Sequence[str]] | None = None,
    ) -> pa.Table:
        """Return the rows of ``table`` that belong to ``ids``, with the names and types of the facts.

        Args:
            table: a table of this file.
            ids: identities (of ``hot``), or what the first column of the key holds.
            columns: only these columns, in this order; naming the few that a question needs is much faster.
            by: another column to look in, when it has an index.
            only: by column, the values that a row must have one of, such as the names of events; faster still.

        Raises:
            KeyError: when the table has no such column here.
        """
        layout = self.layouts[table]
        wanted, kept = tuple(columns or layout.columns), only or {}
        if unknown := {*wanted, *kept, by or layout.key[0]} - set(layout.columns):
            raise KeyError(f"{table} has no column {', '.join(sorted(unknown))} in {self.path.name}")
        asked = (wanted, by or layout.key[0], tuple(kept))
        values = [msgspec.json.encode(list(each)).decode() for each in kept.values()]
        with self._connections.snapshot() as connection:
            waits = layout.tailed and not empty(connection, layout.tail)
            makers = (sql.select_rest, sql.select_tail) if waits else (sql.select,)
            statements = [make(layout, *asked) for make in makers]
            parts = [
                connection.execute(statement, (part, *values)).fetchone()
                for part in _parts(ids)
                for statement in statements
            ]
        return pa.concat_tables(from_arrays(layout, part, wanted) for part in parts)

    def count(self, table: str) -> int:
        """Return the number of rows in ``table``."""
        with self._connections.reading() as connection:
            return int(connection.execute(sql.count(self.layouts[table])).fetchone()[0])

    def waiting(self, table: str) -> int:
        """Return the number of rows in the tail of ``table``."""
        with self._connections.reading() as connection:
            return int(connection.execute(f'SELECT count(*) FROM "{self.layouts[table].tail}"').fetchone()[0])

    def is_empty(self, table: str) -> bool:
        """Tell whether ``table`` has no rows."""
        with self._connections.reading() as connection:
            return all(empty(connection, each) for each in self.layouts[table].tables)

    def watermark(self, stage: str) -> int:
        """Return how far ``stage`` has come in this file (0 at first)."""
        with self._connections.reading() as connection:
            found = connection.execute("SELECT position FROM watermark WHERE stage = ?", (stage,)).fetchone()
        return int(found[0]) if found else 0

    def let_others_in(self) -> None:
        """Between two chunks of bulk work: pause when another thread waits to write."""
        self._connections.turn.yield_to_others()

    def settle(self) -> bool:
        """Copy the write-ahead log back and empty it, so that nothing deleted stands in it; False while others read."""
        return self._connections.settle()

    def clear(self) -> None:
        """Empty the copies and forget how far they came, so that the next run fills them anew."""
        with self.write() as writer:
            for table in self._tables():
                writer.connection.execute(f'DELETE FROM "{table}"')
            writer.connection.execute("DELETE FROM watermark WHERE stage = 'project'")

    def close(self) -> None:
        """Close all connections of this process."""
        self._connections.close()

    def _prepare(self) -> None:
        """Make the tables, or empty those of an older version."""
        try:
            with self._connections.writing() as connection:
                self._check_version(connection)
                for statement in (_WATERMARK, *self._statements()):
                    connection.execute(statement)
                if connection.execute("PRAGMA user_version").fetchone()[0] != self.version:
                    connection.execute(f"PRAGMA user_version = {self.version}")
        except sqlite3.DatabaseError as error:
            self.close()
            raise ProjectionError(f"{self.path.name} cannot be used ({error}). Delete it: it fills again.") from error
        except HelderError:
            self.close()
            raise

    def _check_version(self, connection: sqlite3.Connection) -> None:
        found = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if found > self.version:
            raise ProjectionError(f"{self.path.name} was made by a newer Helder; run that one, or delete the file.")
        if 0 < found < (self.oldest or self.version):
            for table in self._tables():
                connection.execute(f'DROP TABLE IF EXISTS "{table}"')
            connection.execute("DELETE FROM watermark WHERE stage = 'project'")

    def _tables(self) -> list[str]:
        return [table for layout in self.layouts.values() for table in layout.tables]

    def _statements(self) -> list[str]:
        """Return the statements that make this file's tables."""
        return [statement for layout in self.layouts.values() for statement in sql.create(layout)]


def empty(connection: sqlite3.Connection, table: str) -> bool:
    """Tell whether a table of the file has no rows."""
    return connection.execute(f'SELECT 1 FROM "{table}" LIMIT 1').fetchone() is None


def _parts(ids: Ids) -> list[str]:
    """Return ``ids`` as JSON arrays, each not too long; at least one."""
    return [to_json(ids[start : start + _IDS_AT_ONCE]) for start in range(0, max(len(ids), 1), _IDS_AT_ONCE)]
