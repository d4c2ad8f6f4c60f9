"""What recipients do with a mail: open it, follow a link, unsubscribe, choose what they get.

Only a POST changes anything: link scanners and mail programs follow every link of a mail, and must not unsubscribe
anybody (RFC 8058).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import Connection, RowMapping, select

from helder.activate.known import ledger_choices
from helder.activate.links import Links
from helder.activate.outcomes import SOURCE, outcome_event
from helder.activate.permission import agreed_to
from helder.clock import stored
from helder.collect.event import Entry
from helder.collect.inbox import Inbox
from helder.govern.consent import Choice, append
from helder.store.state import State
from helder.store.tables.consents import purpose
from helder.store.tables.outbox import outbox
from helder.store.tables.sources import source


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One purpose, as it stands on the page of choices."""

    purpose: str
    label_nl: str
    label_en: str
    agreed: bool


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What the pages about a mail show; nothing that says who is looking."""

    token: str
    purpose: str
    label_nl: str
    label_en: str
    title: str
    lines: tuple[Line, ...] = ()


class Tracking:
    """The answers behind the links. Safe to share between threads."""

    def __init__(self, state: State, inbox: Inbox, links: Links) -> None:
        """Read messages from ``state``; tell what happened to ``inbox``."""
        self._state = state
        self._inbox = inbox
        self._links = links

    def opened(self, token: str, now: datetime) -> None:
        """Note that a mail was opened (its picture was fetched); a token that is not ours says nothing."""
        row = self._row("o", token, now)
        if row is not None:
            self._tell(row, "Email Opened", now)

    def clicked(self, token: str, target: str, now: datetime) -> str | None:
        """Note a click; return where to go, or None when this link was not made here.

        Args:
            token: from the path.
            target: where the link says it leads; it is part of what is signed.
            now: aware UTC.
        """
        read = self._links.read("c", token, now, target)
        if read is None:
            return None
        row = None if read.expired else self._message(read.message)
        if row is None:
            return target
        self._tell(row, "Email Link Clicked", now, detail=target, url=target)
        if self._own_site(urlsplit(target).hostname or ""):
            return self._links.landing(target, row["identity_id"], now)
        return target

    def looked(self, kind: str, token: str, now: datetime) -> Page | None:
        """Return what the page of a link (u: unsubscribe, p: preferences) shows; None when the link is not ours."""
        row = self._row(kind, token, now)
        if row is None:
            return None
        with self._state.read() as connection:
            purposes = connection.execute(select(purpose).order_by(purpose.c.key)).mappings().all()
        labels = {each["key"]: (each["label_nl"], each["label_en"]) for each in purposes}
        agreed = self._agreed(row["address_identity"], now)
        lines = tuple(
            Line(purpose=key, label_nl=nl, label_en=en, agreed=agreed.get(key, False))
            for key, (nl, en) in labels.items()
        )
        nl, en = labels.get(row["purpose"], (row["purpose"], row["purpose"]))
        return Page(token=token, purpose=row["purpose"], label_nl=nl, label_en=en, title=row["title"], lines=lines)

    def unsubscribed(self, kind: str, token: str, now: datetime) -> bool:
        """Write a no for the purpose of the mail, for all titles; False when the link is not ours.

        For all titles, since the next mail for the purpose would else reach somebody who said stop. Again is no change.
        """
        row = self._row(kind, token, now)
        if row is None:
            return False
        self._write(row, {row["purpose"]: "no"}, now, "one click in the mail")
        return True

    def chosen(self, token: str, agreed: frozenset[str], now: datetime) -> bool:
        """Write the choices of the page of preferences: yes for ``agreed``, no for every other purpose."""
        row = self._row("p", token, now)
        if row is None:
            return False
        with self._state.read() as connection:
            keys = list(connection.scalars(select(purpose.c.key)))
        before = self._agreed(row["address_identity"], now)
        wanted = {key: "yes" if key in agreed else "no" for key in keys}
        changed = {key: choice for key, choice in wanted.items() if before.get(key) != (choice == "yes")}
        self._write(row, changed, now, "page of preferences")
        return True

    def _write(self, row: RowMapping, choices: Mapping[str, str], now: datetime, how: str) -> None:
        """Add choices to the ledger first: that is what the next sending asks; then tell the rest of Helder."""
        moment = stored(now)
        append(
            self._state,
            [
                Choice(
                    identity_id=row["address_identity"],
                    kind="email",
                    value=row["address"],
                    purpose=key,
                    channel="email",
                    choice=choice,
                    at=moment,
                    recorded_at=moment,
                    source=SOURCE,
                    evidence=f"{how}, message {row['id']}",
                )
                for key, choice in choices.items()
            ],
        )
        for key in sorted(key for key, choice in choices.items() if choice == "no"):
            self._tell(row, "Unsubscribed", now, detail=key, unsubscribed_from=key)

    def _agreed(self, identity_id: int, now: datetime) -> dict[str, bool]:
        """Return purpose → whether the address may be mailed for it, at least about one title."""
        with self._state.read() as connection:
            choices = ledger_choices(connection, [identity_id]).get(identity_id, [])
        scopes = {(choice.purpose, choice.title) for choice in choices}
        return {
            key: any(agreed_to(choices, each, title, now) for each, title in scopes if each == key)
            for key in {choice.purpose for choice in choices}
        }

    def _tell(self, row: RowMapping, name: str, now: datetime, detail: str = "", **more: str) -> None:
        moment = stored(now)
        self._inbox.append([Entry([outcome_event(row, name, moment, moment, detail, **more)])])

    def _row(self, kind: str, token: str, now: datetime) -> RowMapping | None:
        read = self._links.read(kind, token, now)
        return None if read is None or read.expired else self._message(read.message)

    def _message(self, number: int) -> RowMapping | None:
        with self._state.read() as connection:
            return connection.execute(select(outbox).where(outbox.c.id == number)).mappings().first()

    def _own_site(self, host: str) -> bool:
        """Tell whether a host is a web source of ours: nobody else is told who their visitor is."""
        with self._state.read() as connection:
            return host in own_hosts(connection)


def own_hosts(connection: Connection) -> set[str]:
    """Return the host names of all web sources."""
    mappings = connection.scalars(select(source.c.mapping).where(source.c.mode == "web"))
    return {host for text in mappings for host in tomllib.loads(text).get("hosts", [])}
