"""Tests of the tail of a table: rows that wait there are rows like all others, and go to their place one by one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helder.store.projections.hot import Hot

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - moments in stores are naive UTC
BEGIN = (-1, 0, "")
"""A key before all others."""
KEYS = st.tuples(st.integers(1, 3), st.integers(0, 1), st.sampled_from("ab"))
STEPS = st.one_of(
    st.tuples(st.sampled_from(["append", "append_to_tail"]), st.lists(KEYS, min_size=1, max_size=4)),
    st.tuples(st.just("merge"), st.integers(1, 4)),
    st.tuples(st.just("forget"), st.integers(1, 3)),
)


@pytest.fixture
def hot(tmp_path: Path) -> Iterator[Hot]:
    opened = Hot(tmp_path / "hot.db")
    yield opened
    opened.close()


def events(keys: list[tuple[int, int, str]], batch: int) -> pa.Table:
    """Return events of (identity, microseconds since 1970, message id), all of one batch."""
    ids, moments_, messages = zip(*keys, strict=True)
    return pa.table({
        "message_id": messages, "identity_id": ids, "name": [f"is {each}" for each in messages],
        "at": pa.array(moments_, pa.timestamp("us")), "batch": [batch] * len(keys),
    })  # fmt: skip


def micros(moment: datetime) -> int:
    """Return the microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(STEPS, st.integers(1, 5)), max_size=12))
def test_a_row_is_one_wherever_it_lies(tmp_path: Path, steps: list[tuple[tuple[str, Any], int]]) -> None:
    """Rows that lie in the table, in its tail or in both are each read and counted once, the newest batch of each."""
    hot, newest, after = Hot(tmp_path / "rows.db"), dict[tuple[int, int, str], int](), BEGIN
    hot.clear()
    for (name, given_), batch in steps:
        with hot.write() as writer:
            if name == "merge":
                moved, after = writer.merge("event", after, given_)
                after = after if moved == given_ else BEGIN
            elif name == "forget":
                writer.forget("event", "identity_id", [given_])
                newest = {key: value for key, value in newest.items() if key[0] != given_}
            else:
                getattr(writer, name)("event", events(given_, batch))
                newest |= {key: max(batch, newest.get(key, 0)) for key in given_}
        found = hot.rows("event", [1, 2, 3], ["identity_id", "at", "message_id", "batch"]).to_pylist()
        assert sorted(
            (row["identity_id"], micros(row["at"]), row["message_id"], row["batch"]) for row in found
        ) == sorted((*key, value) for key, value in newest.items())
        assert hot.count("event") == len(newest)
    hot.close()


def test_only_what_is_asked_of_the_tail(hot: Hot) -> None:
    """Columns, identities and values of a column narrow what is read of the tail as well."""
    for number, put in enumerate(("append", "append_to_tail")):
        keys = [(person, number, name) for person in (1, 2) for name in ("a", "b")]
        with hot.write() as writer:
            getattr(writer, put)("event", events(keys, number + 1))
    assert hot.rows("event", [1], ["message_id"])["message_id"].to_pylist() == ["a", "b", "a", "b"]
    found = hot.rows("event", [1, 2], ["identity_id", "batch"], only={"name": ["is a"]})
    assert sorted(map(tuple, (row.values() for row in found.to_pylist()))) == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert hot.rows("event", [1, 2], ["batch"], only={"name": []}).num_rows == 0
    assert hot.rows("event", [3]).num_rows == 0


def test_a_file_from_before_there_were_tails_is_kept(tmp_path: Path) -> None:
    """A file of the version before keeps its copies and gets a tail; one that is older is emptied."""
    for version, kept in ((2, 1), (1, 0)):
        path = tmp_path / f"hot-{version}.db"
        hot = Hot(path)
        hot.append("event", events([(1, 0, "a")], 1))
        with hot._connections.writing() as connection:
            connection.execute("DROP TABLE event_tail")
            connection.execute(f"PRAGMA user_version = {version}")
        hot.close()
        hot = Hot(path)
        assert (hot.count("event"), hot.waiting("event")) == (kept, 0)
        hot.close()


def test_forgetting_overwrites_what_waits(tmp_path: Path) -> None:
    """What was forgotten of a tail stands in none of the files any more; others' rows still wait."""
    sentinel = "sentinel-77e2"
    hot = Hot(tmp_path / "hot.db")
    with hot.write() as writer:
        writer.append_to_tail("event", events([(1, 0, sentinel), (2, 0, "kept-77e2")], 1))
    hot.forget([1])
    assert hot.rows("event", [1, 2])["message_id"].to_pylist() == ["kept-77e2"]
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    hot.close()
    assert b"kept-77e2" in content
    assert sentinel.encode() not in content


def test_what_was_merged_leaves_nothing_behind(tmp_path: Path) -> None:
    """Rows that were merged and then forgotten are overwritten where they waited too."""
    sentinel = "sentinel-77e2"
    hot = Hot(tmp_path / "hot.db")
    with hot.write() as writer:
        writer.append_to_tail("event", events([(1, 0, sentinel), (2, 0, "kept-77e2")], 1))
    with hot.write() as writer:
        assert writer.merge("event", BEGIN, 10)[0] == 2
    assert (hot.waiting("event"), hot.count("event")) == (0, 2)
    hot.forget([1])
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    hot.close()
    assert sentinel.encode() not in content
