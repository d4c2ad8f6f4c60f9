"""Tests of the stage ``project``: whatever happens, the projections end up as copies of the facts."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.projecting import PEOPLE, Company, Crash, copies, failing, originals

from helder.store import merge as merge_module
from helder.store import project as project_module

person = st.sampled_from(PEOPLE)
dated = st.fixed_dictionaries({"dated": st.booleans()})
happenings = st.one_of(
    st.tuples(st.just("event"), st.tuples(person)),
    st.tuples(st.just("consent"), st.tuples(person)),
    st.tuples(st.just("identity"), st.tuples(person)),
    st.tuples(st.just("order"), st.tuples(st.integers(0, 8), st.integers(1, 3)), dated),
    st.tuples(st.just("regroup"), st.tuples(st.sets(person, min_size=1, max_size=4), person)),
    st.tuples(st.just("maintain"), st.just(())),
    st.tuples(st.just("run"), st.just(("now",))),
    st.tuples(st.just("crash"), st.tuples(st.just("now"), st.integers(1, 12))),
    st.tuples(st.just("replay"), st.tuples(st.just("now"), st.integers(0, 20))),
)  # fmt: skip


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    made = Company(tmp_path)
    yield made
    made.close()


@settings(deadline=None)
@given(
    story=st.lists(happenings, min_size=1, max_size=30),
    end=st.integers(0, 40),
    size=st.sampled_from([1, 2, 5000]),
    most=st.sampled_from([0, 3, 5000]),
)
def test_projections_become_copies_whatever_happens(
    story: list[tuple[Any, ...]], end: int, size: int, most: int
) -> None:
    """Batches, corrections, merges, crashes and repeats in any order: after a run the copies equal the facts.

    Repeating any range then changes nothing, and neither does merging what waits in tails.
    """
    now = datetime(2026, 11, 24, tzinfo=UTC)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(project_module, "CHUNK", size)
        patch.setattr(project_module, "BULK_CHUNK", size)
        patch.setattr(merge_module, "QUIET_CHUNK", size)
        patch.setattr(merge_module, "CHUNK", size)
        patch.setattr(merge_module, "MOST", most)
        company = Company(Path(folder))
        for name, given_, *options in story:
            values = [now if value == "now" else value for value in given_]
            getattr(company, name)(*values, **(options[0] if options else {}))
        company.run(now)
        assert copies(company) == originals(company)
        company.replay(now, end)
        assert copies(company) == originals(company)
        for _ in range(company.hot.waiting("event") + 1):
            company.run(now)
            assert copies(company) == originals(company)
        assert company.hot.waiting("event") == 0
        assert company.hot.count("event") == len(originals(company)["event"])
        company.close()


def test_nothing_new_is_nothing_to_do(company: Company, now: datetime) -> None:
    """A run returns how many rows it copied; when nothing came it returns 0, and moves the watermarks along."""
    company.event(1)
    company.event(2)
    assert company.project.run(now) == 2
    assert company.project.run(now) == 0
    with company.facts.write() as batch:
        batch.move("receive", 10)
    assert company.project.run(now) == 0
    assert company.hot.watermark("project") == company.online.watermark("project") == company.facts.last_batch()


def test_new_events_wait_in_the_tail_until_it_is_quiet(
    company: Company, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events after the first fill wait; runs that bring nothing move a few each, and all answers stay the same."""
    monkeypatch.setattr(merge_module, "QUIET_CHUNK", 2)
    company.event(1)
    company.run(now)
    for person in (3, 1, 2, 3, 4):
        company.event(person)
    company.run(now)
    waiting = []
    for _ in range(3):
        waiting.append(company.hot.waiting("event"))
        assert copies(company) == originals(company)
        assert company.project.run(now) == 0
    assert [*waiting, company.hot.waiting("event")] == [5, 3, 1, 0]
    assert copies(company) == originals(company)


