"""Sending rejected events again, after a mapping or a tracking plan was mended.

They go through the inbox like any other, under the messageId and the moment of receipt that they came with. First they
are put there, then they are marked: a crash in between leaves them to be sent once more, which changes nothing, because
what is in the facts already is not sent, and ``receive`` drops what it sees twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import ibis
import msgspec
import pyarrow as pa

from helder.collect.dialects.dialect import Dialect
from helder.collect.event import Entry, Event, Rejection
from helder.collect.inbox import Inbox
from helder.collect.parse import Parsed
from helder.collect.plan.check import Checked
from helder.collect.plan.holding import held
from helder.collect.rejects.kept import MOST_AT_ONCE, Wanted, mark, whole
from helder.collect.rejects.reading import Reject, read_again
from helder.store.facts.protocol import Facts
from helder.store.facts.schema import table

NOT_AN_EVENT = "not_an_event"
"""A row of a copied source: mend its mapping, then ``helder source sync`` reads it again."""


class Report(msgspec.Struct, frozen=True):
    """What became of rejections that were to be sent again."""

    sent: int
    """Now in the inbox, or in the facts already."""
    still: dict[str, int]
    """Not sent, by the reason that still holds."""


class Doors(msgspec.Struct, frozen=True):
    """What an event must pass once more."""

    plan: Callable[[str], Checked | None]
    """Returns the tracking plan of a source."""
    known: Callable[[Event], bool]
    """Tells whether it can be worked out whose an event is."""
    hook: Callable[[str], Dialect | None] = lambda _name: None
    """Returns how calls to a hook are read."""


def send_again(facts: Facts, inbox: Inbox, doors: Doors, wanted: Wanted, now: datetime) -> Report:
    """Send the rejections that are ``wanted`` again, those that pass now; ``now`` is naive UTC.

    Raises:
        InboxFull, InboxUnwritable: what was sent until then is marked; the rest can be sent later.
    """
    sent, still = 0, Counter[str]()
    for rejects in _chunks(facts, wanted):
        readings = [(each, _reading(each, doors)) for each in rejects]
        still.update(each for _, each in readings if isinstance(each, str))
        good = [(reject, entry) for reject, entry in readings if isinstance(entry, Entry)]
        there = _in_facts(facts, [event for _, entry in good for event in entry.events])
        fresh = [_without(entry, there) for _, entry in good]
        inbox.append([entry for entry in fresh if entry.events or entry.rejected])
        mark(facts, [reject.number for reject, _ in good], now)
        sent += len(good)
    return Report(sent, dict(still))


def _chunks(facts: Facts, wanted: Wanted) -> Iterator[list[Reject]]:
    """Yield what is wanted, oldest first, a chunk at a time."""
    after = 0
    while rejects := whole(facts, wanted, after, MOST_AT_ONCE):
        after = rejects[-1].number
        yield rejects


def _reading(reject: Reject, doors: Doors) -> Entry | str:
    """Return what a rejection is now, or the reason for which it still cannot be accepted."""
    if not reject.posted:
        return NOT_AN_EVENT
    parsed = read_again(reject, doors.hook)
    if isinstance(parsed, Rejection):
        return parsed.reason
    entry = _held(parsed, doors.plan(reject.source))
    if not entry.events:
        return entry.rejected[0].reason if entry.rejected else "malformed"
    return entry if any(map(doors.known, entry.events)) else "no_identity"


def _held(parsed: Parsed, plan: Checked | None) -> Entry:
    """Return the entry, held to the plan as it is now; whoever sends again is no page."""
    entry = Entry(parsed.events, parsed.rejected)
    return entry if plan is None else held(entry, plan, from_page=False)


def _without(entry: Entry, there: set[tuple[str, str]]) -> Entry:
    """Return ``entry`` without the events that the facts have already."""
    fresh = [event for event in entry.events if (event.source, event.message_id) not in there]
    return Entry(fresh, entry.rejected, entry.violations)


def _in_facts(facts: Facts, events: Sequence[Event]) -> set[tuple[str, str]]:
    """Return source and messageId of those of ``events`` that the facts have, however long ago they came."""
    if not events:
        return set()
    there = table("every_event")
    moments = [event.received_at for event in events]
    when = there.received_at.between(min(moments), max(moments))
    asked = pa.table({"message_id": pa.array([event.message_id for event in events], pa.string())})
    ids = ibis.table(ibis.Schema.from_pyarrow(asked.schema), name="asked")
    rows = facts.read(there.filter(when).semi_join(ids, "message_id").select("source", "message_id"), asked=asked)
    return {(row["source"], row["message_id"]) for row in rows.to_pylist()}
