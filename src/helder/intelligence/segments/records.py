"""Leaves over the records of an object: orders, subscriptions, tickets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import ibis
from ibis.expr.types import Column, Table, Value

from helder.intelligence.segments.conditions import Operand, in_micros, property_of, truth
from helder.intelligence.segments.counting import compared, counted, holds
from helder.intelligence.segments.moments import moment
from helder.intelligence.segments.rule import Aggregate, Window
from helder.intelligence.segments.setting import Question, Setting
from helder.intelligence.segments.vocabulary import RETURN, place


def aggregate(leaf: Aggregate, setting: Setting) -> Question:
    """Measure a profile's records of an object, and compare."""
    rows = _records(leaf, setting)
    if leaf.measure == "count":
        return counted(rows, leaf.test, setting.moments)
    nothing = 0 if leaf.measure in ("days", "sum") else None
    column, kind = (rows["at"].date(), "number") if leaf.measure == "days" else _column(leaf, rows, setting)
    tie = rows["record_key"] if "record_key" in rows.columns else rows["source"]
    valued = rows.select("identity_id", "at", tie=tie, value=column)
    valued = valued.filter(valued.value.notnull())

    def finish(mapped: Table) -> Table:
        measured = (
            _outermost(mapped, leaf.measure) if leaf.measure in ("last", "first") else _total(mapped, leaf.measure)
        )
        return compared(measured, kind, leaf.test, setting.moments, nothing)

    money = kind == "money" and leaf.measure == "sum"
    totalled = in_micros(leaf.test) if money else None
    return Question(valued, finish, complement=holds(leaf.test, nothing), totalled=totalled)


def _records(leaf: Aggregate, setting: Setting) -> Table:
    """Return the current records of the object in the window that meet all conditions."""
    entry = setting.catalogue.objects[leaf.object]
    rows = setting.tables(entry.table)
    if "until_batch" in rows.columns:
        rows = rows.filter(rows.until_batch.isnull())
    rows = rows.filter(
        rows.identity_id.notnull()
    )  # a record that is nobody's (sold over the counter) counts for nobody
    if entry.table == "orders":
        returned = ibis.coalesce(rows.kind == RETURN, False)
        rows = rows.filter(returned if leaf.object == RETURN else ~returned)
    # A record without a date counts when no window asks for one.
    rows = rows.filter(ibis.coalesce(setting.moments.within(rows["at"], leaf.window), leaf.window == Window()))
    for condition in leaf.where:
        rows = rows.filter(truth(operand(leaf, rows, condition.field, setting), condition, setting.moments))
    return rows


def operand(leaf: Aggregate, rows: Table, field: str, setting: Setting) -> Operand:
    """Return the column of a field."""
    found = place(setting.catalogue.objects[leaf.object], field)
    if found is None:
        raise KeyError(f"{leaf.object}.{field}")
    if found.kind == "raw":
        return property_of(rows, "extra", found.key, setting.dialect)
    return Operand(rows[found.column], found.kind)


def _column(leaf: Aggregate, rows: Table, setting: Setting) -> tuple[Column, str]:
    """Return the column that is measured, and the kind of the measure."""
    found = operand(leaf, rows, leaf.test.field, setting)
    if found.kind == "raw" and leaf.measure not in ("last", "first"):
        return found.column.try_cast("float64"), "number"
    return found.column, found.kind


def _total(mapped: Table, measure: str) -> Table:
    """Return (profile_id, measure) over all of a profile's rows."""
    return mapped.group_by("profile_id").aggregate(measure=_MEASURES[measure](mapped))


def _outermost(mapped: Table, measure: str) -> Table:
    """Return (profile_id, measure) of each profile's last or first row; a row without a date comes before all others.

    By rank: Spark knows no order within an aggregate.
    """
    dated = mapped.mutate(dated=ibis.coalesce(mapped["at"], moment(_LONG_AGO)))
    order = [dated.dated, dated.tie]
    order = [each.desc() for each in order] if measure == "last" else order
    ranked = dated.mutate(rank=ibis.row_number().over(group_by=dated.profile_id, order_by=order))
    return ranked.filter(ranked["rank"] == 0).select("profile_id", measure="value")


_LONG_AGO = datetime(1, 1, 1)  # noqa: DTZ001 - naive UTC, as the stores hold it
_MEASURES: dict[str, Callable[[Table], Value]] = {
    "days": lambda rows: rows.value.nunique(),
    "sum": lambda rows: rows.value.sum(),
    "average": lambda rows: rows.value.mean(),
    "least": lambda rows: rows.value.min(),
    "greatest": lambda rows: rows.value.max(),
}
