"""``online``: who is who, what is known of them, and in which segments they are; for every process, in milliseconds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa

from helder.store.projections import members, search
from helder.store.projections.file import Ids, ProjectionFile, ProjectionWriter
from helder.store.projections.layout import ONLINE
from helder.store.projections.records import KnownIdentity, MemberChange, MemberState, StoredProfile
from helder.store.projections.rows import to_json

_OLD_PROFILES = """
SELECT DISTINCT profile_id FROM identity_profile WHERE identity_id IN (SELECT value FROM json_each(?))
"""
_REMOVE_EMPTY = """
DELETE FROM profile WHERE profile_id IN (SELECT value FROM json_each(?))
AND NOT EXISTS (SELECT 1 FROM identity_profile AS i WHERE i.profile_id = profile.profile_id)
"""


class OnlineWriter(ProjectionWriter):
    """One write transaction of ``online``."""

    def apply_members(
        self, segment_id: int, version: int, entered: Ids, left: Ids, at: datetime, computed_batch: int = 0
    ) -> int:
        """Write who came into a segment and who left it; see ``Online.apply_members``."""
        return self.move_members(MemberState(segment_id, version, computed_batch, at), entered, left, at)

    def move_many(self, changes: list[tuple[MemberState, np.ndarray, np.ndarray]], at: datetime) -> None:
        """Write for several segments who came in (and was not in) and who left (and was in) at ``at``."""
        members.apply_many(self.connection, changes, at)

    def move_members(self, state: MemberState, entered: Ids, left: Ids, at: datetime) -> int:
        """Write who came into a segment and who left it at ``at``, and how fresh its memberships then are."""
        ids = np.asarray(entered, np.int64), np.asarray(left, np.int64)
        changed = members.apply(self.connection, state.segment_id, state.version, *ids, at)
        members.mark(self.connection, state)
        return changed

    def renew(self, table: str, rows: pa.Table | pa.RecordBatch) -> None:
        """Add ``rows``; profiles that lose their last identity by it were merged away, and go."""
        if table != "identity_profile":
            self.append(table, rows)
            return
        # A fill that was broken off left the table without.
        self.with_indexes(table)
        ids = to_json(rows.column("identity_id").to_numpy())
        before = [row[0] for row in self.connection.execute(_OLD_PROFILES, (ids,))]
        self.append(table, rows)
        self.connection.execute(_REMOVE_EMPTY, (to_json(before),))


class Online(ProjectionFile):
    """Who is who, golden records, and memberships.

    Memberships are not a copy: they stay when the copies are emptied, since their changes started journeys.
    """

    layouts = ONLINE
    version = 1

    @contextmanager
    def write(self) -> Iterator[OnlineWriter]:
        """Begin a transaction; one at a time. Committed on leaving, undone on an error."""
        with self._connections.writing() as connection:
            yield OnlineWriter(connection, self.layouts)

    def profile_of(self, identity_ids: Ids) -> dict[int, int]:
        """Return identity_id → profile_id; identities that are not known are left out."""
        statement = (
            "SELECT identity_id, profile_id FROM identity_profile WHERE identity_id IN (SELECT value FROM json_each(?))"
        )
        with self._connections.reading() as connection:
            return dict(connection.execute(statement, (to_json(identity_ids),)).fetchall())

    def profiles_of(self, identity_ids: Ids) -> np.ndarray:
        """Return the profile id of each of ``identity_ids``, in their order; -1 where it is not known."""
        ids = np.asarray(identity_ids, np.int64)
        found = self.profile_of(ids)
        return np.fromiter((found.get(each, -1) for each in ids.tolist()), np.int64, len(ids))

    def identities_of(self, profile_ids: int | Ids) -> np.ndarray:
        """Return all identity ids of one profile or of several, ascending."""
        wanted = [profile_ids] if isinstance(profile_ids, int) else profile_ids
        statement = "SELECT identity_id FROM identity_profile WHERE profile_id IN (SELECT value FROM json_each(?))"
        with self._connections.reading() as connection:
            found = connection.execute(statement, (to_json(wanted),)).fetchall()
        return np.sort(np.fromiter((row[0] for row in found), np.int64, len(found)))

    def identities(self, profile_id: int) -> list[KnownIdentity]:
        """Return the identities of a profile with kind and value, by kind and value."""
        statement = (
            "SELECT i.identity_id, i.kind, i.value FROM identity_profile AS p JOIN identity AS i USING (identity_id) "
            "WHERE p.profile_id = ? ORDER BY i.kind, i.value"
        )
        with self._connections.reading() as connection:
            return [KnownIdentity(*row) for row in connection.execute(statement, (profile_id,))]

    def known(self, identity_ids: Ids) -> set[int]:
        """Return those of ``identity_ids`` that Helder has seen."""
        statement = "SELECT identity_id FROM identity WHERE identity_id IN (SELECT value FROM json_each(?))"
        with self._connections.reading() as connection:
            return {row[0] for row in connection.execute(statement, (to_json(identity_ids),))}

    def profile(self, profile_id: int) -> StoredProfile | None:
        """Return a golden record; None when there is no such profile (any more)."""
        return next(iter(self.profiles([profile_id])), None)

    def profiles(self, profile_ids: Ids) -> list[StoredProfile]:
        """Return the golden records that there are of ``profile_ids``, by id."""
        names = ", ".join(f'"{name}"' for name in StoredProfile.__struct_fields__)
        statement = f"SELECT {names} FROM profile WHERE profile_id IN (SELECT value FROM json_each(?))"
        with self._connections.reading() as connection:
            found = connection.execute(statement, (to_json(profile_ids),)).fetchall()
        return [_profile(row) for row in sorted(found)]

    def find(self, text: str, limit: int = 20) -> list[int]:
        """Return the profiles that somebody means who types ``text``, the best first; see ``search``."""
        with self._connections.snapshot() as connection:
            return search.find(connection, text, limit)

    def index(self, most: int = 1_000_000_000) -> int:
        """Bring the index of ``find`` up to date, for about ``most`` people; return how many were renewed."""
        renewed = 0
        while renewed < most and self._waits():
            with self._connections.writing() as connection:
                renewed += search.catch_up(connection)
            self.let_others_in()
        return renewed

    def _waits(self) -> bool:
        with self._connections.reading() as connection:
            return connection.execute("SELECT 1 FROM search_waiting LIMIT 1").fetchone() is not None

    def apply_members(
        self, segment_id: int, version: int, entered: Ids, left: Ids, at: datetime, computed_batch: int = 0
    ) -> int:
        """Write who came into a segment and who left it, in a transaction of its own (or use ``write``).

        Args:
            segment_id: the segment.
            version: the version of its rule.
            entered: profile ids that are in it now.
            left: profile ids that are in it no more.
            at: when that was found out.
            computed_batch: facts batch up to which the memberships are now computed.

        Returns:
            The number of changes; doing the same again changes nothing.
        """
        with self.write() as writer:
            return writer.apply_members(segment_id, version, entered, left, at, computed_batch)

    def members(self, segment_id: int) -> np.ndarray:
        """Return the profile ids in a segment, ascending."""
        with self._connections.reading() as connection:
            return members.of_segment(connection, segment_id)

    def newest_members(self, segment_id: int, limit: int) -> list[tuple[int, datetime]]:
        """Return (profile id, since when) of those who came into a segment last."""
        with self._connections.reading() as connection:
            return members.since(connection, segment_id, limit)

    def segments_of(self, profile_id: int) -> list[int]:
        """Return the ids of the segments that a profile is in."""
        with self._connections.reading() as connection:
            return members.of_profile(connection, profile_id)

    def memberships(self, profile_ids: Ids) -> list[tuple[int, int]]:
        """Return (segment id, profile id) for every membership of ``profile_ids``, profiles merged away included."""
        with self._connections.reading() as connection:
            return members.pairs_of(connection, to_json(profile_ids))

    def member_changes(self, after: int, limit: int = 10_000, segment: int | None = None) -> list[MemberChange]:
        """Return the entries and exits past position ``after``, oldest first; of one segment when that is given."""
        with self._connections.reading() as connection:
            return members.changes(connection, after, limit, segment)

    def last_change(self) -> int:
        """Return the position of the newest entry or exit (0 when there never was one)."""
        with self._connections.reading() as connection:
            return members.last(connection)

    def number_changes_after(self, position: int) -> None:
        """See to it that entries and exits get numbers past ``position``: as far as a journey has read.

        A file that was deleted, or lost its end in a power cut, would give out numbers again, and who comes in under
        them would never be seen to come.
        """
        with self.write() as writer:
            members.number_after(writer.connection, position)

    def moved(self, segment_id: int, since: datetime) -> tuple[int, int]:
        """Return how many came into a segment, and how many left it, after ``since`` (naive UTC)."""
        with self._connections.reading() as connection:
            return members.moved(connection, segment_id, since)

    def member_state(self, segment_id: int) -> MemberState | None:
        """Return how fresh the memberships of a segment are; None when they were never computed."""
        with self._connections.reading() as connection:
            return members.state(connection, segment_id)

    def forget(self, identity_ids: Ids, profile_ids: Ids) -> None:
        """Delete these identities, and these profiles with their memberships: for erasure. Bytes are overwritten."""
        with self.write() as writer:
            search.forget(writer.connection, [int(each) for each in profile_ids])
            search.scrub(writer.connection)
            for table in ("identity", "identity_profile"):
                writer.forget(table, "identity_id", identity_ids)
            writer.forget("profile", "profile_id", profile_ids)
            for table in ("member", "member_change"):
                writer.connection.execute(
                    f"DELETE FROM {table} WHERE profile_id IN (SELECT value FROM json_each(?))", (to_json(profile_ids),)
                )
        self.settle()

    def _statements(self) -> list[str]:
        return [*super()._statements(), *members.TABLES, *search.TABLES]


_MOMENTS = tuple(StoredProfile.__struct_fields__.index(name) for name in ("first_seen", "last_seen"))
_BIRTH = StoredProfile.__struct_fields__.index("birth_date")


def _profile(row: Sequence[object]) -> StoredProfile:
    """Return a row of ``profile`` as a Struct."""
    values = list(row)
    for place in _MOMENTS:
        micros = values[place]
        values[place] = members.from_micros(micros) if isinstance(micros, int) else None
    days = values[_BIRTH]
    values[_BIRTH] = date(1970, 1, 1) + timedelta(days=days) if isinstance(days, int) else None
    return StoredProfile(**dict(zip(StoredProfile.__struct_fields__, values, strict=True)))  # pyrefly: ignore[bad-argument-type] - a row of the table
