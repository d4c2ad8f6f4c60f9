"""The e-mail step: who of the people that came to it gets a message in the outbox."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from helder.activate import move
from helder.activate.definitions import Live, find_segment, newest_template
from helder.activate.journeys.graph import END, Email
from helder.activate.journeys.step import Ended, Situation, before_mail
from helder.activate.known import Envelope, gather, ledger_choices
from helder.activate.people import Address, Contact, People
from helder.activate.permission import agreed_to
from helder.activate.writing import Happened, best_address, event_names, written
from helder.clock import aware
from helder.store.projections.records import StoredProfile
from helder.store.state import State
from helder.store.tables.journeys import enrolment
from helder.store.tables.outbox import outbox

Matches: TypeAlias = Callable[[str, Sequence[int], datetime], Collection[int]]
"""(rule as JSON, profile ids, aware now) → those of the profiles that answer to it; raises Unavailable."""


class Traveller(msgspec.Struct, frozen=True, kw_only=True):
    """One enrolment that has come to a mail."""

    id: int
    identity_id: int
    entered_at: datetime
    holdout: bool


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What is seen of the people at a mail, before anything is locked."""

    travellers: tuple[Traveller, ...]
    contacts: dict[int, Contact]
    """The person behind each identity."""
    records: dict[int, StoredProfile]
    """The golden records, by profile."""
    events: dict[int, dict[str, list[tuple[datetime, str]]]]
    """What each profile did, of what the journey speaks of."""
    still: frozenset[int]
    """Profiles that still answer to the rule of entry."""
    goal: frozenset[int]
    """Profiles in the segment that is the goal."""

    def profile(self, each: Traveller) -> int:
        """Return who a traveller is now."""
        return self.contacts[each.identity_id].profile_id

    def happened(self, each: Traveller) -> Happened:
        """Return what a traveller did."""
        return self.events.get(self.profile(each), {})


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """The mail of one journey that people have come to."""

    live: Live
    number: int
    step: Email
    template_id: int


class Mailing:
    """Takes an e-mail step for many people at once."""

    def __init__(self, state: State, people: People, matches: Matches) -> None:
        """Ask ``matches`` whether people still answer to a rule."""
        self._state = state
        self._people = people
        self._matches = matches

    def take(self, live: Live, number: int, now: datetime, limit: int) -> int:
        """Take step ``number``, a mail, for up to ``limit`` people (``now``: naive UTC); return how many.

        Raises:
            Unavailable: when a rule cannot be answered now; nothing is changed then.
        """
        step = live.graph.steps[number]
        if not isinstance(step, Email):
            raise TypeError(f"step {number} is no mail")
        with self._state.read() as connection:
            travellers = _travellers(connection, live.id, number, now, limit)
            stop = Stop(live=live, number=number, step=step, template_id=newest_template(connection, step.template))
        if not travellers:
            return 0
        seen = self._look(live, travellers, now)
        with self._state.write() as connection:
            _decide(connection, stop, seen, now)
        return len(travellers)

    def _look(self, live: Live, travellers: Sequence[Traveller], now: datetime) -> Seen:
        """Read from the projections, and ask the rules."""
        contacts = self._people.contacts(each.identity_id for each in travellers)
        profiles = sorted({contact.profile_id for contact in contacts.values()})
        goal = live.graph.goal.segment
        return Seen(
            travellers=tuple(travellers),
            contacts=contacts,
            records={record.profile_id: record for record in self._people.online.profiles(profiles)},
            events=self._events(event_names(live.graph), contacts),
            still=self._inside(live.graph.enter.segment, profiles, now),
            goal=self._inside(goal, profiles, now) if goal else frozenset(),
        )

    def _inside(self, segment: str, profiles: Sequence[int], now: datetime) -> frozenset[int]:
        """Ask which profiles are in a segment now: its rule itself, not the memberships that were computed earlier."""
        with self._state.read() as connection:
            rule = find_segment(connection, segment).rule
        return frozenset(int(each) for each in self._matches(rule, profiles, aware(now)))

    def _events(
        self, names: set[str], contacts: Mapping[int, Contact]
    ) -> dict[int, dict[str, list[tuple[datetime, str]]]]:
        """Return profile → name → (moment, properties) of the events called ``names``, in order of time."""
        profile_of = {each: contact.profile_id for contact in contacts.values() for each in contact.identities}
        found: dict[int, dict[str, list[tuple[datetime, str]]]] = {}
        if not names:
            return found
        columns = ("identity_id", "name", "at", "properties")
        rows = self._people.hot.rows("event", list(profile_of), columns, only={"name": sorted(names)})
        for row in sorted(rows.to_pylist(), key=lambda event: event["at"]):
            of_person = found.setdefault(profile_of[row["identity_id"]], {})
            of_person.setdefault(row["name"], []).append((row["at"], row["properties"]))
        return found


