"""Tests of a projection file: what goes in comes out, what is newer stays, who may write, who may look."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helder.errors import Unavailable
from helder.store.facts.schema import SCHEMAS
from helder.store.projections.file import ProjectionError
from helder.store.projections.hot import Hot
from helder.store.projections.layout import HOT, ONLINE, Layout
from helder.store.projections.online import Online

LAYOUTS = {**HOT, **ONLINE}
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - moments in stores are naive UTC


@pytest.fixture
def hot(tmp_path: Path) -> Iterator[Hot]:
    opened = Hot(tmp_path / "hot.db")
    yield opened
    opened.close()


def orders(*rows: tuple[str, int, int]) -> pa.Table:
    """Return rows of (record key, identity, batch), all of one moment."""
    keys, ids, batches = zip(*rows, strict=True)
    at = pa.array([datetime(2026, 1, 1)] * len(rows), pa.timestamp("us"))  # noqa: DTZ001 - naive UTC
    names = ("source", "record_key", "identity_id", "at", "batch")
    return pa.table(dict(zip(names, (["shop"] * len(rows), keys, ids, at, batches), strict=True)))


moments = st.datetimes(datetime(1600, 1, 1), datetime(2200, 12, 31))  # noqa: DTZ001 - naive UTC
values = {
    "int64": st.integers(-(2**62), 2**63 - 1),
    "string": st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    "timestamp(6)": moments,
    "date": st.dates(date(1600, 1, 1), date(2200, 12, 31)),
    "boolean": st.booleans(),
    "float64": st.floats(allow_nan=False),
}


def tables(layout: Layout) -> st.SearchStrategy[pa.Table]:
    """Return tables of any rows of one identity, a few at most, each column null at times."""
    kinds = {name: SCHEMAS[layout.table][name] for name in layout.columns}
    columns = {name: st.none() | values[kind] for name, kind in kinds.items() if name != layout.key[0]}
    row = st.fixed_dictionaries({layout.key[0]: st.integers(1, 3), **columns, "batch": st.just(1)})
    rows = st.lists(row, max_size=5, unique_by=lambda found: tuple(found[name] for name in layout.key))
    schema = pa.schema({name: layout.arrow_type(name) for name in layout.columns})
    return rows.map(lambda found: pa.Table.from_pylist(found, schema))


@pytest.mark.parametrize("name", sorted(LAYOUTS))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(data=st.data())
def test_what_goes_in_comes_out(name: str, tmp_path: Path, data: st.DataObject) -> None:
    """Every value of every column comes back as it was: nulls in keys, all characters, moments of any century."""
    rows = data.draw(tables(LAYOUTS[name]))
    file = (Hot if name in HOT else Online)(tmp_path / "file.db")
    file.clear()
    file.append(name, rows)
    found = file.rows(name, [1, 2, 3])
    file.close()
    assert found.schema == rows.schema
    assert sorted(found.to_pylist(), key=repr) == sorted(rows.to_pylist(), key=repr)


def test_only_what_is_asked(hot: Hot) -> None:
    """Columns, identities and values of a column narrow what is read; names that are not there are refused."""
    events = pa.table({
        "message_id": ["a", "b", "c"], "identity_id": [1, 1, 2], "name": ["Viewed", "Bought's", "Viewed"],
        "at": pa.array([1, 2, 3], pa.timestamp("us")), "batch": [1, 1, 1],
    })  # fmt: skip
    hot.append("event", events)
    assert hot.rows("event", [1], ["name"]).to_pydict() == {"name": ["Viewed", "Bought's"]}
    assert hot.rows("event", [1, 2], ["message_id"], only={"name": ["Viewed"]})["message_id"].to_pylist() == ["a", "c"]
    assert hot.rows("event", [1, 2], ["message_id"], only={"name": []}).num_rows == 0
    assert hot.rows("event", np.array([], np.int64)).num_rows == 0
    for ask in ({"columns": ["context"]}, {"only": {"colour": ["red"]}}, {"by": "name; --"}):
        with pytest.raises(KeyError):
            hot.rows("event", [1], **ask)


def test_any_number_of_identities(hot: Hot) -> None:
    """More ids than fit in one statement are read in parts, each row once."""
    people = 45_000
    hot.append("orders", orders(*((f"o{n}", n, 1) for n in range(people))))
    found = hot.rows("orders", np.arange(people), ["identity_id"])
    assert sorted(found["identity_id"].to_pylist()) == list(range(people))


def test_an_older_batch_never_overwrites_a_newer_one(hot: Hot) -> None:
    """Rows of one key: the newest batch stays, in whatever order they come, and only that version can be removed."""
    hot.append("orders", orders(("a", 1, 5)))
    hot.append("orders", orders(("a", 1, 3)))
    assert hot.rows("orders", [1])["batch"].to_pylist() == [5]
    with hot.write() as writer:
        writer.discard("orders", orders(("a", 1, 3)))
    assert hot.rows("orders", [1])["batch"].to_pylist() == [5]
    with hot.write() as writer:
        writer.discard("orders", orders(("a", 1, 5)))
    assert hot.rows("orders", [1]).num_rows == 0


def test_a_transaction_that_fails_leaves_nothing(hot: Hot) -> None:
    """Rows and watermark of a transaction come together or not at all."""

    def fail() -> None:
        with hot.write() as writer:
            writer.append("orders", orders(("a", 1, 1)))
            writer.move("project", 4)
            raise RuntimeError("planted")

    with pytest.raises(RuntimeError, match="planted"):
        fail()
    assert (hot.count("orders"), hot.watermark("project")) == (0, 0)


def test_bulk_work_lets_others_in(hot: Hot) -> None:
    """While one thread writes chunk after chunk, another's small transaction gets its turn within half a second."""
    stop, waits = threading.Event(), []
    rows = orders(*((f"o{n}", n, 1) for n in range(5_000)))

    def bulk() -> None:
        while not stop.is_set():
            hot.append("orders", rows)
            hot.let_others_in()

    working = threading.Thread(target=bulk)
    working.start()
    time.sleep(0.2)
    for number in range(10):
        begun = time.perf_counter()
        with hot.write() as writer:
            writer.move("other", number)
        waits.append(time.perf_counter() - begun)
    stop.set()
    working.join()
    assert sorted(waits)[5] < 0.5


