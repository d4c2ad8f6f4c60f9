"""What state decided, carried into the facts for rules to ask: consents, and decisions about who is who."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import pyarrow as pa
from sqlalchemy import Connection, Table, select

from helder.collect.sighting import MOMENT, LinkRow
from helder.store.state import State
from helder.store.tables.consents import consent_ledger
from helder.store.tables.sources import match_decision

AT_ONCE = 50_000
"""Rows of the ledger taken in one batch."""
DECIDED = 100
"""Strength of a link that a person decided."""


class Decided(msgspec.Struct, frozen=True):
    """Rows of state past the watermarks."""

    consents: list[Any]
    decisions: list[Any]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.consents) + len(self.decisions)

    def last_consent(self, before: int) -> int:
        """Return the id of the last row of the ledger; ``before`` when there is none."""
        return self.consents[-1].id if self.consents else before

    def last_decision(self, before: int) -> int:
        """Return the id of the last decision; ``before`` when there is none."""
        return self.decisions[-1].id if self.decisions else before


def decided_since(state: State, consent: int, decision: int) -> Decided:
    """Return the rows of the ledger and the decisions with ids above ``consent`` and ``decision``."""
    with state.read() as connection:
        return Decided(_after(connection, consent_ledger, consent), _after(connection, match_decision, decision))


def _after(connection: Connection, table: Table, position: int) -> list[Any]:
    rows = connection.execute(select(table).where(table.c.id > position).order_by(table.c.id).limit(AT_ONCE))
    return list(rows)


def consent_rows(consents: list[Any]) -> pa.Table:
    """Return rows of ``consent``."""
    names = ("purpose", "channel", "title", "choice", "basis")
    columns = {name: pa.array([getattr(row, name) for row in consents], pa.string()) for name in names}
    return pa.table(
        {
            "identity_id": pa.array([row.identity_id for row in consents], pa.int64()),
            **columns,
            "at": pa.array([row.at for row in consents], MOMENT),
            "source": pa.array([row.source for row in consents], pa.string()),
        }
    )


def consenting(consents: list[Any]) -> dict[int, tuple[str, str, datetime]]:
    """Return the identities that the ledger names: id → (kind, value, first seen)."""
    return {row.identity_id: (row.kind, row.value, row.at) for row in consents}


def decided_links(decisions: list[Any]) -> list[LinkRow]:
    """Return a link for each decision that two identities are one person, or that they may be again."""
    joined = {"link": ("decision", DECIDED), "undo_cut": ("undo_cut", 0)}
    return [
        (min(row.a, row.b), max(row.a, row.b), *joined[row.decision], "decision", str(row.id), row.at)
        for row in decisions
        if row.decision in joined
    ]


def decided_cuts(decisions: list[Any]) -> pa.Table:
    """Return rows of ``cut`` for decisions that two identities are not one person, or that a link no longer holds."""
    parted = {"cut": "decision", "undo_link": "undo_link"}
    rows = [row for row in decisions if row.decision in parted]
    return pa.table(
        {
            "a": pa.array([min(row.a, row.b) for row in rows], pa.int64()),
            "b": pa.array([max(row.a, row.b) for row in rows], pa.int64()),
            "reason": pa.array([parted[row.decision] for row in rows], pa.string()),
            "at": pa.array([row.at for row in rows], MOMENT),
        }
    )
