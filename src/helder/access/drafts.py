"""Drafts: work that was not saved yet, kept while it is typed, one a person and a thing."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import delete, or_, select
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


class Change(msgspec.Struct, frozen=True):
    """Which change it is, of one opening of a page: requests may overtake one another, and the number tells."""

    sheet: str = ""
    """A name for one opening of the page. Between two openings the last to arrive holds."""
    number: int = 0
    """Grows with every change that is made there."""


_UNNUMBERED = Change()
_DROPPED = ""
"""Body of what was saved or thrown away: the row stays, to know a change that comes late."""


class Drafts:
    """All drafts of this installation."""

    def __init__(self, state: State) -> None:
        """Keep them in ``state``."""
        self._state = state

    def keep(
        self, owner: str, subject: str, body: str, based_on: int, now: datetime, change: Change = _UNNUMBERED
    ) -> bool:
        """Keep ``body`` as the newest draft of ``owner`` for ``subject``.

        Returns:
            False, and nothing is changed, when a newer change of the same sheet was kept, or dropped, before.
        """
        values = {
            "body": body,
            "based_on": based_on,
            "changed_at": stored(now),
            "sheet": change.sheet,
            "change": change.number,
        }
        row = insert(draft).values(owner=owner, subject=subject, **values)
        newer = or_(draft.c.sheet != change.sheet, draft.c.change <= change.number)
        kept = row.on_conflict_do_update(index_elements=["owner", "subject"], set_=values, where=newer)
        with self._state.write() as connection:
            return connection.execute(kept).rowcount == 1

    def get(self, owner: str, subject: str) -> Draft | None:
        """Return the draft of ``owner`` for ``subject``; None when there is none."""
        mine = select(draft).where(draft.c.owner == owner, draft.c.subject == subject, draft.c.body != _DROPPED)
        with self._state.read() as connection:
            row = connection.execute(mine).first()
        return Draft(row.subject, row.body, row.based_on, aware(row.changed_at)) if row else None

    def close(self, owner: str, subject: str, now: datetime, change: Change) -> None:
        """Throw the draft of ``owner`` for ``subject`` away, and refuse changes before ``change`` that come later."""
        self.keep(owner, subject, _DROPPED, 0, now, change)

    def drop(self, owner: str, subject: str) -> None:
        """Throw the draft of ``owner`` for ``subject`` away."""
        with self._state.write() as connection:
            connection.execute(delete(draft).where(draft.c.owner == owner, draft.c.subject == subject))

    def all(self, owner: str) -> list[Draft]:
        """Return the drafts of ``owner``, newest first."""
        mine = select(draft).where(draft.c.owner == owner, draft.c.body != _DROPPED).order_by(draft.c.changed_at.desc())
        with self._state.read() as connection:
            rows = connection.execute(mine).all()
        return [Draft(row.subject, row.body, row.based_on, aware(row.changed_at)) for row in rows]
