"""A damaged inbox: it is said what was lost, and the rest is kept."""

from __future__ import annotations

import random
import shutil
import sqlite3
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.collect.conftest import RECEIVED_AT, Stores, identify

from helder.collect.event import Entry, Event
from helder.collect.inbox import Inbox
from helder.collect.receive import Receive
from helder.collect.salvage import salvage
from helder.store.facts.schema import table

REQUESTS = 400
PAGE = 4096


def entry(name: str) -> Entry:
    moments = {"at": RECEIVED_AT, "received_at": RECEIVED_AT}
    text = f'{{"filler":"{"x" * 300}"}}'
    return Entry(
        [Event(message_id=name, type="track", name="E", source="site", user_id="u1", properties=text, **moments)]
    )


def names(inbox: Inbox) -> list[str]:
    return [each.message_id for _, row in inbox.read(0, 100_000) for each in row.events]


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """The inbox of a process that was killed: half of the requests in the file, half in the log."""
    inbox = Inbox(tmp_path / "live.db")
    keeps_log = sqlite3.connect(tmp_path / "live.db")
    keeps_log.execute("SELECT count(*) FROM entry").fetchone()
    for number in range(REQUESTS):
        inbox.append([entry(f"m{number}")])
        if number == REQUESTS // 2:
            keeps_log.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    for end in ("", "-wal"):
        shutil.copyfile(tmp_path / f"live.db{end}", tmp_path / f"inbox.db{end}")
    inbox.close()
    keeps_log.close()
    return tmp_path / "inbox.db"


def scribble(file: Path, at: int, length: int = PAGE) -> None:
    with file.open("r+b") as opened:
        opened.seek(at)
        opened.write(random.Random(1).randbytes(length))


def reopened(path: Path) -> Inbox:
    inbox = Inbox(path)
    inbox.append([entry("after")])
    return inbox


def test_an_inbox_that_is_whole_is_left_alone(left: Path) -> None:
    """After a kill nothing is said, nothing is put aside, everything is there."""
    assert salvage(left) is None
    assert names(reopened(left)) == [*(f"m{number}" for number in range(REQUESTS)), "after"]
    assert not list(left.parent.glob("*damaged*"))
    assert salvage(left.with_name("none.db")) is None


def test_a_damaged_last_page_of_the_log_is_said(left: Path) -> None:
    """The last write is lost and counted; everything before it is there, and the inbox goes on."""
    log = left.with_name("inbox.db-wal")
    scribble(log, log.stat().st_size - PAGE)
    lost = salvage(left)
    assert lost is not None
    assert (lost.writes, lost.entries) == (1, 0)
    assert left.with_name(lost.file).exists()
    assert names(reopened(left)) == [*(f"m{number}" for number in range(REQUESTS - 1)), "after"]


def test_damage_within_the_log_costs_what_comes_after_it(left: Path) -> None:
    """SQLite reads no further than the damage: the writes behind it are counted."""
    log = left.with_name("inbox.db-wal")
    frames = (log.stat().st_size - 32) // (PAGE + 24)
    scribble(log, 32 + (frames - 20) * (PAGE + 24) + 24)
    lost = salvage(left)
    assert lost is not None
    kept = names(Inbox(left))
    assert kept == [f"m{number}" for number in range(len(kept))]
    assert lost.writes == REQUESTS - len(kept) > 1


def test_a_damaged_header_costs_the_log(left: Path) -> None:
    """A log that begins with nonsense is read as none: all its writes are counted."""
    scribble(left.with_name("inbox.db-wal"), 16, 8)
    lost = salvage(left)
    assert lost is not None
    kept = names(Inbox(left))
    assert lost.writes == REQUESTS - len(kept) > 100


def test_frames_of_an_earlier_round_are_no_loss(tmp_path: Path) -> None:
    """A log that was begun anew still holds old frames behind the new ones; they are in the file already."""
    path = tmp_path / "inbox.db"
    with sqlite3.connect(path, isolation_level=None) as opened:
        opened.execute("PRAGMA journal_mode = WAL")
        opened.execute("CREATE TABLE entry (seq INTEGER PRIMARY KEY AUTOINCREMENT, events INTEGER, body BLOB)")
        for _ in range(30):
            opened.execute("INSERT INTO entry (events, body) VALUES (1, zeroblob(3000))")
        opened.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
        opened.execute("INSERT INTO entry (events, body) VALUES (1, zeroblob(10))")
        copy = tmp_path / "copy.db"
        for end in ("", "-wal"):
            shutil.copyfile(f"{path}{end}", f"{copy}{end}")
    assert (tmp_path / "copy.db-wal").stat().st_size > 30 * 3000
    assert salvage(copy) is None


def _last_page(path: Path) -> int:
    return path.stat().st_size - PAGE


def _some_leaf(path: Path) -> int:
    """Return where a page full of entries begins: a leaf of a table (its first byte is 13), not the first."""
    data = path.read_bytes()
    pages = (at for at in range(PAGE, len(data), PAGE) if data[at] == 13)
    leaves = [at for at in pages if struct.unpack(">H", data[at + 3 : at + 5])[0] > 3]
    return leaves[len(leaves) // 2]


@pytest.mark.parametrize("where", [_last_page, _some_leaf])
def test_a_damaged_page_of_the_file_costs_what_is_on_it(left: Path, where: Callable[[Path], int]) -> None:
    """Entries on other pages are copied under their old numbers; how many are gone is said."""
    with sqlite3.connect(left, isolation_level=None) as opened:
        opened.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    opened.close()
    scribble(left, where(left))
    lost = salvage(left)
    assert lost is not None
    kept = names(Inbox(left))
    assert lost.kept == len(kept)
    assert REQUESTS - 20 <= len(kept) < REQUESTS
    assert lost.entries == REQUESTS - len(kept)
    inbox = reopened(left)
    assert [number for number, _ in inbox.read(0, 100_000)][-1] == REQUESTS + 1
    assert left.with_name(lost.file).exists()


def test_a_file_that_is_nonsense_is_put_aside(left: Path) -> None:
    """When nothing can be read the inbox begins anew, and says so."""
    left.with_name("inbox.db-wal").unlink()
    scribble(left, 0, left.stat().st_size)
    lost = salvage(left)
    assert lost is not None
    assert (lost.kept, lost.file) == (0, "inbox.db.damaged-1")
    assert names(reopened(left)) == ["after"]


def test_an_inbox_behind_the_facts_loses_nothing_more(stores: Stores, now: object) -> None:
    """An inbox that lost its end gives out no number that the facts have passed; nothing is told twice."""
    stores.inbox.append([entry(f"m{number}") for number in range(5)])
    receive = Receive(stores.inbox, stores.state, stores.facts, identify)
    receive.run(now)
    with sqlite3.connect(stores.folder / "inbox.db") as opened:
        opened.execute("DELETE FROM entry WHERE seq > 2")
        opened.execute("UPDATE sqlite_sequence SET seq = 2")
    opened.close()
    stores.inbox.append([entry("new")])
    assert stores.inbox.number_after(stores.facts.watermark("receive")) == 3
    assert stores.inbox.number_after(stores.facts.watermark("receive")) == 0
    stores.inbox.append([entry("newer")])
    receive.run(now)
    found = stores.facts.read(table("every_event").select("message_id")).column("message_id").to_pylist()
    assert sorted(found) == ["m0", "m1", "m2", "m3", "m4", "new", "newer"]