def test_a_tail_that_is_full_gives_up_as_much_as_comes(
    company: Company, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though it is never quiet, no more than so many events wait, and a run merges no more than it brought."""
    monkeypatch.setattr(merge_module, "MOST", 3)
    monkeypatch.setattr(merge_module, "CHUNK", 1)
    company.event(1)
    company.run(now)
    waiting = []
    for person in (3, 1, 2, 3, 4, 1, 5, 6):
        company.event(person)
        company.run(now)
        waiting.append(company.hot.waiting("event"))
    assert waiting == [1, 2, 3, 3, 3, 3, 3, 3]
    assert copies(company) == originals(company)


def test_what_is_not_at_hand_goes_to_its_place(company: Company, now: datetime) -> None:
    """After a start the first events are read from the facts; in whatever number they come, they do not wait."""
    company.event(1)
    company.run(now)
    company.event(2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(company.facts, "added", lambda *_: None)
        company.run(now)
    assert company.hot.waiting("event") == 0
    assert copies(company) == originals(company)


def test_a_watermark_moves_last(company: Company, now: datetime) -> None:
    """When a run crashes, the watermark of that file stays, the other file's may move, and the next run mends it."""
    company.event(1)
    company.consent(1)
    with failing(company.hot, 2), pytest.raises(Crash):
        company.project.run(now)
    assert company.hot.watermark("project") == 0
    company.project.run(now)
    assert copies(company) == originals(company)


def test_a_first_fill_that_crashed_keeps_no_old_versions(company: Company, now: datetime) -> None:
    """A version that was copied just before a crash, and ended just after it, is removed by the repeat."""
    company.order(1, 1, dated=True)
    with failing(company.hot, 2), pytest.raises(Crash):
        company.project.run(now)
    company.order(2, 1, dated=True)
    company.project.run(now)
    assert copies(company)["orders"] == originals(company)["orders"]
    assert [row["identity_id"] for row in copies(company)["orders"]] == [2]


def test_only_current_versions_are_copied(company: Company, now: datetime) -> None:
    """Of a record that changed before the first fill, only the version that holds is in the copy."""
    company.order(1, 1, dated=True)
    company.order(2, 1, dated=True)
    company.run(now)
    assert [row["identity_id"] for row in copies(company)["orders"]] == [2]


def test_a_fill_that_was_broken_off_gets_its_indexes_back(company: Company, now: datetime) -> None:
    """Indexes are dropped for a first fill; after a crash in it the next run makes them all the same."""

    def indexes() -> list[str]:
        with company.online._connections.reading() as connection:
            rows = connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
            ).fetchall()
        return sorted(name for (name,) in rows)

    all_of_them = indexes()
    company.regroup({1, 2}, 1)
    with failing(company.online, 2), pytest.raises(Crash):
        company.project.run(now)
    assert indexes() != all_of_them
    company.project.run(now)
    assert indexes() == all_of_them == ["identity_profile_profile_id", "member_profile"]


def test_a_profile_that_was_merged_away_is_gone(company: Company, now: datetime) -> None:
    """After a merge its golden record is gone and its ids lead to the other; after the unmerge it is back."""
    company.regroup({1, 2}, 1)
    company.regroup({3}, 3)
    company.run(now)
    assert company.online.profile(3) is not None
    company.regroup({3}, 1)
    company.run(now)
    assert company.online.profile(3) is None
    assert company.online.profile_of([3]) == {3: 1}
    assert company.online.identities_of(1).tolist() == [1, 2, 3]
    company.regroup({3}, 3)
    company.run(now)
    assert company.online.profile(3) is not None


def test_lines_of_nobody_are_not_copied(company: Company, now: datetime) -> None:
    """Rows without an identity stay in the facts alone: no question about people reaches them."""
    company.order(0, 1, dated=True)
    company.order(1, 2, dated=False)
    company.run(now)
    assert company.hot.count("orders") == 1
    assert company.hot.rows("orders", [1])["at"].to_pylist() == [None]
