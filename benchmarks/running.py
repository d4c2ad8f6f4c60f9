"""The product running on a copy of the large company: real processes, with a web source, segments and a journey.

    with installed(company, folder, smtp_port=2525) as place:
        prepare(place, rules)
        with place.serving("worker", "web", "sender"): ...

The copy is deleted afterwards: it is as large as the company.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from helder.access.keys import Keys
from helder.activate.content.template import Template
from helder.activate.definitions import save_journey, save_template, start_journey
from helder.activate.journeys.parse import parse as parse_journey
from helder.errors import Unavailable
from helder.govern.catalogue import Words
from helder.govern.purposes import Purpose, save_purposes
from helder.intelligence.segments.definitions import Segments
from helder.store.migrations import upgrade
from helder.store.state import open_state
from helder.worker.client import Client
from large import Large

SOURCE = "site-tuin"
WRITE_KEY = "a-write-key-for-benchmarks"
_MAPPING = (
    f'source = "{SOURCE}"\nname = {{nl = "Site Tuin", en = "Site Garden"}}\ntype = "web"\nwrite_key = "{WRITE_KEY}"\n'
)
_START_SECONDS = 300


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """An installation."""

    data: Path
    company: Large
    port: int

    @contextmanager
    def serving(self, *roles: str) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
        """Run these roles of ``helder serve``; they answer when this begins, and are stopped afterwards."""
        log = (self.data / "serve.log").open("ab")
        running = {role: subprocess.Popen(self._command(role), stdout=log, stderr=log) for role in roles}
        try:
            self._wait(roles)
            yield running
        finally:
            for process in running.values():
                process.terminate()
            for process in running.values():
                process.wait(60)
            log.close()

    def worker(self) -> Client:
        """Return a connection to the worker."""
        return Client(self.data)

    def command(self, *arguments: str) -> None:
        """Run a command of the product on this installation."""
        command = [sys.executable, "-m", "helder", *arguments, "--data", str(self.data)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"helder {arguments[0]} ended with {done.returncode}: {done.stderr[-2000:]}")

    def _command(self, role: str) -> list[str]:
        address = ["--host", "127.0.0.1", "--port", str(self.port)]
        return [sys.executable, "-m", "helder", "serve", "--role", role, "--data", str(self.data), *address]

    def _wait(self, roles: tuple[str, ...]) -> None:
        """Wait until worker and web answer."""
        deadline = time.monotonic() + _START_SECONDS
        waiting = [role for role in roles if role in {"worker", "web"}]
        while waiting := [role for role in waiting if not self._answers(role)]:
            if time.monotonic() > deadline:
                raise RuntimeError(
                    f"{', '.join(waiting)} did not start: {(self.data / 'serve.log').read_text()[-2000:]}"
                )
            time.sleep(0.05)

    def _answers(self, role: str) -> bool:
        try:
            if role == "worker":
                self.worker().close()
            else:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
        except (OSError, Unavailable):
            return False
        return True


@contextmanager
def installed(company: Large, folder: Path, settings: Mapping[str, object] | None = None) -> Iterator[Place]:
    """Lend an installation on a copy of ``company`` in ``folder``, with a web source whose write key is ``WRITE_KEY``.

    Args:
        company: is copied.
        folder: is made, and deleted afterwards.
        settings: go into ``helder.toml``.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        for name in ("facts.duckdb", "hot.db", "online.db"):
            copy(company.folder / name, folder / name)
        (folder / "secret.key").write_bytes(company.key)
        (folder / "helder.toml").write_text(
            "".join(f"{key} = {json.dumps(each)}\n" for key, each in (settings or {}).items())
        )
        (folder / "site.toml").write_text(_MAPPING)
        place = Place(data=folder, company=company, port=free_port())
        place.command("source", "add", str(folder / "site.toml"))
        yield place
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def copy(source: Path, target: Path) -> None:
    """Copy a file, sharing its blocks where the file system can."""
    subprocess.run(["cp", "--reflink=auto", str(source), str(target)], check=True)


def save_segments(place: Place, rules: Mapping[str, dict[str, Any]]) -> dict[str, int]:
    """Save segments by key, while nothing runs; return their ids."""
    state = open_state(place.data / "state.db")
    upgrade(state)
    segments = Segments(state)
    made = {
        key: segments.save(key, key, json.dumps(rule), datetime.now(UTC), "benchmark").id for key, rule in rules.items()
    }
    state.close()
    return made


def begin_journey(place: Place, segment: str) -> None:
    """Start a journey that mails whoever comes into ``segment`` at once, whenever they were mailed last."""
    state = open_state(place.data / "state.db")
    save_purposes(state, [Purpose("events", Words("Workshops", "Workshops"), "yes")])
    mjml = "<mjml><mj-body><mj-section><mj-column><mj-text>Dag!</mj-text></mj-column></mj-section>"
    unsubscribe = '<mj-raw><a href="{{ links.unsubscribe }}">x</a></mj-raw></mj-body></mjml>'
    save_template(state, Template(key="answer", subject="Je vraag", mjml=mjml + unsubscribe), datetime.now(UTC))
    mail = {"id": "mail", "type": "email", "template": "answer", "purpose": "events", "pause_days": 0}
    save_journey(state, parse_journey({"key": "answer", "name": "A", "enter": {"segment": segment}, "step": [mail]}))
    start_journey(state, "answer", datetime.now(UTC))
    state.close()


def api_key(place: Place) -> str:
    """Return a new API key that may read profiles and count segments."""
    state = open_state(place.data / "state.db")
    try:
        return Keys(state).add_api_key("benchmark", "marketer", datetime.now(UTC))
    finally:
        state.close()


def willing(company: Large) -> list[int]:
    """Return the numbers of people with an anonymous id whom a mail about *events* may go to, scattered.

    They said yes (``large_sql/consent.sql``) and have no open complaint (``large_sql/ticket.sql``).
    """
    text = (
        "SELECT p FROM range($people) AS n(p) "
        "WHERE p % 2 = 1 AND hash(p, 6) % 100 < 55 AND hash(p, 8) % 1000 >= 5 ORDER BY hash(p, 99)"
    )
    return [row[0] for row in duckdb.connect().execute(text, {"people": company.people}).fetchall()]


def anonymous(person: int) -> str:
    """Return the anonymous id of a person with an odd number, on ``SOURCE``."""
    return f"anon-{person:07}"


def memory(process: subprocess.Popen[bytes]) -> float:
    """Return the resident memory of a process in MB."""
    fields = Path(f"/proc/{process.pid}/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
