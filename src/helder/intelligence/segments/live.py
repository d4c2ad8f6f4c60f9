"""Live leaves: the whole question runs at the source, and the keys that come back are turned into profiles here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import ibis
import msgspec
import pyarrow as pa
from ibis.expr.types import Expr, Table

from helder.errors import Unavailable
from helder.intelligence.segments.conditions import Operand, truth
from helder.intelligence.segments.counting import holds
from helder.intelligence.segments.moments import Moments
from helder.intelligence.segments.rule import Aggregate, Live, Window
from helder.intelligence.segments.setting import Tables


class LiveObject(Protocol):
    """An object at a live source, in the catalogue's terms."""

    @property
    def table(self) -> Table:
        """The unbound table at the source, with ``key`` and the catalogue's fields as typed columns."""
        ...

    @property
    def kind(self) -> str:
        """Identity kind of the column ``key``."""
        ...

    @property
    def kinds(self) -> Mapping[str, str]:
        """Kind of each field: text, number, money (micros), time, date, flag."""
        ...


class LiveSources(Protocol):
    """All live sources."""

    def object(self, source: str, name: str) -> LiveObject:
        """Return an object of a source. Raises Unavailable when the source cannot be reached."""
        ...

    def run(self, source: str, expr: Expr, ids: Sequence[str] | None) -> pa.Table:
        """Answer ``expr`` (a column ``key``) at the source, only for ``ids`` when given. Raises Unavailable."""
        ...


FRESH = timedelta(seconds=10)
"""How long what an object looks like is remembered: finding it out takes longer than asking a thousand people."""


class LiveObjects:
    """What objects of live sources look like. One that changed makes its question fail, and is then forgotten."""

    def __init__(self, live: LiveSources) -> None:
        """Find objects in ``live``."""
        self._live = live
        self._known: dict[tuple[str, str], tuple[datetime, LiveObject]] = {}

    def find(self, leaf: Live, now: datetime) -> LiveObject:
        """Return the object that ``leaf`` asks, as it looked at most ten seconds before ``now`` (naive UTC)."""
        name = (leaf.source, leaf.question.object)
        known = self._known.get(name)
        if known is None or not timedelta(0) <= now - known[0] < FRESH:
            known = self._known[name] = (now, self._live.object(*name))
        return known[1]

    def run(self, leaf: Live, expr: Expr, ids: Sequence[str] | None) -> pa.Table:
        """Ask the source."""
        try:
            return self._live.run(leaf.source, expr, ids)
        except Unavailable:
            self._known.pop((leaf.source, leaf.question.object), None)
            raise


class LiveQuestion(msgspec.Struct, frozen=True):
    """What is asked at the source; ``complement``: the leaf holds for all profiles but those that come back."""

    expr: Table
    kind: str
    complement: bool


def live_question(leaf: Live, found: LiveObject, moments: Moments) -> LiveQuestion:
    """Return the question of a live leaf, as an expression at its source with one column ``key`` (maybe repeated)."""
    ask = leaf.question
    rows = _rows(ask, found, moments)
    nothing = 0 if ask.measure in ("count", "days", "sum") else None
    inverted = holds(ask.test, nothing)
    if ask.measure == "count" and _existence(ask, inverted=inverted):
        # Not DISTINCT: the source chose an index order for it and took twenty times as long.
        return LiveQuestion(rows.select("key"), found.kind, inverted)
    measured = rows.group_by("key").aggregate(measure=_measure(ask, rows))
    kind = "number" if ask.measure in ("count", "days", "average") else found.kinds[ask.test.field]
    met = truth(Operand(measured.measure, kind), ask.test, moments)
    return LiveQuestion(measured.filter(~met if inverted else met).select("key"), found.kind, inverted)


def _existence(ask: Aggregate, *, inverted: bool) -> bool:
    """Return whether one record decides."""
    return all(holds(ask.test, n) != inverted for n in (1, 2, 3, 10**15))


def _rows(ask: Aggregate, found: LiveObject, moments: Moments) -> Table:
    """Return the records in the window that meet all conditions."""
    rows = found.table
    if "at" in rows.columns:
        always = ask.window == Window()
        inside = moments.within(rows["at"], ask.window)
        rows = rows.filter(inside | rows["at"].isnull() if always else inside)
    elif ask.window != Window():
        raise Unavailable(f"{ask.object} has no date at its source, so no window of time can be asked of it.")
    for condition in ask.where:
        operand = Operand(rows[condition.field], found.kinds[condition.field])
        rows = rows.filter(truth(operand, condition, moments))
    return rows


def _measure(ask: Aggregate, rows: Table) -> ibis.expr.types.Value:
    if ask.measure == "count":
        return rows.count()
    if ask.measure == "days":
        return rows["at"].date().nunique()
    column = rows[ask.test.field]
    measures = {"sum": column.sum, "average": column.mean, "least": column.min, "greatest": column.max}
    if ask.measure in measures:
        return measures[ask.measure]()
    return column.last(order_by=rows["at"]) if ask.measure == "last" else column.first(order_by=rows["at"])


def to_identities(kind: str, tables: Tables) -> Table:
    """Return the expression that turns the keys of a source (table ``live_keys``) into identity ids."""
    keys = ibis.table({"key": "string"}, name="live_keys")
    identity = tables("identity")
    known = identity.filter(identity.kind == kind).select("identity_id", "value")
    return known.semi_join(keys, known.value == keys.key).select("identity_id")
