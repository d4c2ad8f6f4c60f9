"""Who is in which segment: the tables ``member``, ``member_change`` and ``member_state`` of ``online``."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

import numpy as np

from helder.store.projections.records import MemberChange, MemberState
from helder.store.projections.rows import to_json

TABLES = (
    """
    CREATE TABLE IF NOT EXISTS member (
        segment_id INTEGER NOT NULL, profile_id INTEGER NOT NULL, since INTEGER NOT NULL,
        PRIMARY KEY (segment_id, profile_id)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX IF NOT EXISTS member_profile ON member (profile_id)",
    """
    CREATE TABLE IF NOT EXISTS member_change (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, segment_id INTEGER NOT NULL, segment_version INTEGER NOT NULL,
        profile_id INTEGER NOT NULL, identity_id INTEGER NOT NULL, entered INTEGER NOT NULL, at INTEGER NOT NULL
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS member_state (
        segment_id INTEGER PRIMARY KEY, version INTEGER NOT NULL,
        computed_batch INTEGER NOT NULL, computed_at INTEGER NOT NULL
    )
    """,
)

_NOTE = """
INSERT INTO member_change (segment_id, segment_version, profile_id, identity_id, entered, at) VALUES (?, ?, ?, ?, ?, ?)
"""
_NOTE_ENTERED = """
INSERT INTO member_change (segment_id, segment_version, profile_id, identity_id, entered, at)
SELECT :segment, :version, value, value, 1, :at FROM json_each(:ids)
WHERE value NOT IN (SELECT profile_id FROM member WHERE segment_id = :segment) ORDER BY value
"""
_ENTER = "INSERT OR IGNORE INTO member SELECT :segment, value, :at FROM json_each(:ids)"
_NOTE_LEFT = """
INSERT INTO member_change (segment_id, segment_version, profile_id, identity_id, entered, at)
SELECT :segment, :version, value, value, 0, :at FROM json_each(:ids)
WHERE value IN (SELECT profile_id FROM member WHERE segment_id = :segment) ORDER BY value
"""
_LEAVE = "DELETE FROM member WHERE segment_id = :segment AND profile_id IN (SELECT value FROM json_each(:ids))"
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - moments in stores are naive UTC


def apply(
    connection: sqlite3.Connection, segment: int, version: int, entered: np.ndarray, left: np.ndarray, at: datetime
) -> int:
    """Write who came and who left; who was already in, or already out, is no change. Return the number of changes."""
    common = {"segment": segment, "version": version, "at": to_micros(at)}
    steps = ((_NOTE_LEFT, _LEAVE, left), (_NOTE_ENTERED, _ENTER, entered))
    return sum(_step(connection, note, act, {**common, "ids": to_json(np.unique(ids))}) for note, act, ids in steps)


def apply_many(
    connection: sqlite3.Connection, changes: list[tuple[MemberState, np.ndarray, np.ndarray]], at: datetime
) -> None:
    """Write for several segments who came in and who left, and how fresh they are; every change is one."""
    moment = to_micros(at)
    left = [(state, profile) for state, _, ids in changes for profile in ids.tolist()]
    came = [(state, profile) for state, ids, _ in changes for profile in ids.tolist()]
    for each, entered in ((left, 0), (came, 1)):
        rows = ((state.segment_id, state.version, profile, profile, entered, moment) for state, profile in each)
        connection.executemany(_NOTE, rows)
    connection.executemany(
        "DELETE FROM member WHERE segment_id = ? AND profile_id = ?", ((state.segment_id, who) for state, who in left)
    )
    connection.executemany(
        "INSERT OR IGNORE INTO member VALUES (?, ?, ?)", ((state.segment_id, who, moment) for state, who in came)
    )
    for state, _, _ in changes:
        mark(connection, state)


def mark(connection: sqlite3.Connection, state: MemberState) -> None:
    """Write how fresh the memberships of a segment are."""
    row = (state.segment_id, state.version, state.computed_batch, to_micros(state.computed_at))
    connection.execute("INSERT OR REPLACE INTO member_state VALUES (?, ?, ?, ?)", row)


