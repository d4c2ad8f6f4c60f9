"""Drafts: work that was not saved yet, kept while it is typed, one a person and a thing."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from helder.clock import aware, stored
from helder.store.state import State
from helder.store.tables.access import draft


class Draft(msgspec.Struct, frozen=True):
    """What somebody was doing."""

    subject: str
    """``kind:key`` of what is being changed."""
    body: str
    based_on: int
    """Version that the work began from; 0 for something new."""
    changed_at: datetime
    """Aware UTC."""


class Drafts:
    """All drafts of this installation."""

    def __init__(self, state: State) -> None:
        """Keep them in ``state``."""
        self._state = state

    def keep(self, owner: str, subject: str, body: str, based_on: int, now: datetime) -> None:
        """Keep ``body`` as the newest draft of ``owner`` for ``subject``."""
        values = {"body": body, "based_on": based_on, "changed_at": stored(now)}
        row = insert(draft).values(owner=owner, subject=subject, **values)
        with self._state.write() as connection:
            connection.execute(row.on_conflict_do_update(index_elements=["owner", "subject"], set_=values))

    def get(self, owner: str, subject: str) -> Draft | None:
        """Return the draft of ``owner`` for ``subject``; None when there is none."""
        mine = select(draft).where(draft.c.owner == owner, draft.c.subject == subject)
        with self._state.read() as connection:
            row = connection.execute(mine).first()
        return Draft(row.subject, row.body, row.based_on, aware(row.changed_at)) if row else None

    def drop(self, owner: str, subject: str) -> None:
        """Throw the draft of ``owner`` for ``subject`` away."""
        with self._state.write() as connection:
            connection.execute(delete(draft).where(draft.c.owner == owner, draft.c.subject == subject))

    def all(self, owner: str) -> list[Draft]:
        """Return the drafts of ``owner``, newest first."""
        mine = select(draft).where(draft.c.owner == owner).order_by(draft.c.changed_at.desc())
        with self._state.read() as connection:
            rows = connection.execute(mine).all()
        return [Draft(row.subject, row.body, row.based_on, aware(row.changed_at)) for row in rows]
