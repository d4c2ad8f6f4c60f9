"""The result of a journey that was really run, with its events in real facts."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest
from tests.activate.company import GOAL, KEY, Catcher, Company, serve

from helder.clock import stored
from helder.errors import NotFound
from helder.govern.catalogue import Words
from helder.govern.goals import Goal, save_goal
from helder.integrate.live import LiveSources
from helder.integrate.live_index import LiveIndex
from helder.integrate.register import Sources
from helder.measure.goal_events import done
from helder.measure.live_sales import LiveSales
from helder.measure.result import Result, result
from helder.store.facts.duckdb.engine import DuckDbFacts
from helder.store.keys import identity_id
from helder.store.tables.journeys import enrolment

PEOPLE = 60
PLACES = Goal(
    key="autumn",
    label=Words("Najaar", "Autumn"),
    target=400,
    unit=Words("plaatsen", "places"),
    by=date(2026, 12, 15),
    since=date(2026, 11, 1),
)


class Campaign:
    """A journey with half its people held out, mailed, and facts to put events in."""

    def __init__(self, company: Company, facts: DuckDbFacts, people: list[int], catcher: Catcher) -> None:
        self.company, self.facts, self.people, self.catcher = company, facts, people, catcher

    def did(self, *rows: tuple[int, datetime, dict[str, object]]) -> None:
        """Put goal events in the facts: (identity, moment, properties)."""
        events = [
            {
                "message_id": f"{identity}-{at}-{number}",
                "identity_id": identity,
                "type": "track",
                "name": GOAL,
                "at": stored(at),
                "properties": msgspec.json.encode(properties).decode(),
            }
            for number, (identity, at, properties) in enumerate(rows)
        ]
        with self.facts.write() as batch:
            batch.append("event_tail", pa.Table.from_pylist(events))

    def held(self) -> list[int]:
        with self.company.state.read() as connection:
            rows = connection.execute(enrolment.select().where(enrolment.c.holdout == 1))
            return [row.identity_id for row in rows]

    def result(self) -> Result:
        return result(self.company.state, self.facts, "hello", "autumn", self.company.now)


@pytest.fixture
def campaign(tmp_path: Path, now: datetime) -> Iterator[Campaign]:
    """Sixty people, half of them held out."""
    catcher = Catcher()
    controller = serve(catcher)
    company = Company(tmp_path, now, smtp_port=controller.port)
    facts = DuckDbFacts(":memory:")
    people = [company.person(f"p{number}@example.nl") for number in range(PEOPLE)]
    save_goal(company.state, PLACES, now)
    mail = {"type": "email", "template": "hello", "purpose": "events"}
    company.start(step=[{"type": "holdout", "percent": 50}, mail], cost={"fixed": 10.0, "per_mail": 0.5})
    company.enter(*people)
    company.run()
    asyncio.run(company.sender().drain())
    company.run()
    yield Campaign(company, facts, people, catcher)
    facts.close()
    company.close()
    controller.stop()


def test_the_result_adds_up(campaign: Campaign) -> None:
    """Everybody is in one of the two groups, and every enrolment ended in exactly one way."""
    held = campaign.held()
    mailed = [each for each in campaign.people if each not in held]
    after = campaign.company.now + timedelta(minutes=5)
    campaign.did(*[(each, after, {"price": 100}) for each in mailed[:10]], (held[0], after, {"price": 100}))
    found = campaign.result()
    assert 10 < len(held) < 50
    assert found.uplift is not None
    assert (found.uplift.mailed.hits, found.uplift.mailed.people) == (10, len(mailed))
    assert (found.uplift.held_out.hits, found.uplift.held_out.people) == (1, len(held))
    assert (found.audience, found.holdout, found.sent) == (PEOPLE, len(held), len(mailed))
    assert sum(found.tally.outcomes.values()) == found.tally.audience == PEOPLE
    assert found.roi.cost_micros == (10 + 0.5 * len(mailed)) * 1_000_000
    assert (found.distance.reached, found.distance.to_go, found.distance.days_left) == (11, 389, 21)


def test_what_came_before_entering_does_not_count(campaign: Campaign) -> None:
    """An event from before the journey is no effect of it, though it counts towards the goal."""
    campaign.did((campaign.people[0], campaign.company.now - timedelta(days=3), {"price": 100}))
    found = campaign.result()
    assert found.uplift is not None
    assert found.uplift.mailed.hits + found.uplift.held_out.hits == 0
    assert found.distance.reached == 1


def test_events_of_another_identity_of_the_person_count(campaign: Campaign) -> None:
    """Who registers in another browser is found by who is who."""
    browser = 12345
    with campaign.facts.write() as batch:
        rows = [{"identity_id": each, "profile_id": campaign.people[0]} for each in (campaign.people[0], browser)]
        batch.append("identity_profile", pa.Table.from_pylist(rows))
    campaign.did((browser, campaign.company.now + timedelta(minutes=1), {"price": 100, "places": 2}))
    found = campaign.result()
    assert found.uplift is not None
    assert found.uplift.mailed.hits + found.uplift.held_out.hits == 1
    assert found.distance.reached == 2


def test_two_identities_that_are_one_person_count_once(campaign: Campaign) -> None:
    """After a merge there is one person less, and who was held out as one of them was held out."""
    held = campaign.held()[0]
    other = next(each for each in campaign.people if each not in campaign.held())
    with campaign.facts.write() as batch:
        rows = [{"identity_id": each, "profile_id": other} for each in (held, other)]
        batch.append("identity_profile", pa.Table.from_pylist(rows))
    found = campaign.result()
    assert (found.audience, found.holdout) == (PEOPLE - 1, len(campaign.held()))


def test_what_is_not_there_is_named(campaign: Campaign) -> None:
    """An unknown goal or journey is an error that says which."""
    with pytest.raises(NotFound, match="goal 'spring'"):
        result(campaign.company.state, campaign.facts, "hello", "spring", campaign.company.now)
    with pytest.raises(NotFound, match="journey 'bye'"):
        result(campaign.company.state, campaign.facts, "bye", "autumn", campaign.company.now)


@pytest.mark.parametrize(
    ("properties", "value", "places", "micros"),
    [
        ('{"price": 89}', None, 1, 89_000_000),
        ('{"price": "79.50", "places": 2}', None, 2, 159_000_000),
        ('{"price": 89, "quantity": 3}', 100_000_000, 3, 100_000_000),
        ("[]", None, 1, 0),
        ('{"price": "gratis", "places": true}', None, 1, 0),
        ('{"price": -5, "places": 1e300}', None, 1, 0),
        (None, None, 1, 0),
    ],
)
def test_an_event_says_places_and_money(properties: str | None, value: int | None, places: float, micros: int) -> None:
    """Numbers come as numbers or as text; what is absurd counts as one place for nothing, and never breaks a result."""
    found = done({"profile_id": 1, "properties": properties, "value_micros": value})
    assert (found.places, found.amount_micros) == (places, micros)


ERP = """
source = "erp"
name = {nl = "ERP", en = "ERP"}
type = "sqlite"
mode = "live"
database = "erp.db"

