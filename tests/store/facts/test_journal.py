"""What the last batches added is at hand, as long as it is all there is to know."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest

from helder.store.facts.duckdb import journal
from helder.store.facts.duckdb.engine import DuckDbFacts


@pytest.fixture
def facts() -> Iterator[DuckDbFacts]:
    made = DuckDbFacts(":memory:", threads=1)
    yield made
    made.close()


def come(facts: DuckDbFacts, *ids: int) -> int:
    with facts.write() as batch:
        batch.append("identity_profile", pa.table({"identity_id": ids, "profile_id": ids}))
        return batch.number


def at_hand(facts: DuckDbFacts, after: int, upto: int) -> list[tuple[int, int]] | None:
    rows = facts.added("identity_profile", after, upto)
    if rows is None:
        return None
    return list(zip(rows.column("identity_id").to_pylist(), rows.column("batch").to_pylist(), strict=True))


def test_rows_of_a_range_of_batches_are_at_hand(facts: DuckDbFacts) -> None:
    """What each batch added is told with its number; a batch that added nothing to a table adds nothing."""
    first, second = come(facts, 1), come(facts, 2, 3)
    assert at_hand(facts, 0, second) == [(1, first), (2, second), (3, second)]
    assert at_hand(facts, first, second) == [(2, second), (3, second)]
    assert facts.added("link", 0, second).num_rows == 0
    assert facts.added("link", 0, second).column_names[:2] == ["a", "b"]


def test_a_deletion_takes_all_of_the_table_out_of_hand(facts: DuckDbFacts) -> None:
    """After a deletion the engine must be asked, and what was deleted is in memory no more."""
    first = come(facts, 1)
    with facts.write() as batch:
        batch.delete("identity_profile", "identity_id", pa.array([1], pa.int64()))
        second = batch.number
    assert at_hand(facts, 0, second) is None
    assert at_hand(facts, first, second) is None
    assert facts._journal.since("identity_profile", second, second) == []
    assert all("identity_profile" not in rows for _, rows in facts._journal._batches)
    third = come(facts, 4)
    assert at_hand(facts, second, third) == [(4, third)]


def broken(facts: DuckDbFacts) -> None:
    with facts.write() as batch:
        batch.append("identity_profile", pa.table({"identity_id": [9], "profile_id": [9]}))
        raise ZeroDivisionError


def test_a_batch_that_was_undone_added_nothing(facts: DuckDbFacts) -> None:
    """Rows of a batch that failed are not at hand."""
    with pytest.raises(ZeroDivisionError):
        broken(facts)
    second = come(facts, 1)
    assert at_hand(facts, 0, second) == [(1, second)]


def test_old_batches_make_room(facts: DuckDbFacts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only so many bytes are kept, and what was there before the start never was."""
    monkeypatch.setattr(journal, "KEPT_BYTES", 50)
    first, second = come(facts, 1), come(facts, 2, 3, 4)
    assert at_hand(facts, 0, second) is None
    assert at_hand(facts, first, second) == [(2, second), (3, second), (4, second)]
