"""From a source's columns to the catalogue's types. A value that cannot be right becomes null, and is counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from helder.integrate.mapping import Column

Array: TypeAlias = Any
"""A pyarrow Array: its package carries no types."""
MICROS = 1_000_000
FIRST_YEAR, LAST_YEAR = 1900, 2150
"""Moments outside these years are slips of a keyboard or of a database's default."""
_MOST = 9_000_000_000_000
_TRUE = frozenset({"1", "true", "yes", "y", "ja", "j", "waar", "on", "t"})
_FALSE = frozenset({"0", "false", "no", "n", "nee", "onwaar", "off", "f"})
_STAMP = pa.timestamp("us")


class Fault(msgspec.Struct, frozen=True, gc=False):
    """A value that could not be used; its row was kept."""

    reason: str
    """bad_date | impossible_date | bad_number | bad_money | bad_flag | bad_email | bad_phone"""
    column: str
    row: int
    """Index in the chunk."""
    value: str


class Converted(msgspec.Struct, frozen=True):
    """A column in the type of the catalogue."""

    values: Array
    faults: tuple[Fault, ...] = ()


def as_text(column: Array) -> Array:
    """Return any column as trimmed text; whole floats lose their ``.0``, empty text becomes null."""
    column = _plain(column)
    if pa.types.is_floating(column.type):
        whole = pc.equal(column, pc.round(column))
        text = pc.cast(column, pa.string())
        column = pc.if_else(whole, pc.replace_substring_regex(text, r"\.0$", ""), text)
    trimmed = pc.utf8_trim_whitespace(pc.cast(column, pa.string()))
    return pc.if_else(pc.equal(trimmed, ""), None, trimmed)


def by_distinct(column: Array, make: Callable[[str], object], kind: Any) -> Array:
    """Apply ``make`` to each distinct text once and return the results, of type ``kind``, in the rows' order."""
    encoded = pc.dictionary_encode(_plain(column))
    made = pa.array([None if value is None else make(value) for value in encoded.dictionary.to_pylist()], kind)
    return made.take(encoded.indices)


def converted(column: Array, spec: Column, kind: str, zone: str, now: datetime) -> Converted:
    """Return ``column`` as the catalogue's type ``kind``.

    Args:
        column: as the source gave it.
        spec: how the mapping file says to read it.
        kind: text, choice, number, money (micros), time (naive UTC), date or flag.
        zone: IANA zone of times that do not say theirs.
        now: birth dates after it are impossible (aware UTC).
    """
    column = _plain(column)
    if kind in {"time", "date"}:
        return _times(column, spec, kind, spec.zone or zone, now)
    if kind == "number":
        return _numbers(column, spec)
    if kind == "money":
        return _money(column, spec)
    text = as_text(column)
    if spec.values:
        keep = spec.others == "keep" and kind != "flag"
        text = by_distinct(text, lambda value: _word(spec, value, value if keep else None), pa.string())
    if kind == "flag":
        return _checked(text, by_distinct(text, _flag, pa.bool_()), spec.column, "bad_flag")
    return Converted(text)


def _word(spec: Column, value: str, otherwise: str | None) -> str | None:
    found = spec.values.get(value, otherwise)
    return str(found).lower() if isinstance(found, bool) else found


def _times(column: Array, spec: Column, kind: str, zone: str, now: datetime) -> Converted:
    """Return moments as naive UTC, and days as dates."""
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        made = _native_times(column, zone)
        text = pc.cast(column, pa.string())
    else:
        text = as_text(column)
        made = by_distinct(text, partial(_moment, pattern=spec.format, zone=ZoneInfo(zone)), _STAMP)
    result = _checked(text, made, spec.column, "bad_date")
    made, faults = result.values, result.faults
    years = pc.year(made)
    wild = pc.or_(pc.less(years, FIRST_YEAR), pc.greater_equal(years, LAST_YEAR))
    if kind == "date":
        wild = pc.or_(wild, pc.greater(made, pa.scalar(now.astimezone(UTC).replace(tzinfo=None), _STAMP)))
    possible = pc.if_else(wild, None, made)
    faults += _faults(text, pc.fill_null(wild, fill_value=False), spec.column, "impossible_date")
    return Converted(pc.cast(possible, pa.date32(), safe=False) if kind == "date" else possible, faults)