[[object]]
object = "workshop_order"
table = "bookings"
key = "id"
[object.identifiers]
"customer:erp" = "customer"
[object.fields]
at = "at"
places = "places"
amount = {column = "cents", type = "money", unit = "cent", currency = "EUR"}
"""


@pytest.fixture
def booked(campaign: Campaign) -> Campaign:
    """The campaign, and an ERP in which a mailed person, a stranger, and somebody long ago booked places."""
    company, folder = campaign.company, campaign.company.settings.data / "sources"
    folder.mkdir()
    after = (company.now + timedelta(minutes=5)).strftime("%Y-%m-%d %H:%M:%S")
    with closing(sqlite3.connect(folder / "erp.db")) as db:
        db.execute(
            "CREATE TABLE bookings (id INTEGER PRIMARY KEY, customer TEXT, at TEXT, places INTEGER, cents INTEGER)"
        )
        rows = [
            ("K1", after, 2, 20000),
            ("K2", after, 1, 10000),
            ("K1", "2020-01-01 00:00:00", 7, 1),
            (None, after, 1, 1),
        ]
        db.executemany("INSERT INTO bookings (customer, at, places, cents) VALUES (?, ?, ?, ?)", rows)
        db.commit()
    (folder / "erp.toml").write_text(ERP, "utf-8")
    live = LiveSources(company.state, timeout=0.3)
    index = LiveIndex(company.state, campaign.facts, KEY, live)
    Sources(company.state, campaign.facts, KEY, index).add(folder / "erp.toml", company.now)
    mailed = next(each for each in campaign.people if each not in campaign.held())
    with campaign.facts.write() as batch:
        pairs = [(mailed, mailed), (identity_id("customer:erp", "K1", KEY), mailed)]
        rows = [{"identity_id": identity, "profile_id": profile} for identity, profile in pairs]
        batch.append("identity_profile", pa.Table.from_pylist(rows))
    save_goal(company.state, msgspec.structs.replace(PLACES, object="workshop_order", measure="places"), company.now)
    return campaign


def asked(campaign: Campaign) -> Result:
    company = campaign.company
    sales = LiveSales(company.state, LiveSources(company.state, timeout=0.3), KEY)
    return result(company.state, campaign.facts, "hello", "autumn", company.now, sales)


def test_who_booked_by_telephone_has_booked(booked: Campaign) -> None:
    """Orders in the live ERP count for who placed them after entering, and all of them towards the goal."""
    found = asked(booked)
    assert found.uplift is not None
    assert (found.uplift.mailed.hits, found.uplift.held_out.hits) == (1, 0)
    assert (found.distance.reached, found.incomplete_because) == (4, "")
    assert round(found.roi.places.value * 1000) == round(
        found.uplift.difference * found.uplift.mailed.people * 2 * 1000
    )


def test_an_erp_that_cannot_be_asked_is_told(booked: Campaign) -> None:
    """The result says what is missing instead of passing over it in silence."""
    (booked.company.settings.data / "sources" / "erp.db").unlink()
    found = asked(booked)
    assert found.distance.reached == 0
    assert found.incomplete_because
    assert found.summary.endswith(f"Some orders are missing in this: {found.incomplete_because}")


def test_a_goal_that_is_measured_by_what_is_not_mapped_is_told(booked: Campaign) -> None:
    """A field that the source does not map makes the result incomplete, and names the field."""
    goal = msgspec.structs.replace(PLACES, object="workshop_order", measure="chairs")
    save_goal(booked.company.state, goal, booked.company.now)
    assert asked(booked).incomplete_because == "erp does not map chairs of workshop_order."
