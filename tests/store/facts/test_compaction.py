"""Tests of compaction: deleted bytes leave the disk, nobody's answers change."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from helder.store.facts.duckdb.engine import DuckDbFacts
from helder.store.facts.schema import table


@pytest.fixture
def facts(tmp_path: Path) -> Iterator[DuckDbFacts]:
    opened = DuckDbFacts(tmp_path / "facts.duckdb", memory_limit="1GB")
    yield opened
    opened.close()


def events(numbers: range) -> pa.Table:
    ids = pa.array(numbers, pa.int64())
    return pa.table(
        {"message_id": [f"m{n}" for n in numbers], "identity_id": ids, "at": pa.array(numbers, pa.timestamp("us"))}
    )


def records(*keys: str, identity_id: int = 1, source: str = "shop") -> pa.Table:
    return pa.table(
        {"source": [source] * len(keys), "record_key": list(keys), "identity_id": pa.array([identity_id] * len(keys))}
    )


def count(facts: DuckDbFacts, name: str) -> int:
    return int(facts.read(table(name).aggregate(n=table(name).count()))["n"][0].as_py())


def test_compaction_takes_deleted_bytes_off_the_disk(facts: DuckDbFacts, tmp_path: Path) -> None:
    """A value that was deleted stands in no file after compaction, and all else is as it was."""
    sentinel = "sentinel-7f3a9c@example.org"
    with facts.write() as batch:
        batch.append(
            "identity", pa.table({"identity_id": [1, 2], "kind": ["email"] * 2, "value": [sentinel, "b@example.org"]})
        )
        batch.append("event_tail", events(range(50_000)))
        batch.move("receive", 5)
    facts.maintain()
    assert sentinel.encode() in (tmp_path / "facts.duckdb").read_bytes()
    with facts.write() as batch:
        batch.delete("identity", "identity_id", pa.array([1]))
    facts.compact()
    for file in tmp_path.iterdir():
        assert sentinel.encode() not in file.read_bytes()
    assert [file.name for file in tmp_path.iterdir() if file.name.endswith(".new")] == []
    assert count(facts, "every_event") == 50_000
    assert facts.read(table("identity"))["value"].to_pylist() == ["b@example.org"]
    assert (facts.watermark("receive"), facts.last_batch()) == (5, 2)
    with facts.write() as batch:
        assert batch.number == 3


def test_compaction_waits_for_questions(facts: DuckDbFacts) -> None:
    """A reader that is open while the file is swapped keeps its answers; one that comes after sees the new file."""
    with facts.write() as batch:
        batch.append("event_tail", events(range(1000)))
    entered, leave, seen = threading.Event(), threading.Event(), []

    def look() -> None:
        with facts.reader() as reader:
            seen.append(reader.sql("SELECT count(*) AS n FROM every_event")["n"][0].as_py())
            entered.set()
            leave.wait(20)
            seen.append(reader.sql("SELECT count(*) AS n FROM every_event")["n"][0].as_py())

    reader = threading.Thread(target=look)
    reader.start()
    entered.wait(20)
    compacting = threading.Thread(target=facts.compact)
    compacting.start()
    time.sleep(0.5)
    assert compacting.is_alive()
    leave.set()
    compacting.join()
    reader.join()
    assert seen == [1000, 1000]
    assert count(facts, "every_event") == 1000


@pytest.mark.slow
def test_a_file_in_use_stays_small(facts: DuckDbFacts, tmp_path: Path) -> None:
    """After hundreds of batches and moves into history the file is at most twice its compacted size."""
    for number in range(300):
        numbers = range(number * 1000, number * 1000 + 1000)
        ids = pa.array(numbers, pa.int64())
        with facts.write() as batch:
            batch.append("event_tail", events(numbers))
            batch.delete("identity_profile", "identity_id", pa.array(range(5_000), pa.int64()))
            batch.append("identity_profile", pa.table({"identity_id": ids, "profile_id": ids}))
        if number % 10 == 9:
            facts.maintain()
    used = (tmp_path / "facts.duckdb").stat().st_size
    compacted = used - facts.compact()
    assert count(facts, "every_event") == 300_000
    assert used <= 2 * compacted
