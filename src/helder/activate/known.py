"""Gathers what a permission is decided on, for many messages at once.

The people come from the projections, read before; the ledger, suppressions, the outbox and the holdout are read in the
transaction that also marks the messages as being sent, so that nothing can come in between.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, or_, select

from helder.activate.people import Contact
from helder.activate.permission import Choice, Known
from helder.clock import aware
from helder.store.tables.consents import consent_ledger, purpose, suppression
from helder.store.tables.journeys import enrolment, journey, journey_version
from helder.store.tables.outbox import outbox

_MAILED = ("sending", "sent", "unknown")


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A message to decide on: a row of the outbox, without what is in it."""

    id: int
    enrolment_id: int | None
    step: int
    journey: str
    identity_id: int
    address_identity: int
    purpose: str
    title: str
    pause_days: int | None


def gather(
    connection: Connection,
    envelopes: Sequence[Envelope],
    contacts: Mapping[int, Contact],
    now: datetime,
    longest: timedelta | None,
) -> dict[int, Known]:
    """Return what is known for each envelope, by its id.

    Args:
        connection: a transaction on state.
        envelopes: the messages.
        contacts: the person behind each ``identity_id``.
        now: naive UTC.
        longest: how far back a mail by another journey can matter; None when only this one's do.
    """
    wanted = {each for envelope in envelopes for each in _identities(envelope, contacts)}
    state = _State(connection, sorted(wanted), envelopes, now - longest if longest is not None else None)
    return {each.id: state.known(each, contacts[each.identity_id]) for each in envelopes}


def soft_purposes(connection: Connection) -> frozenset[str]:
    """Return the purposes that are about the company's own similar products."""
    return frozenset(connection.scalars(select(purpose.c.key).where(purpose.c.soft_opt_in == "yes")))


def ledger_choices(connection: Connection, identities: Sequence[int]) -> dict[int, list[Choice]]:
    """Return every choice about e-mail in the ledger, by identity."""
    found: dict[int, list[Choice]] = defaultdict(list)
    c = consent_ledger.c
    query = select(c.identity_id, c.purpose, c.title, c.choice, c.at).where(c.channel.in_(("email", "")))
    for rows in (connection.execute(query.where(c.identity_id.in_(part))) for part in parts(identities)):
        for identity, key, title, choice, at in rows:
            found[identity].append(Choice(identity, key, title, choice == "yes", at))
    return found


def parts(ids: Sequence[int], size: int = 10_000) -> list[Sequence[int]]:
    """Return ``ids`` in parts that fit in one statement."""
    return [ids[start : start + size] for start in range(0, len(ids), size)]


class _State:
    """What state holds of many identities."""

    def __init__(
        self, connection: Connection, ids: Sequence[int], envelopes: Sequence[Envelope], since: datetime | None
    ) -> None:
        journeys = {each.journey for each in envelopes}
        enrolments = [each.enrolment_id for each in envelopes if each.enrolment_id is not None]
        self._choices = ledger_choices(connection, ids)
        self._suppressed = _suppressions(connection, ids)
        self._held = _held_out(connection, ids, journeys)
        self._mails = _mails(connection, ids, journeys, since)
        self._entered = _entered(connection, enrolments)

    def known(self, envelope: Envelope, contact: Contact) -> Known:
        """Return what is known for one envelope."""
        identities = _identities(envelope, {envelope.identity_id: contact})
        own = envelope.address_identity in contact.identities
        mails = [mail for each in identities for mail in self._mails.get(each, ()) if mail.id != envelope.id]
        times = [mail.at for mail in mails if mail.at] + ([contact.mailed_at] if contact.mailed_at else [])
        return Known(
            address=envelope.address_identity,
            own=own,
            others=frozenset(each.identity_id for each in contact.addresses) - {envelope.address_identity},
            choices=(*contact.choices, *(choice for each in identities for choice in self._choices.get(each, ()))),
            suppressed=frozenset((each, reason) for each in identities for reason in self._suppressed.get(each, ())),
            customer=contact.customer,
            complaint=contact.complaint,
            mailed_at=aware(max(times)) if times else None,
            holdout=any((each, envelope.journey) in self._held for each in identities),
            repeated=any(self._repeats(envelope, mail) for mail in mails),
        )

    def _repeats(self, envelope: Envelope, mail: _Mail) -> bool:
        """Tell whether ``mail`` was this step already: ever, or since entering for who takes part once more."""
        entered = self._entered.get(envelope.enrolment_id or 0)
        if entered is None or (mail.journey, mail.step) != (envelope.journey, envelope.step):
            return False
        entry, at = entered
        return entry == 1 or mail.at is None or mail.at >= at


class _Mail(msgspec.Struct, frozen=True):
    id: int
    journey: str
    step: int
    at: datetime | None


def _identities(envelope: Envelope, contacts: Mapping[int, Contact]) -> set[int]:
    """Return everybody that a message is about: the person's identities and the address."""
    return {envelope.identity_id, envelope.address_identity, *contacts[envelope.identity_id].identities}


def _suppressions(connection: Connection, ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    query = select(suppression.c.identity_id, suppression.c.reason).where(suppression.c.channel.in_(("email", "")))
    for part in parts(ids):
        for identity, reason in connection.execute(query.where(suppression.c.identity_id.in_(part))):
            found[identity].append(reason)
    return found


def _held_out(connection: Connection, ids: Sequence[int], journeys: set[str]) -> set[tuple[int, str]]:
    """Return (identity, journey) of who is held out, in any version of the journeys."""
    query = (
        select(enrolment.c.identity_id, journey.c.key)
        .join(journey_version, journey_version.c.id == enrolment.c.journey_version)
        .join(journey, journey.c.id == journey_version.c.journey_id)
        .where(enrolment.c.holdout == 1, journey.c.key.in_(journeys))
    )
    rows = (connection.execute(query.where(enrolment.c.identity_id.in_(part))) for part in parts(ids))
    return {(identity, key) for found in rows for identity, key in found}


def _entered(connection: Connection, enrolments: Sequence[int]) -> dict[int, tuple[int, datetime]]:
    """Return the number of the entry, and its moment, of each enrolment."""
    query = select(enrolment.c.id, enrolment.c.entry, enrolment.c.entered_at)
    rows = (connection.execute(query.where(enrolment.c.id.in_(part))) for part in parts(enrolments))
    return {number: (entry, at) for found in rows for number, entry, at in found}


def _mails(
    connection: Connection, ids: Sequence[int], journeys: set[str], since: datetime | None
) -> dict[int, list[_Mail]]:
    """Return mails that went out, or may have: lately by any journey, and ever by the same ones."""
    found: dict[int, list[_Mail]] = defaultdict(list)
    c = outbox.c
    same = c.journey.in_(journeys)
    wanted = same if since is None else or_(c.sent_at >= since, c.claimed_at >= since, same)
    for column in (c.identity_id, c.address_identity):
        query = select(column, c.id, c.journey, c.step, c.sent_at, c.claimed_at).where(c.status.in_(_MAILED), wanted)
        for part in parts(ids):
            for identity, number, key, step, sent_at, claimed_at in connection.execute(query.where(column.in_(part))):
                found[identity].append(_Mail(number, key, step, sent_at or claimed_at))
    return found