def test_another_process_reads_while_this_one_writes(tmp_path: Path) -> None:
    """A second process, read-only, sees ever more whole transactions, never a part of one, and may not write."""
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom helder.errors import Unavailable\n"
        "from helder.store.projections.online import Online\n"
        "online = Online(Path(sys.argv[1]), read_only=True)\nseen = set()\nend = time.time() + 20\n"
        "while max(seen, default=0) < 40 and time.time() < end:\n"
        "    seen.add(len(online.known(range(100_000))) / 500)\n"
        "try:\n    online.append('identity', None)\nexcept Unavailable:\n    seen.add('refused')\n"
        "print(sorted(seen, key=str))\n"
    )
    online = Online(tmp_path / "online.db")
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "online.db")], stdout=subprocess.PIPE, text=True
    ) as process:
        for number in range(40):
            ids = list(range(number * 500, number * 500 + 500))
            online.append("identity", pa.table({"identity_id": ids, "batch": [number] * 500}))
            time.sleep(0.02)
        said, _ = process.communicate(timeout=60)
    online.close()
    seen = said.strip("[]\n").replace("'", "").split(", ")
    assert "refused" in seen
    assert "40.0" in seen
    assert all(each == "refused" or float(each).is_integer() for each in seen)


def test_looking_before_it_is_made(tmp_path: Path) -> None:
    """A reader of a file that the worker has not made yet is told so, and finds it once it is there."""
    looker = Online(tmp_path / "online.db", read_only=True)
    with pytest.raises(Unavailable, match="worker"):
        looker.profile(1)
    Online(tmp_path / "online.db").close()
    assert looker.profile(1) is None
    looker.close()


