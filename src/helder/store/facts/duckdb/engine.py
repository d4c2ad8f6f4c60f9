"""Facts on DuckDB.

One process owns the file (DuckDB lets no second one open it). One lock makes one writer; every reader has a cursor
of its own, because a connection shared by threads gives silently wrong answers.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from ibis.expr.types import Expr

from helder.store.facts.arrow import whole
from helder.store.facts.duckdb import statements
from helder.store.facts.duckdb.batch import DuckDbBatch
from helder.store.facts.duckdb.compaction import compacted
from helder.store.facts.duckdb.gate import Gate
from helder.store.facts.duckdb.journal import Journal
from helder.store.facts.duckdb.migrate import migrate
from helder.store.facts.duckdb.opening import connect
from helder.store.facts.duckdb.reader import DuckDbReader, explained

_WRITTEN = {"every_event": "event_tail"}
"""Where rows of a view are written first."""


class DuckDbFacts:
    """The facts of one installation. Open it once, in the process that owns it, and never fork afterwards."""

    dialect = "duckdb"

    def __init__(self, path: Path | str, memory_limit: str = "4GB", threads: int = 2) -> None:
        """Open (and migrate) the file at ``path``; ``":memory:"`` for tests.

        Raises:
            Unavailable: when another process holds the file, or its folder is not there.
            DamagedData: when it is no facts file, or its pages contradict their checksums.
            NewerData: when a newer Helder made it.
        """
        self._path = str(path)
        self._options: tuple[str, int] = (memory_limit, threads)
        self._connection = self._open()
        self._writing = threading.Lock()
        self._gate = Gate()
        self._batch = int(self._scalar(statements.text("last_batch")))
        self._journal = Journal(self._batch)

    @contextmanager
    def write(self) -> Iterator[DuckDbBatch]:
        """Begin a batch; one at a time. Committed on leaving, rolled back on an error."""
        with self._writing, explained(), self._transaction() as cursor:
            number = self._batch + 1
            batch = DuckDbBatch(cursor, number)
            yield batch
            batch.move("_batch", number)
            cursor.execute("COMMIT")
            self._journal.add(number, batch.added, batch.touched)
            self._batch = number

    @contextmanager
    def reader(self) -> Iterator[DuckDbReader]:
        """Open a reader whose answers are all of one moment: that of its first."""
        with self._gate.inside(), self._transaction() as cursor:
            yield DuckDbReader(cursor)

    def read(self, expr: Expr, **tables: pa.Table) -> pa.Table:
        """Answer one question."""
        with self.reader() as reader:
            return reader.read(expr, **tables)

    def last_batch(self) -> int:
        """Return the number of the newest committed batch."""
        return self._batch

    def added(self, table: str, after: int, upto: int) -> pa.Table | None:
        """Return what batches (after, upto] added to ``table``, when it is still at hand."""
        found = self._journal.since(_WRITTEN.get(table, table), after, upto)
        return None if found is None else whole(table, found)

    def watermark(self, stage: str) -> int:
        """Return the watermark of ``stage``."""
        with self._gate.inside():
            return int(self._scalar(statements.text("watermark"), {"stage": stage}))

    def maintain(self) -> int:
        """Move the tail into history, in time order, and checkpoint; return the rows moved."""
        with self._writing:
            moved = int(self._scalar("SELECT count(*) FROM event_tail"))
            if moved:
                with explained(), self._transaction() as cursor:
                    cursor.execute(statements.text("tail_to_history"))
                    cursor.execute("DELETE FROM event_tail")
                    cursor.execute("COMMIT")
            self._checkpoint()
        return moved

    def compact(self) -> int:
        """Copy everything that still is into a new file and go on with that; return the bytes won.

        What was deleted stays readable in the old file, so erasure ends with this. Questions that run are awaited,
        new ones wait for the swap of the files, which takes milliseconds; batches wait for the copy too.
        """
        if self._path == ":memory:":
            return 0
        with self._writing:
            self._checkpoint()
            fresh = compacted(self._connection, Path(self._path))
            with self._gate.alone():
                self._connection.close()
                won = Path(self._path).stat().st_size - fresh.stat().st_size
                fresh.replace(self._path)
                self._connection = self._open()
        return won

    def usable(self) -> bool:
        """Tell whether the engine answers: what it cannot undo, such as a disk full at a checkpoint, stops it."""
        try:
            with self._gate.inside():
                return self._scalar("SELECT 1") == 1
        except duckdb.FatalException:
            return False

    def close(self) -> None:
        """Checkpoint and close the file, after the batch and the questions that run."""
        with self._writing, self._gate.alone():
            self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Lend a cursor inside a transaction, undone on leaving unless it was committed."""
        cursor = self._connection.cursor()
        try:
            cursor.execute("BEGIN TRANSACTION")
            yield cursor
        finally:
            # After a commit, or an error that ended the transaction already, there is nothing to undo.
            with suppress(duckdb.Error):
                cursor.execute("ROLLBACK")
            cursor.close()

    def _checkpoint(self) -> None:
        """Write what the log holds into the file; what cannot be done beside a question now is done later."""
        with closing(self._connection.cursor()) as cursor, explained(), suppress(duckdb.TransactionException):
            cursor.execute("CHECKPOINT")

    def _scalar(self, sql: str, parameters: dict[str, Any] | None = None) -> Any:
        cursor = self._connection.cursor()
        try:
            return cursor.execute(sql, parameters or {}).fetchall()[0][0]
        finally:
            cursor.close()

    def _open(self) -> duckdb.DuckDBPyConnection:
        memory_limit, threads = self._options
        connection = connect(self._path, memory_limit, threads)
        try:
            migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection
