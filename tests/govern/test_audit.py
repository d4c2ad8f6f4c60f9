from __future__ import annotations

from datetime import datetime

import pytest

from helder.govern.audit import Entry, append, read_audit
from helder.store.state import State


def test_the_newest_entries_come_first(state: State, now: datetime) -> None:
    """The trail is read newest first, and can be asked about one subject."""
    with state.write() as connection:
        append(connection, Entry(now, "anna", "added", "source:shop"))
        append(connection, Entry(now, "bram", "synced", "source:erp", "12 rows"))
    assert [entry.actor for entry in read_audit(state)] == ["bram", "anna"]
    assert read_audit(state, "source:erp") == [Entry(now, "bram", "synced", "source:erp", "12 rows")]


def test_an_entry_is_not_there_when_its_deed_failed(state: State, now: datetime) -> None:
    """An entry belongs to the transaction of what it tells of."""

    def fail() -> None:
        with state.write() as connection:
            append(connection, Entry(now, "anna", "added", "source:shop"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert read_audit(state) == []
