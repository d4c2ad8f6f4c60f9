"""The people behind identities: who is one person, which addresses are theirs, and what they did lately."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import pyarrow as pa

from helder.activate.permission import Choice
from helder.store.projections.hot import Hot
from helder.store.projections.online import Online

SENT = "Email Sent"
"""Name of the event that tells of a mail to somebody, whoever sent it."""

UNPAID = frozenset({"open", "unpaid", "cancelled", "refunded", "trial", "gift", "return"})
"""Statuses and kinds of orders and subscriptions for which nothing was paid; the rule ``permission`` has the same."""
_PAYING = ("identity_id", "status", "kind", "amount_micros")


class Address(msgspec.Struct, frozen=True):
    """One e-mail address of a person."""

    identity_id: int
    value: str


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """One person, as far as permission and addressing go."""

    profile_id: int
    identities: frozenset[int]
    addresses: tuple[Address, ...] = ()
    choices: tuple[Choice, ...] = ()
    """From every source, as far as it has come in; the ledger itself is asked when a mail is sent."""
    customer: bool = False
    complaint: bool = False
    mailed_at: datetime | None = None
    """Latest mail by anybody, naive UTC."""


class People:
    """Answers from the projections; may be shared between threads."""

    def __init__(self, online: Online, hot: Hot) -> None:
        """Read ``online`` and ``hot``."""
        self.online = online
        self.hot = hot

    def contacts(self, identity_ids: Iterable[int]) -> dict[int, Contact]:
        """Return the person behind each identity; an identity that is not known is a person of its own."""
        wanted = list(dict.fromkeys(identity_ids))
        profile_of = self.online.profile_of(wanted)
        profiles = sorted({profile_of.get(each, each) for each in wanted})
        groups = self.identities(profiles)
        every = [identity for group in groups.values() for identity in group]
        about = _About(self, every)
        contacts = {profile: about.contact(profile, group) for profile, group in groups.items()}
        return {each: contacts[profile_of.get(each, each)] for each in wanted}

    def identities(self, profiles: Sequence[int]) -> dict[int, list[int]]:
        """Return the identities of each profile; always at least the one that the profile is named after."""
        rows = self.online.rows("identity_profile", profiles, ("identity_id", "profile_id"), by="profile_id")
        groups: dict[int, list[int]] = {profile: [profile] for profile in profiles}
        for identity, profile in _tuples(rows):
            if identity != profile:
                groups[profile].append(identity)
        return groups


class _About:
    """What the projections hold of many identities, read once for all of them."""

    def __init__(self, people: People, identities: Sequence[int]) -> None:
        hot = people.hot
        self._addresses = {
            identity: value
            for identity, kind, value in _tuples(
                people.online.rows("identity", identities, ("identity_id", "kind", "value"))
            )
            if kind == "email"
        }
        self._choices = _choices(hot, identities)
        self._customers = _customers(hot, identities)
        self._complaints = _complaints(hot, identities)
        self._mailed = _mailed(hot, identities)

    def contact(self, profile: int, group: Sequence[int]) -> Contact:
        """Return the person that the identities in ``group`` are."""
        return Contact(
            profile_id=profile,
            identities=frozenset(group),
            addresses=tuple(Address(each, self._addresses[each]) for each in sorted(group) if each in self._addresses),
            choices=tuple(choice for each in group for choice in self._choices.get(each, ())),
            customer=any(each in self._customers for each in group),
            complaint=any(each in self._complaints for each in group),
            mailed_at=max((self._mailed[each] for each in group if each in self._mailed), default=None),
        )


def _choices(hot: Hot, identities: Sequence[int]) -> dict[int, list[Choice]]:
    found: dict[int, list[Choice]] = defaultdict(list)
    columns = ("identity_id", "purpose", "channel", "title", "choice", "at")
    for identity, purpose, channel, title, choice, at in _tuples(hot.rows("consent", identities, columns)):
        if channel in {"email", "", None}:
            found[identity].append(Choice(identity, purpose, title or "", choice == "yes", at))
    return found


def _customers(hot: Hot, identities: Sequence[int]) -> set[int]:
    """Return who paid for an order or a subscription."""
    rows = (row for table in ("orders", "subscription") for row in _tuples(hot.rows(table, identities, _PAYING)))
    return {row[0] for row in rows if not {_low(row[1]), _low(row[2])} & UNPAID and (row[3] or 0) > 0}


def _complaints(hot: Hot, identities: Sequence[int]) -> set[int]:
    rows = _tuples(hot.rows("ticket", identities, ("identity_id", "kind", "status", "closed_at")))
    return {
        identity
        for identity, kind, status, closed in rows
        if _low(kind) == "complaint" and _low(status) != "closed" and not closed
    }


def _mailed(hot: Hot, identities: Sequence[int]) -> dict[int, datetime]:
    latest: dict[int, datetime] = {}
    for identity, at in _tuples(hot.rows("event", identities, ("identity_id", "at"), only={"name": (SENT,)})):
        if identity not in latest or at > latest[identity]:
            latest[identity] = at
    return latest


def _low(text: str | None) -> str:
    return (text or "").lower()


def _tuples(rows: pa.Table) -> list[tuple[Any, ...]]:
    """Return the rows of an Arrow table as tuples."""
    columns = [column.to_pylist() for column in rows.columns]
    return list(zip(*columns, strict=True))
