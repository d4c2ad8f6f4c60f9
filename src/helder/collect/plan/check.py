"""Whether an event fits its source's plan: compiled once a version, so that the door spends a microsecond on it.

Each event's properties become one msgspec decoder, which checks names and types in one pass over the text. Only an
event that does not fit is looked at a second time, to say why.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import msgspec

from helder.collect.event import Event, PlanReason, Violation
from helder.collect.plan.definition import Plan, Planned, PropertyType

LONGEST_NAME = 100
"""Characters kept of a name that came from outside."""
_PLAIN: Mapping[PropertyType, Any] = {
    "text": str,
    "number": float,
    "integer": int,
    "flag": bool,
    "time": datetime,
    "date": date,
    "list": list[Any],
    "object": dict[str, Any],
    "any": str | float | bool | list[Any] | dict[str, Any],
}
"""None of them is null: a property that is null is as one that is not there."""
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


_SAID: Mapping[PlanReason, str] = {
    "not_in_plan": "{event} {property} is not in the tracking plan",
    "wrong_type": "{event} {property} is not of the type that the tracking plan says",
    "property_missing": "{event} {property} is missing; the tracking plan requires it",
    "server_only": "{event} is taken from servers only, says the tracking plan; use a key for servers",
}


def detail_of(violation: Violation) -> str:
    """Return one sentence for the one who sends the events; no value of a property stands in it."""
    return _SAID[violation.reason].format(event=violation.event, property=violation.property).replace("  ", " ")


class Checked:
    """A plan that is ready to check events with."""

    def __init__(self, plan: Plan, version: int) -> None:
        """Compile ``plan``."""
        self.source, self.version, self.enforced = plan.source, version, plan.mode == "enforce"
        self._events = {name: _Check(planned, plan) for name, planned in plan.event.items()}
        others = {"page": plan.page, "screen": plan.screen, "identify": plan.identify, "group": plan.group}
        self._calls = {kind: _Check(planned, plan) for kind, planned in others.items() if planned is not None}

    def violation(self, event: Event, *, from_page: bool = False) -> Violation | None:
        """Return in what ``event`` does not fit, the first that is found; ``None`` when it fits.

        Args:
            event: of the plan's source.
            from_page: whether it came with a key for pages.
        """
        if event.type == "track":
            check = self._events.get(event.name)
            if check is None:
                return Violation(event.name[:LONGEST_NAME], "", "not_in_plan")
        else:
            check = self._calls.get(event.type)
            if check is None:
                return None
        if from_page and check.server_only:
            return Violation(_called(event), "", "server_only")
        return check.violation(event)


@lru_cache(maxsize=256)
def checked(body: str, version: int) -> Checked | None:
    """Return the plan in the JSON text ``body``, compiled; ``None`` when it is off."""
    plan = msgspec.json.decode(body, type=Plan)
    return None if plan.mode == "off" else Checked(plan, version)


class _Check:
    """One event of a plan, compiled."""

    def __init__(self, planned: Planned, plan: Plan) -> None:
        self.server_only = planned.server_only
        self._properties = dict(planned.properties())
        others = plan.other_properties if planned.other_properties is None else planned.other_properties
        self._closed = not others
        self._shape = _shape(planned, self._closed)
        self._decode = msgspec.json.Decoder(self._shape).decode

    def violation(self, event: Event) -> Violation | None:
        try:
            if event.traits is None:
                self._decode(event.properties)
            else:
                msgspec.convert(event.traits, self._shape)
        except _UNREADABLE:
            return self._why(event)
        return None

    def _why(self, event: Event) -> Violation:
        """Look at an event that does not fit once more, property by property."""
        said = msgspec.json.decode(event.properties) if event.traits is None else event.traits
        name = _called(event)
        for key, planned in self._properties.items():
            if planned.required and said.get(key) is None:
                return Violation(name, key[:LONGEST_NAME], "property_missing")
        for key, value in said.items():
            if key not in self._properties and self._closed:
                return Violation(name, key[:LONGEST_NAME], "not_in_plan")
            if key in self._properties and not _fits(value, self._properties[key].type):
                return Violation(name, key[:LONGEST_NAME], "wrong_type")
        return Violation(name, "", "wrong_type")


def _shape(planned: Planned, closed: bool) -> type[msgspec.Struct]:
    """Return the type of an event's properties: a Struct whose fields are numbered, since names may be anything."""
    fields: list[Any] = []
    names: dict[str, str] = {}
    for number, (name, item) in enumerate(planned.properties()):
        names[f"p{number}"] = name
        plain = _PLAIN[item.type]
        fields.append((f"p{number}", plain) if item.required else (f"p{number}", plain | None, None))
    shape: type[msgspec.Struct] = msgspec.defstruct(
        "Properties", fields, rename=names, kw_only=True, forbid_unknown_fields=closed, gc=False
    )
    return shape


def _fits(value: object, kind: PropertyType) -> bool:
    if value is None:
        return True
    try:
        msgspec.convert(value, _PLAIN[kind])
    except msgspec.ValidationError:
        return False
    return True


def _called(event: Event) -> str:
    """Return how an event is called in a violation."""
    return (event.name if event.type == "track" else event.type)[:LONGEST_NAME]
