"""Thousands at once ≡ one at a time: what SQL does with everybody is what the pure decision says of each."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from tests.activate.company import GOAL, KEY, Company

from helder.activate.journeys.graph import END, Journey
from helder.activate.journeys.holdout import held_out
from helder.activate.journeys.parse import parse
from helder.activate.journeys.step import Ended, Situation, at_end, take
from helder.clock import stored
from helder.store.tables.journeys import enrolment_step
from helder.store.tables.outbox import outbox

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
MAIL = {"type": "email", "template": "hello", "purpose": "events"}
KINDS = ["wait", "branch", "mail"]


class Nature(msgspec.Struct, frozen=True):
    """How a person is, for the whole time of the journey."""

    goal: bool
    still: bool
    inside: bool
    address: bool


@st.composite
def journeys(draw: st.DrawFn) -> dict[str, Any]:
    """Any graph that goes forward, with the holdout first where there is one."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=5))
    names = [f"s{number}" for number in range(len(kinds))]
    steps = [_step(draw, kind, names[number + 1 :], names[number]) for number, kind in enumerate(kinds)]
    if draw(st.booleans()):
        steps.insert(0, {"type": "holdout", "percent": 40})
    return {"key": "any", "name": "Any", "enter": {"segment": "some"}, "goal": {"event": GOAL}, "step": steps}


def _step(draw: st.DrawFn, kind: str, ahead: list[str], name: str) -> dict[str, Any]:
    """One way always leads to the following step, so that every step can be come to."""
    following, anywhere = [*ahead, "end"][0], draw(st.sampled_from([*ahead, "end"]))
    if kind == "branch":
        ways = draw(st.permutations([following, anywhere]))
        return {"id": name, "type": "branch", "segment": "other", "then": ways[0], "otherwise": ways[1]}
    if kind == "wait":
        return {"id": name, "type": "wait", "minutes": draw(st.sampled_from([0, 10]))}
    return {"id": name, **MAIL}


natures = st.lists(
    st.builds(Nature, st.booleans(), st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=12
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(written=journeys(), people=natures)
def test_everybody_ends_as_the_pure_decision_says(written: dict[str, Any], people: list[Nature]) -> None:
    """Outcome and the steps that were passed are the same for each person, and the outcomes add up to the audience."""
    journey = parse(written)
    with tempfile.TemporaryDirectory() as folder:
        company = Company(Path(folder), NOW)
        ids = [_person(company, number, nature) for number, nature in enumerate(people)]
        company.matches = _rules(dict(zip(ids, people, strict=True)))
        _begin(company, written, ids)
        _live_through(company)
        expected = {each: _alone(journey, nature, each) for each, nature in zip(ids, people, strict=True)}
        assert company.outcomes() == {each: (ended.outcome, ended.reason) for each, (ended, _) in expected.items()}
        assert _passed(company) == Counter(number for _, steps in expected.values() for number in steps)
        assert not [row for row in company.messages() if row["status"] != "sent"]
        company.close()


def _begin(company: Company, written: dict[str, Any], ids: list[int]) -> None:
    company.start(**{key: value for key, value in written.items() if key != "key"}, key=written["key"])
    company.enter(*ids)


def _person(company: Company, number: int, nature: Nature) -> int:
    if nature.address:
        identity = company.person(f"p{number}@example.nl")
    else:
        identity = company.identity("customer:shop", str(number))
        company.merge(identity)
    if nature.goal:
        company.did(identity, GOAL, NOW + timedelta(seconds=1))
    return identity


def _rules(natures_of: dict[int, Nature]) -> Any:
    def matches(rule: str, profiles: Sequence[int], now: datetime) -> Collection[int]:
        return {each for each in profiles if getattr(natures_of[each], "still" if rule == '"some"' else "inside")}

    return matches


def _live_through(company: Company) -> None:
    """Let an hour pass in seven rounds; each message is sent as soon as it is there."""
    for round_number in range(7):
        company.run(minutes=10 if round_number else 0)
        with company.state.write() as connection:
            sent = update(outbox).where(outbox.c.status == "queued")
            connection.execute(sent.values(status="sent", sent_at=stored(company.now)))
    company.run()


def _alone(journey: Journey, nature: Nature, identity: int) -> tuple[Ended, list[int]]:
    """Walk one person through the journey by the pure decision."""
    person = Situation(
        holdout=held_out(journey.key, identity, journey.holdout, KEY),
        goal=nature.goal,
        still=nature.still,
        inside=nature.inside,
        address=nature.address,
    )
    number, messages, passed = 0, 0, []
    while number != END:
        passed.append(number)
        move = take(journey, number, person, NOW)
        if isinstance(move, Ended):
            return move, passed
        number, messages = move.step, messages + move.mail
    return at_end([("sent", "")] * messages), passed


def _passed(company: Company) -> Counter[int]:
    with company.state.read() as connection:
        return Counter(connection.scalars(select(enrolment_step.c.step)))
