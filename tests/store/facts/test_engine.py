"""Tests of the facts on DuckDB: batches, snapshots, threads, and files that cannot be opened."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import ibis
import pyarrow as pa
import pytest

from helder.errors import Cancelled, Unavailable
from helder.store.facts.duckdb.engine import DuckDbFacts
from helder.store.facts.schema import MEANINGS, SCHEMAS, VIEWS, table


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


def test_the_tables_are_those_of_the_schema(facts: DuckDbFacts) -> None:
    """Every table of the schema is there with its columns, in its order, of its types."""
    for name, columns in SCHEMAS.items():
        found = facts.read(table(name).limit(0)).schema
        assert found.names == list(columns)
        assert {n: ibis.dtype(t).to_pyarrow() for n, t in columns.items()} == {
            n: found.field(n).type for n in found.names
        }
    assert set(SCHEMAS) == set(MEANINGS) > VIEWS


def test_rows_carry_the_number_of_their_batch(facts: DuckDbFacts) -> None:
    """Batches count up from one, and stamp what they append; columns not given are null."""
    with facts.write() as batch:
        batch.append("event_tail", events(range(3)))
    with facts.write() as batch:
        batch.append("event_tail", events(range(3, 5)))
    rows = facts.read(table("every_event").select("message_id", "batch", "url").order_by("message_id"))
    assert rows["batch"].to_pylist() == [1, 1, 1, 2, 2]
    assert rows["url"].null_count == 5
    assert facts.last_batch() == 2


def test_a_batch_that_fails_leaves_nothing(facts: DuckDbFacts) -> None:
    """After an error none of the batch's rows, watermarks or numbers remain, and the next batch works."""

    def fail() -> None:
        with facts.write() as batch:
            batch.append("event_tail", events(range(3)))
            batch.move("receive", 9)
            raise RuntimeError("planted")

    with pytest.raises(RuntimeError, match="planted"):
        fail()
    assert (count(facts, "event_tail"), facts.watermark("receive"), facts.last_batch()) == (0, 0, 0)
    with facts.write() as batch:
        assert batch.number == 1
        batch.append("event_tail", events(range(2)))
    assert count(facts, "event_tail") == 2


def test_an_error_inside_the_engine_is_the_one_that_is_seen(facts: DuckDbFacts) -> None:
    """A row that does not fit its column raises that error, not one about the transaction that it ended."""
    bad = pa.table({"message_id": ["m"], "identity_id": ["no number"]})
    with pytest.raises(duckdb.ConversionException), facts.write() as batch:
        batch.append("event_tail", bad)
    with facts.write() as batch:
        batch.append("event_tail", events(range(1)))
    assert count(facts, "event_tail") == 1


def test_columns_and_tables_that_do_not_exist_are_refused(facts: DuckDbFacts) -> None:
    """Names never go into SQL unseen."""
    with facts.write() as batch:
        with pytest.raises(KeyError, match="colour"):
            batch.append("orders", records("a").append_column("colour", pa.array(["red"])))
        with pytest.raises(KeyError):
            batch.append('orders"; DROP TABLE event; --', records("a"))
        with pytest.raises(KeyError):
            batch.delete("orders", "identity_id IS NOT NULL --", pa.array([1]))
    with facts.reader() as reader, pytest.raises(KeyError):
        list(reader.changed("orders", 0, 1, order=["at DESC; --"]))


def test_a_newer_version_ends_the_older_one(facts: DuckDbFacts) -> None:
    """Superseding ends the current versions of exactly the records named, of that source alone."""
    with facts.write() as batch:
        batch.append("orders", records("a", "b"))
        batch.append("orders", records("a", source="till"))
    with facts.write() as batch:
        batch.supersede("orders", records("a").select(["source", "record_key"]))
        batch.append("orders", records("a", identity_id=7))
    rows = facts.read(table("orders")).sort_by(
        [("source", "ascending"), ("record_key", "ascending"), ("batch", "ascending")]
    )
    found = [(r["source"], r["record_key"], r["identity_id"], r["batch"], r["until_batch"]) for r in rows.to_pylist()]
    assert found == [
        ("shop", "a", 1, 1, 2),
        ("shop", "a", 7, 2, None),
        ("shop", "b", 1, 1, None),
        ("till", "a", 1, 1, None),
    ]


