"""What recipients do with a mail: open it, follow a link, unsubscribe, choose what they get.

Only a POST changes anything: link scanners and mail programs follow every link of a mail, and must not unsubscribe
anybody (RFC 8058).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
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
from helder.errors import Unavailable
from helder.govern.consent import Choice, append
from helder.store.projections.online import Online
from helder.store.projections.records import KnownIdentity
from helder.store.state import State
from helder.store.tables.consents import purpose
from helder.store.tables.outbox import outbox
from helder.store.tables.sources import source

NAMING = timedelta(days=7)
"""How long after sending a click says who comes. A mail may be passed on: later its links only lead where they led."""


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

    def __init__(self, state: State, inbox: Inbox, links: Links, online: Online | None = None) -> None:
        """Read messages from ``state``; tell what happened to ``inbox``; ``online`` says who a reader is besides."""
        self._online = online
        self._state = state
        self._inbox = inbox
        self._links = links

    def opened(self, token: str, now: datetime) -> None:
        """Note that a mail was opened (its picture was fetched); a token that is not ours says nothing."""
        row = self._row("o", token, now)
        if row is not None:
            self._tell(row, "Email Opened", now)

    def clicked(self, token: str, target: str, now: datetime, *, person: bool = True) -> str | None:
        """Note a click; return where to go, or None when this link was not made here.

        Args:
            token: from the path.
            target: where the link says it leads; it is part of what is signed.
            now: aware UTC.
            person: False for a program (a scanner, a browser that fetches ahead): it is led on, and nothing is noted.
        """
        read = self._links.read("c", token, now, target)
        if read is None:
            return None
        row = None if read.expired or not person else self._message(read.message)
        if row is None:
            return target
        self._tell(row, "Email Link Clicked", now, detail=target, url=target)
        mailed_at = row["sent_at"] or row["due_at"]
        if stored(now) - mailed_at <= NAMING and self._own_site(urlsplit(target).hostname or ""):
            return self._links.landing(target, row["identity_id"], now, row["id"])
        return target

    def looked(self, kind: str, token: str, now: datetime) -> Page | None:
        """Return what the page of a link (u: unsubscribe, p: preferences) shows; None when the link is not ours."""
        row = self._row(kind, token, now)
        if row is None:
            return None
        with self._state.read() as connection:
            purposes = connection.execute(select(purpose).order_by(purpose.c.key)).mappings().all()
        labels = {each["key"]: (each["label_nl"], each["label_en"]) for each in purposes}
        agreed = self._agreed(row, now)
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
        before = self._agreed(row, now)
        wanted = {key: "yes" if key in agreed else "no" for key in keys}
        changed = {key: choice for key, choice in wanted.items() if before.get(key) != (choice == "yes")}
        self._write(row, changed, now, "page of preferences")
        return True

    def _write(self, row: RowMapping, choices: Mapping[str, str], now: datetime, how: str) -> None:
        """Add choices to the ledger first: that is what the next sending asks; then tell the rest of Helder.

        A choice is the reader's: it is written for the address, and renewed for a customer number by which another
        choice was made before, or an old no by that number would silently outweigh the yes of today.
        """
        moment = stored(now)
        speakers = self._speaks_for(row)
        with self._state.read() as connection:
            before = ledger_choices(connection, [each.identity_id for each in speakers])
        made = [
            Choice(
                identity_id=each.identity_id,
                kind=each.kind,
                value=each.value,
                purpose=key,
                channel="email",
                choice=choice,
                at=moment,
                recorded_at=moment,
                source=SOURCE,
                evidence=f"{how}, message {row['id']}",
            )
            for key, choice in choices.items()
            for each in speakers
            if each is speakers[0] or any(old.purpose == key for old in before.get(each.identity_id, ()))
        ]
        append(self._state, made)
        for key in sorted(key for key, choice in choices.items() if choice == "no"):
            self._tell(row, "Unsubscribed", now, detail=key, unsubscribed_from=key)

    def _agreed(self, row: RowMapping, now: datetime) -> dict[str, bool]:
        """Return purpose → whether the reader may be mailed for it, at least about one title."""
        ids = [each.identity_id for each in self._speaks_for(row)]
        with self._state.read() as connection:
            found = ledger_choices(connection, ids)
        choices = [choice for each in ids for choice in found.get(each, ())]
        agreed: dict[str, bool] = {}
        for key, title in sorted({(choice.purpose, choice.title) for choice in choices}):
            asked = {each.identity_id for each in choices if each.purpose == key and each.title in {"", title}}
            agreed[key] = agreed.get(key, False) or agreed_to(choices, key, title, now) == asked
        return agreed

    def _speaks_for(self, row: RowMapping) -> list[KnownIdentity]:
        """Return the address, and what else the reader is known by; other addresses have a page of their own."""
        own = KnownIdentity(row["address_identity"], "email", row["address"])
        if self._online is None:
            return [own]
        try:
            profile = self._online.profile_of([own.identity_id]).get(own.identity_id)
            known = list[KnownIdentity]() if profile is None else self._online.identities(profile)
        except Unavailable:
            return [own]  # whatever is out of order, an unsubscribe is written
        return [own, *(each for each in known if each.kind != "email")]

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
