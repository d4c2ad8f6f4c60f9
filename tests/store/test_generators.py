"""Tests of the generators that benchmarks work on, at the size of a village: a goal met on nonsense is not met."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

import large
import registers
from helder.clock import stored
from helder.store.facts.protocol import Facts
from helder.store.facts.schema import table


def count(facts: Facts, name: str) -> int:
    return int(facts.read(table(name).aggregate(n=table(name).count()))["n"][0].as_py())


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> large.Large:
    made = large.Large(folder=tmp_path_factory.mktemp("bench") / "tiny", people=400, events=20_000)
    large.make(made)
    return made


def test_the_company_is_whole(company: large.Large) -> None:
    """Counts are those that were asked for, stages stand at the end, and the copies hold what the facts hold."""
    facts, hot, online = company.facts(), company.hot(), company.online()
    assert (count(facts, "identity"), count(facts, "profile"), count(facts, "orders")) == (1200, 400, 1200)
    assert count(facts, "event") > 20_000
    assert hot.count("event") == count(facts, "event")
    assert online.count("identity_profile") == 1200
    last = facts.last_batch()
    assert {facts.watermark("receive"), hot.watermark("project"), online.watermark("refresh")} == {last}
    for each in (facts, hot, online):
        each.close()


def test_the_campaign_has_people_to_ask_for(company: large.Large) -> None:
    """Lately some began a registration and did not finish, some did; some agree, some object, some complain."""
    facts = company.facts()
    event, consent, ticket = table("event"), table("consent"), table("ticket")
    lately = event.filter(event["at"] > stored(company.now - timedelta(days=14)), event["at"] <= stored(company.now))
    counts = {
        row["name"]: row["n"] for row in facts.read(lately.group_by("name").aggregate(n=lately.count())).to_pylist()
    }
    choices = facts.read(consent.filter(consent.purpose == "events").select("choice").distinct())["choice"].to_pylist()
    complaints = facts.read(ticket.filter(ticket.kind == "complaint").select("status").distinct())
    latest = facts.read(event["at"].max().name("at").as_table())["at"][0].as_py()
    facts.close()
    assert counts["Workshop Registration Started"] > counts["Workshop Registration Completed"] > 0
    assert counts["Email Sent"] > 0
    assert sorted(choices) == ["no", "yes"]
    assert "closed" in complaints["status"].to_pylist()
    assert latest <= stored(company.now)


def test_the_same_company_every_time(company: large.Large, tmp_path: Path) -> None:
    """Made again, every event is the same."""
    again = large.Large(folder=tmp_path / "again", people=400, events=20_000)
    large.make(again)
    found = []
    for each in (company, again):
        facts = each.facts()
        found.append(facts.read(table("event").order_by("message_id")))
        facts.close()
    assert found[0].equals(found[1])


def test_registers_hold_five_records_a_person(tmp_path: Path) -> None:
    """Every record is of an account that is known, and its links lead to identities that are known."""
    made = registers.Registers(folder=tmp_path / "tiny", people=300)
    registers.make(made)
    facts = made.facts()
    identity, record, link = table("identity"), table("person_record"), table("link")
    strangers = facts.read(record.anti_join(identity, "identity_id").count().name("n").as_table())["n"][0].as_py()
    ends = link.select(identity_id=link.a).union(link.select(identity_id=link.b))
    loose = facts.read(ends.anti_join(identity, "identity_id").count().name("n").as_table())["n"][0].as_py()
    sizes = count(facts, "person_record"), count(facts, "name_key"), facts.last_batch()
    facts.close()
    assert (strangers, loose) == (0, 0)
    assert sizes == (1500, 1500, 5)