def of_segment(connection: sqlite3.Connection, segment: int) -> np.ndarray:
    """Return the profile ids in a segment, ascending."""
    found = connection.execute("SELECT profile_id FROM member WHERE segment_id = ? ORDER BY profile_id", (segment,))
    return np.fromiter((row[0] for row in found), np.int64)


def since(connection: sqlite3.Connection, segment: int, limit: int) -> list[tuple[int, datetime]]:
    """Return (profile id, since when) of the newest members of a segment."""
    statement = "SELECT profile_id, since FROM member WHERE segment_id = ? ORDER BY since DESC, profile_id LIMIT ?"
    return [(row[0], from_micros(row[1])) for row in connection.execute(statement, (segment, limit))]


def of_profile(connection: sqlite3.Connection, profile_id: int) -> list[int]:
    """Return the segments that a profile is in."""
    statement = "SELECT segment_id FROM member WHERE profile_id = ? ORDER BY segment_id"
    return [row[0] for row in connection.execute(statement, (profile_id,))]


def pairs_of(connection: sqlite3.Connection, ids: str) -> list[tuple[int, int]]:
    """Return (segment, profile) of every membership of the profiles in a JSON array."""
    statement = "SELECT segment_id, profile_id FROM member WHERE profile_id IN (SELECT value FROM json_each(?))"
    return connection.execute(statement, (ids,)).fetchall()


def changes(connection: sqlite3.Connection, after: int, limit: int, only: int | None = None) -> list[MemberChange]:
    """Return the changes past position ``after``, oldest first; of one segment when that is given."""
    statement = (
        "SELECT seq, segment_id, segment_version, profile_id, identity_id, entered, at FROM member_change "
        "WHERE seq > :after AND segment_id = coalesce(:only, segment_id) ORDER BY seq LIMIT :limit"
    )
    found = connection.execute(statement, {"after": after, "only": only, "limit": limit})
    return [
        MemberChange(seq, segment, version, profile, identity, bool(entered), from_micros(at))
        for seq, segment, version, profile, identity, entered, at in found
    ]


def number_after(connection: sqlite3.Connection, position: int) -> None:
    """Let the next change have a number greater than ``position``."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'member_change'").fetchone()
    if row is None and position:
        connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('member_change', ?)", (position,))
    elif row is not None and row[0] < position:
        connection.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'member_change'", (position,))


def last(connection: sqlite3.Connection) -> int:
    """Return the position of the newest change; 0 when there never was one."""
    row = connection.execute("SELECT max(seq) FROM member_change").fetchone()
    return int(row[0] or 0)


def moved(connection: sqlite3.Connection, segment: int, since: datetime) -> tuple[int, int]:
    """Return how many entries and exits a segment saw after ``since``; the newest first, since they stand last."""
    statement = (
        "SELECT coalesce(sum(entered), 0), count(*) FROM member_change WHERE segment_id = ? AND at > ? AND seq > "
        "(SELECT coalesce(max(seq), 0) FROM member_change WHERE at <= ?)"
    )
    came, all_of_them = connection.execute(statement, (segment, to_micros(since), to_micros(since))).fetchone()
    return int(came), int(all_of_them - came)


def state(connection: sqlite3.Connection, segment: int) -> MemberState | None:
    """Return how fresh the memberships of a segment are; None when they were never computed."""
    row = connection.execute("SELECT * FROM member_state WHERE segment_id = ?", (segment,)).fetchone()
    if row is None:
        return None
    segment_id, version, batch, at = row
    return MemberState(segment_id, version, batch, from_micros(at))


def to_micros(moment: datetime) -> int:
    """Return a moment (aware, or naive UTC) as microseconds since 1970."""
    naive = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    return (naive - _EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    """Return microseconds since 1970 as a naive UTC datetime."""
    return _EPOCH + timedelta(microseconds=micros)


def _step(connection: sqlite3.Connection, note: str, act: str, values: dict[str, object]) -> int:
    changed = connection.execute(note, {name: values[name] for name in ("segment", "version", "at", "ids")}).rowcount
    connection.execute(act, values)
    return changed
