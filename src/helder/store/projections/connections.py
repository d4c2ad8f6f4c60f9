"""SQLite connections to one projection file: one writer, and readers that are lent out one to a thread."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helder.errors import Unavailable
from helder.store.refusals import passing

_PAGE = 8192
_PRAGMAS = (
    "synchronous = NORMAL",
    "cache_size = -65536",
    "temp_store = MEMORY",
    "secure_delete = ON",
    # Rows come by person, all over the file: the same pages again and again, so it pays to copy them back seldom.
    "wal_autocheckpoint = 8192",
)


class Connections:
    """All connections of this process to one file. Shared between threads, never across a fork."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Remember ``path``; nothing is opened before the first question."""
        self.path = path
        self.read_only = read_only
        self.turn = Turn()
        self._writer: sqlite3.Connection | None = None
        self._idle: deque[sqlite3.Connection] = deque()
        self._closed = False

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection that only reads. What it answers is of one moment per statement."""
        connection = self._lent()
        try:
            yield connection
        finally:
            if self._closed:
                connection.close()
            else:
                self._idle.append(connection)

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection that only reads; all its answers are of one moment."""
        with self.reading() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Begin a transaction, one at a time; committed on leaving, undone on an error.

        Raises:
            Unavailable: when this process may only read the file, or the file cannot be written now.
        """
        if self.read_only:
            raise Unavailable(f"{self.path.name} is only read here; the worker writes it.")
        with self.turn:
            if self._writer is None:
                self._writer = self._open(writes=True)
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException as error:
                if self._writer.in_transaction:  # a full disk has undone it already
                    self._writer.execute("ROLLBACK")
                if known := passing(error, self.path.name):
                    raise known from error
                raise

    def settle(self) -> bool:
        """Copy the write-ahead log back and empty it; return whether nobody who reads stood in the way."""
        with self.turn:
            if self._writer is None:
                self._writer = self._open(writes=True)
            busy, _, _ = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def close(self) -> None:
        """Close what is open: what is lent out, when it comes back."""
        self._closed = True
        with self.turn:
            if self._writer is not None:
                self._writer.close()
                self._writer = None
        while self._idle:
            self._idle.pop().close()

    def _lent(self) -> sqlite3.Connection:
        """Return a connection that is idle, or a new one; two threads never get the same."""
        self._closed = False
        try:
            return self._idle.pop()
        except IndexError:
            return self._open(writes=False)

    def _open(self, *, writes: bool) -> sqlite3.Connection:
        """Open the file; readers find it made, or say that it is not."""
        if not writes and not self.path.exists():
            raise Unavailable(f"{self.path.name} is not there yet: the worker makes it when it starts.")
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=30)
        if writes:
            connection.execute(f"PRAGMA page_size = {_PAGE}")
            connection.execute("PRAGMA journal_mode = WAL")
        for pragma in (*_PRAGMAS, f"query_only = {'OFF' if writes else 'ON'}"):
            connection.execute(f"PRAGMA {pragma}")
        return connection


class Turn:
    """A lock that knows whether others wait for it, so that bulk work can let them in between two chunks."""

    def __init__(self) -> None:
        """Begin free."""
        self._lock = threading.Lock()
        self._counting = threading.Lock()
        self._waiting = 0

    def __enter__(self) -> None:
        """Wait for the turn."""
        with self._counting:
            self._waiting += 1
        self._lock.acquire()
        with self._counting:
            self._waiting -= 1

    def __exit__(self, *_: object) -> None:
        """Give the turn back."""
        self._lock.release()

    def yield_to_others(self, seconds: float = 0.02) -> None:
        """Pause when others wait: a thread that takes the lock again at once would starve them."""
        if self._waiting:
            time.sleep(seconds)
