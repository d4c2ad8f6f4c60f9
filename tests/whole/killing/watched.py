"""Processes of ``helder serve`` that say on a shared page what they are at: ``python watched.py <data> <port>``.

What serves is the product's own code, told on standard input which role to start next. Everything is loaded once, and
each process is a fork of that: a process that is killed a hundred times would else be loading most of the time.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

from tests.whole.killing.watch import SharedClock, Watch, beginning

import helder.server.assemble
import helder.server.sender
import helder.server.web
import helder.wiring.house
import helder.wiring.sender
import helder.worker.process
import helder.worker.questions  # noqa: F401 - loaded before the first fork
from helder.activate.channels.email.connection import Answer, Connection
from helder.clock import Monotone
from helder.collect import inbox
from helder.server.roles import run_role
from helder.store.facts.duckdb.engine import DuckDbFacts
from helder.store.projections.file import ProjectionFile
from helder.store.projections.online import Online
from helder.store.state import State
from helder.worker import rounds

UPKEEP_SECONDS = 1.5
"""Seconds between two times of upkeep, instead of a minute: it is to be met often."""


def main(data: Path, port: int) -> None:
    """Start the roles that are asked for, one a line; answer with the number of the process."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who dies is gone at once
    for line in sys.stdin:
        role = line.strip()
        child = os.fork()
        if not child:
            _be(data, port, role)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


def _be(data: Path, port: int, role: str) -> None:
    """Be a process of ``role`` to the end."""
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        watch = Watch(data / f"{role}.watch")
        Monotone.__init__.__defaults__ = (SharedClock(data / "clock"),)
        {"worker": _watch_worker, "web": _watch_web, "sender": _watch_sender}[role](watch)
        run_role(data, role, port=port)
        status = 0
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(status)


def _watch_worker(watch: Watch) -> None:
    from helder import pipeline

    run, keep_up, maintain = pipeline._run, rounds.Rounds._keep_up, rounds.Rounds._maintain

    def watched_run(stage: Any, now: Any) -> Any:
        with watch.at(stage.name):
            return run(stage, now)

    def watched_upkeep(self: rounds.Rounds) -> None:
        with watch.at("upkeep"):
            keep_up(self)

    pipeline._run = watched_run
    rounds.UPKEEP_SECONDS = UPKEEP_SECONDS
    rounds.Rounds._keep_up = watched_upkeep
    rounds.Rounds._maintain = beginning(watch, maintain, "pipeline")
    for kind in (DuckDbFacts, ProjectionFile, Online, State):
        kind.write = beginning(watch, kind.write, "pipeline")
    for name in ("append", "prune"):
        setattr(inbox.Inbox, name, beginning(watch, getattr(inbox.Inbox, name), "pipeline"))


def _watch_web(watch: Watch) -> None:
    commit = inbox._commit

    def watched(connection: Any, group: Any) -> Any:
        with watch.at("collect"):
            watch.begin()
            return commit(connection, group)

    inbox._commit = watched


def _watch_sender(watch: Watch) -> None:
    send = Connection.send
    under_way: list[Any] = []

    async def watched(self: Connection, sender: str, to: str, message: bytes) -> Answer:
        if not under_way:
            under_way.append(watch.at("send"))
            under_way[0].__enter__()
            watch.begin()
        under_way.append(None)
        try:
            return await send(self, sender, to, message)
        finally:
            under_way.pop()
            if len(under_way) == 1:
                under_way.pop().__exit__(None, None, None)

    Connection.send = watched


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
