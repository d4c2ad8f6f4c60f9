"""Mails as they were sent, made again from what the outbox keeps: the template's version, the values and the moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import RowMapping, select

from helder.activate.composing import Composed, Composer
from helder.activate.links import Links
from helder.activate.outbox import message_of
from helder.clock import aware
from helder.errors import NotFound
from helder.settings import Settings
from helder.store.state import State
from helder.store.tables.outbox import outbox


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One mail that was sent."""

    id: int
    to: str
    sender: str
    subject: str
    html: str
    text: str
    sent_at: datetime
    """Naive UTC."""


def samples(state: State, settings: Settings, key: bytes, journey: str, limit: int = 10) -> list[Sample]:
    """Return the first mails that a journey sent.

    Args:
        state: where the outbox is.
        settings: of the installation, for the company's name and the address of links.
        key: the installation's secret, that links are signed with.
        journey: key of the journey.
        limit: how many at most.
    """
    sent = select(outbox).where(outbox.c.journey == journey, outbox.c.status == "sent").order_by(outbox.c.id)
    with state.read() as connection:
        rows = connection.execute(sent.limit(limit)).mappings().all()
    return _made_again(rows, state, settings, key)


def sample(state: State, settings: Settings, key: bytes, number: int) -> Sample:
    """Return the mail with outbox id ``number`` as it was sent; as ``samples``.

    Raises:
        NotFound: when no such mail was sent.
    """
    with state.read() as connection:
        sent = select(outbox).where(outbox.c.id == number, outbox.c.status == "sent")
        rows = connection.execute(sent).mappings().all()
    found = _made_again(rows, state, settings, key)
    if not found:
        raise NotFound(f"no mail with number {number} was sent")
    return found[0]


def _made_again(rows: Sequence[RowMapping], state: State, settings: Settings, key: bytes) -> list[Sample]:
    composer = Composer(state, Links(key, settings.address), settings)
    found = []
    for row in rows:
        # A message is marked as claimed at the very moment that its links were made with.
        composed = composer.compose([message_of(row)], aware(row["claimed_at"]))[row["id"]]
        if isinstance(composed, Composed):
            found.append(_sample(row["id"], row["address"], row["sent_at"], composed, settings))
    return found


def _sample(number: int, to: str, sent_at: datetime, composed: Composed, settings: Settings) -> Sample:
    return Sample(
        id=number,
        to=to,
        sender=composed.template.sender or settings.sender,
        subject=composed.mail.subject,
        html=composed.mail.html,
        text=composed.mail.text,
        sent_at=sent_at,
    )
