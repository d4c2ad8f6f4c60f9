"""Another program holds a file of ours for a while: everyone waits, nothing is lost, and work goes on."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.whole.killing.checks import every_event_is_there_once, nobody_is_mailed_twice
from tests.whole.killing.company import Load
from tests.whole.killing.installation import Installation, Post

from helder.store.migrations import upgrade
from helder.store.projections.online import Online
from helder.store.refusals import Locked
from helder.store.state import open_state

MOMENT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
HELD = 2.0
"""Seconds; longer than most clients wait for an answer."""


@pytest.mark.kill
@pytest.mark.slow
def test_files_that_are_locked_for_a_while_lose_nothing(tmp_path: Path) -> None:
    """Each file in turn is held under load; afterwards every event is there once and nobody was mailed twice."""
    post = Post(tmp_path / "mails")
    try:
        with Installation(tmp_path / "locked", post, MOMENT) as installation:
            installation.set_up()
            load = Load(installation.port, pause=0.02)
            load.start()
            for name in ("state.db", "inbox.db", "online.db", "hot.db"):
                with closing(sqlite3.connect(installation.data / name, isolation_level=None, timeout=10)) as other:
                    other.execute("BEGIN EXCLUSIVE")
                    time.sleep(HELD)
                    other.execute("ROLLBACK")
                time.sleep(0.3)
            load.finish()
            installation.come_to_rest()
            for role in ("web", "worker", "sender"):
                installation.stop(role)
        every_event_is_there_once(tmp_path / "locked" / "helder", load)
        assert nobody_is_mailed_twice(tmp_path / "locked" / "helder", post) == 0
    finally:
        post.close()


def test_a_lock_that_is_not_given_up_is_said(tmp_path: Path) -> None:
    """State and projections say that they are locked, by an error that passes; afterwards they are written as ever."""
    state = open_state(tmp_path / "state.db")
    upgrade(state)
    state.close()
    hasty = open_state(tmp_path / "state.db")
    online = Online(tmp_path / "online.db")
    with hasty.read() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 50")
    with online.write() as writer:
        writer.connection.execute("PRAGMA busy_timeout = 50")
    for name, write in (("state.db", hasty.write), ("online.db", online.write)):
        with closing(sqlite3.connect(tmp_path / name, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(Locked, match="locked by another program"), write():
                pass
            other.execute("ROLLBACK")
        with write():
            pass
    online.close()
    hasty.close()
