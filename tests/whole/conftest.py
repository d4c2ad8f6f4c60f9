"""A whole Helder, as an operator runs it, with a small demo company connected to it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from helder.cli._demo.play import SEGMENT, Play, Played, Script
from helder.cli._demo.server import Server, free_port
from helder.clock import system_clock
from helder.demo.catcher import Catcher
from helder.demo.company import Company
from helder.worker.client import Client

SECRET = b"helder's whole tests, always so."


class Running(msgspec.Struct):
    """A Helder that runs, knows the company's sources, and has the campaign defined."""

    data: Path
    company: Company
    server: Server
    client: Client
    play: Play
    played: Played

    def customer_inside(self) -> str:
        """Return the customer number in the ERP of somebody in the segment."""
        members = {str(each) for each in self.client.call("segment_members", key=SEGMENT)}
        path = self.data / "who.csv"
        self.client.call("identities_export", path=str(path))
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        return next(row["value"] for row in rows if row["kind"] == "customer:erp" and row["profile_id"] in members)

    def count(self) -> int:
        """Return how many people are in the campaign's segment now."""
        answer = self.client.call("segment_count", key=SEGMENT)
        assert not answer["unavailable_because"]
        return int(answer["total"])


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A Helder with 1,500 people, collected and defined; nothing has been mailed yet."""
    data = tmp_path_factory.mktemp("whole")
    with Catcher(data / "company" / "mails") as catcher:
        settings = {"smtp_host": catcher.host, "smtp_port": catcher.port, "smtp_tls": "never"}
        _choose(data / "helder" / "secret.key")
        server = Server(data / "helder", free_port(0), settings)
        try:
            script = Script(data, people=1_500, seed=7, port=0, as_of=system_clock())
            play = Play(script, server, lambda _what, _done, _of: None)
            played = play.begin()
            for act in (play.connect, play.collect, play.settle, play.define):
                act(played)
            yield Running(data, played.company, server, play.client, play, played)
        finally:
            server.close()
            play.client.close()


def _choose(secret: Path) -> None:
    """Give the installation a secret that is always the same: by it, it is decided who is left out of the campaign."""
    secret.parent.mkdir()
    secret.write_bytes(SECRET)
    secret.chmod(0o600)


@pytest.fixture(scope="session")
def performed(running: Running) -> Running:
    """The same Helder after the campaign: mailed, reacted to and measured."""
    for act in (running.play.look, running.play.mail, running.play.answer, running.play.measure):
        act(running.played)
    return running
