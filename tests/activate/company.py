"""A small company in real stores: SQLite state and projections, an inbox, and a mail server that keeps what it gets."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
from aiosmtpd.controller import Controller
from sqlalchemy import event, insert, select

from helder.activate.advance import Advance
from helder.activate.channels.email.dispatch import Dispatch
from helder.activate.channels.email.sender import Sender
from helder.activate.composing import Composer
from helder.activate.content.template import Template
from helder.activate.definitions import save_journey, save_template, start_journey
from helder.activate.deliver import Deliver
from helder.activate.journeys.parse import parse
from helder.activate.links import Links
from helder.activate.people import People
from helder.clock import stored
from helder.collect.inbox import Inbox
from helder.settings import Settings
from helder.store.keys import identity_id
from helder.store.projections.hot import Hot
from helder.store.projections.online import Online
from helder.store.state import State, create_all, open_state
from helder.store.tables.consents import consent_ledger, purpose, suppression
from helder.store.tables.definitions import segment, segment_version
from helder.store.tables.journeys import enrolment
from helder.store.tables.outbox import outbox

KEY = b"k" * 32
SEGMENT = 1
GOAL = "Workshop Registration Completed"
MJML = (
    "<mjml><mj-body><mj-section><mj-column><mj-text>Beste {{ person.greeting | default: 'lezer' }}, "
    '<a href="https://shop.example/w?a=1&amp;b=2">kom</a> {{ company.name }} '
    '<a href="{{ links.unsubscribe }}">weg</a></mj-text></mj-column></mj-section></mj-body></mjml>'
)
TEMPLATE = Template(key="hello", subject="Hallo {{ person.greeting | default: 'lezer' }}", mjml=MJML)
JOURNEY: dict[str, Any] = {
    "key": "hello",
    "name": "Hello",
    "enter": {"segment": "some"},
    "goal": {"event": GOAL},
    "step": [{"type": "email", "template": "hello", "purpose": "events"}],
}

Matches = Callable[[str, Sequence[int], datetime], Collection[int]]


class Company:
    """Everything that a journey needs, and short ways to fill it."""

    def __init__(self, folder: Path, now: datetime, smtp_port: int = 1) -> None:
        self.now = now
        self.state: State = open_state(folder / "state.db")
        event.listen(self.state.engine, "connect", _without_waiting_for_the_disk)
        create_all(self.state)
        self.online = Online(folder / "online.db")
        self.hot = Hot(folder / "hot.db")
        self.inbox = Inbox(folder / "inbox.db")
        self.people = People(self.online, self.hot)
        self.settings = Settings(
            data=folder, smtp_port=smtp_port, smtp_connections=2, company="Lentehof", sender="L <l@lentehof.example>"
        )
        self.links = Links(KEY, self.settings.address)
        self.matches: Matches = lambda rule, profiles, now: profiles
        self.advance = Advance(self.state, self.people, self._ask, KEY, pause=lambda: None)
        self.deliver = Deliver(self.state, self.inbox)
        with self.state.write() as connection:
            connection.execute(insert(purpose), [_purpose("events", "yes"), _purpose("offers", "no")])
        for number, key in enumerate(("some", "other"), SEGMENT):
            self.add_segment(number, key)
        save_template(self.state, TEMPLATE, now)

    def close(self) -> None:
        for each in (self.inbox, self.online, self.hot, self.state):
            each.close()

    def add_segment(self, number: int, key: str) -> None:
        row = {"id": number, "key": key, "name": key, "version": 1, "created_at": stored(self.now)}
        version = {"segment_id": number, "version": 1, "rule": f'"{key}"', "created_at": stored(self.now)}
        with self.state.write() as connection:
            connection.execute(insert(segment).values(row))
            connection.execute(insert(segment_version).values({**version, "created_by": "test"}))

    def person(self, address: str, *more: str, agreed: bool | None = True, first_name: str | None = "Noor") -> int:
        """Add a person with one address or several, in the projections; return the profile."""
        ids = [self.identity("email", each) for each in (address, *more)]
        self.merge(*ids)
        self.record(ids[0], email=address, email_identity=ids[0], first_name=first_name)
        if agreed is not None:
            self.choose(ids[0], "yes" if agreed else "no")
        return ids[0]

    def identity(self, kind: str, value: str) -> int:
        number = identity_id(kind, value, KEY)
        row = {"identity_id": number, "kind": kind, "value": value, "first_seen": stored(self.now), "batch": 1}
        self.online.append("identity", pa.Table.from_pylist([row]))
        return number

    def merge(self, profile: int, *others: int) -> None:
        """Let identities be one person."""
        rows = [{"identity_id": each, "profile_id": profile, "batch": 1} for each in (profile, *others)]
        self.online.append("identity_profile", pa.Table.from_pylist(rows))

    def record(self, profile: int, **fields: object) -> None:
        self.online.append("profile", pa.Table.from_pylist([{"profile_id": profile, "batch": 1, **fields}]))

    def did(self, identity: int, name: str, at: datetime, **properties: object) -> None:
        row = {
            "message_id": f"{identity}-{name}-{at}",
            "identity_id": identity,
            "type": "track",
            "name": name,
            "source": "web",
            "at": stored(at),
            "received_at": stored(at),
            "properties": msgspec.json.encode(properties).decode(),
            "batch": 1,
        }
        self.hot.append("event", pa.Table.from_pylist([row]))

    def choose(self, identity: int, choice: str, *, at: datetime | None = None, **fields: str) -> None:
        """Write a choice in the ledger."""
        row = {
            "identity_id": identity,
            "kind": "email",
            "value": "x",
            "purpose": "events",
            "channel": "email",
            "title": "",
            "choice": choice,
            "at": stored(at or self.now - timedelta(days=30)),
            "recorded_at": stored(self.now),
            "source": "test",
        }
        with self.state.write() as connection:
            connection.execute(insert(consent_ledger).values({**row, **fields}))

    def suppress(self, identity: int, reason: str) -> None:
        row = {"identity_id": identity, "channel": "email", "reason": reason, "at": stored(self.now), "source": "test"}
        with self.state.write() as connection:
            connection.execute(insert(suppression).values(row))

    def complain(self, identity: int, *, closed: bool = False) -> None:
        ended = stored(self.now) if closed else None
        row = {
            "identity_id": identity,
            "source": "service",
            "record_key": str(identity),
            "at": stored(self.now),
            "kind": "complaint",
            "status": "closed" if closed else "open",
            "closed_at": ended,
            "batch": 1,
        }
        self.hot.append("ticket", pa.Table.from_pylist([row]))

    def enter(self, *profiles: int, segment: int = SEGMENT) -> None:
        """Let people come into a segment."""
        self.online.apply_members(segment, 1, list(profiles), [], stored(self.now))

    def start(self, **changes: Any) -> int:
        """Save and start the journey with ``changes``."""
        save_journey(self.state, parse({**JOURNEY, **changes}))
        return start_journey(self.state, changes.get("key", JOURNEY["key"]), self.now)

    def run(self, minutes: float = 0) -> None:
        """Let time pass, then let both stages work."""
        self.now += timedelta(minutes=minutes)
        self.advance.run(self.now)
        self.deliver.run(self.now)

    def dispatch(self, settings: Settings | None = None) -> Dispatch:
        composer = Composer(self.state, self.links, settings or self.settings)
        return Dispatch(self.state, self.people, composer, settings or self.settings)

    def sender(self, settings: Settings | None = None, timeout: float = 5) -> Sender:
        return Sender(self.state, self.dispatch(settings), settings or self.settings, lambda: self.now, timeout=timeout)

    def outcomes(self) -> dict[int, tuple[str | None, str]]:
        """Return identity → (outcome, reason) of the enrolments."""
        c = enrolment.c
        with self.state.read() as connection:
            return {
                row.identity_id: (row.outcome, row.reason)
                for row in connection.execute(select(c.identity_id, c.outcome, c.reason))
            }

    def messages(self) -> list[Any]:
        with self.state.read() as connection:
            return list(connection.execute(select(outbox).order_by(outbox.c.id)).mappings())

    def events(self) -> list[Any]:
        return [each for _, entry in self.inbox.read(0, 100_000) for each in entry.events]

    def _ask(self, rule: str, profiles: Sequence[int], now: datetime) -> Collection[int]:
        return self.matches(rule, profiles, now)


class Catcher:
    """What an SMTP server does with mail: keeps it, or refuses as ``refuse`` says for an address."""

    def __init__(self, refuse: Callable[[str], str | None] = lambda address: None) -> None:
        self.refuse = refuse
        self.mails: list[tuple[str, EmailMessage]] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if said := self.refuse(address):
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append((envelope.rcpt_tos[0], message))
        return "250 OK"


def serve(catcher: Catcher, port: int = 0, **named: Any) -> Controller:
    """Start a mail server; ``controller.server.sockets`` tells its port."""
    controller = Controller(catcher, hostname="127.0.0.1", port=port or _free_port(), **named)
    controller.start()
    return controller


def _free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _without_waiting_for_the_disk(raw: Any, _record: Any) -> None:
    """No test here pulls the plug of the machine; killing a process loses nothing without it."""
    raw.execute("PRAGMA synchronous = OFF")


def _purpose(key: str, soft: str) -> dict[str, str]:
    return {"key": key, "label_nl": key, "label_en": key, "soft_opt_in": soft}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
