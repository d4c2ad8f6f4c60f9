"""The audit trail: who changed what, and when. Rows are only added, and hold no personal data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, insert, select

from helder.clock import aware, stored
from helder.store.state import State
from helder.store.tables.definitions import audit


class Entry(msgspec.Struct, frozen=True):
    """One line of the trail."""

    at: datetime
    """Aware UTC."""
    actor: str
    action: str
    """A verb in the past: added, synced, linked, cut, mailed…"""
    subject: str
    """``kind:key`` of what was changed."""
    detail: str = ""


def append(connection: Connection, entry: Entry) -> None:
    """Add ``entry`` within the transaction that does what it tells of, so that neither is there without the other."""
    append_all(connection, [entry])


def append_all(connection: Connection, entries: Sequence[Entry]) -> None:
    """Add ``entries``, in their order, in one statement: as ``append`` does one."""
    if entries:
        rows = [{**msgspec.structs.asdict(each), "at": stored(each.at)} for each in entries]
        connection.execute(insert(audit), rows)


def read_audit(state: State, subject: str = "", limit: int = 100) -> list[Entry]:
    """Return the newest entries first; of one ``subject``, or of all when it is empty."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if subject:
        query = query.where(audit.c.subject == subject)
    with state.read() as connection:
        rows = connection.execute(query).all()
    return [Entry(aware(row.at), row.actor, row.action, row.subject, row.detail) for row in rows]