def _native_times(column: Array, zone: str) -> Array:
    if pa.types.is_date(column.type):
        return pc.cast(column, _STAMP)
    stamps = pc.cast(column, pa.timestamp("us", column.type.tz), safe=False)
    if stamps.type.tz is None and zone != "UTC":
        stamps = pc.assume_timezone(stamps, zone, ambiguous="earliest", nonexistent="latest")
    return stamps if stamps.type.tz is None else pc.cast(pc.cast(stamps, pa.timestamp("us", "UTC")), _STAMP)


def _moment(text: str, pattern: str, zone: ZoneInfo) -> datetime | None:
    """Return the moment that ``text`` writes as naive UTC (a bare date: its midnight, unmoved); None when none."""
    try:
        if pattern == "iso":
            found = datetime.fromisoformat(text)
            bare = len(text) == 10
        elif pattern in {"unix", "unix_ms"}:
            found = datetime.fromtimestamp(float(text) / (1000 if pattern == "unix_ms" else 1), UTC)
            bare = False
        else:
            found = datetime.strptime(text, pattern)  # noqa: DTZ007 - its zone is the source's, added below
            bare = "%H" not in pattern and "%I" not in pattern
        if bare and found.tzinfo is None:
            return found
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError):
        return None


def _numbers(column: Array, spec: Column) -> Converted:
    """Return numbers as float64; infinite ones and those that are none become null."""
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
        numbers = pc.cast(column, pa.float64())
        made = pc.if_else(pc.is_finite(numbers), numbers, None)
        return _checked(pc.cast(column, pa.string()), made, spec.column, "bad_number")
    text = as_text(column)
    made = by_distinct(text, lambda value: _float(value, spec.decimal), pa.float64())
    return _checked(text, made, spec.column, "bad_number")


def _money(column: Array, spec: Column) -> Converted:
    """Return money as micros: exact from text, and from floats rounded at the sixth decimal."""
    unit = MICROS // 100 if spec.unit == "cent" else MICROS
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        numbers = pc.multiply(pc.cast(column, pa.float64()), float(unit))
        sane = pc.and_(pc.is_finite(numbers), pc.less(pc.abs(numbers), float(_MOST * MICROS)))
        made = pc.cast(pc.round(pc.if_else(sane, numbers, None)), pa.int64())
        return _checked(pc.cast(column, pa.string()), made, spec.column, "bad_money")
    text = as_text(pc.cast(column, pa.string()) if pa.types.is_decimal(column.type) else column)
    made = by_distinct(text, lambda value: _micros(value, spec.decimal, unit), pa.int64())
    return _checked(text, made, spec.column, "bad_money")


def _decimal(text: str, mark: str) -> Decimal | None:
    """Return the number in ``text``; where the mark is not told, the last of ``.`` and ``,`` is it."""
    plain = text.strip("€$£ \u00a0").replace("\u00a0", "").replace(" ", "").replace("'", "")
    plain = plain.removesuffix(",-").removesuffix("EUR")
    if not mark:
        mark = "," if _comma_is_mark(plain) else "."
    plain = plain.replace("." if mark == "," else ",", "").replace(mark, ".")
    try:
        found = Decimal(plain)
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < _MOST else None


def _comma_is_mark(plain: str) -> bool:
    """Tell whether the comma is the decimal mark: it comes last, and not once before exactly three digits."""
    comma, dot = plain.rfind(","), plain.rfind(".")
    if comma < 0 or comma < dot:
        return False
    return dot >= 0 or (plain.count(",") == 1 and len(plain) - comma - 1 != 3)


def _float(text: str, mark: str) -> float | None:
    found = _decimal(text, mark)
    return None if found is None else float(found)


def _micros(text: str, mark: str, unit: int) -> int | None:
    found = _decimal(text, mark)
    return None if found is None else int((found * unit).to_integral_value())


def _flag(text: str) -> bool | None:
    low = text.lower()
    return True if low in _TRUE else False if low in _FALSE else None


def _checked(text: Array, made: Array, column: str, reason: str) -> Converted:
    """Return the converted column, with a fault for each value that came to nothing."""
    lost = pc.and_(pc.is_valid(text), pc.is_null(made))
    return Converted(made, _faults(text, lost, column, reason))


def _faults(text: Array, lost: Array, column: str, reason: str) -> tuple[Fault, ...]:
    if not pc.any(lost).as_py():
        return ()
    rows = pc.indices_nonzero(lost).to_pylist()
    values = text.filter(lost).to_pylist()
    return tuple(Fault(reason, column, row, value[:200]) for row, value in zip(rows, values, strict=True))


def _plain(column: Array) -> Array:
    """Return a column as one plain array."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return pc.cast(column, pa.string()) if pa.types.is_large_string(column.type) else column
