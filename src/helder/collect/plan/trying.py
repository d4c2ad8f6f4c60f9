"""What a plan would have said of the events that came: before it is saved, or enforced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from helder.collect.event import Event, Violation
from helder.collect.plan.check import Checked
from helder.collect.plan.definition import Plan
from helder.store.facts.protocol import Facts
from helder.store.facts.schema import table

LOOKED_AT = 100_000
"""Events that are looked at, the newest."""


class Found(msgspec.Struct, frozen=True):
    """Events that would not fit in the same way."""

    event: str
    property: str
    reason: str
    events: int


class Tried(msgspec.Struct, frozen=True):
    """What a plan would have said."""

    looked_at: int
    fit: int
    found: list[Found]
    """Most first."""


def try_plan(facts: Facts, plan: Plan, since: datetime) -> Tried:
    """Hold the newest events of the plan's source since a moment (naive UTC) to ``plan``.

    What identify and group calls said about people is not kept with their events, so those calls are left out.
    """
    plan_now = Checked(plan, 0)
    there = table("every_event")
    rows = there.filter(
        (there.source == plan.source) & (there.received_at >= since) & there.type.isin(["track", "page", "screen"])
    )
    newest = rows.order_by([rows.received_at.desc()]).limit(LOOKED_AT).select("type", "name", "properties")
    looked_at, counted = 0, Counter[Violation]()
    for row in facts.read(newest).to_pylist():
        looked_at += 1
        if (violation := plan_now.violation(_event(row))) is not None:
            counted[violation] += 1
    found = [Found(each.event, each.property, each.reason, events) for each, events in counted.most_common()]
    return Tried(looked_at, looked_at - counted.total(), found)


def _event(row: Mapping[str, Any]) -> Event:
    """Return an event of which a plan sees the same as of the one in a row."""
    never = datetime.min  # noqa: DTZ901 - naive, and not looked at
    return Event(
        message_id="",
        type=row["type"],
        name=row["name"] or "",
        source="",
        at=never,
        received_at=never,
        properties=row["properties"] or "{}",
    )
