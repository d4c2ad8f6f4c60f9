"""Tests of ``online``: who is who, golden records, memberships."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helder.clock import stored
from helder.store.projections.online import Online
from helder.store.projections.records import KnownIdentity, MemberChange, MemberState, StoredProfile

THEN = datetime(2026, 11, 1, 12, 30, 15, 250, tzinfo=UTC)


@pytest.fixture
def online(tmp_path: Path) -> Iterator[Online]:
    opened = Online(tmp_path / "online.db")
    opened.append("identity", pa.table({"identity_id": [1, 2, 3], "kind": ["phone", "email", "email"],
                                        "value": ["+316", "b@x.nl", "c@x.nl"], "batch": [1, 1, 1]}))  # fmt: skip
    opened.append("identity_profile", pa.table({"identity_id": [1, 2, 3], "profile_id": [1, 1, 3], "batch": [1, 1, 1]}))
    yield opened
    opened.close()


def test_who_is_who(online: Online) -> None:
    """Identities lead to their profile and back; those that are not known are left out, or -1."""
    assert online.profile_of([1, 2, 3, 9]) == {1: 1, 2: 1, 3: 3}
    assert online.profiles_of([9, 3, 1]).tolist() == [-1, 3, 1]
    assert online.identities_of(1).tolist() == [1, 2]
    assert online.identities_of([3, 1]).tolist() == [1, 2, 3]
    assert online.identities_of([]).tolist() == []
    assert online.known([1, 9]) == {1}
    assert online.identities(1) == [KnownIdentity(2, "email", "b@x.nl"), KnownIdentity(1, "phone", "+316")]


def test_a_golden_record_comes_whole(online: Online) -> None:
    """Every field of a stored profile comes back with its type; what is not there is None."""
    full = {
        "profile_id": [3], "first_name": ["Zoë"], "birth_date": [date(1931, 2, 28)],
        "first_seen": pa.array([stored(THEN)], pa.timestamp("us")), "email_identity": [3], "batch": [1],
    }  # fmt: skip
    online.append("profile", pa.table(full))
    expected = StoredProfile(
        profile_id=3, first_name="Zoë", birth_date=date(1931, 2, 28), first_seen=stored(THEN), email_identity=3
    )
    assert online.profile(3) == expected
    assert online.profile(1) is None
    assert online.profiles([1, 3]) == [expected]


def test_entering_and_leaving(online: Online) -> None:
    """Changes are noted once, in order, with the version of the rule; doing the same again notes nothing."""
    assert online.apply_members(7, 2, [3, 1], [], THEN, 11) == 2
    assert online.apply_members(7, 2, [1, 3], [9], THEN, 12) == 0
    assert online.apply_members(7, 3, [5], [3], THEN, 13) == 2
    assert online.members(7).tolist() == [1, 5]
    assert online.members(8).tolist() == []
    at = stored(THEN)
    changes = online.member_changes(0)
    assert changes[:2] == [MemberChange(1, 7, 2, 1, 1, True, at), MemberChange(2, 7, 2, 3, 3, True, at)]
    assert [(each.seq, each.segment_version, each.profile_id, each.entered) for each in changes[2:]] == [
        (3, 3, 3, False),
        (4, 3, 5, True),
    ]
    assert online.member_changes(3) == changes[3:]
    assert online.member_changes(0, limit=1) == changes[:1]
    assert online.member_state(7) == MemberState(7, 3, 13, at)
    assert online.member_state(8) is None
    assert online.segments_of(1) == [7]
    assert online.memberships([1, 3, 5]) == [(7, 1), (7, 5)]
    assert online.newest_members(7, 1) == [(1, at)]


def test_positions_of_changes_are_never_used_again(online: Online) -> None:
    """After everything is forgotten the next change comes after the last: nobody reads it as old."""
    online.apply_members(7, 1, [1, 3], [], THEN)
    online.forget([1, 2, 3], [1, 3])
    assert online.member_changes(0) == []
    online.apply_members(7, 1, [5], [], THEN)
    assert [each.seq for each in online.member_changes(0)] == [3]


def test_changes_come_after_what_was_read(online: Online) -> None:
    """A file that was made anew, or lost its end, gives its next change a number past the one a journey has read to."""
    for position, first in ((7, 8), (3, 9), (20, 21)):
        online.number_changes_after(position)
        online.apply_members(position, 1, [1], [], THEN)
        assert [change.seq for change in online.member_changes(0)][-1] == first


def test_emptying_the_copies_keeps_memberships(online: Online) -> None:
    """A rebuild empties what is copied; memberships started journeys, and stay."""
    online.apply_members(7, 1, [1], [], THEN)
    online.clear()
    assert online.known([1, 2, 3]) == set()
    assert online.members(7).tolist() == [1]


def test_forgetting_a_person(online: Online) -> None:
    """Of a forgotten person nothing is left, of others everything."""
    online.append("profile", pa.table({"profile_id": [1, 3], "batch": [1, 1]}))
    online.apply_members(7, 1, [1, 3], [], THEN)
    online.forget([1, 2], [1])
    assert (online.known([1, 2, 3]), online.profile(1), online.members(7).tolist()) == ({3}, None, [3])
    assert [each.profile_id for each in online.member_changes(0)] == [3]
    assert online.identities_of([1, 3]).tolist() == [3]


def test_several_segments_in_one_transaction(online: Online) -> None:
    """Memberships of several segments and the watermark of who computed them come together or not at all."""

    def fail() -> None:
        with online.write() as writer:
            writer.apply_members(7, 1, [1], [], THEN)
            writer.apply_members(8, 1, [1], [], THEN)
            writer.move("refresh", 5)
            raise RuntimeError("planted")

    with pytest.raises(RuntimeError, match="planted"):
        fail()
    assert (online.segments_of(1), online.watermark("refresh"), online.member_changes(0)) == ([], 0, [])


profiles = st.sets(st.integers(1, 6))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(profiles, profiles), max_size=8))
def test_changes_tell_the_members(online: Online, steps: list[tuple[set[int], set[int]]]) -> None:
    """Whatever comes and goes, playing back changes gives the members, and nobody enters or leaves twice in a row."""
    with online.write() as writer:
        writer.connection.execute("DELETE FROM member")
    start = max((each.seq for each in online.member_changes(0)), default=0)
    expected: set[int] = set()
    for entered, left in steps:
        online.apply_members(7, 1, list(entered), list(left - entered), THEN)
        expected = (expected | entered) - (left - entered)
    played: set[int] = set()
    for change in online.member_changes(start):
        assert (change.profile_id in played) != change.entered
        played ^= {change.profile_id}
    assert played == set(online.members(7).tolist()) == expected
