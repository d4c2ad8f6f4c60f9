"""Expressions over the rows of a small table, worked out in memory: comparisons, null and all, as the engine has them.

A question to the engine costs milliseconds however few rows it reads. Most conditions of leaves compare a column with a
constant; those are known here, each worked out once however many leaves share it. What is not known here (text that is
searched, JSON, fractions, dates) the engine answers.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import ibis.expr.operations as ops
import msgspec
import numpy as np
import pyarrow as pa

from helder.intelligence.segments.index import Bitmap

_COMPARED: dict[type, Callable[[Any, Any], Any]] = {
    ops.Equals: operator.eq,
    ops.NotEquals: operator.ne,
    ops.Less: operator.lt,
    ops.LessEqual: operator.le,
    ops.Greater: operator.gt,
    ops.GreaterEqual: operator.ge,
}
_ALIKE = (ops.Equals, ops.NotEquals)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - moments in stores are naive UTC
Words: TypeAlias = dict[str, int]


class Values(msgspec.Struct, frozen=True):
    """One value a row, or one for all: truth, whole numbers (of moments microseconds), or text as numbers of words."""

    known: Any
    null: Any
    """Whether there is none; the value then says nothing."""
    words: Words | None = None


def is_known(value: ops.Value) -> bool:
    """Tell whether ``value`` can be worked out here."""
    match value:
        case ops.Field():
            return _kind(value) != ""
        case ops.Literal():
            return value.value is not None and _kind(value) != ""
        case ops.IsNull() | ops.NotNull() | ops.Not():
            return is_known(value.arg)
        case ops.And() | ops.Or():
            return is_known(value.left) and is_known(value.right)
        case ops.InValues():
            constants = all(isinstance(each, ops.Literal) for each in value.options)
            return constants and _alike((value.value, *value.options))
        case ops.Coalesce():
            return _alike(value.arg) and (_kind(value) != "text" or _filled(value.arg))
        case ops.Comparison() if type(value) in _COMPARED:
            text = _kind(value.left) == "text"
            return _alike((value.left, value.right)) and (not text or _with_constant(value))
        case _:
            return False


class Columns:
    """The values of expressions over the rows of one table."""

    def __init__(self, rows: pa.Table, now: datetime, marks: Mapping[datetime, timedelta]) -> None:
        """Work over ``rows``, at ``now`` (naive UTC); each mark stands for the moment so long before it."""
        self.rows = rows
        self._now, self._marks = now, marks
        self._found: dict[ops.Node, Values] = {}

    def holds(self, conditions: tuple[ops.Value, ...]) -> Bitmap:
        """Tell of each row whether all ``conditions`` are true."""
        found = np.ones(self.rows.num_rows, np.bool_)
        for each in conditions:
            values = self.of(each)
            found &= values.known if values.null is np.False_ else values.known & ~values.null
        return found

    def array(self, value: ops.Value) -> pa.ChunkedArray | pa.Array:
        """Return the values of a column, or of an expression that is known and no text."""
        if isinstance(value, ops.Field):
            return self.rows.column(value.name)
        values = self.of(value)
        size = self.rows.num_rows
        return pa.array(np.broadcast_to(values.known, size), mask=np.broadcast_to(values.null, size))

    def of(self, value: ops.Value) -> Values:
        """Return the values of ``value``, which is known."""
        found = self._found.get(value)
        if found is None:
            found = self._found[value] = self._worked_out(value)
        return found

    def _worked_out(self, value: Any) -> Values:
        match value:
            case ops.Field():
                return self._column(value)
            case ops.Literal():
                return Values(self._constant(value), np.False_)
            case ops.IsNull() | ops.NotNull():
                null = np.broadcast_to(self.of(value.arg).null, self.rows.num_rows)
                return Values(null if isinstance(value, ops.IsNull) else ~null, np.False_)
            case ops.Not():
                inner = self.of(value.arg)
                return Values(np.logical_not(inner.known), inner.null)
            case ops.And() | ops.Or():
                return _joined(self.of(value.left), self.of(value.right), both=isinstance(value, ops.And))
            case ops.InValues():
                return self._among(value)
            case ops.Coalesce():
                return self._first(value)
            case _:
                return self._compared(value)

    def _column(self, field: ops.Field) -> Values:
        rows = self.rows.column(field.name)
        null = np.False_ if not rows.null_count else rows.is_null().to_numpy()
        kind = _kind(field)
        if kind == "text":
            encoded = pa.concat_arrays(rows.chunks).dictionary_encode() if rows.num_chunks else _NO_TEXT
            words = {word: number for number, word in enumerate(encoded.dictionary.to_pylist())}
            return Values(encoded.indices.fill_null(_NO_WORD).to_numpy(), null, words)
        plain = rows.cast(pa.timestamp("us")).cast(pa.int64()) if kind == "moment" else rows
        filled = plain.fill_null(False if kind == "truth" else 0)
        return Values(filled.to_numpy(), null)

    def _constant(self, literal: ops.Literal) -> Any:
        value = literal.value
        if not isinstance(value, datetime):
            return value
        return _micros(self._now - self._marks[value] if value in self._marks else value)

    def _compared(self, value: Any) -> Values:
        left, right = self.of(value.left), self.of(value.right)
        number = right.known
        if left.words is not None:
            number = left.words.get(right.known, _NO_WORD)
        return Values(_COMPARED[type(value)](left.known, number), left.null | right.null)

    def _among(self, value: Any) -> Values:
        asked = self.of(value.value)
        wanted = [self._constant(each) for each in value.options]
        if asked.words is not None:
            wanted = [asked.words.get(each, _NO_WORD) for each in wanted]
        return Values(np.isin(asked.known, wanted), asked.null)

    def _first(self, value: Any) -> Values:
        first, *others = [self.of(each) for each in value.arg]
        for other in others:
            known = other.known
            words = first.words
            if words is not None:
                words = {**words}
                known = words.setdefault(other.known, len(words))
            first = Values(np.where(first.null, known, first.known), first.null & other.null, words)
        return first


_NO_WORD = -1
"""Of a word that no row has, and of rows without one."""
_NO_TEXT = pa.array([], pa.string()).dictionary_encode()


def _kind(value: Any) -> str:
    """Return what is told apart here; nothing for what is not known."""
    dtype = value.dtype
    if dtype.is_boolean():
        return "truth"
    if dtype.is_string():
        return "text"
    if dtype.is_timestamp():
        return "moment" if dtype.timezone is None else ""
    return "number" if dtype.is_integer() else ""


def _alike(values: tuple[Any, ...]) -> bool:
    """Tell whether all are known, and of one kind."""
    return len({_kind(each) for each in values}) == 1 and all(map(is_known, values))


def _filled(values: tuple[Any, ...]) -> bool:
    """Tell whether text is a column with constants behind it."""
    return isinstance(values[0], ops.Field) and all(isinstance(each, ops.Literal) for each in values[1:])


def _with_constant(value: Any) -> bool:
    """Tell whether text is compared with a constant for being the same."""
    column_like = isinstance(value.left, ops.Field | ops.Coalesce)
    return isinstance(value, _ALIKE) and column_like and isinstance(value.right, ops.Literal)


def _joined(left: Values, right: Values, *, both: bool) -> Values:
    """Return "and" or "or": null where what is null would decide."""
    deciding = [(each.known != both) & ~each.null for each in (left, right)]
    decided = deciding[0] | deciding[1]
    return Values(decided if not both else ~decided, (left.null | right.null) & ~decided)


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)
