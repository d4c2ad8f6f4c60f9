"""One leaf: what its controls hold, as JSON; what they do not show is kept as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from helder.errors import InvalidInput
from helder.intelligence.segments.vocabulary import PROFILE_KINDS
from helder.web.forms import Form

KINDS = ("attribute", "behaviour", "sequence", "aggregate", "live", "permission", "membership")
WITHOUT_VALUE = ("set", "not_set")
SPANS = ("in_last", "in_next")
UNITS = ("minutes", "hours", "days", "weeks")
OPS: dict[str, tuple[str, ...]] = {
    "text": ("is", "is_not", "in", "not_in", "contains", "starts_with", "set", "not_set"),
    "date": ("in_last", "in_next", "before", "after", "set", "not_set"),
    "time": ("in_last", "before", "after", "set", "not_set"),
}
"""Comparisons that are offered for each kind of field."""
COUNT_OPS = ("at_least", "at_most", "exactly", "never")
NUMBER_OPS = ("at_least", "more_than", "at_most", "less_than", "is")
_LONGEST = 500


def kind_of(raw: dict[str, Any]) -> str:
    """Return what kind of node a JSON object is."""
    return next((kind for kind in KINDS if kind in raw), "group")


def made(kind: str, key: str) -> dict[str, Any]:
    """Return a new leaf about ``key``, ready to be asked where that needs no value."""
    starts: dict[str, dict[str, Any]] = {
        "attribute": {"attribute": key, "op": "set"},
        "behaviour": {"behaviour": key, "op": "at_least", "times": 1, "in_last": "30 days"},
        "sequence": {"sequence": key, "then_not": key, "within": "24 hours", "in_last": "30 days"},
        "aggregate": {"aggregate": key, "measure": "count", "op": "at_least", "value": 1, "in_last": "365 days"},
        "permission": {"permission": key, "by": "email"},
        "membership": {"membership": key},
    }
    if kind not in starts:
        raise InvalidInput(f"a rule of the kind {kind} cannot be added here")
    return starts[kind]


def complete(raw: dict[str, Any]) -> bool:
    """Tell whether a leaf says enough to be asked: what it compares with is there."""
    if kind_of(raw) == "attribute" and raw.get("op") not in WITHOUT_VALUE:
        return raw.get("value") not in ("", None, [])
    return raw.get("value", 0) != "" and raw.get("times", 0) != ""


def read(form: Form, name: str) -> dict[str, Any]:
    """Return the leaf ``name`` as its controls say it."""
    try:
        raw = msgspec.json.decode(form.text(f"{name}.json"), type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise InvalidInput("this page is damaged; open it anew") from error
    reading = _READERS.get(kind_of(raw))

    def field(key: str) -> str | None:
        values = form.texts(f"{name}.{key}")
        return values[-1].strip()[:_LONGEST] if values else None

    return reading(raw, field) if reading else raw


Field = Callable[[str], str | None]


def _attribute(raw: dict[str, Any], field: Field) -> dict[str, Any]:
    key, op = field("field") or raw["attribute"], field("op") or raw.get("op", "set")
    allowed = OPS[PROFILE_KINDS.get(key, "text")]
    op = op if op in allowed or key == raw["attribute"] else allowed[-2]
    found: dict[str, Any] = {"attribute": key, "op": op}
    if op in WITHOUT_VALUE:
        return found
    if op in SPANS:
        return found | {"value": _span(field, "", raw.get("value")) or "30 days"}
    given = field("value")
    text = given if given is not None else _plain(raw.get("value"))
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return found | {"value": parts if op in ("in", "not_in") else text}


def _behaviour(raw: dict[str, Any], field: Field) -> dict[str, Any]:
    found = raw | {"behaviour": field("event") or raw["behaviour"], "op": field("op") or raw.get("op", "at_least")}
    if found["op"] == "never":
        found.pop("times", None)
    else:
        found["times"] = _number(field("times"), raw.get("times", 1))
    return _windowed(found, field)


def _sequence(raw: dict[str, Any], field: Field) -> dict[str, Any]:
    followed = raw.get("then_not") or raw.get("then")
    key = field("follows") or ("then_not" if "then_not" in raw else "then")
    found = {name: value for name, value in raw.items() if name not in ("then", "then_not")}
    found["sequence"] = field("first") or raw["sequence"]
    found[key if key in ("then", "then_not") else "then"] = field("then") or followed
    found["within"] = _span(field, "within_", raw["within"]) or "24 hours"
    return _windowed(found, field)


def _aggregate(raw: dict[str, Any], field: Field) -> dict[str, Any]:
    found = dict(raw)
    if "aggregate" in raw:
        found["aggregate"] = field("object") or raw["aggregate"]
    measure = field("measure")
    if measure:
        head, _, key = measure.partition(":")
        found["measure"] = head
        found.pop("field", None)
        found |= {"field": key} if key else {}
    found["op"] = field("op") or raw.get("op", "at_least")
    if found["op"] == "never":
        found.pop("value", None)
    else:
        found["value"] = _number(field("value"), raw.get("value", 1))
    return _windowed(found, field)


def _permission(raw: dict[str, Any], field: Field) -> dict[str, Any]:
    return raw | {"permission": field("purpose") or raw["permission"]}


def _membership(raw: dict[str, Any], field: Field) -> dict[str, Any]:
    return raw | {"membership": field("segment") or raw["membership"]}


_READERS: dict[str, Callable[[dict[str, Any], Field], dict[str, Any]]] = {
    "attribute": _attribute,
    "behaviour": _behaviour,
    "sequence": _sequence,
    "aggregate": _aggregate,
    "live": _aggregate,
    "permission": _permission,
    "membership": _membership,
}


def _windowed(found: dict[str, Any], field: Field) -> dict[str, Any]:
    """Return ``found`` with the window that its controls say; *ever* is none, and a fixed window stays."""
    if field("unit") is None:
        return found
    found.pop("in_last", None)
    span = _span(field, "", None)
    return found | ({"in_last": span} if span else {})


def _span(field: Field, prefix: str, before: object) -> str | None:
    """Return a length of time such as ``30 days``; None for ever."""
    unit = field(f"{prefix}unit")
    if unit is None:
        return before if isinstance(before, str) else None
    number = field(f"{prefix}n") or ""
    return f"{max(1, int(number))} {unit}" if unit in UNITS and _whole(number) else None


def _number(given: str | None, before: object) -> object:
    """Return a number as typed, with a comma or a point; what is none stays as it was, nothing is empty."""
    if given is None:
        return before
    text = given.replace(",", ".")
    if not text:
        return ""
    try:
        value = float(text)
    except ValueError:
        return before
    return int(value) if value.is_integer() else value


def _whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 7


def _plain(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return "" if value is None else str(value)
