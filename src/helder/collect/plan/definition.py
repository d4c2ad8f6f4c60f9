"""What a tracking plan says, read from TOML or JSON. Reference: ``docs/reference/tracking-plans.md``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from helder.errors import InvalidInput

PropertyType: TypeAlias = Literal["text", "number", "integer", "flag", "time", "date", "list", "object", "any"]
Mode: TypeAlias = Literal["off", "observe", "enforce"]
_UNUSABLE = re.compile(r'["\\\x00-\x1f]')
_SOURCE = re.compile(r"[a-z][a-z0-9_-]{0,62}")


class Property(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One property of an event."""

    type: PropertyType
    required: bool = False
    meaning: str = ""
    """For people."""


class Planned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One event, or one other kind of call."""

    property: dict[str, PropertyType | Property] = {}
    """Properties by name; of ``identify`` and ``group`` the traits."""
    other_properties: bool | None = None
    """Whether it may carry others too; when left out, what the plan says."""
    server_only: bool = False
    """Whether keys of pages may not send it."""
    meaning: str = ""
    """For people."""

    def properties(self) -> Iterator[tuple[str, Property]]:
        """Yield name and property."""
        for name, said in self.property.items():
            yield name, said if isinstance(said, Property) else Property(said)


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """The tracking plan of one source."""

    source: str
    mode: Mode = "observe"
    """observe: what does not fit is taken and counted; enforce: it is rejected; off: nothing is looked at."""
    other_properties: bool = False
    """Whether events may carry properties that are not named."""
    event: dict[str, Planned] = {}
    """Track calls by name: one that is not here is not in the plan."""
    page: Planned | None = None
    screen: Planned | None = None
    identify: Planned | None = None
    group: Planned | None = None
    """The other kinds of call; one that is left out may carry what it likes."""


def read_plan(text: str) -> Plan:
    """Return the plan in a TOML text.

    Raises:
        InvalidInput: naming the place that is wrong.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"the tracking plan is not valid TOML: {error}") from error
    return plan_of(values)


def read_plan_file(path: Path) -> Plan:
    """Return the plan in the TOML file ``path``; raises as ``read_plan``."""
    try:
        return read_plan(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"the tracking plan {path.name} cannot be read: {error}") from error


def plan_of(values: Mapping[str, object]) -> Plan:
    """Return the plan that ``values`` describe; raises as ``read_plan``."""
    try:
        plan = msgspec.convert(values, Plan)
    except (msgspec.ValidationError, RecursionError) as error:
        raise InvalidInput(f"the tracking plan: {error}. See docs/reference/tracking-plans.md.") from error
    if not _SOURCE.fullmatch(plan.source):
        raise InvalidInput("the tracking plan: source is the key of a source (lower-case letters, digits, - and _)")
    if "" in plan.event:
        raise InvalidInput("the tracking plan: an event has a name")
    calls = [*plan.event.values(), *filter(None, (plan.page, plan.screen, plan.identify, plan.group))]
    if wrong := [name for call in calls for name in call.property if _UNUSABLE.search(name)]:
        raise InvalidInput(f"the tracking plan: a property's name has no quotes, backslashes or controls: {wrong[0]!r}")
    return plan
