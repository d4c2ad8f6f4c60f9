"""The inbox: what was accepted, durable before the sender hears so, until the pipeline has taken it in.

One SQLite file of its own, so that a burst of events never waits for a change of state. One row is one request. It has
no unique index: that would halve its speed, and ``receive`` removes duplicates anyway.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import ClassVar, TypeAlias

import msgspec

from helder.collect.event import Entry, Rejection
from helder.collect.moment import EARLIEST
from helder.collect.packing import Damaged, packed, unpacked
from helder.errors import HelderError
from helder.store.refusals import passing

PRUNED_AT_ONCE = 5_000
"""Rows deleted in one transaction; more would keep senders waiting."""
_GROUP = 2_000
_MOST_WAITING_BYTES = 64 * 1024 * 1024

_log = logging.getLogger("helder.collect")
_Row: TypeAlias = tuple[int, bytes]
_Waiting: TypeAlias = "tuple[list[_Row], int, asyncio.AbstractEventLoop | None, Future[None] | asyncio.Future[None]]"


class InboxFull(HelderError):
    """More is waiting to be written than memory should hold; the sender should try again in a moment."""

    code: ClassVar[str] = "inbox-full"


class InboxUnwritable(HelderError):
    """The inbox could not be written (disk full, file locked); nothing of the request was kept."""

    code: ClassVar[str] = "inbox-unwritable"


class Inbox:
    """The inbox of one installation. Threads and processes may share the file; one object a process."""

    def __init__(self, path: Path, on_commit: Callable[[], None] = lambda: None) -> None:
        """Use the file at ``path``, made when absent.

        Args:
            path: the SQLite file.
            on_commit: called after every commit, on the writing thread: wakes the worker.
        """
        self._path = path
        self._on_commit = on_commit
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._guard = threading.Lock()
        self._waiting_bytes = 0
        self._writer: threading.Thread | None = None
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS entry "
                "(seq INTEGER PRIMARY KEY AUTOINCREMENT, events INTEGER NOT NULL, body BLOB NOT NULL)"
            )

    def append(self, rows: Sequence[Entry]) -> None:
        """Keep ``rows``; they are durable when this returns.

        Raises:
            InboxFull: when too much is waiting already.
            InboxUnwritable: when the file cannot be written; none of ``rows`` was kept.
        """
        if rows:
            done: Future[None] = Future()
            self._hand_over([_row(entry) for entry in rows], None, done)
            done.result()

    async def append_async(self, entry: Entry) -> None:
        """Keep one entry without blocking the event loop; durable when this returns. Raises as ``append``."""
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        self._hand_over([_row(entry)], loop, done)
        await done

    def read(self, after: int, limit: int) -> list[tuple[int, Entry]]:
        """Return entries with a number above ``after``, in order, until they hold ``limit`` events or more."""
        found: list[tuple[int, Entry]] = []
        events = 0
        with self._connection() as connection:
            rows = connection.execute("SELECT seq, events, body FROM entry WHERE seq > ? ORDER BY seq", (after,))
            for seq, count, body in rows:
                found.append((seq, _entry(seq, body)))
                events += count
                if events >= limit:
                    break
        return found

    def last(self) -> int:
        """Return the number of the newest entry ever kept (0 at first), pruned or not."""
        with self._connection() as connection:
            return _newest(connection)

    def depth(self, after: int) -> int:
        """Return how many entries lie past the watermark ``after``."""
        with self._connection() as connection:
            return int(connection.execute("SELECT count(*) FROM entry WHERE seq > ?", (after,)).fetchone()[0])

    def prune(self, upto: int) -> int:
        """Delete up to ``PRUNED_AT_ONCE`` entries numbered ``upto`` or lower; returns how many."""
        with self._connection() as connection:
            deleted = connection.execute(
                "DELETE FROM entry WHERE seq IN (SELECT seq FROM entry WHERE seq <= ? ORDER BY seq LIMIT ?)",
                (upto, PRUNED_AT_ONCE),
            )
            return deleted.rowcount

    def number_after(self, position: int) -> int:
        """See to it that entries are numbered past ``position``, a watermark; return how many got new numbers.

        An inbox that lost its end (a damaged file, a backup put back) would give out numbers again, and what comes
        under them would never be taken in. All that is in it is then numbered anew and taken in once more: what was
        taken in before is seen to be a retry.
        """
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            last = _newest(connection)
            if last >= position:
                connection.execute("ROLLBACK")
                return 0
            moved = connection.execute("UPDATE entry SET seq = seq + ?", (position,)).rowcount
            connection.execute("DELETE FROM sqlite_sequence WHERE name = 'entry'")
            connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('entry', ?)", (position + last,))
            connection.execute("COMMIT")
        _log.warning("the inbox was behind the facts", extra={"watermark": position, "newest": last, "again": moved})
        return moved

    def close(self) -> None:
        """Write what is waiting and stop the writing thread."""
        with self._guard:
            writer, self._writer = self._writer, None
        if writer is not None:
            self._queue.put(None)
            writer.join()

    def _hand_over(
        self, rows: list[_Row], loop: asyncio.AbstractEventLoop | None, done: Future[None] | asyncio.Future[None]
    ) -> None:
        """Give rows to the writing thread, starting it at first."""
        size = sum(len(body) for _, body in rows)
        with self._guard:
            if self._waiting_bytes + size > _MOST_WAITING_BYTES and self._waiting_bytes:
                raise InboxFull("the inbox cannot keep up; send again in a moment")
            self._waiting_bytes += size
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_for_ever, name="inbox", daemon=True)
                self._writer.start()
        self._queue.put((rows, size, loop, done))

    def _write_for_ever(self) -> None:
        """Write what is waiting, group by group: one fsync serves everyone who waited while the last one ran."""
        with self._connection() as connection:
            connection.execute("PRAGMA synchronous = FULL")
            for group in self._groups():
                error = _commit(connection, group)
                with self._guard:
                    self._waiting_bytes -= sum(size for _, size, _, _ in group)
                _answer(group, error)
                if error is None:
                    self._on_commit()

    def _groups(self) -> Iterator[list[_Waiting]]:
        """Yield groups of waiting rows until the inbox is closed."""
        while (first := self._queue.get()) is not None:
            group = [first]
            try:
                while len(group) < _GROUP and (more := self._queue.get_nowait()) is not None:
                    group.append(more)
            except Empty:
                pass
            else:
                if len(group) < _GROUP:
                    self._queue.put(None)  # it was taken out here: the outer loop is to see it
            yield group

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._path, timeout=10, isolation_level=None)) as connection:
                yield connection
        except sqlite3.OperationalError as error:
            known = passing(error, "the inbox")
            if known is None:
                raise
            raise known from error


_entries = msgspec.msgpack.Decoder(Entry)
_encode = msgspec.msgpack.Encoder().encode


def _newest(connection: sqlite3.Connection) -> int:
    """Return the number of the newest entry ever kept (0 at first)."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'entry'").fetchone()
    return int(row[0]) if row else 0


