"""Mails as they were sent, made again from what the outbox keeps: template version, values, letterhead and moment."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import RowMapping, Select, select

from helder.activate.composing import Composed, Composer
from helder.activate.letterhead import Letterhead, as_then, read_letterheads
from helder.activate.links import Links
from helder.activate.outbox import message_of
from helder.clock import aware
from helder.errors import NotFound
from helder.settings import Settings
from helder.store.state import State
from helder.store.tables.outbox import outbox

NOBODYS = b"shown"
"""A key that no installation has: mails made again for looking at hold links that lead nowhere and tell of nobody."""


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
        settings: of the installation; what of them a mail was made with is read from its letterhead.
        key: that links are signed with: the installation's secret for the very mail, ``NOBODYS`` to show it.
        journey: key of the journey.
        limit: how many at most.
    """
    return _made_again(
        _sent().where(outbox.c.journey == journey).order_by(outbox.c.id).limit(limit), state, settings, key
    )


def sample(state: State, settings: Settings, key: bytes, number: int) -> Sample:
    """Return the mail with outbox id ``number`` as it was sent; as ``samples``.

    Raises:
        NotFound: when no such mail was sent.
    """
    found = _made_again(_sent().where(outbox.c.id == number), state, settings, key)
    if not found:
        raise NotFound(f"no mail with number {number} was sent")
    return found[0]


def _sent() -> Select[tuple[object, ...]]:
    """Return the question for what was sent since it is kept what mails are made with."""
    return select(outbox).where(outbox.c.status == "sent", outbox.c.letterhead_id.is_not(None))


def _made_again(query: Select[tuple[object, ...]], state: State, settings: Settings, key: bytes) -> list[Sample]:
    with state.read() as connection:
        rows = connection.execute(query).mappings().all()
        heads = read_letterheads(connection, {row["letterhead_id"] for row in rows})
    composers = {number: _composer(head, state, settings, key) for number, head in heads.items()}
    found = []
    for row in rows:
        composer, head = composers[row["letterhead_id"]], heads[row["letterhead_id"]]
        composed = composer.compose([message_of(row)], aware(row["made_at"]))[row["id"]]
        if isinstance(composed, Composed):
            found.append(_sample(row, composed, head))
    return found


def _composer(head: Letterhead, state: State, settings: Settings, key: bytes) -> Composer:
    return Composer(state, Links(key, head.public_url), as_then(settings, head))


def _sample(row: RowMapping, composed: Composed, head: Letterhead) -> Sample:
    return Sample(
        id=row["id"],
        to=row["address"],
        sender=composed.template.sender or head.sender,
        subject=composed.mail.subject,
        html=composed.mail.html,
        text=composed.mail.text,
        sent_at=row["sent_at"],
    )
