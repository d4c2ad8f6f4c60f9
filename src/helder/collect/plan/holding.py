"""What the door does with a request whose source has a tracking plan. Pure."""

from __future__ import annotations

import msgspec

from helder.collect.event import Entry, Event, Rejection, Violation
from helder.collect.plan.check import Checked, detail_of
from helder.collect.posted import AS_ITEM
from helder.collect.wire import wire


def held(entry: Entry, plan: Checked, *, from_page: bool) -> Entry:
    """Return ``entry`` with what does not fit ``plan`` counted, and rejected when the plan is enforced.

    What is kept for servers is rejected in any mode: that is a right, not a shape.
    """
    found = [(event, plan.violation(event, from_page=from_page)) for event in entry.events]
    if all(violation is None for _, violation in found):
        return entry
    events: list[Event] = []
    rejected, violations = list(entry.rejected), list(entry.violations)
    for event, violation in found:
        if violation is None:
            events.append(event)
            continue
        violations.append(msgspec.structs.replace(violation, source=plan.source, version=plan.version))
        if plan.enforced or violation.reason == "server_only":
            rejected.append(refusal(event, violation))
        else:
            events.append(event)
    return Entry(events, rejected, violations)


def refusal(event: Event, violation: Violation) -> Rejection:
    """Return the rejection of an event that its plan does not allow."""
    return Rejection(
        reason=violation.reason,
        detail=detail_of(violation),
        source=event.source,
        at=event.received_at,
        message_id=event.message_id,
        body=wire(event),
        posted=AS_ITEM,
    )
