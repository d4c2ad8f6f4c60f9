"""An inbox whose file is damaged: what can still be read is kept, and what cannot is said.

Two kinds of damage. In the log (WAL) SQLite itself goes back to the last write before the damage, in silence; here the
writes behind it are counted. In the file a page that makes no sense makes every reading of it fail; here the entries
on other pages are copied to a new file. The damaged files are left beside it.
"""

from __future__ import annotations

import logging
import shutil
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec

_log = logging.getLogger("helder.collect")
_HEADER, _FRAME = 32, 24
"""Bytes before the first frame of a log, and before the page in each: https://sqlite.org/fileformat2.html#walformat"""
_TRIED = 100_000
"""Numbers tried behind an entry that cannot be read, when nothing tells which is the last."""


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """What a damaged inbox lost."""

    writes: int = 0
    """Writes of the log that came to nothing; each held the requests of one moment."""
    entries: int = 0
    """Entries that cannot be read, apart from those."""
    kept: int = 0
    """Entries that were kept."""
    file: str = ""
    """Name of the damaged file."""


def salvage(path: Path) -> Lost | None:
    """Look the inbox at ``path`` through and mend it; return what it lost, None when it is whole.

    No process may have it open.
    """
    if not path.exists():
        return None
    log = path.with_name(f"{path.name}-wal")
    before = _aside(log) if log.exists() else None
    writes = _cut_off(path, log)
    lost = Lost(writes=writes, file=before.name) if writes and before else None
    if not _whole(path):
        lost = _rescued(path, writes)
    if before is not None and lost is None:
        before.unlink()
    if lost is not None:
        _log.error("the inbox was damaged", extra=msgspec.structs.asdict(lost))
    return lost


def _aside(file: Path) -> Path:
    """Copy a file under a name that is free."""
    copy = _free(file)
    shutil.copyfile(file, copy)
    return copy


def _free(file: Path) -> Path:
    names = (file.with_name(f"{file.name}.damaged-{number}") for number in range(1, 10_000))
    return next(name for name in names if not name.exists())


def _cut_off(path: Path, log: Path) -> int:
    """Have SQLite read its log, and return how many writes of it stand behind the point where it had to stop."""
    commits = _commits(log) if log.exists() else []
    try:
        with closing(sqlite3.connect(path)) as connection:
            read = int(connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[1])
    except sqlite3.DatabaseError:
        return 0  # the file itself is damaged: all that can be read is copied
    return sum(number > read for number in commits)


def _commits(log: Path) -> list[int]:
    """Return the numbers (from 1) of the frames that ended a write, of those that belong to the log as it is now.

    Frames of an earlier round of the log carry other salts. Where the header is damaged, the first frame's count.
    """
    with log.open("rb") as file:
        header = file.read(_HEADER)
        if len(header) < _HEADER:
            return []
        size = struct.unpack(">I", header[8:12])[0]
        if size < 512 or size > 65536 or size & (size - 1):
            return []
        salts, number = header[16:24], 0
        found: list[int] = []
        while len(frame := file.read(_FRAME)) == _FRAME:
            number += 1
            if number == 1 and _sum(header[:24], header[:4]) != header[24:32]:
                salts = frame[8:16]
            if frame[8:16] == salts and frame[4:8] != bytes(4):
                found.append(number)
            file.seek(size, 1)
    return found


def _sum(data: bytes, magic: bytes) -> bytes:
    """Return the log's checksum of ``data``, as it is stored."""
    order = ">" if magic[-1] & 1 else "<"
    one = two = 0
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for left, right in zip(words[::2], words[1::2], strict=True):
        one = (one + left + two) & 0xFFFFFFFF
        two = (two + right + one) & 0xFFFFFFFF
    return struct.pack(">II", one, two)


def _whole(path: Path) -> bool:
    """Tell whether every page of the file makes sense."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.DatabaseError:
        return False


def _rescued(path: Path, writes: int) -> Lost:
    """Put a damaged file aside, and copy what can be read of it to a new one under its old number."""
    damaged = _free(path)
    for end in ("", "-wal", "-shm"):
        file = path.with_name(path.name + end)
        if file.exists():
            file.replace(damaged.with_name(damaged.name + end))
    kept = first = last = 0
    with closing(sqlite3.connect(path, isolation_level=None)) as new:
        new.execute("PRAGMA journal_mode = WAL")
        new.execute("PRAGMA synchronous = FULL")
        new.execute(
            "CREATE TABLE entry (seq INTEGER PRIMARY KEY AUTOINCREMENT, events INTEGER NOT NULL, body BLOB NOT NULL)"
        )
        new.execute("BEGIN IMMEDIATE")
        for row in _readable(damaged):
            new.execute("INSERT INTO entry (seq, events, body) VALUES (?, ?, ?)", row)
            kept, first, last = kept + 1, first or row[0], row[0]
        known = max(last, _last_known(damaged))
        new.execute("DELETE FROM sqlite_sequence")
        new.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('entry', ?)", (known,))
        new.execute("COMMIT")
    gone = known - (first or known + 1) + 1 - kept
    return Lost(writes=writes, entries=max(gone, 0), kept=kept, file=damaged.name)


def _readable(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """Yield the rows that can be read, in order; behind one that cannot, each number is tried."""
    after, last = 0, _last_known(path)
    with closing(sqlite3.connect(path)) as connection:
        while True:
            try:
                for row in connection.execute(
                    "SELECT seq, events, body FROM entry WHERE seq > ? ORDER BY seq", (after,)
                ):
                    after = row[0]
                    yield row
            except sqlite3.DatabaseError:
                found = _next(connection, after, last or after + _TRIED)
                if found is None:
                    return
                after = found[0]
                yield found
            else:
                return


def _next(connection: sqlite3.Connection, after: int, upto: int) -> tuple[int, int, bytes] | None:
    """Return the first row that can be read among the numbers (after, upto]."""
    for number in range(after + 1, upto + 1):
        try:
            row = connection.execute("SELECT seq, events, body FROM entry WHERE seq = ?", (number,)).fetchone()
        except sqlite3.DatabaseError:
            continue
        if row is not None:
            return (int(row[0]), int(row[1]), bytes(row[2]))
    return None


def _last_known(path: Path) -> int:
    """Return the number of the newest entry, as far as anything in the file still tells (0: nothing does)."""
    questions = ("SELECT seq FROM sqlite_sequence WHERE name = 'entry'", "SELECT max(seq) FROM entry")
    found = 0
    for question in questions:
        try:
            with closing(sqlite3.connect(path)) as connection:
                row = connection.execute(question).fetchone()
        except sqlite3.DatabaseError:
            continue
        found = max(found, int(row[0] or 0) if row else 0)
    return found
