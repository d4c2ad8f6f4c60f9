"""What goes into a person's mail, and to which of the person's addresses. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

import msgspec

from helder.activate.content.names import salutation
from helder.activate.journeys.graph import Email, Given, Journey
from helder.activate.people import Address
from helder.store.projections.records import StoredProfile

Happened: TypeAlias = Mapping[str, list[tuple[datetime, str]]]
"""Name of an event → (moment, properties as JSON) of each, in order of time."""


_FIELDS = ("first_name", "infix", "last_name", "display_name", "city")
GIVEN = frozenset(
    {"person.greeting", "company.name", "company.address", "links.unsubscribe", "links.preferences"}
    | {f"person.{name}" for name in _FIELDS}
)
"""Variables that every mail is given: what ``written`` says of the person, and what the sender adds."""


def event_names(journey: Journey) -> set[str]:
    """Return the names of the events that a journey takes values from, or has as its goal."""
    mails = [step for step in journey.steps if isinstance(step, Email)]
    given = [value for mail in mails for group in mail.values.values() for value in group.values()]
    names = {value.event for value in given if isinstance(value, Given)}
    return names | ({journey.goal.event} if journey.goal.event else set())


def written(step: Email, record: StoredProfile | None, events: Happened) -> dict[str, Any]:
    """Return the values that a person's mail is filled with: ``person``, and the journey's own groups.

    ``person.greeting`` is the first name when one can greet with it, else null; the other fields are as they are known.
    """
    person: dict[str, Any] = {
        "greeting": salutation(record.first_name if record else None),
        **{name: getattr(record, name, None) for name in _FIELDS},
    }
    groups = {
        group: {name: _value(value, events) for name, value in named.items()} for group, named in step.values.items()
    }
    return {**groups, "person": person}


def best_address(addresses: Iterable[Address], agreed: set[int], preferred: int | None) -> Address | None:
    """Return the address to write to: one that said yes before one that did not, then the golden record's."""
    ranked = sorted(
        addresses, key=lambda each: (each.identity_id not in agreed, each.identity_id != preferred, each.identity_id)
    )
    return ranked[0] if ranked else None


def _value(value: Given | str | float | None, events: Happened) -> object:
    if not isinstance(value, Given):
        return value
    of_name = events.get(value.event)
    if not of_name:
        return value.default
    properties = msgspec.json.decode(of_name[-1][1] or "{}")
    found = properties.get(value.property) if isinstance(properties, dict) else None
    return value.default if found is None else found
