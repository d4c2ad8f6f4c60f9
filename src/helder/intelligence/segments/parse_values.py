"""The small parts of a rule in JSON: texts, numbers, spans, windows, conditions."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from datetime import UTC, datetime, tzinfo
from typing import Any, cast, get_args

from helder.intelligence.segments.fault import nearest, refuse
from helder.intelligence.segments.rule import Condition, Counting, Op, Span, Unit, Value, Window

COUNTINGS: tuple[str, ...] = get_args(Counting)
OPS: tuple[str, ...] = get_args(Op)
UNITS: tuple[str, ...] = get_args(Unit)
LONGEST = 36_500 * 86_400
"""Seconds; a window of more than a hundred years is a mistake."""

_SPAN = re.compile(r"(\d{1,9}) ?([a-z]+)")
_BARE = {"set", "not_set"}
_TEXTS = {"contains", "not_contains", "starts_with"}
_NUMBERS = {"at_least", "at_most", "more_than", "less_than"}


def keys(node: dict[str, Any], known: Collection[str], path: str) -> None:
    """Refuse a node that says things nobody would read."""
    for key in node:
        if key not in known:
            refuse(f"{path}.{key}", f"is not known here. {nearest(str(key), known)}".rstrip())


def text(raw: object, path: str) -> str:
    """Return a text that says something."""
    if not isinstance(raw, str) or not raw.strip():
        refuse(path, 'must be a text between quotes, such as "email".')
    return cast("str", raw)


def whole(raw: object, path: str, least: int) -> int:
    """Return a whole number of at least ``least``."""
    if not isinstance(raw, int) or isinstance(raw, bool) or not least <= raw < 2**31:
        refuse(path, f"{raw!r} is not a whole number of {least} or more.")
    return cast("int", raw)


def span(raw: object, path: str) -> Span:
    """Return a length of time, written as ``24 hours``."""
    found = _SPAN.fullmatch(raw.strip().lower()) if isinstance(raw, str) else None
    unit = _unit(found[2]) if found else None
    if found is None or unit is None or int(found[1]) < 1:
        refuse(path, f'{raw!r} is not a length of time; write a number and {", ".join(UNITS)}, such as "24 hours".')
    made = Span(int(found[1]), unit)
    if made.n * {"minutes": 60, "hours": 3600, "days": 86_400, "weeks": 604_800}[made.unit] > LONGEST:
        refuse(path, f"{raw!r} is longer than a hundred years; use a shorter window, or none.")
    return made


def _unit(word: str) -> Unit | None:
    """Return the unit that ``word`` names, in the singular too."""
    name = word if word.endswith("s") else f"{word}s"
    return cast("Unit", name) if name in UNITS else None


def window(node: dict[str, Any], path: str, zone: tzinfo) -> Window:
    """Return the window of a leaf."""
    if "in_last" in node and ("since" in node or "until" in node):
        refuse(f"{path}.in_last", "a window is either in_last or since/until, not both.")
    if "in_last" in node:
        return Window(in_last=span(node["in_last"], f"{path}.in_last"))
    since = moment(node["since"], f"{path}.since", zone) if "since" in node else None
    until = moment(node["until"], f"{path}.until", zone) if "until" in node else None
    if since is not None and until is not None and since >= until:
        refuse(f"{path}.until", "must be later than since.")
    return Window(since=since, until=until)


def moment(raw: object, path: str, zone: tzinfo) -> datetime:
    """Return a naive UTC moment; a text without an offset is in the company's zone, a date is its midnight."""
    try:
        found = datetime.fromisoformat(cast("str", raw))
        local = found if found.tzinfo else found.replace(tzinfo=zone)
        return local.astimezone(UTC).replace(tzinfo=None)
    except (TypeError, ValueError, OverflowError):
        refuse(path, f'{raw!r} is not a date or a time; write "2026-12-15" or "2026-12-15T09:00+01:00".')


def condition(raw: object, path: str, zone: tzinfo) -> Condition:
    """Return a condition on rows: ``{"field": "title", "op": "is", "value": "tuin"}``."""
    if not isinstance(raw, dict):
        refuse(path, 'must be an object such as {"field": "title", "op": "is", "value": "tuin"}.')
    node = cast("dict[str, Any]", raw)
    keys(node, ("field", "op", "value"), path)
    return test(text(node.get("field"), f"{path}.field"), node, path, zone)


def test(field: str, node: dict[str, Any], path: str, zone: tzinfo) -> Condition:
    """Return the comparison ``op`` ``value`` of ``node`` with ``field``."""
    given = node.get("op", "is")
    if given not in OPS:
        refuse(f"{path}.op", f"{given!r} is not a comparison. {nearest(str(given), OPS)}".rstrip())
    op = cast("Op", given)
    if op in _BARE:
        if "value" in node:
            refuse(f"{path}.value", f"{op!r} has no value; leave it out.")
        return Condition(field=field, op=op)
    if node.get("value") is None:
        refuse(f"{path}.value", f"is missing; say what {op!r} compares with.")
    return Condition(field=field, op=op, value=value(op, node["value"], f"{path}.value", zone))


def value(op: str, raw: object, path: str, zone: tzinfo) -> Value:
    """Return what ``op`` compares with, in the type that it asks for."""
    if op in ("in", "not_in"):
        return _several(raw, path)
    if op == "between":
        return _pair(raw, path)
    if op in ("before", "after"):
        return moment(raw, path, zone)
    if op in ("in_last", "in_next"):
        return span(raw, path)
    if op in _TEXTS:
        return text(raw, path)
    return _number(raw, path) if op in _NUMBERS else _scalar(raw, path)


def _several(raw: object, path: str) -> tuple[str | int | float, ...]:
    """Return a list of texts or of numbers."""
    if not isinstance(raw, list) or not raw:
        refuse(path, 'must be a list with at least one value, such as ["NL", "BE"].')
    values = cast("list[Any]", raw)
    if not (all(isinstance(each, str) for each in values) or all(_is_number(each) for each in values)):
        refuse(path, "must hold texts only, or numbers only.")
    return tuple(values)


def _pair(raw: object, path: str) -> tuple[int | float, ...]:
    """Return a lower and an upper bound, both included."""
    if not isinstance(raw, list) or len(raw) != 2 or not all(map(_is_number, raw)) or raw[0] > raw[1]:
        refuse(path, "must be a list of two numbers, the lower first; both are included.")
    return tuple(cast("list[Any]", raw))


def _number(raw: object, path: str) -> int | float:
    """Return a number."""
    if not _is_number(raw):
        refuse(path, f"{raw!r} is not a number.")
    return cast("int | float", raw)


def _scalar(raw: object, path: str) -> bool | int | float | str:
    """Return a text, a number or a boolean."""
    if not (isinstance(raw, str | bool) or _is_number(raw)):
        refuse(path, "must be a text, a number, true or false.")
    return cast("bool | int | float | str", raw)


def _is_number(raw: object) -> bool:
    """Return whether ``raw`` is a number that stores can hold."""
    return isinstance(raw, int | float) and not isinstance(raw, bool) and math.isfinite(raw) and abs(raw) < 1e15
