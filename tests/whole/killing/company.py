"""A small company: subscribers in a file, and visitors of its site who each end up in a mail."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from helder.demo.http import Connection, Gone
from helder.worker.client import Client

WRITE_KEY = "killing"
SUBSCRIBERS = 6_000
TRIGGER = "Workshop Registration Started"
_PATIENCE = 1_200
"""Tries of a request, a twentieth of a second apart."""

_FILES = {
    "shop.toml": """
source = "shop"
name = {nl = "Winkel", en = "Shop"}
type = "files"
mode = "copied"
trust = 60

[[object]]
object = "person"
path = "people.csv"
key = "no"
[object.identifiers]
"customer:shop" = "no"
email = "email"
[object.fields]
email = "email"
first_name = "name"

[[object]]
object = "consent"
path = "consents.csv"
key = ["no", "purpose"]
[object.identifiers]
"customer:shop" = "no"
email = "email"
[object.fields]
purpose = "purpose"
channel = {value = "email"}
choice = "choice"
at = "at"
""",
    "site.toml": f"""
source = "site"
name = {{nl = "Site", en = "Site"}}
type = "web"
mode = "copied"
trust = 20
write_key = "{WRITE_KEY}"
user_id_kind = "customer:shop"

[[event]]
name = "{TRIGGER}"
label = {{nl = "Begonnen", en = "Began"}}
phrase = {{nl = ["begonnen", "aan een aanmelding"], en = ["begun", "a registration"]}}
""",
    "purposes.toml": '[[purpose]]\nkey = "events"\nlabel = {nl = "Evenementen", en = "Events"}\n',
    "hello.mjml": "<mjml><mj-body><mj-section><mj-column><mj-text>Beste {{ person.greeting | default: 'lezer' }}, "
    '{{ company.name }} <a href="{{ links.unsubscribe }}">weg</a></mj-text></mj-column></mj-section></mj-body></mjml>',
    "template.toml": 'key = "hello"\nsubject = "Hallo"\nmjml = "hello.mjml"\n',
    "journey.toml": """
key = "hello"
name = "Hello"
[enter]
segment = "began"
[goal]
event = "Workshop Registration Completed"
[[step]]
type = "wait"
seconds = 0
[[step]]
type = "holdout"
percent = 10
[[step]]
type = "email"
template = "hello"
purpose = "events"
""",
}


def write_files(folder: Path) -> None:
    """Write what the company gives: its mappings, its people, its campaign."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in _FILES.items():
        (folder / name).write_text(text, "utf-8")
    people = (f"{number},{_address(number)},Noor{number}" for number in range(SUBSCRIBERS))
    (folder / "people.csv").write_text("\n".join(["no,email,name", *people]), "utf-8")
    choices = (
        f"{number},{_address(number)},events,{'no' if number % 10 == 9 else 'yes'},2026-01-05 10:00"
        for number in range(SUBSCRIBERS)
    )
    (folder / "consents.csv").write_text("\n".join(["no,email,purpose,choice,at", *choices]), "utf-8")


def define(client: Client, folder: Path) -> None:
    """Connect the sources, and start the campaign."""
    for name in ("shop", "site"):
        client.call("source_add", path=str(folder / f"{name}.toml"))
    client.call("source_sync", key="shop")
    client.call("purposes_save", path=str(folder / "purposes.toml"))
    client.call("segment_save", key="began", name="Began", rule=json.dumps({"behaviour": TRIGGER}))
    client.call("template_save", path=str(folder / "template.toml"))
    client.call("journey_save", path=str(folder / "journey.toml"))
    client.call("journey_start", key="hello")


def requests(visitor: int) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield what a visitor's browser sends: first nobody knows them, then they sign in, then they begin."""
    who: dict[str, object] = {"anonymousId": f"a{visitor}"}
    yield "/v1/page", {**who, "name": "Home"}
    yield "/v1/batch", {"batch": [{"type": "track", "event": f"Look {look}", **who} for look in range(4)]}
    yield "/v1/identify", {**who, "userId": str(visitor), "traits": {"email": _address(visitor)}}
    yield "/v1/track", {"userId": str(visitor), "event": TRIGGER, "properties": {"value": visitor}}
    if visitor % 7 == 0:
        yield "/v1/track", {"event": "Nobody"}


class Load(threading.Thread):
    """Visitors who come until they are told to stop, or until so many have been; nobody gives up half-way."""

    def __init__(self, port: int, visitors: int = 0, pause: float = 0.0, connections: int = 4) -> None:
        super().__init__(name="load", daemon=True)
        self._base, self._most, self._pause, self._connections = (
            f"http://127.0.0.1:{port}",
            visitors,
            pause,
            connections,
        )
        self._enough = threading.Event()
        self.visitors = 0
        """How many have been."""
        self.accepted: list[str] = []
        """The messages that were answered with 200."""
        self.refused = 0
        """Requests that hold nothing usable, answered with 400."""
        self.retries = 0
        self.answers: Counter[int] = Counter()
        """How often each status was answered; 0 is no answer."""
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            asyncio.run(self._all())
        except BaseException as error:  # noqa: BLE001 - raised again by who waits
            self.failure = error

    def finish(self, seconds: float = 120) -> None:
        """Let who is there finish, and nobody come any more."""
        self._enough.set()
        self.join(seconds)
        if self.failure is not None:
            raise self.failure
        assert not self.is_alive(), "the visitors do not come to an end"

    async def _all(self) -> None:
        await asyncio.gather(*(self._connection() for _ in range(self._connections)))

    async def _connection(self) -> None:
        async with Connection(self._base) as connection:
            while not self._enough.is_set() and not 0 < self._most <= self.visitors:
                visitor, self.visitors = self.visitors, self.visitors + 1
                assert visitor < SUBSCRIBERS, "more visitors than the company knows"
                for number, (path, body) in enumerate(requests(visitor)):
                    await self._insist(connection, path, _named(body, f"{visitor}-{number}"))
                    await asyncio.sleep(self._pause)

    async def _insist(self, connection: Connection, path: str, body: dict[str, object]) -> None:
        """Send a request again and again until it is answered, as the libraries of clients do."""
        headers = f"X-Write-Key: {WRITE_KEY}\r\nContent-Type: application/json\r\n"
        for _ in range(_PATIENCE):
            try:
                answer = await connection.ask("POST", path, headers, json.dumps(body).encode())
            except Gone:
                answer = None
            self.answers[answer.status if answer is not None else 0] += 1
            if answer is not None and answer.status == 200:
                self.accepted += [str(each["messageId"]) for each in body.get("batch", [body])]
                return
            if answer is not None and answer.status == 400:
                self.refused += 1
                return
            self.retries += 1
            await asyncio.sleep(0.05)
        raise AssertionError(f"{path} was never answered: {answer}")


def _named(body: dict[str, object], name: str) -> dict[str, object]:
    """Give the messages of a request their ids, the same at each try."""
    if isinstance(batch := body.get("batch"), list):
        return {"batch": [{**each, "messageId": f"{name}-{place}"} for place, each in enumerate(batch)]}
    return {**body, "messageId": name}


def _address(number: int) -> str:
    return f"p{number}@lezer.example"
