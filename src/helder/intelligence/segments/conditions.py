"""From a condition to a boolean column that is never null.

Text is compared as it is; ``contains`` and ``starts_with`` do not mind upper or lower case. A negative comparison is
the exact opposite of its positive one, so an empty field *is not* Utrecht. A property of an event, and a field that
only the source knows, is JSON text: it is read as the type of what it is compared with; what cannot be is empty.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import datetime
from typing import cast

import ibis
import msgspec
from ibis.expr.types import BooleanColumn, Column, StringColumn, Table, TimestampColumn

from helder.intelligence.segments.moments import Moments, moment
from helder.intelligence.segments.rule import NEGATIVE, Condition, Span, Value
from helder.store.facts.json_text import json_text

MICROS = 1_000_000


class Operand(msgspec.Struct, frozen=True):
    """A column and how it is compared: text, number, money (micros), time, date, flag, or raw (text out of JSON)."""

    column: Column
    kind: str


def truth(operand: Operand, condition: Condition, moments: Moments) -> BooleanColumn:
    """Return whether ``condition`` holds of ``operand``, row by row; never null."""
    positive = NEGATIVE.get(condition.op, condition.op)
    if positive == "set":
        found = operand.column.notnull()
        if operand.kind in ("text", "raw", "choice"):
            found &= operand.column.cast("string") != ""
    else:
        found = _compared(operand, condition, positive, moments)
    found = ibis.coalesce(found, False)
    return ~found if condition.op in NEGATIVE else found


def _compared(operand: Operand, condition: Condition, op: str, moments: Moments) -> BooleanColumn:
    """Return the positive comparison ``op``; null where the operand is."""
    if op in _RELATIVE:
        return _RELATIVE[op](as_time(operand), cast("Span", condition.value), moments)
    return _PLAIN[op](_typed(operand, condition), _literal(operand, condition))


def in_micros(condition: Condition) -> Condition | None:
    """Return a comparison of an amount with amounts as one of micros; None when it is with something else."""
    value = condition.value
    if not (_is_number(value) or value is None):
        return None
    amounts = tuple(map(_micros, value)) if isinstance(value, tuple) else _micros(value)
    return msgspec.structs.replace(condition, value=cast("Value", amounts))


def property_of(table: Table, column: str, key: str, dialect: str) -> Operand:
    """Return the scalar under ``key`` of a JSON column."""
    return Operand(json_text(table[column], key, dialect), "raw")


def as_time(operand: Operand) -> TimestampColumn:
    """Return the operand as a moment; a date is its midnight in UTC, what cannot be read is null."""
    if operand.column.type().is_string():
        return operand.column.try_cast("timestamp(6)")
    return operand.column.cast("timestamp(6)") if operand.column.type().is_date() else operand.column


def _typed(operand: Operand, condition: Condition) -> Column:
    """Return the column in the type that the condition's value asks for."""
    column = operand.column
    if condition.op in ("before", "after"):
        return as_time(operand)
    if isinstance(condition.value, str) and not column.type().is_string():
        return column.cast("string")
    if _is_number(condition.value) and column.type().is_string():
        return column.try_cast("float64")
    return column


def _literal(operand: Operand, condition: Condition) -> object:
    """Return what is compared with: money in micros, the rest as it is."""
    value = condition.value
    if operand.kind == "money":
        return tuple(map(_micros, value)) if isinstance(value, tuple) else _micros(value)
    if isinstance(value, bool) and operand.kind == "raw":
        return "true" if value else "false"
    return value


def _micros(value: object) -> object:
    """Return an amount in whole currency units as micros; anything else unchanged."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return round(cast("float", value) * MICROS) if number else value


def _is_number(value: object) -> bool:
    first = value[0] if isinstance(value, tuple) else value
    return isinstance(first, int | float) and not isinstance(first, bool)


def _contains(column: StringColumn, value: str) -> BooleanColumn:
    return column.lower().contains(ibis.literal(value).lower())


def _starts(column: StringColumn, value: str) -> BooleanColumn:
    return column.lower().startswith(ibis.literal(value).lower())


def _before(column: TimestampColumn, value: datetime) -> BooleanColumn:
    return column < moment(value)


def _after(column: TimestampColumn, value: datetime) -> BooleanColumn:
    return column >= moment(value)


def _in_last(column: TimestampColumn, value: Span, moments: Moments) -> BooleanColumn:
    return (column > moments.ago(value.length)) & (column <= moments.ago())


def _in_next(column: TimestampColumn, value: Span, moments: Moments) -> BooleanColumn:
    return (column > moments.ago()) & (column <= moments.ago(-value.length))


def _within(column: Column, value: tuple[float, float]) -> BooleanColumn:
    return (column >= value[0]) & (column <= value[1])


def _among(column: Column, value: tuple[str | float, ...]) -> BooleanColumn:
    return column.isin(list(value))


_PLAIN: dict[str, Callable[..., BooleanColumn]] = {
    "is": operator.eq,
    "in": _among,
    "contains": _contains,
    "starts_with": _starts,
    "at_least": operator.ge,
    "at_most": operator.le,
    "more_than": operator.gt,
    "less_than": operator.lt,
    "between": _within,
    "before": _before,
    "after": _after,
}
_RELATIVE: dict[str, Callable[[TimestampColumn, Span, Moments], BooleanColumn]] = {
    "in_last": _in_last,
    "in_next": _in_next,
}
