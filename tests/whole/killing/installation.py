"""A Helder of which any process can be killed at a place of choice, and started again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from tests.whole.killing.company import define, write_files
from tests.whole.killing.watch import SharedClock, Watch

from helder.cli._demo.server import free_port
from helder.errors import Unavailable
from helder.server.address import listens
from helder.store.state import open_state
from helder.store.tables.outbox import outbox
from helder.worker.client import Client

ROOT = Path(__file__).parents[3]
ROLES = ("worker", "web", "sender")
_PATIENCE = 60.0
UNDER_WAY = {"queued", "claimed", "sending"}


class Post:
    """The mail server, in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        command = [sys.executable, str(Path(__file__).with_name("catching.py")), str(folder)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.port = self._answer()

    def connections(self) -> int:
        """Return how many connections are open."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        return self._answer()

    def close(self) -> None:
        end(self._process)

    def _answer(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())


class Installation:
    """The data folder, its clock, and the processes that work in it."""

    def __init__(self, folder: Path, post: Post, moment: datetime, settings: Mapping[str, str] | None = None) -> None:
        """Prepare; nothing runs before ``start``."""
        self.data, self.post = folder / "helder", post
        self.company = folder / "company"
        self.data.mkdir(parents=True, exist_ok=True)
        write_files(self.company)
        self.port = free_port(0)
        self.clock = SharedClock(self.data / "clock")
        self.clock.set(moment)
        self.watches = {role: Watch(self.data / f"{role}.watch") for role in ROLES}
        self.pids: dict[str, int] = {}
        self.log = folder / "log"
        self._log = self.log.open("ab")
        given = {"smtp_port": str(post.port), "smtp_tls": "never", "smtp_connections": "4", **(settings or {})}
        environment = {f"HELDER_{name.upper()}": value for name, value in given.items()}
        command = [sys.executable, str(Path(__file__).with_name("watched.py")), str(self.data), str(self.port)]
        self._asking = threading.Lock()
        self._nursery = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            bufsize=1,
            env={**os.environ, **environment, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        )

    def __enter__(self) -> Self:
        for role in ROLES:
            self.start(role)
        return self

    def __exit__(self, *_: object) -> None:
        for pid in self.pids.values():
            if alive(pid):
                os.kill(pid, signal.SIGKILL)
        end(self._nursery)
        self._log.close()

    def start(self, role: str) -> None:
        """Start a role, and wait until it is at work."""
        self.spawn(role)
        until(lambda: not alive(self.pids[role]) or self._works(role), f"{role} does not start")
        assert alive(self.pids[role]), f"the {role} ended by itself: {self.said()}"

    def spawn(self, role: str) -> None:
        """Start a role, whatever becomes of it."""
        self.watches[role].clear()
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        with self._asking:
            self._nursery.stdin.write(f"{role}\n")
            self.pids[role] = int(self._nursery.stdout.readline())

    def stop(self, role: str) -> None:
        """Ask a process to end in good order."""
        os.kill(self.pids[role], signal.SIGTERM)
        until(lambda: not alive(self.pids[role]), f"{role} does not stop")

    def kill(self, role: str, place: str, chance: random.Random) -> int:
        """``kill -9`` a process at a random moment while it is at ``place``, half done: verified on its own page.

        It is halted first, and let go on when it was not there after all: so no kill is wasted on a process that idles.

        Returns:
            The SMTP connections that were open.
        """
        pid, watch, give_up = self.pids[role], self.watches[role], time.monotonic() + _PATIENCE
        while True:
            assert alive(pid), f"the {role} ended by itself: {self.said()}"
            assert time.monotonic() < give_up, f"the {role} never came to {place}: {self.said()}"
            if watch.place != place:
                time.sleep(0.0003)
                continue
            time.sleep(chance.random() * min(watch.seconds(place), 0.5))
            os.kill(pid, signal.SIGSTOP)
            until(lambda: halted(pid), "it cannot be halted")
            if watch.place == place:
                break
            os.kill(pid, signal.SIGCONT)
        connections = self.post.connections() if role == "sender" else 0
        os.kill(pid, signal.SIGKILL)
        until(lambda: not alive(pid), "it cannot be killed")
        assert watch.place == place
        return connections

    def set_up(self) -> None:
        """Connect the company's sources and start its campaign."""
        client = Client(self.data)
        define(client, self.company)
        client.close()
        self.settle()

    def settle(self) -> None:
        """Wait until there is nothing left to do."""
        client = Client(self.data)
        assert client.call("settle", seconds=_PATIENCE), self.said()
        client.close()

    def well(self) -> bool:
        """Tell whether every stage works; False when no worker answers."""
        try:
            client = Client(self.data)
        except Unavailable:
            return False
        try:
            return not any(stage["failing"] for stage in client.call("status")["stages"].values())
        except Unavailable:
            return False
        finally:
            client.close()

    def come_to_rest(self) -> None:
        """Let time pass until every message has come to an end, and all that is told of them is taken in."""
        give_up = time.monotonic() + _PATIENCE
        while True:
            self.settle()
            under_way = self.statuses() & UNDER_WAY
            if not under_way:
                break
            assert time.monotonic() < give_up, f"{under_way} stay: {self.said()}"
            if "queued" not in under_way:
                self.clock.set(self.clock() + timedelta(minutes=16))  # past what a claim or a sending may last
            time.sleep(0.05)
        self.settle()

    def statuses(self) -> set[str]:
        """Return what there is in the outbox."""
        state = open_state(self.data / "state.db")
        with state.read() as connection:
            found = set(connection.scalars(outbox.select().with_only_columns(outbox.c.status).distinct()))
        state.close()
        return found

    def said(self) -> str:
        """Return the end of the log."""
        return self.log.read_text("utf-8")[-1500:]

    def _works(self, role: str) -> bool:
        if role == "web":
            import socket

            return listens(socket.AF_INET, ("127.0.0.1", self.port))
        if role == "worker":
            try:
                Client(self.data).close()
            except Unavailable:
                return False
            return self.watches[role].visits > 0
        return True


def end(process: subprocess.Popen[str]) -> None:
    """Kill a process of our own."""
    process.kill()
    process.communicate()


def alive(pid: int) -> bool:
    """Tell whether anything of a process is there: its last threads hold its locks for a moment after its death."""
    return Path(f"/proc/{pid}").exists()


def halted(pid: int) -> bool:
    """Tell whether every thread of a process stands still."""
    try:
        return all(_state(pid, int(thread.name)) in {"T", ""} for thread in Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return True


def until(met: Callable[[], object], otherwise: str, seconds: float = _PATIENCE) -> None:
    """Wait until ``met``."""
    give_up = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < give_up, otherwise
        time.sleep(0.001)


def _state(pid: int, thread: int | None = None) -> str:
    try:
        return Path(f"/proc/{pid}/task/{thread or pid}/stat").read_text("ascii", "replace").rpartition(") ")[2][:1]
    except OSError:
        return ""
