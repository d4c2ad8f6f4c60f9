"""What a power cut leaves: all files as they are at one instant, under load. Each copy starts, and is consistent."""

from __future__ import annotations

import os
import random
import secrets
import shutil
import signal
import sqlite3
import sys
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from tests.whole.killing.company import Load
from tests.whole.killing.contents import messages
from tests.whole.killing.installation import Installation, Post, halted, until

from helder.collect.salvage import salvage
from helder.demo.catcher import caught
from helder.store.facts.duckdb.engine import DuckDbFacts
from helder.store.facts.schema import table

pytestmark = pytest.mark.kill

CUTS, CONNECTIONS = 2, 4
SEED = secrets.randbelow(1_000_000)
MOMENT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
DATABASES = ("inbox.db", "state.db", "hot.db", "online.db")


class Cut(msgspec.Struct):
    """A copy of an installation as a power cut would leave it."""

    folder: Path
    accepted: set[str]
    """Messages that were answered with 200 before it."""
    mailed: set[str]
    """Who had been mailed before it."""


def test_a_power_cut_at_any_moment_loses_nothing(tmp_path: Path) -> None:
    """Every copy is whole, comes to rest, and has every event that was answered before the cut, once."""
    sys.stdout.write(f"seed {SEED}\n")
    chance = random.Random(SEED)
    post = Post(tmp_path / "mails")
    cuts: list[Cut] = []
    try:
        with Installation(tmp_path / "live", post, MOMENT) as installation:
            installation.set_up()
            load = Load(installation.port, pause=0.02)
            load.start()
            for number in range(CUTS):
                before = len(load.accepted)
                until(lambda: len(load.accepted) > before + 100, "the load stands still")  # noqa: B023 - used at once
                until(lambda: chance.random() < 0.01, "chance stands still")
                cuts.append(_cut(installation, load, tmp_path / f"cut{number}"))
            load.finish()
        for cut in cuts:
            _is_whole(cut.folder / "helder")
            _comes_back(cut)
    finally:
        post.close()


def _cut(installation: Installation, load: Load, to: Path) -> Cut:
    """Halt every process, copy all files as they are, and let the processes go on."""
    for pid in installation.pids.values():
        os.kill(pid, signal.SIGSTOP)
    until(lambda: all(map(halted, installation.pids.values())), "they cannot be halted")
    accepted = set(load.accepted)
    time.sleep(0.1)  # what is on the wire arrives
    mailed = {each.recipient for each in caught(installation.post.folder)}
    shutil.copytree(installation.data, to / "helder", ignore=shutil.ignore_patterns("*.sock", "*-shm", "*.watch"))
    for pid in installation.pids.values():
        os.kill(pid, signal.SIGCONT)
    return Cut(to, accepted, mailed)


def _is_whole(data: Path) -> None:
    """Every file opens, and its pages agree with each other."""
    assert salvage(data / "inbox.db") is None
    for name in DATABASES:
        with closing(sqlite3.connect(data / name)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok", name
    facts = DuckDbFacts(data / "facts.duckdb")
    batch, position = facts.last_batch(), facts.watermark("receive")
    facts.close()
    with closing(sqlite3.connect(data / "inbox.db")) as connection:
        assert position <= connection.execute("SELECT seq FROM sqlite_sequence").fetchone()[0]
    for name in ("hot.db", "online.db"):
        with closing(sqlite3.connect(data / name)) as connection:
            found = connection.execute("SELECT position FROM watermark WHERE stage = 'project'").fetchone()
            assert found[0] <= batch, name


def _comes_back(cut: Cut) -> None:
    """Started again, it comes to rest with all that was answered; its mails go to a server of their own."""
    later, data = Post(cut.folder / "mails"), cut.folder / "helder"
    try:
        with Installation(cut.folder, later, MOMENT) as installation:
            installation.come_to_rest()
            for role in ("web", "worker", "sender"):
                installation.stop(role)
    finally:
        later.close()
    facts = DuckDbFacts(data / "facts.duckdb")
    rows = facts.read(table("every_event").filter(lambda t: t.source == "site").select("message_id"))
    facts.close()
    found = Counter(rows.column("message_id").to_pylist())
    assert max(found.values()) == 1
    assert cut.accepted <= set(found)
    mails = Counter(each.recipient for each in caught(later.folder)) + Counter(cut.mailed)
    assert max(mails.values()) == 1
    assert {row["address"] for row in messages(data) if row["status"] == "sent"} <= set(mails)
    assert Counter(row["status"] for row in messages(data))["unknown"] <= CONNECTIONS
