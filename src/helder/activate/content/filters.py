"""The filters that a template may use: a closed list, each bounded in time and size.

Dates and amounts are written as people in the template's language write them (CLDR, through Babel).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal
from liquid import Environment
from liquid.exceptions import FilterArgumentError

ALLOWED = (
    *("default", "escape", "escape_once", "upcase", "downcase", "capitalize", "strip", "lstrip", "rstrip"),
    *("truncate", "truncatewords", "size", "first", "last", "join", "split", "reverse", "sort", "uniq"),
    *("plus", "minus", "times", "divided_by", "modulo", "round", "ceil", "floor", "abs", "at_least", "at_most"),
    *("url_encode", "append", "prepend", "newline_to_br", "strip_html", "remove"),
)
"""Of Liquid's own filters; left out are those that read a clock, or grow a text by multiplying."""

_LONGEST = 20_000
_COUNTING = frozenset(
    {"plus", "minus", "times", "divided_by", "modulo", "round", "ceil", "floor", "abs", "at_least", "at_most"}
)
_NUMBER = re.compile(r"\s*[+-]?\d{1,15}(\.\d{1,15})?\s*")


def set_filters(environment: Environment, language: str, zone: ZoneInfo) -> None:
    """Leave ``environment`` the allowed filters only, and add ``date``, ``time``, ``money`` and ``number``."""
    kept = {name: environment.filters[name] for name in ALLOWED}
    environment.filters.clear()
    for name, function in kept.items():
        environment.add_filter(name, _bounded(name, function))
    for name, function in (("date", _date), ("time", _time)):
        environment.add_filter(name, partial(function, language, zone))
    for name, function in (("money", _money), ("number", _number)):
        environment.add_filter(name, partial(function, language))


def _bounded(name: str, function: Callable[..., object]) -> Callable[..., object]:
    """Wrap a filter so that what goes in is of a bounded length, and with it what comes out and the time it takes."""

    def bounded(*values: object, **named: object) -> object:
        if any(isinstance(value, (str, list, tuple)) and len(value) > _LONGEST for value in values):
            raise FilterArgumentError(f"{name}: a value is longer than {_LONGEST:,}", token=None)
        if name in _COUNTING and not all(map(_countable, values)):
            raise FilterArgumentError(f"{name}: a value is no number, or too great a one", token=None)
        return function(*values, **named)

    # Liquid reads these marks to hand a filter its context or environment.
    bounded.__dict__.update(getattr(function, "__dict__", {}))
    return bounded


def _countable(value: object) -> bool:
    """Tell whether a value is a number of bounded size: numbers without bound can be grown until memory ends."""
    if isinstance(value, str):
        return _NUMBER.fullmatch(value) is not None
    return value is None or (isinstance(value, int | float | Decimal) and abs(value) < 10**15)


def _date(language: str, zone: ZoneInfo, value: object, style: str = "full") -> str:
    """``2026-12-05`` becomes ``zaterdag 5 december 2026``; styles full, long, medium, short, or a CLDR pattern."""
    return "" if (moment := _moment(value, zone)) is None else format_date(moment, format=style, locale=language)


def _time(language: str, zone: ZoneInfo, value: object) -> str:
    """``2026-12-05T13:30:00Z`` becomes ``14:30`` in the company's zone."""
    moment = _moment(value, zone)
    return format_time(moment.time(), format="short", locale=language) if isinstance(moment, datetime) else ""


def _moment(value: object, zone: ZoneInfo) -> date | datetime | None:
    """Read an ISO 8601 date or moment; a moment with a zone is brought to the company's."""
    if not isinstance(value, str) or not value.strip():
        return None
    text = value.strip()
    try:
        if len(text) == 10:
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise FilterArgumentError(f"date: {text[:40]!r} is no date as ISO 8601 writes it", token=None) from error
    return moment.astimezone(zone) if moment.tzinfo else moment


def _money(language: str, value: object, currency: str = "EUR") -> str:
    """``89`` becomes ``€ 89,00``."""
    return "" if value is None or value == "" else format_currency(_decimal(value), currency, locale=language)


def _number(language: str, value: object) -> str:
    """``1234.5`` becomes ``1.234,5``."""
    return "" if value is None or value == "" else format_decimal(_decimal(value), locale=language)


def _decimal(value: object) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise FilterArgumentError("money: the value is no number", token=None) from error
    if not number.is_finite() or abs(number) > 10**12:
        raise FilterArgumentError("money: the value is out of range", token=None)
    return number
