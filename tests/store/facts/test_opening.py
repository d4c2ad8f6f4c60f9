"""Tests of opening the facts: what is refused, and what is there after a crash."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from helder.errors import Unavailable
from helder.store.facts.duckdb.engine import DuckDbFacts
from helder.store.facts.schema import table
from helder.store.refusals import DamagedData, NewerData


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


def test_a_second_process_is_refused(facts: DuckDbFacts, tmp_path: Path) -> None:
    """While one process owns the file, another gets an error that says who has it."""
    script = (
        "import sys\nfrom helder.errors import Unavailable\nfrom helder.store.facts.duckdb.engine import DuckDbFacts\n"
        "try:\n    DuckDbFacts(sys.argv[1])\nexcept Unavailable as error:\n    print(error)\n    sys.exit(7)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "facts.duckdb")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 7
    assert "in use by another process" in done.stdout


@pytest.mark.parametrize("content", [b"", b"nonsense" * 5000])
def test_a_file_that_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    """A file that is not ours gives an error that says so, and keeps its bytes."""
    path = tmp_path / "facts.duckdb"
    path.write_bytes(content)
    with pytest.raises(DamagedData, match="backup"):
        DuckDbFacts(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("place", [9, 4100, 12_400])
def test_a_damaged_file_is_refused(tmp_path: Path, place: int) -> None:
    """A few flipped bytes in the header or the metadata give an error that says that the file is damaged."""
    path = tmp_path / "facts.duckdb"
    DuckDbFacts(path).close()
    content = bytearray(path.read_bytes())
    for offset in range(place, place + 16):
        content[offset] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(DamagedData, match="damaged"):
        DuckDbFacts(path)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """A path without a folder is unavailable, not damaged."""
    with pytest.raises(Unavailable):
        DuckDbFacts(tmp_path / "nowhere" / "facts.duckdb")


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    """Facts with a migration that this Helder does not know are refused, and not changed."""
    path = tmp_path / "facts.duckdb"
    DuckDbFacts(path).close()
    with duckdb.connect(str(path)) as connection:
        connection.execute("INSERT INTO migration VALUES ('9999_future.sql')")
    with pytest.raises(NewerData, match="9999_future"):
        DuckDbFacts(path)


def test_opening_again_goes_on_where_it_was(tmp_path: Path) -> None:
    """Batches, rows and watermarks are there after closing, and migrations are not applied again."""
    path = tmp_path / "facts.duckdb"
    facts = DuckDbFacts(path)
    with facts.write() as batch:
        batch.append("event_tail", events(range(10)))
        batch.move("receive", 3)
    facts.close()
    facts = DuckDbFacts(path)
    assert (facts.last_batch(), facts.watermark("receive"), count(facts, "every_event")) == (1, 3, 10)
    facts.close()


@pytest.mark.kill
def test_killed_in_a_transaction(tmp_path: Path) -> None:
    """Killed in the middle of a batch, all batches before it are whole, and nothing of it is there."""
    script = (
        "import sys, pyarrow as pa\nfrom helder.store.facts.duckdb.engine import DuckDbFacts\n"
        "facts = DuckDbFacts(sys.argv[1])\nn = 0\nwhile True:\n"
        "    with facts.write() as batch:\n"
        "        ids = pa.array(range(n * 1000, n * 1000 + 1000))\n"
        "        batch.append('event_tail', pa.table({'identity_id': ids}))\n"
        "        batch.append('identity', pa.table({'identity_id': ids}))\n"
        "        batch.move('receive', n + 1)\n"
        "    n += 1\n    print(n, flush=True)\n"
        "    if n % 7 == 0:\n        facts.maintain()\n"
    )
    path = tmp_path / "facts.duckdb"
    for lines in (3, 8, 15):
        path.unlink(missing_ok=True)
        path.with_name("facts.duckdb.wal").unlink(missing_ok=True)
        with subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            told = [process.stdout.readline() for _ in range(lines)]
            process.send_signal(signal.SIGKILL)
        facts = DuckDbFacts(path)
        done = facts.watermark("receive")
        assert done >= int(told[-1])
        assert count(facts, "every_event") == count(facts, "identity") == done * 1000
        assert facts.last_batch() == done
        facts.close()