def test_what_changed_and_what_ended(facts: DuckDbFacts) -> None:
    """Between two watermarks: current rows that came, versions that ended, none twice, sorted as asked."""
    with facts.write() as batch:
        batch.append("orders", records("c", "a", "b"))
    with facts.write() as batch:
        batch.supersede("orders", records("a").select(["source", "record_key"]))
        batch.append("orders", records("a"))
    with facts.reader() as reader:
        first = [row for rows in reader.changed("orders", 0, 1, order=["record_key"]) for row in rows.to_pylist()]
        second = [row for rows in reader.changed("orders", 1, 2) for row in rows.to_pylist()]
        ended = [row for rows in reader.ended("orders", 1, 2) for row in rows.to_pylist()]
        assert reader.last_batch() == 2
    assert [row["record_key"] for row in first] == ["b", "c"]
    assert [(row["record_key"], row["batch"]) for row in second] == [("a", 2)]
    assert [(row["record_key"], row["batch"], row["until_batch"]) for row in ended] == [("a", 1, 2)]


def test_a_reader_sees_one_moment(facts: DuckDbFacts) -> None:
    """What is written, moved into history or compacted away while a reader is open does not show in its answers."""
    with facts.write() as batch:
        batch.append("event_tail", events(range(10)))
    with facts.reader() as reader:
        before = reader.read(table("every_event").count().name("n").as_table())
        with facts.write() as batch:
            batch.append("event_tail", events(range(10, 15)))
        assert facts.maintain() == 15
        after = reader.read(table("every_event").count().name("n").as_table())
        assert reader.last_batch() == 1
    assert before["n"].to_pylist() == after["n"].to_pylist() == [10]
    assert count(facts, "every_event") == 15


def test_the_tail_moves_into_history_in_order_of_time(facts: DuckDbFacts) -> None:
    """Maintenance empties the tail; no event is lost or doubled, and history lies in order of time."""
    with facts.write() as batch:
        batch.append("event_tail", events(range(99, -1, -1)))
    assert facts.maintain() == 100
    assert facts.maintain() == 0
    assert count(facts, "event_tail") == 0
    with facts.reader() as reader:
        moments = reader.sql('SELECT "at" FROM event')["at"].to_pylist()
    assert len(moments) == 100
    assert moments == sorted(moments)


def test_small_tables_are_visible_to_one_question_only(facts: DuckDbFacts) -> None:
    """A small table of the same name stands in for the large one, and is gone with its question."""
    with facts.write() as batch:
        batch.append("orders", records("a", "b"))
    small = facts.read(table("orders")).slice(0, 1)
    with facts.reader() as reader:
        asked = table("orders").count().name("n").as_table()
        assert reader.read(asked, orders=small)["n"].to_pylist() == [1]
        assert reader.read(asked)["n"].to_pylist() == [2]


def test_threads_get_their_own_answers(facts: DuckDbFacts) -> None:
    """Eight threads that ask different questions at once, beside a writer, each get the answer to their own."""
    with facts.write() as batch:
        batch.append("event_tail", events(range(20_000)))
    wrong: list[object] = []
    stop = threading.Event()

    def ask(remainder: int) -> None:
        rows = table("every_event")
        mine = rows.filter(rows.identity_id % 8 == remainder, rows.identity_id < 20_000)
        expr = mine.aggregate(n=mine.count(), least=mine.identity_id.min())
        for _ in range(40):
            answer = facts.read(expr).to_pylist()
            if answer != [{"n": 2_500, "least": remainder}]:
                wrong.append((remainder, answer))

    def write() -> None:
        while not stop.is_set():
            with facts.write() as batch:
                batch.append("event_tail", events(range(50_000, 50_100)))
            facts.maintain()

    writer = threading.Thread(target=write)
    askers = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    for thread in (writer, *askers):
        thread.start()
    for thread in askers:
        thread.join()
    stop.set()
    writer.join()
    assert wrong == []
    assert facts.last_batch() > 2


def test_writers_take_turns(facts: DuckDbFacts) -> None:
    """Batches begun by several threads at once get different numbers and lose nothing."""

    def write() -> None:
        for _ in range(10):
            with facts.write() as batch:
                batch.append("orders", records("a"))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = facts.read(table("orders"))
    assert sorted(rows["batch"].to_pylist()) == list(range(1, 41))


def test_a_question_can_be_stopped(facts: DuckDbFacts) -> None:
    """Interrupting ends a long question with Cancelled, and leaves the facts usable."""
    with facts.reader() as reader:
        threading.Timer(0.3, reader.interrupt).start()
        begun = time.perf_counter()
        with pytest.raises(Cancelled):
            reader.sql("SELECT count(*) FROM range(100000000) AS a(x), range(1000) AS b(y) WHERE hash(x, y) = 1")
    assert time.perf_counter() - begun < 20
    assert count(facts, "event") == 0


def test_a_question_beyond_the_memory_is_unavailable(tmp_path: Path) -> None:
    """A question that does not fit gives a clear error, and the next one works."""
    facts = DuckDbFacts(":memory:", memory_limit="50MB")
    with facts.reader() as reader, pytest.raises(Unavailable, match="memory_limit"):
        reader.sql("SELECT list(hash(x)) FROM range(30000000) AS a(x)")
    assert count(facts, "event") == 0
    facts.close()
