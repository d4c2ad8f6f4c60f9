"""The result of a journey: against its holdout, in money, and towards its goal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta

import msgspec
from sqlalchemy import Connection, func, select

from helder.activate.journeys.graph import Journey
from helder.activate.journeys.parse import restored
from helder.activate.tally import Tally, tally
from helder.clock import stored
from helder.errors import NotFound, Unavailable
from helder.govern.goals import Goal, read_goals
from helder.measure.goal_events import Done, profiles_of, reached, sold_since
from helder.measure.live_sales import LiveSales, Order
from helder.measure.roi import Distance, Roi, Sales, distance, roi
from helder.measure.uplift import Share, Uplift, uplift
from helder.measure.words import summary
from helder.store.facts.protocol import Facts, Reader
from helder.store.state import State
from helder.store.tables.definitions import spend
from helder.store.tables.journeys import enrolment, journey, journey_version

_MICROS = 1_000_000


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a journey brought."""

    journey: str
    goal: str
    currency: str
    since: datetime | None
    """When the first person entered, naive UTC; the measurement is from each one's entry until ``until``."""
    until: datetime
    audience: int
    """People; one who entered as two identities counts once."""
    holdout: int
    sent: int
    tally: Tally
    """Enrolments by how they ended; their sum is all that entered."""
    uplift: Uplift | None
    """None when there is nobody to compare with."""
    conclusive: bool
    roi: Roi
    distance: Distance
    incomplete_because: str
    """Which orders are missing in all this, and why; empty when none are."""
    summary: str


class _Person(msgspec.Struct, frozen=True):
    entered_at: datetime
    held_out: bool


def result(
    state: State, facts: Facts, journey_key: str, goal_key: str, now: datetime, sales: LiveSales | None = None
) -> Result:
    """Return what a journey brought until ``now`` (aware UTC).

    What counts is the journey's goal event and, where a live source has it, the goal's object: who books by telephone
    has booked.

    Everybody who was meant to be mailed counts, also who was not reached (intention to treat): leaving those out would
    compare people who can be reached with people who perhaps cannot.

    Raises:
        NotFound: when there is no such journey or goal.
    """
    goal = read_goals(state).get(goal_key)
    if goal is None:
        raise NotFound(f"there is no goal {goal_key!r}")
    with state.read() as connection:
        graph = _graph(connection, journey_key)
        enrolments = _enrolments(connection, journey_key)
        counted = tally(state, journey_key)
        spent = _spent(connection, goal, journey_key) + _mail_cost(graph, counted)
    since = datetime.combine(goal.since, time.min) if goal.since else stored(now) - timedelta(days=365)
    orders, incomplete = _orders(sales, goal, since)
    with facts.reader() as reader:
        people = _people(reader, enrolments)
        done = reached(reader, graph.goal.event, {profile: each.entered_at for profile, each in people.items()})
        done += _ordered(reader, orders, people)
        events = sold_since(reader, goal.event or graph.goal.event, since)
    towards = sum(each.places for each in (*events, *orders))
    return _result(graph, goal, counted, people, done, _Rest(spent, towards, incomplete, now))


class _Rest(msgspec.Struct, frozen=True):
    """What a result holds beside its people."""

    spent: int
    towards: float
    incomplete: str
    now: datetime


def _orders(sales: LiveSales | None, goal: Goal, since: datetime) -> tuple[list[Order], str]:
    """Return the orders in live sources, and why they are not all there."""
    if sales is None:
        return [], ""
    try:
        return sales.since(goal, since), ""
    except Unavailable as error:
        return [], str(error)


def _ordered(reader: Reader, orders: list[Order], people: Mapping[int, _Person]) -> list[Done]:
    """Return the orders of the people of the journey, placed since they entered."""
    profile_of = profiles_of(reader, sorted({each.identity_id for each in orders if each.identity_id is not None}))
    found = ((profile_of.get(each.identity_id or 0, 0), each) for each in orders)
    return [
        Done(profile, each.places, each.amount_micros)
        for profile, each in found
        if profile in people and each.at is not None and each.at >= people[profile].entered_at
    ]


def _result(
    graph: Journey,
    goal: Goal,
    counted: Tally,
    people: Mapping[int, _Person],
    done: list[Done],
    rest: _Rest,
) -> Result:
    who = {each.profile_id for each in done}
    found = uplift(_share(people, who, held_out=False), _share(people, who, held_out=True))
    sales = Sales(
        people=len(who),
        places=sum(each.places for each in done),
        amount_micros=sum(each.amount_micros for each in done),
    )
    worth = roi(found, sales, rest.spent)
    ahead = distance(goal.target, rest.towards, (goal.by - rest.now.date()).days)
    return Result(
        journey=graph.key,
        goal=goal.key,
        currency=goal.currency,
        since=min((each.entered_at for each in people.values()), default=None),
        until=stored(rest.now),
        audience=len(people),
        holdout=sum(each.held_out for each in people.values()),
        sent=counted.outcomes["sent"],
        tally=counted,
        uplift=found,
        conclusive=found is not None and found.conclusive,
        roi=worth,
        distance=ahead,
        incomplete_because=rest.incomplete,
        summary=summary(found, worth, ahead, goal, rest.incomplete),
    )


def _share(people: Mapping[int, _Person], who: set[int], *, held_out: bool) -> Share:
    group = [profile for profile, each in people.items() if each.held_out == held_out]
    return Share(sum(profile in who for profile in group), len(group))


def _people(reader: Reader, enrolments: list[tuple[int, datetime, bool]]) -> dict[int, _Person]:
    """Return the people behind the enrolments; who was held out as one identity was held out as a whole."""
    profile_of = profiles_of(reader, sorted({identity for identity, _, _ in enrolments}))
    people: dict[int, _Person] = {}
    for identity, entered_at, held_out in enrolments:
        profile = profile_of[identity]
        before = people.get(profile)
        people[profile] = _Person(
            min(entered_at, before.entered_at) if before else entered_at,
            held_out or (before is not None and before.held_out),
        )
    return people


def _enrolments(connection: Connection, key: str) -> list[tuple[int, datetime, bool]]:
    """Return (identity, entered at, held out) of everybody in any version of the journey."""
    query = (
        select(enrolment.c.identity_id, enrolment.c.entered_at, enrolment.c.holdout)
        .join(journey_version, journey_version.c.id == enrolment.c.journey_version)
        .join(journey, journey.c.id == journey_version.c.journey_id)
        .where(journey.c.key == key)
    )
    return [(row.identity_id, row.entered_at, bool(row.holdout)) for row in connection.execute(query)]


def _graph(connection: Connection, key: str) -> Journey:
    """Return the newest version of a journey."""
    query = (
        select(journey_version.c.body)
        .join(journey, journey.c.id == journey_version.c.journey_id)
        .where(journey.c.key == key)
        .order_by(journey_version.c.number.desc())
        .limit(1)
    )
    body = connection.scalar(query)
    if body is None:
        raise NotFound(f"there is no journey {key!r}")
    return restored(body)


def _spent(connection: Connection, goal: Goal, campaign: str) -> int:
    """Return what was written down as spent on the campaign, in micros of the goal's currency."""
    c = spend.c
    rows = select(func.coalesce(func.sum(c.amount_micros), 0)).where(
        c.goal == goal.key, c.campaign == campaign, c.currency == goal.currency
    )
    return int(connection.scalar(rows) or 0)


def _mail_cost(graph: Journey, counted: Tally) -> int:
    """Return what the journey itself costs: its fixed part, and each mail."""
    return round((graph.cost.fixed + graph.cost.per_mail * counted.outcomes["sent"]) * _MICROS)
