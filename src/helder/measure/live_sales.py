"""Orders that count towards a goal and lie in a live source: asked there, kept nowhere."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import ibis
import msgspec
from ibis.expr.types import Table

from helder.clock import stored
from helder.errors import Unavailable
from helder.govern.goals import Goal
from helder.integrate.definitions import read_definitions
from helder.integrate.identifiers import normalise
from helder.integrate.live import LiveObject, LiveSources
from helder.store.keys import identity_id
from helder.store.state import State


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the goal's object."""

    identity_id: int | None
    """Of the number that the source knows the customer by; None when it is no usable one."""
    at: datetime | None
    """Naive UTC; None when the source's way of writing it is not understood here."""
    places: float
    amount_micros: int


class LiveSales:
    """Asks the live sources that have the object of a goal."""

    def __init__(self, state: State, live: LiveSources, key: bytes) -> None:
        """Find sources in ``state``, ask them through ``live``; identities are made with the installation's ``key``."""
        self._state = state
        self._live = live
        self._key = key

    def since(self, goal: Goal, moment: datetime) -> list[Order]:
        """Return the rows of the goal's object since ``moment`` (naive UTC); none when no live source has it.

        Raises:
            Unavailable: because a source cannot be asked now.
        """
        if not goal.object:
            return []
        sources = [
            key
            for key, found in read_definitions(self._state).items()
            if found.mapping.mode == "live" and any(item.object == goal.object for item in found.mapping.object)
        ]
        return [order for key in sources for order in self._of_source(key, goal, moment)]

    def _of_source(self, key: str, goal: Goal, moment: datetime) -> list[Order]:
        found = self._live.object(key, goal.object)
        rows = self._live.run(key, question(found, goal, moment)).to_pylist()
        return [self._order(row, found.kind) for row in rows]

    def _order(self, row: dict[str, Any], kind: str) -> Order:
        value = normalise(kind, None if row["key"] is None else str(row["key"]))
        return Order(
            identity_id=None if value is None else identity_id(kind, value, self._key),
            at=_moment(row["at"]),
            places=float(row["places"] or 0),
            amount_micros=int(row["amount_micros"] or 0),
        )


def question(found: LiveObject, goal: Goal, moment: datetime) -> Table:
    """Return what is asked: (key, at, places, amount_micros); a goal without a measure counts rows.

    Raises:
        Unavailable: because the source does not have the fields that the goal is measured by.
    """
    table = found.table
    if missing := [name for name in ("at", goal.measure) if name and name not in found.kinds]:
        raise Unavailable(f"{found.source} does not map {', '.join(missing)} of {found.name}.")
    rows = table.filter(table["at"] >= ibis.literal(moment, type="timestamp(6)"))
    places = rows[goal.measure].cast("float64") if goal.measure else ibis.literal(1.0)
    amount = rows["amount"] if "amount" in found.kinds else ibis.literal(0, type="int64")
    return rows.select(key=rows.key, at=rows["at"], places=places, amount_micros=amount)


def _moment(value: object) -> datetime | None:
    """Return a moment as it came from the source: SQLite keeps moments as text, and gives them so."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return stored(value) if value.tzinfo else value
