"""The canonical event: what every client's request becomes, and what an unusable one becomes instead."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

PlanReason: TypeAlias = Literal["not_in_plan", "wrong_type", "property_missing", "server_only"]
"""In what an event does not fit its source's tracking plan."""

EventType: TypeAlias = Literal["track", "page", "screen", "identify", "group", "alias"]

Reason: TypeAlias = Literal[
    "bot",
    "malformed",
    "no_identity",
    "no_name",
    "too_large",
    "too_many",
    "unknown_type",
    "bad_message_id",
    "not_in_plan",
    "wrong_type",
    "property_missing",
    "server_only",
    "data_centre",
    "bad_signature",
    "stale",
    "not_mapped",
]
"""Why an event or a whole request was not accepted. A closed set: reports count by it."""


class Event(msgspec.Struct, frozen=True, array_like=True, gc=False, kw_only=True):
    """One thing that somebody did, as the rest of Helder knows it.

    Encoded as an array, so new fields go at the end and have a default: an inbox written by an older version must
    stay readable. All moments are naive UTC with microseconds.
    """

    message_id: str
    """The sender's key for removing duplicates; under 100 characters."""
    type: str
    """One of ``EventType``."""
    name: str
    """What was done (track), or the name of the page or screen; empty for the other types."""
    source: str
    """Key of the web source whose write key it came with."""
    at: datetime
    """When it happened: the sender's clock corrected by ours, never after ``received_at``."""
    received_at: datetime
    """When Helder accepted it."""
    user_id: str | None = None
    """Who the sender says it is, after log-in. Placeholders such as "null" are already gone."""
    anonymous_id: str | None = None
    """The browser's or app's own number for somebody not known yet."""
    original_at: datetime | None = None
    """The moment that the sender's clock gave, when it gave one."""
    url: str | None = None
    """Address of the page it happened on."""
    properties: str = "{}"
    """JSON text of the event's own properties."""
    context: str = "{}"
    """JSON text of what surrounded it: page, campaign, locale, library."""
    traits: dict[str, object] | None = None
    """What an ``identify`` or ``group`` says about the person or the group."""
    previous_id: str | None = None
    """The id that an ``alias`` says is the same person."""
    group_id: str | None = None
    """The group of a ``group`` event."""
    device_id: str | None = None
    """A device's id, present only when the event says that the person agreed to its use."""
    value_micros: int | None = None
    """Millionths of ``currency``: the property revenue, else value, else total."""
    currency: str | None = None
    """ISO 4217 code of ``value_micros``."""
    identity_id: int | None = None
    """The identity itself, when Helder's own channels report about somebody; never filled from outside."""


class Rejection(msgspec.Struct, frozen=True, array_like=True, gc=False, kw_only=True):
    """An event that was not accepted: kept, counted and shown, and sent again after mending."""

    reason: Reason
    detail: str
    """One sentence for the one who sends the events."""
    source: str
    at: datetime
    """When it was received (naive UTC)."""
    message_id: str = ""
    body: str = ""
    """The item as it came, cut off at 32 KB."""
    posted: str = ""
    """How it was posted, as JSON of ``Posted``: what it takes to read it again; empty when that cannot be."""


class Violation(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """In what an event does not fit the tracking plan of its source."""

    event: str
    """Its name, or the kind of call; at most 100 characters."""
    property: str
    """The property that is the reason; empty when it is the event itself."""
    reason: PlanReason
    source: str = ""
    version: int = 0
    """Of the plan."""


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One request in the inbox: what was accepted of it and what was not."""

    events: list[Event]
    rejected: list[Rejection] = msgspec.field(default_factory=list)
    violations: list[Violation] = msgspec.field(default_factory=list)
    """What does not fit the tracking plan, whether it was taken or not: counted, and shown."""
