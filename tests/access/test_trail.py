"""Notes for the audit trail."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from helder.access.trail import Trail
from helder.govern.audit import read_audit
from helder.store.migrations import upgrade
from helder.store.state import State, open_state


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    opened = open_state(tmp_path / "state.db")
    upgrade(opened)
    yield opened
    opened.close()


def test_notes_are_written_at_the_latest_when_it_is_closed(state: State, now: datetime) -> None:
    """All of them, in order, also from many threads."""
    trail = Trail(state, lambda: now, every=60)
    threads = [threading.Thread(target=trail.note, args=("key:crm", "profile.read", f"profile:{n}")) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read_audit(state) == []
    trail.close()
    noted = read_audit(state)
    assert sorted(each.subject for each in noted) == sorted(f"profile:{n}" for n in range(20))
    assert {each.at for each in noted} == {now}


def test_notes_are_written_meanwhile(state: State, now: datetime) -> None:
    """Within a moment, without closing."""
    trail = Trail(state, lambda: now, every=0.01)
    trail.note("key:crm", "profile.read", "profile:1")
    for _ in range(500):
        if read_audit(state):
            break
        threading.Event().wait(0.01)
    assert len(read_audit(state)) == 1
    trail.close()


def test_what_cannot_be_written_now_is_written_later(state: State, now: datetime, tmp_path: Path) -> None:
    """A state that is locked for a while loses no note."""
    trail = Trail(state, lambda: now, every=60)
    trail.note("key:crm", "profile.read", "profile:1")
    real = trail._state
    trail._state = None
    with pytest.raises(AttributeError):
        trail._write()
    trail._state = real
    trail.close()
    assert len(read_audit(state)) == 1
