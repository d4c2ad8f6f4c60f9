"""STAGE receive: what lies in the inbox, the consent ledger and the match decisions becomes facts.

All of a run, watermarks included, is one facts transaction: after a crash anywhere it is as if the run had never begun.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, time, timedelta
from typing import Protocol

import msgspec
import pyarrow as pa

from helder.clock import stored
from helder.collect.duplicates import Duplicates, message_key
from helder.collect.event import Event, Reason, Rejection, Violation
from helder.collect.inbox import Inbox
from helder.collect.ledger import (
    Decided,
    consent_rows,
    consenting,
    decided_cuts,
    decided_links,
    decided_since,
)
from helder.collect.persons import persons_seen, write_persons
from helder.collect.posted import AS_ITEM
from helder.collect.recent import Recent
from helder.collect.rejects.rows import Forgetting, rejected_rows, violation_rows
from helder.collect.sighting import (
    Identified,
    Identify,
    Seen,
    event_rows,
    identities_seen,
    identity_rows,
    link_rows,
    links_seen,
)
from helder.collect.wire import wire
from helder.collect.words import without_word, without_words
from helder.errors import Unavailable, place
from helder.store.facts.protocol import Batch, Facts
from helder.store.facts.schema import table
from helder.store.state import State

_log = logging.getLogger("helder.collect")
STAGE, CONSENTS, DECISIONS = "receive", "receive_consents", "receive_decisions"
"""Names of the watermarks: number of the inbox entry, and ids in the two tables of state."""
EVENTS_AT_ONCE = 50_000
"""Events of one run: more would take over 200 MB, fewer would have the stages after this one go over the same people
more often when there is much to catch up with."""
_LEAST_AT_ONCE = 500
"""Events of one run when the facts engine is short of memory."""


class Projected(Protocol):
    """What the projections know."""

    def known(self, identity_ids: Sequence[int]) -> Collection[int]:
        """Return those of ``identity_ids`` that they know."""
        ...

    def watermark(self, stage: str) -> int:
        """Return the batch of the facts up to which ``stage`` has filled them."""
        ...


class Came(msgspec.Struct, frozen=True):
    """How far the stage has come: the watermarks."""

    entry: int
    consent: int
    decision: int


class Read(msgspec.Struct, frozen=True):
    """What one run takes in."""

    upto: int
    """Number of the last inbox entry."""
    events: list[Event]
    keys: list[int]
    """The key of each event for removing duplicates."""
    rejected: list[Rejection]
    violations: list[Violation]
    decided: Decided


class Receive:
    """Takes in what is new. One object an installation: it remembers what it wrote."""

    name = STAGE

    def __init__(
        self,
        inbox: Inbox,
        state: State,
        facts: Facts,
        identify: Identify,
        projected: Projected | None = None,
        duplicate_days: int = 7,
        reject_days: int = 30,
    ) -> None:
        """Remember the messages of the last days, from the facts.

        Args:
            inbox: where requests wait.
            state: holds the consent ledger and the match decisions.
            facts: where everything goes.
            identify: tells whose an event is.
            projected: which identities the projections know already: those are not written again.
            duplicate_days: days within which a messageId seen before marks a retry.
            reject_days: days that what is rejected is kept.
        """
        self._inbox, self._state, self._facts = inbox, state, facts
        self._identify, self._projected = identify, projected
        self._duplicates: Duplicates | None = None
        self._days = duplicate_days
        self._at_once = EVENTS_AT_ONCE
        self._forgetting = Forgetting(facts, reject_days)
        self._came: Came | None = None
        self._identities: Recent[int] = Recent()
        self._links: Recent[tuple[int, int, str]] = Recent()
        self.counts: Counter[str] = Counter()
        """What became of events since the start: accepted, duplicate, and each reason of rejection."""

    def run(self, now: datetime) -> int:
        """Take in what lies past the watermarks; returns events, rejections and rows of state (0 = nothing new)."""
        duplicates = self._remembered(now)
        self._forgetting.run(stored(now))
        # No one else moves these watermarks; they are read again only after a run that did not come to its end.
        came, self._came = self._came or Came(*map(self._facts.watermark, (STAGE, CONSENTS, DECISIONS))), None
        entries = self._inbox.read(came.entry, self._at_once)
        decided = decided_since(self._state, came.consent, came.decision)
        if not entries and not decided:
            self._came = came
            return 0
        events = [event for _, entry in entries for event in entry.events]
        keys = [message_key(event.source, event.message_id) for event in events]
        first = duplicates.fresh(keys)
        taken = Read(
            upto=entries[-1][0] if entries else came.entry,
            events=[event for event, new in zip(events, first, strict=True) if new],
            keys=[key for key, new in zip(keys, first, strict=True) if new],
            rejected=[_unsigned(rejection) for _, entry in entries for rejection in entry.rejected],
            violations=[violation for _, entry in entries for violation in entry.violations],
            decided=decided,
        )
        written = self._write_as_memory_allows(taken, stored(now))
        duplicates.add(written, stored(now))
        self.counts["duplicate"] += len(events) - len(taken.events)
        self._came = Came(taken.upto, decided.last_consent(came.consent), decided.last_decision(came.decision))
        return len(events) + len(taken.rejected) + len(decided)

    def _write_as_memory_allows(self, taken: Read, now: datetime) -> list[int]:
        """Write one run as ``_write`` does. What the engine has no room for now is tried again as half as much."""
        try:
            written = self._write(taken, now)
        except Unavailable:
            self._at_once = max(_LEAST_AT_ONCE, self._at_once // 2)
            raise
        self._at_once = min(EVENTS_AT_ONCE, self._at_once * 2)
        return written

    def _write(self, taken: Read, now: datetime) -> list[int]:
        """Write one run, and remember what was written once it is committed.

        Returns:
            The keys of the events that are somebody's: those of nobody may be sent again once that is mended.
        """
        seen, ids, nobody = self._whose(taken.events)
        identities = {**identities_seen(seen), **consenting(taken.decided.consents)}
        fresh = self._new(list(identities))
        links = {key: row for key, row in links_seen(seen).items() if key not in self._links}
        with self._facts.write() as batch:
            if seen or ids:
                batch.append("event_tail", _events(_kept(taken.events, seen), ids))
            batch.append("identity", identity_rows({key: identities[key] for key in fresh}))
            batch.append("link", link_rows([*links.values(), *decided_links(taken.decided.decisions)]))
            write_persons(batch, persons_seen(seen))
            batch.append("rejected", rejected_rows([*taken.rejected, *nobody], batch.number))
            batch.append("violation", violation_rows(taken.violations, now))
            _write_decided(batch, taken.decided)
            batch.move(STAGE, taken.upto)
        self._identities.add(identities)
        self._links.add(links)
        self.counts["accepted"] += len(taken.events) - len(nobody)
        self.counts.update(rejection.reason for rejection in [*taken.rejected, *nobody])
        return [key for key, who in zip(taken.keys, ids, strict=True) if who is not None]

    def _whose(self, events: list[Event]) -> tuple[list[Seen], list[int | None], list[Rejection]]:
        """Return who is seen in the events, the identity of each event, and the events of nobody."""
        seen: list[Seen] = []
        ids: list[int | None] = []
        nobody: list[Rejection] = []
        for event in events:
            who = event.identity_id or self._who(event)
            if isinstance(who, Rejection):
                nobody.append(who)
                ids.append(None)
            elif isinstance(who, int):
                ids.append(who)
            else:
                seen.append((event, who))
                ids.append(who.identity.id)
        return seen, ids, nobody

    def _who(self, event: Event) -> Identified | Rejection:
        """Return whose an event is. One whose values nobody foresaw is refused: it must not hold up all others."""
        try:
            return self._identify(event) or _refused(event, "no_identity", "its ids say nothing about whose it is")
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            _log.error("event not understood", extra={"error": type(error).__name__, "where": place(error)})
            return _refused(event, "malformed", f"Helder could not work out whose it is ({type(error).__name__})")

    def _new(self, ids: list[int]) -> list[int]:
        """Return the identities that were never written, as far as anyone remembers."""
        unsure = [key for key in ids if key not in self._identities]
        known = self._projected.known(unsure) if self._projected is not None and unsure else ()
        return [key for key in unsure if key not in known]

    def _not_projected(self) -> list[int]:
        """Return the identities that were written before a start and are not in the projections yet."""
        upto = 0 if self._projected is None else self._projected.watermark("project")
        identity = table("identity")
        rows = self._facts.read(identity.filter(identity.batch > upto).select("identity_id"))
        ids: list[int] = rows.column("identity_id").to_pylist()
        return ids

    def _remembered(self, now: datetime) -> Duplicates:
        """Return the messages of the last days; read from the facts the first time."""
        if self._duplicates is None:
            self._duplicates = _remember(self._facts, self._days, stored(now))
            self._identities.add(self._not_projected())
        return self._duplicates


def _kept(events: list[Event], seen: Sequence[Seen]) -> list[Event]:
    """Return events as they are kept: without the signed words by which their visitors came."""
    shown = {id(event): who.shown for event, who in seen if who.shown}
    return without_words(events, (shown.get(id(event), "") for event in events))


def _events(events: list[Event], ids: Sequence[int | None]) -> pa.Table:
    """Return rows for the events that are somebody's."""
    owned = [key for key in ids if key is not None]
    if len(owned) < len(events):
        events = [event for event, key in zip(events, ids, strict=True) if key is not None]
    return event_rows(events, owned)


