"""The inbox: durable before the sender hears so."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest
from tests.collect.conftest import RECEIVED_AT

from helder.collect import inbox as inbox_module
from helder.collect.event import Entry, Event
from helder.collect.inbox import Inbox, InboxFull, InboxUnwritable


def event(name: str) -> Event:
    return Event(message_id=name, type="track", name="E", source="site", at=RECEIVED_AT, received_at=RECEIVED_AT)


def entry(*names: str) -> Entry:
    return Entry([event(name) for name in names])


def names(rows: list[tuple[int, Entry]]) -> list[str]:
    return [each.message_id for _, row in rows for each in row.events]


def test_what_was_appended_is_read_by_another(tmp_path: Path) -> None:
    """A second object on the file, as in another process, reads what was appended, in order."""
    with_writer = Inbox(tmp_path / "inbox.db")
    with_writer.append([entry("a", "b"), entry("c")])
    assert names(Inbox(tmp_path / "inbox.db").read(0, 100)) == ["a", "b", "c"]
    with_writer.close()


def test_reading_goes_on_after_the_watermark(tmp_path: Path) -> None:
    """A read stops once it has the events asked for, and the next begins after it."""
    inbox = Inbox(tmp_path / "inbox.db")
    inbox.append([entry("a", "b"), entry("c"), entry("d")])
    first = inbox.read(0, 3)
    assert names(first) == ["a", "b", "c"]
    assert names(inbox.read(first[-1][0], 3)) == ["d"]
    assert inbox.depth(first[-1][0]) == 1
    inbox.close()


def test_appenders_of_many_threads_lose_nothing(tmp_path: Path) -> None:
    """Eight threads at once: every entry is there once, and few commits served them all."""
    commits: list[None] = []
    inbox = Inbox(tmp_path / "inbox.db", on_commit=lambda: commits.append(None))

    def append(thread: int) -> None:
        for number in range(50):
            inbox.append([entry(f"{thread}-{number}")])

    threads = [threading.Thread(target=append, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names(inbox.read(0, 1000))) == sorted(f"{t}-{n}" for t in range(8) for n in range(50))
    assert len(commits) <= 400
    inbox.close()


def test_tasks_that_wait_together_are_written_together(tmp_path: Path) -> None:
    """Requests of one event loop that come at once share commits, and each hears only after its own."""
    commits: list[None] = []
    inbox = Inbox(tmp_path / "inbox.db", on_commit=lambda: commits.append(None))

    async def many() -> None:
        await asyncio.gather(*(inbox.append_async(entry(str(number))) for number in range(200)))

    asyncio.run(many())
    assert len(inbox.read(0, 1000)) == 200
    assert len(commits) < 100
    inbox.close()


def test_numbers_are_never_used_again(tmp_path: Path) -> None:
    """After everything was pruned a new entry still comes after the watermark."""
    inbox = Inbox(tmp_path / "inbox.db")
    inbox.append([entry("a"), entry("b")])
    last = inbox.last()
    assert inbox.prune(last) == 2
    assert inbox.last() == last
    inbox.append([entry("c")])
    assert names(inbox.read(last, 10)) == ["c"]
    inbox.close()


def test_pruning_leaves_what_lies_past_the_watermark(tmp_path: Path) -> None:
    """Only entries up to the given number go."""
    inbox = Inbox(tmp_path / "inbox.db")
    inbox.append([entry("a"), entry("b"), entry("c")])
    assert inbox.prune(2) == 2
    assert names(inbox.read(0, 10)) == ["c"]
    inbox.close()


def test_a_full_memory_is_said_before_it_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another program holds the file, waiting requests are bounded: the next is refused at once."""
    monkeypatch.setattr(inbox_module, "_MOST_WAITING_BYTES", 200)
    inbox = Inbox(tmp_path / "inbox.db")
    with sqlite3.connect(tmp_path / "inbox.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = threading.Thread(target=inbox.append, args=([entry("a", "b", "c", "d", "e", "f", "g", "h")],))
        waiting.start()
        while not inbox._waiting_bytes:
            pass
        with pytest.raises(InboxFull):
            inbox.append([entry(*map(str, range(20)))])
        other.execute("ROLLBACK")
        waiting.join()
    assert len(inbox.read(0, 100)) == 1
    inbox.close()


def test_what_cannot_be_written_is_told_and_works_again_later(tmp_path: Path) -> None:
    """A file that refuses (a full disk does the same) gives an error to all who wait; afterwards it goes on."""
    inbox = Inbox(tmp_path / "inbox.db")
    inbox.append([entry("a")])
    with sqlite3.connect(tmp_path / "inbox.db") as other:
        other.execute("CREATE TRIGGER no BEFORE INSERT ON entry BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    with pytest.raises(InboxUnwritable):
        inbox.append([entry("b")])
    with sqlite3.connect(tmp_path / "inbox.db") as other:
        other.execute("DROP TRIGGER no")
    inbox.append([entry("c")])
    assert names(inbox.read(0, 10)) == ["a", "c"]
    inbox.close()


def test_commits_are_synchronous(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The writing connection syncs each commit to the disk (synchronous = FULL) in WAL mode."""
    seen: list[int] = []
    real = inbox_module._commit

    def watched(connection: sqlite3.Connection, group: list[inbox_module._Waiting]) -> Exception | None:
        seen.append(connection.execute("PRAGMA synchronous").fetchone()[0])
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        return real(connection, group)

    monkeypatch.setattr(inbox_module, "_commit", watched)
    inbox = Inbox(tmp_path / "inbox.db")
    inbox.append([entry("a")])
    inbox.close()
    assert seen == [2]


def test_closing_writes_what_waits(tmp_path: Path) -> None:
    """Rows handed over before the close are there after it."""
    inbox = Inbox(tmp_path / "inbox.db")
    threads = [threading.Thread(target=inbox.append, args=([entry(str(number))],)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    inbox.close()
    assert len(Inbox(tmp_path / "inbox.db").read(0, 100)) == 20
