"""The whole way of a message, in real stores."""

from __future__ import annotations

import asyncio
from collections import Counter

import pyarrow as pa
from tests.activate.company import GOAL, Catcher, Company

from helder.errors import Unavailable


def test_a_person_who_comes_into_the_segment_is_mailed_once(company: Company, catcher: Catcher) -> None:
    """Entry, message, sending and outcome follow each other, and a second round adds nothing."""
    noor = company.person("noor@example.nl")
    company.start()
    company.enter(noor)
    for _ in range(2):
        company.run()
        asyncio.run(company.sender().drain())
    company.run()
    assert [to for to, _ in catcher.mails] == ["noor@example.nl"]
    assert company.outcomes() == {noor: ("sent", "")}
    assert [event.name for event in company.events()] == ["Email Sent"]


def test_who_reached_the_goal_is_not_mailed(company: Company, catcher: Catcher) -> None:
    """The goal is looked at again right before the mail."""
    noor = company.person("noor@example.nl")
    company.start(step=[{"type": "wait", "hours": 1}, *[{"type": "email", "template": "hello", "purpose": "events"}]])
    company.enter(noor)
    company.run()
    company.did(noor, GOAL, company.now)
    company.run(minutes=61)
    assert company.outcomes() == {noor: ("goal", "")}


def test_a_journey_waits_when_a_rule_cannot_be_answered(company: Company, catcher: Catcher) -> None:
    """An unavailable source holds the journey up, with the reason, and nobody is mailed without the answer."""
    noor = company.person("noor@example.nl")
    company.start()
    company.enter(noor)

    def locked(rule: str, profiles: object, now: object) -> list[int]:
        raise Unavailable("erp is locked")

    answer, company.matches = company.matches, locked
    company.run()
    assert (company.messages(), company.outcomes()) == ([], {noor: (None, "")})
    with company.state.read() as connection:
        assert connection.exec_driver_sql("SELECT waiting_because FROM journey").scalar() == "erp is locked"
    company.matches = answer
    company.run(minutes=2)
    assert [row["status"] for row in company.messages()] == ["queued"]
    with company.state.read() as connection:
        assert connection.exec_driver_sql("SELECT waiting_because FROM journey").scalar() == ""


def test_a_clock_that_jumps_back_delays_and_repeats_nothing(company: Company, catcher: Catcher) -> None:
    """An hour that comes twice costs an hour: nobody is enrolled, mailed or counted again, and nobody is lost."""
    noor, jan = company.person("noor@example.nl"), company.person("jan@example.nl")
    company.start(step=[{"type": "wait", "minutes": 5}, {"type": "email", "template": "hello", "purpose": "events"}])
    company.enter(noor)
    company.run()
    company.run(minutes=6)
    asyncio.run(company.sender().drain())
    company.run(minutes=-60)
    company.enter(jan)
    company.run()
    asyncio.run(company.sender().drain())
    assert [to for to, _ in catcher.mails] == ["noor@example.nl"]
    company.run(minutes=70)
    asyncio.run(company.sender().drain())
    company.run()
    assert sorted(to for to, _ in catcher.mails) == ["jan@example.nl", "noor@example.nl"]
    assert company.outcomes() == {noor: ("sent", ""), jan: ("sent", "")}


def test_a_thousand_people_at_one_address_are_one_mail(company: Company, catcher: Catcher) -> None:
    """An office address that everybody gave is written to once at most; each of the others ends with the reason."""
    owner = company.person("info@example.nl")
    crowd = [company.identity("customer:shop", str(number)) for number in range(1000)]
    rows = [{"identity_id": each, "profile_id": each, "batch": 1} for each in crowd]
    company.online.append("identity_profile", pa.Table.from_pylist(rows))
    records = [{"profile_id": each, "email": "info@example.nl", "batch": 1} for each in crowd]
    company.online.append("profile", pa.Table.from_pylist(records))
    company.start()
    company.enter(owner, *crowd)
    company.run()
    asyncio.run(company.sender().drain())
    company.run()
    assert len(catcher.mails) == 1
    assert Counter(company.outcomes().values()) == {("sent", ""): 1, ("skipped", "shared_address"): 1000}