def _decide(connection: Connection, stop: Stop, seen: Seen, now: datetime) -> None:
    """Write messages for those who get one, and end the enrolments of the others."""
    chosen = _addresses(connection, stop.step, seen, now)
    twice = _repeated(connection, stop, seen, chosen, now)
    rows: list[dict[str, Any]] = []
    ended: list[tuple[int, Ended]] = []
    taken: set[int] = set()
    for each in seen.travellers:
        profile = seen.profile(each)
        address = chosen.get(profile)
        why = _why_not(each, seen, stop, address) or twice.get(each.id)
        if why is None and address is not None and not {profile, address.identity_id} & taken:
            taken |= {profile, address.identity_id}
            rows.append(_row(stop, each, address, seen, now))
        else:
            ended.append((each.id, why or Ended("skipped", "already_mailed")))
    _write(connection, (stop.number, stop.step.next), rows, ended, now)


def _write(
    connection: Connection,
    place: tuple[int, int],
    rows: list[dict[str, Any]],
    ended: list[tuple[int, Ended]],
    now: datetime,
) -> None:
    """Write messages and ends; ``place`` is the step that is taken and the one after it."""
    if rows:
        made = connection.execute(insert(outbox).on_conflict_do_nothing(), rows).rowcount
        # At the end of the journey only word of the messages that were made now makes anything due.
        due_at = move.NEVER if place[1] == END and made == len(rows) else now
        move.pass_on(connection, move.these([row["enrolment_id"] for row in rows]), place, due_at, now)
    for why in {why for _, why in ended}:
        ids = [number for number, each in ended if each == why]
        move.note_passed(connection, move.these(ids), place[0], now)
        move.end(connection, ids, why.outcome, why.reason, now)


def _why_not(each: Traveller, seen: Seen, stop: Stop, address: Address | None) -> Ended | None:
    profile = seen.profile(each)
    reached = seen.happened(each).get(stop.live.graph.goal.event, [])
    person = Situation(
        holdout=each.holdout,
        goal=profile in seen.goal or any(at >= each.entered_at for at, _ in reached),
        still=profile in seen.still,
        address=address is not None,
    )
    why = before_mail(person)
    record = seen.records.get(profile)
    if why == Ended("skipped", "no_address") and record is not None and record.email:
        return Ended("skipped", "shared_address")
    return why


def _addresses(connection: Connection, step: Email, seen: Seen, now: datetime) -> dict[int, Address]:
    """Return the address that each profile is mailed at, where it has one."""
    people = {contact.profile_id: contact for contact in seen.contacts.values()}
    ledger = ledger_choices(connection, [each for contact in people.values() for each in contact.identities])
    chosen = {}
    for profile, contact in people.items():
        choices = (*contact.choices, *(choice for each in contact.identities for choice in ledger.get(each, ())))
        record = seen.records.get(profile)
        preferred = record.email_identity if record else None
        agreed = agreed_to(choices, step.purpose, step.title, aware(now))
        if address := best_address(contact.addresses, agreed, preferred):
            chosen[profile] = address
    return chosen


def _repeated(
    connection: Connection, stop: Stop, seen: Seen, chosen: Mapping[int, Address], now: datetime
) -> dict[int, Ended]:
    """Return enrolment → how it ends, of those mailed here, or held out, as somebody they now are one with."""
    envelopes = [
        _envelope(stop, each, chosen[seen.profile(each)]) for each in seen.travellers if seen.profile(each) in chosen
    ]
    known = gather(connection, envelopes, seen.contacts, now, longest=None)
    held = {-number: Ended("holdout") for number, each in known.items() if each.holdout}
    return {-number: Ended("skipped", "already_mailed") for number, each in known.items() if each.repeated} | held


def _envelope(stop: Stop, each: Traveller, address: Address) -> Envelope:
    """Return a message that is not in the outbox yet; its id is the enrolment's, negative, so that it is no other's."""
    return Envelope(
        id=-each.id,
        enrolment_id=each.id,
        step=stop.number,
        journey=stop.live.graph.key,
        identity_id=each.identity_id,
        address_identity=address.identity_id,
        purpose=stop.step.purpose,
        title=stop.step.title,
        pause_days=stop.step.pause_days,
    )


def _row(stop: Stop, each: Traveller, address: Address, seen: Seen, now: datetime) -> dict[str, Any]:
    values = written(stop.step, seen.records.get(seen.profile(each)), seen.happened(each))
    envelope = msgspec.structs.asdict(_envelope(stop, each, address))
    del envelope["id"]
    return {
        **envelope,
        "address": address.value,
        "channel": "email",
        "template_id": stop.template_id,
        "values": msgspec.json.encode(values).decode(),
        "status": "queued",
        "due_at": now,
    }


def _travellers(connection: Connection, version: int, number: int, now: datetime, limit: int) -> list[Traveller]:
    c = enrolment.c
    who = move.due(version, number, now, limit).scalar_subquery()
    rows = connection.execute(select(c.id, c.identity_id, c.entered_at, c.holdout).where(c.id.in_(who))).all()
    return [
        Traveller(id=row.id, identity_id=row.identity_id, entered_at=row.entered_at, holdout=bool(row.holdout))
        for row in rows
    ]
