"""Who is due: whose answer may change by the passing of time alone.

"Viewed in the last 7 days" ends by itself; "did not finish within 24 hours" begins by itself. Every leaf names the
moments in rows that matter to it, each with an offset: at ``moment + offset`` the answer may change. Between two times
those are the rows whose moment lies in the slice that just crossed the boundary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import cast

import msgspec
from ibis.expr.types import Table, TimestampColumn, TimestampScalar

from helder.intelligence.segments.behaviour import named
from helder.intelligence.segments.conditions import Operand, as_time, property_of
from helder.intelligence.segments.moments import NOTHING
from helder.intelligence.segments.records import operand
from helder.intelligence.segments.rule import (
    Aggregate,
    Attribute,
    Behaviour,
    Condition,
    Leaf,
    Permission,
    Sequence,
    Span,
    Window,
)
from helder.intelligence.segments.setting import Setting


class Boundary(msgspec.Struct, frozen=True):
    """Rows (with identity_id or profile_id) whose ``at`` matters, and how long after it the answer may change."""

    rows: Table
    at: TimestampColumn
    offset: timedelta
    event: str = ""
    """Set when the rows are all events of this name, and ``at`` is when they happened."""


Edge = Callable[[timedelta], TimestampScalar]
"""Gives a bound of a slice of time, so much earlier."""


def due(boundary: Boundary, since: Edge, at: Edge) -> Table:
    """Return the rows (identity_id or profile_id) for whom an answer may change in ``(since, at]``."""
    rows = _crossing(boundary.rows, boundary.at, boundary.offset, (since, at))
    return rows.select("profile_id" if "profile_id" in rows.columns else "identity_id")


def due_events(offset: timedelta, setting: Setting, since: Edge, at: Edge) -> Table:
    """Return the events (identity_id, name, type) of ``offset`` before ``(since, at]``: for all names at once."""
    events = setting.tables("every_event")
    return _crossing(events, events["at"], offset, (since, at)).select("identity_id", "name", "type")


def _crossing(rows: Table, moment: TimestampColumn, offset: timedelta, edges: tuple[Edge, Edge]) -> Table:
    since, at = edges
    return rows.filter(moment > since(offset), moment <= at(offset))


def boundaries(leaf: Leaf, setting: Setting) -> Iterator[Boundary]:
    """Yield the boundaries of a leaf. A live leaf has none that Helder knows of: it is asked anew every few minutes."""
    match leaf:
        case Attribute():
            profile = setting.tables("profile")
            yield from _of_test(profile, Operand(profile[leaf.test.field], "time"), leaf.test)
        case Behaviour():
            yield from _of_events(leaf.event, leaf.where, _offsets(leaf.window), setting)
        case Sequence():
            begins = _offsets(leaf.window) | ({leaf.within.length} if leaf.negated else set())
            yield from _of_events(leaf.first, leaf.where, begins, setting)
            yield from _of_events(leaf.then, leaf.then_where, {NOTHING}, setting)
        case Aggregate():
            yield from _of_records(leaf, setting)
        case Permission():
            consent = setting.tables("consent")
            yield Boundary(consent, consent["at"], NOTHING)
            for name in ("orders", "subscription") if leaf.purpose in setting.soft_opt_in else ():
                yield Boundary(setting.tables(name), setting.tables(name)["at"], NOTHING)
        case _:
            return


def _of_events(
    name: str, where: tuple[Condition, ...], offsets: set[timedelta], setting: Setting
) -> Iterator[Boundary]:
    """Yield the boundaries of events of one name and of the moments in their properties."""
    rows = named(name, setting)
    for offset in offsets:
        yield Boundary(rows, rows["at"], offset, name)
    for test in where:
        yield from _of_test(rows, property_of(rows, "properties", test.field, setting.dialect), test)


def _of_records(leaf: Aggregate, setting: Setting) -> Iterator[Boundary]:
    """Yield the boundaries of the records of an object and of the moments in their fields."""
    rows = setting.tables(setting.catalogue.objects[leaf.object].table)
    for offset in _offsets(leaf.window):
        yield Boundary(rows, rows["at"], offset)
    for test in (*leaf.where, leaf.test):
        if test.field:
            yield from _of_test(rows, operand(leaf, rows, test.field, setting), test)


def _of_test(rows: Table, operand: Operand, test: Condition) -> Iterator[Boundary]:
    """Yield the boundaries of a comparison with the present."""
    if test.op not in ("in_last", "in_next"):
        return
    length = cast("Span", test.value).length
    at = as_time(operand)
    for offset in (NOTHING, length if test.op == "in_last" else -length):
        yield Boundary(rows, at, offset)


def _offsets(window: Window) -> set[timedelta]:
    """Return when a row comes into the window (at its own moment: it may lie ahead) and when it falls out."""
    return {NOTHING} if window.in_last is None else {NOTHING, window.in_last.length}