def test_an_older_shape_is_filled_anew(tmp_path: Path) -> None:
    """A file of an older version loses its copies and the watermark over them, and keeps the memberships."""
    now = datetime(2026, 1, 1)  # noqa: DTZ001 - naive UTC
    online = Online(tmp_path / "online.db")
    online.append("identity", pa.table({"identity_id": [1], "batch": [1]}))
    online.apply_members(7, 1, [1], [], now)
    with online.write() as writer:
        writer.move("project", 3)
        writer.move("refresh", 3)
    online.close()

    class Later(Online):
        version = Online.version + 1

    later = Later(tmp_path / "online.db")
    assert later.count("identity") == 0
    assert (later.watermark("project"), later.watermark("refresh")) == (0, 3)
    assert later.members(7).tolist() == [1]
    later.close()
    with pytest.raises(ProjectionError, match="newer"):
        Online(tmp_path / "online.db")


def test_a_damaged_file_can_be_deleted(tmp_path: Path) -> None:
    """A file that is no database gives an error that says that it may be deleted."""
    (tmp_path / "hot.db").write_bytes(b"nonsense" * 2000)
    with pytest.raises(ProjectionError, match="Delete it"):
        Hot(tmp_path / "hot.db")


def test_forgetting_overwrites_the_bytes(tmp_path: Path) -> None:
    """What was forgotten stands in none of the files any more, the write-ahead log included."""
    sentinel = "sentinel-4b1d"
    hot = Hot(tmp_path / "hot.db")
    rows = orders(("a", 1, 1), ("b", 2, 1)).append_column("extra", pa.array([sentinel, "kept-4b1d"]))
    hot.append("orders", rows)
    hot.forget([1])
    assert hot.rows("orders", [1, 2])["record_key"].to_pylist() == ["b"]
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    hot.close()
    assert b"kept-4b1d" in content
    assert sentinel.encode() not in content


def test_the_file_is_made_to_last(hot: Hot, tmp_path: Path) -> None:
    """The file is written ahead, and deleted content is overwritten; readers cannot write by accident."""
    hot.append("orders", orders(("a", 1, 1)))
    with hot._connections.reading() as connection:
        found = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "query_only")}
        with pytest.raises(sqlite3.OperationalError):
            connection.execute("DELETE FROM orders")
    assert found == {"journal_mode": "wal", "query_only": 1}
    with hot._connections.writing() as connection:
        settings = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "secure_delete")]
    assert settings == [1, 1]


def test_closing_while_somebody_looks(hot: Hot) -> None:
    """Who is looking when the file is closed gets the answer; the connection is closed after it, none is left open."""
    with hot._connections.reading() as connection:
        hot.close()
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (0,)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


def test_threads_look_at_once(hot: Hot) -> None:
    """Eight threads that read at once get their own people's rows, and never each other's connection."""
    hot.append("orders", orders(*((f"o{n}", n % 8, 1) for n in range(4_000))))
    wrong: list[object] = []

    def look(person: int) -> None:
        for _ in range(40):
            found = set(hot.rows("orders", [person], ["identity_id"])["identity_id"].to_pylist())
            wrong.extend([] if found == {person} else [(person, found)])

    threads = [threading.Thread(target=look, args=(person,)) for person in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(hot._connections._idle) <= 8


def test_reading_ahead_disturbs_nothing(hot: Hot) -> None:
    """Warming a file, or a part of it, is done in the background and leaves every answer as it was."""
    hot.append("orders", orders(*((f"o{n}", n, 1) for n in range(2_000))))
    for limit in (1, 1 << 30):
        hot.warm(limit)
    for thread in threading.enumerate():
        if thread.name == "warm":
            thread.join()
    assert hot.rows("orders", range(2_000)).num_rows == 2_000


def test_moments_are_whole(hot: Hot) -> None:
    """Microseconds survive."""
    rows = orders(("a", 1, 1))
    moment = EPOCH + timedelta(days=20_000, microseconds=123_457)
    hot.append("orders", rows.set_column(3, "at", pa.array([moment], pa.timestamp("us"))))
    assert hot.rows("orders", [1])["at"].to_pylist() == [moment]