def _write_decided(batch: Batch, decided: Decided) -> None:
    """Write consents and cuts, with their watermarks."""
    if decided.consents:
        batch.append("consent", consent_rows(decided.consents))
        batch.move(CONSENTS, decided.last_consent(0))
    if decided.decisions:
        batch.append("cut", decided_cuts(decided.decisions))
        batch.move(DECISIONS, decided.last_decision(0))


def _unsigned(rejection: Rejection) -> Rejection:
    """Return what is rejected as it is kept: without signed words."""
    body = without_word(rejection.body)
    return rejection if body is rejection.body else msgspec.structs.replace(rejection, body=body)


def _refused(event: Event, reason: Reason, detail: str) -> Rejection:
    """Return the rejection of an event that came through the door."""
    return Rejection(
        reason=reason,
        detail=detail,
        source=event.source,
        at=event.received_at,
        message_id=event.message_id,
        body=without_word(wire(event)),
        posted=AS_ITEM,
    )


def _remember(facts: Facts, days: int, now: datetime) -> Duplicates:
    """Return the messages of the last ``days`` days, read from the facts day by day."""
    duplicates = Duplicates(days)
    midnight = datetime.combine(now.date(), time())
    with facts.reader() as reader:
        for ago in range(days + 1):
            since = midnight - timedelta(days=ago)
            # The last day has no end: a clock that jumped back may have left messages of tomorrow.
            until = since + timedelta(days=1) if ago else datetime.max  # noqa: DTZ901 - naive, as in the stores
            keys = reader.statement("message_keys", {"since": since, "until": until})
            duplicates.fill(since.date(), keys.column("key").to_numpy())
    return duplicates
