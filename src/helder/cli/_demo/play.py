"""The play: the main job from beginning to end, as a visible sequence of acts."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import msgspec

from helder.cli._demo.server import Server
from helder.clock import stopwatch, system_clock
from helder.demo.company import Company, generate
from helder.demo.recipients import react
from helder.demo.score.score import Score, score
from helder.demo.traffic import Sent, send
from helder.errors import Unavailable
from helder.worker.client import Client

SEGMENT = "unfinished-registration"
JOURNEY = "finish-registration"
GOAL = "autumn-workshops"
COPIED = ("shop", "newsletter", "service")
_JOURNEY_SECONDS = 120.0
_BROWSERS = 48
"""Requests under way at once: what comes in together is made durable together."""

Show = Callable[[str, int, int], None]
"""(what, done, of all): progress of an act."""


class Script(msgspec.Struct, frozen=True):
    """What is to be played."""

    data: Path
    people: int
    seed: int
    port: int
    as_of: datetime


class Played(msgspec.Struct, kw_only=True):
    """What came of it, filled act by act."""

    company: Company
    sent: Sent = msgspec.field(default_factory=Sent)
    answer: Any = None
    """The segment's count, with its nodes."""
    words: str = ""
    result: Any = None
    """What Helder says the campaign brought."""
    score: Score | None = None
    """What the truth says, without Helder's counters."""
    skipped: dict[str, int] = msgspec.field(default_factory=dict)
    seconds: float = 0.0
    acts: dict[str, float] = msgspec.field(default_factory=dict)
    """Seconds by act."""
    stages: dict[str, float] = msgspec.field(default_factory=dict)
    """Seconds that the worker spent, by stage of the pipeline."""


class Play:
    """One performance. The server is given, so that it may go on after it."""

    client: Client
    """A connection to the worker; there is one once the play has begun."""

    def __init__(self, script: Script, server: Server, show: Show) -> None:
        """Prepare."""
        self._script, self._server, self._show = script, server, show
        self._began = stopwatch()

    def begin(self) -> Played:
        """Make the company while the server starts, and connect to the worker."""
        played = Played(company=self._company())
        played.acts["company"] = round(stopwatch() - self._began, 2)
        self.client = self._server.ready()
        return played

    def perform(self) -> Played:
        """Play all acts; raises ``HelderError`` or ``DemoFault`` when one fails."""
        played = self.begin()
        acts: tuple[Callable[[Played], None], ...] = (
            self.connect,
            self.collect,
            self.settle,
            self.define,
            self.look,
            self.mail,
            self.answer,
            self.measure,
        )
        for act in acts:
            began = stopwatch()
            act(played)
            played.acts[act.__name__] = round(stopwatch() - began, 2)
        played.seconds = round(stopwatch() - self._began, 2)
        return played

    def _company(self) -> Company:
        """Make the company while the server starts."""
        script = self._script
        folder = script.data / "company"
        return generate(folder, script.people, script.seed, script.as_of, self._progress("company"))

    def connect(self, played: Played) -> None:
        """Add the sources by their mapping files."""
        paths = sorted(path for path in played.company.sources.glob("*.toml") if path.name != "goal.toml")
        for number, path in enumerate(paths, 1):
            self.client.call("source_add", path=str(path))
            self._show("connect", number, len(paths))

    def collect(self, played: Played) -> None:
        """Import the copied sources and index the live one, while the web sites send their events."""
        importing = threading.Thread(target=self._guarded(self._import), name="import")
        self._failures: list[BaseException] = []
        importing.start()
        web = send(played.company, self._server.base, system_clock, _BROWSERS, self._progress("web"))
        played.sent = asyncio.run(web)
        importing.join()
        if self._failures:
            raise self._failures[0]

    def settle(self, _played: Played) -> None:
        """Wait until all that came in is facts, people and projections."""
        self._settled("resolve")

    def define(self, played: Played) -> None:
        """Define the goal, the purposes, the segment, the mail and the journey, as a marketer would."""
        goal = played.company.sources / "goal.toml"
        self.client.call("goal_save", path=str(goal), actor="demo")
        with as_file(files("helder.demo") / "campaign") as campaign:
            self.client.call("purposes_save", path=str(campaign / "purposes.toml"), actor="demo")
            rule = (campaign / "segment.json").read_text("utf-8")
            name = "Aanmelding voor een workshop niet afgemaakt"
            self.client.call("segment_save", key=SEGMENT, name=name, rule=rule, actor="demo")
            self.client.call("template_save", path=str(campaign / "template.toml"), actor="demo")
            self.client.call("journey_save", path=str(campaign / "journey.toml"), actor="demo")

    def look(self, played: Played) -> None:
        """Look at the audience before anything is sent, and write down who is who then."""
        played.answer = self.client.call("segment_count", key=SEGMENT)
        if played.answer["unavailable_because"]:
            raise Unavailable(str(played.answer["unavailable_because"]))
        played.words = self.client.call("segment_words", key=SEGMENT, language="nl")
        self._settled("segment")
        self.client.call("identities_export", path=str(self._export))

    def mail(self, _played: Played) -> None:
        """Start the journey and wait until everybody in it has come to an end."""
        self.client.call("journey_start", key=JOURNEY, actor="demo")
        give_up = time.monotonic() + _JOURNEY_SECONDS
        while time.monotonic() < give_up:
            tally = self.client.call("journey_tally", key=JOURNEY)
            self._show("mail", tally["ended"], tally["audience"])
            if tally["audience"] and tally["ended"] == tally["audience"]:
                return
            time.sleep(0.1)
        raise Unavailable(f"the journey did not end within {_JOURNEY_SECONDS:g} seconds; see server.log")

    def answer(self, played: Played) -> None:
        """Let people open, click, register, unsubscribe, or do nothing."""
        asyncio.run(
            react(
                played.company,
                self._server.base,
                system_clock,
                progress=lambda done, of: self._show("people", done, of),
            )
        )
        self._settled("result")

    def measure(self, played: Played) -> None:
        """Ask Helder what it brought, and hold everything against the truth."""
        played.result = self.client.call("campaign_result", journey=JOURNEY, goal=GOAL)
        tally = self.client.call("journey_tally", key=JOURNEY)
        played.skipped = tally["skipped"]
        stages = self.client.call("status")["stages"]
        played.stages = {name: round(each["seconds"], 2) for name, each in stages.items()}
        played.score = score(played.company, self._export, SEGMENT)

    @property
    def _export(self) -> Path:
        return self._script.data / "company" / "identities.csv"

    def _import(self) -> None:
        with closing(Client(self._server.data)) as own:  # calls on one connection wait for each other
            for number, key in enumerate(("erp", *COPIED), 1):
                own.call("source_sync", key=key)
                self._show("import", number, len(COPIED) + 1)

    def _guarded(self, work: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
                self._failures.append(error)

        return run

    def _progress(self, what: str) -> Callable[[int, int], None]:
        return lambda done, of: self._show(what, done, of)

    def _settled(self, what: str) -> None:
        self._show(what, 0, 1)
        # A hundred thousand people take about a minute; a busy machine may need several times that.
        if not self.client.call("settle", seconds=600 + self._script.people / 500):
            raise Unavailable("Helder did not come to rest; see server.log")
        self._show(what, 1, 1)