def _row(entry: Entry) -> _Row:
    return len(entry.events) + len(entry.rejected), packed(_encode(entry))


def _entry(seq: int, body: bytes) -> Entry:
    """Return the entry in a row; one that is damaged stands for itself as a rejection, and holds up no other."""
    try:
        return _entries.decode(unpacked(body))
    except (msgspec.DecodeError, UnicodeDecodeError, Damaged):
        _log.error("damaged inbox entry", extra={"entry": seq})
        detail = f"entry {seq} of the inbox is damaged and cannot be read"
        return Entry([], [Rejection(reason="malformed", detail=detail, source="", at=EARLIEST)])


def _commit(connection: sqlite3.Connection, group: list[_Waiting]) -> Exception | None:
    """Write a group in one transaction; return what went wrong."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        for rows, _, _, _ in group:
            connection.executemany("INSERT INTO entry (events, body) VALUES (?, ?)", rows)
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        return InboxUnwritable(f"the inbox cannot be written now: {error}")
    return None


def _answer(group: list[_Waiting], error: Exception | None) -> None:
    """Tell everyone in the group; one wake-up an event loop, however many wait on it."""
    by_loop: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
    for _, _, loop, done in group:
        if loop is not None and isinstance(done, asyncio.Future):
            by_loop.setdefault(loop, []).append(done)
        else:
            _settle([done], error)
    for loop, waiting in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle, waiting, error)


def _settle(waiting: Sequence[Future[None] | asyncio.Future[None]], error: Exception | None) -> None:
    for done in waiting:
        if done.done():
            continue  # its client went away
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
