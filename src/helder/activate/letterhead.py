"""The letterhead: what of the settings goes into a mail, kept as it was at the moment of sending.

A company moves, changes its name or gets another address on the web. Its mails of before are shown as they went out:
with the template's version, the values, the moment and this.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from helder.settings import Settings
from helder.store.tables.outbox import letterhead


class Letterhead(msgspec.Struct, frozen=True, kw_only=True):
    """Settings that a mail is made with; the fields are named as there."""

    company: str
    postal_address: str
    public_url: str
    """Never empty: the address that its links start with."""
    sender: str
    time_zone: str


def letterhead_of(settings: Settings) -> Letterhead:
    """Return the letterhead of mails that are made with ``settings``."""
    return Letterhead(
        company=settings.company,
        postal_address=settings.postal_address,
        public_url=settings.address,
        sender=settings.sender,
        time_zone=settings.time_zone,
    )


def as_then(settings: Settings, was: Letterhead) -> Settings:
    """Return ``settings`` as far as mails go as they were when ``was`` was the letterhead."""
    return msgspec.structs.replace(settings, **msgspec.structs.asdict(was))


def keep(connection: Connection, head: Letterhead) -> int:
    """Return the id of a letterhead; it is written down when it is new."""
    body = msgspec.json.encode(head, order="deterministic").decode()
    connection.execute(insert(letterhead).values(body=body).on_conflict_do_nothing())
    return connection.execute(select(letterhead.c.id).where(letterhead.c.body == body)).scalar_one()


def read_letterheads(connection: Connection, ids: Collection[int]) -> dict[int, Letterhead]:
    """Return letterheads by their id."""
    rows = connection.execute(select(letterhead).where(letterhead.c.id.in_(ids)))
    return {row.id: msgspec.json.decode(row.body, type=Letterhead) for row in rows}
