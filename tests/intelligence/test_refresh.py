"""Refreshing those who changed and those who are due is computing everything anew, at every moment."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from tests.intelligence import oracle, worlds
from tests.intelligence.refreshing import Company
from tests.intelligence.worlds import NOW, SOFT, add, aware, engine_of

from helder.errors import Unavailable
from helder.intelligence.refresh import LIVE_EVERY, PATIENCE, Refresh
from helder.intelligence.segments.definitions import Segments
from helder.intelligence.segments.parse import parse
from helder.store.state import State

RULES = st.lists(worlds.rules, min_size=1, max_size=2)
STEPS = st.sampled_from(
    [timedelta(microseconds=1), timedelta(minutes=30), timedelta(hours=23), timedelta(days=1), timedelta(days=7)]
)
PATTERN = [worlds.event, worlds.order, worlds.consent, worlds.ticket]


@st.composite
def changes(draw: st.DrawFn) -> dict[str, Any]:
    """Draw what comes in between two rounds: rows, an ended record, a merge or a split, and time that passes."""
    return {
        "after": draw(STEPS),
        "event_tail": draw(worlds.rows(worlds.event, 2)),
        "orders": draw(worlds.rows(worlds.order, 1)),
        "consent": draw(worlds.rows(worlds.consent, 1)),
        "ends": draw(st.booleans()),
        "moves": draw(st.one_of(st.none(), st.tuples(worlds.identity, st.integers(101, 104)))),
        "maintain": draw(st.booleans()),
    }


def copied(world: dict[str, Any]) -> dict[str, Any]:
    """Return rows of their own: the same drawn row may be used twice, and keys are then renumbered."""
    return {name: [dict(each) for each in rows] for name, rows in world.items()}


@pytest.mark.parametrize("projected", [False, True])
def test_refresh_is_computing_anew(tmp_path_factory: pytest.TempPathFactory, projected: bool) -> None:
    """After every round the members are those of the plain reading, whatever came in and however much time passed."""

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(world=worlds.worlds(), rules=RULES, steps=st.lists(changes(), min_size=1, max_size=4))
    def law(world: Any, rules: list[Any], steps: list[Any]) -> None:
        company = Company(tmp_path_factory.mktemp("company"), projected=projected)
        for number, rule in enumerate(rules):
            company.segments.save(f"s{number}", "S", json.dumps(rule), aware(NOW), "test")
        company.come(copied(world))
        for what in [None, *steps]:
            if what:
                company.change(numbered(copied_change(what), company))
            company.refresh()
            for number, rule in enumerate(rules, 1):
                expected = sorted(oracle.members(rule, company.world, company.now, SOFT))
                event(f"{'some' if expected else 'no'} members")
                assert company.online.members(number).tolist() == expected
            assert company.refresh() == 0
        company.close()

    law()


def copied_change(what: dict[str, Any]) -> dict[str, Any]:
    return {key: [dict(each) for each in value] if isinstance(value, list) else value for key, value in what.items()}


def numbered(what: dict[str, Any], company: Company) -> dict[str, Any]:
    """Give new rows keys of their own."""
    for table, key in (("event_tail", "message_id"), ("orders", "record_key")):
        for place, each in enumerate(what[table]):
            each[key] = f"{len(company.world[table])}-{place}-{company.now}"
    return what


@pytest.fixture
def company(tmp_path: Path) -> Any:
    made = Company(tmp_path, projected=False)
    yield made
    made.close()


VIEWED = {"behaviour": "Product Viewed", "in_last": "1 days"}


def viewed(identity: int, at: datetime) -> dict[str, Any]:
    empty = dict.fromkeys(worlds.SCHEMAS["event_tail"])
    given = {"message_id": f"{identity}{at}", "identity_id": identity, "type": "track", "at": at, "properties": "{}"}
    return {**empty, **given, "name": "Product Viewed"}


def who(*pairs: tuple[int, int]) -> list[dict[str, Any]]:
    return [{"identity_id": identity, "profile_id": profile} for identity, profile in pairs]


def save(state_of: Company, key: str, rule: dict[str, Any]) -> None:
    state_of.segments.save(key, key, json.dumps(rule), aware(NOW), "test")


def test_entries_and_exits_are_recorded(company: Company) -> None:
    """Who comes in and who falls out is written down with the moment, once."""
    company.come({"identity_profile": who((1, 1), (2, 2)), "event_tail": [viewed(1, NOW)]})
    save(company, "s", VIEWED)
    assert company.refresh() == 1
    company.now += timedelta(days=1)
    assert company.refresh() == 1
    changes = company.online.member_changes(0)
    assert [(c.profile_id, c.entered, c.at) for c in changes] == [(1, True, NOW), (1, False, NOW + timedelta(days=1))]


def test_who_did_not_finish_comes_in_by_the_passing_of_time(company: Company) -> None:
    """A did-not begins to hold once its span is over, and ends when the start falls out of the window."""
    company.come({"identity_profile": who((1, 1), (2, 2)), "event_tail": [viewed(1, NOW)]})
    save(
        company,
        "s",
        {"sequence": "Product Viewed", "then_not": "Order Completed", "within": "1 days", "in_last": "1 weeks"},
    )
    moment = timedelta(microseconds=1)
    seen = []
    for age in (
        timedelta(0),
        timedelta(days=1) - moment,
        timedelta(days=1),
        timedelta(days=7) - moment,
        timedelta(days=7),
    ):
        company.now = NOW + age
        company.refresh()
        seen.append(company.online.members(1).tolist())
    assert seen == [[], [], [1], [1], []]


def test_a_new_version_is_computed_over_everyone(company: Company) -> None:
    """A changed rule takes effect at the next round, for people nothing happened to."""
    company.come({"identity_profile": who((1, 1), (2, 2)), "event_tail": [viewed(1, NOW)]})
    save(company, "s", VIEWED)
    company.refresh()
    save(company, "s", {"none": [VIEWED]})
    company.refresh()
    assert company.online.members(1).tolist() == [2]


def test_a_segment_follows_the_segment_it_refers_to(company: Company) -> None:
    """When the other segment's rule changes, the members of this one do."""
    company.come({"identity_profile": who((1, 1), (2, 2)), "event_tail": [viewed(1, NOW)]})
    save(company, "a", VIEWED)
    save(company, "b", {"membership": "a"})
    company.refresh()
    assert company.online.members(2).tolist() == [1]
    save(company, "a", {"none": [VIEWED]})
    company.refresh()
    assert company.online.members(2).tolist() == [2]


def test_a_start_goes_on_where_the_last_run_ended(company: Company) -> None:
    """A stage that was just built reads from online how far memberships are."""
    company.come({"identity_profile": who((1, 1), (2, 2)), "event_tail": [viewed(1, NOW)]})
    save(company, "s", VIEWED)
    company.refresh()
    company.come({"event_tail": [viewed(2, NOW)]})
    company.stage = Refresh(company.facts, company.segments, company.online, company.engine)
    assert company.refresh() == 1
    assert company.online.members(1).tolist() == [1, 2]


def test_who_was_merged_away_has_left(company: Company) -> None:
    """A profile that is no more is no member, also when the stage was not running at the time."""
    company.come({"identity_profile": who((1, 1), (2, 2)), "event_tail": [viewed(1, NOW), viewed(2, NOW)]})
    save(company, "s", VIEWED)
    company.refresh()
    company.move(2, 1)
    company.stage = Refresh(company.facts, company.segments, company.online, company.engine)
    company.refresh()
    assert company.online.members(1).tolist() == [1]


class Source:
    """A live source that is there, or is not."""

    def __init__(self) -> None:
        self.keys: list[str] | None = []
        self.asked = 0

    def object(self, source: str, name: str) -> Any:
        if self.keys is None:
            self.asked += 1
            raise Unavailable("erp is locked by another program.")
        table = ibis.table({"key": "string", "at": "timestamp(6)"}, name="workshop_orders")
        return LiveTable(table)

    def run(self, source: str, expr: Any, ids: Any) -> Any:
        if self.keys is None:
            self.asked += 1
            raise Unavailable("erp is locked by another program.")
        found = self.keys if ids is None else [key for key in self.keys or [] if key in ids]
        return pa.table({"key": pa.array(found, pa.string())})


class LiveTable:
    def __init__(self, table: Any) -> None:
        self.table, self.kind, self.kinds = table, "customer:erp", {"at": "time"}


ORDERED = {"live": "erp", "object": "workshop_order", "op": "never"}


@pytest.fixture
def source(company: Company) -> Source:
    """A company with a live source that knows customers A (profile 1) and B (profile 2)."""
    found = Source()
    company.engine = engine_of(company.facts, company.segments.rule, live=found)
    company.stage = Refresh(company.facts, company.segments, company.online, company.engine)
    with company.facts.write() as batch:
        rows = [(1, "customer:erp", "A"), (2, "customer:erp", "B")]
        add(batch, "identity", [dict(zip(("identity_id", "kind", "value"), row, strict=True)) for row in rows])
    company.come({"identity_profile": who((1, 1), (2, 2)), "event_tail": [viewed(1, NOW), viewed(2, NOW)]})
    return found


def test_a_source_that_does_not_answer_leaves_members_as_they_are(company: Company, source: Source) -> None:
    """Nothing is computed without the source; why is told; it is left alone for a while, and then tried again."""
    save(company, "s", {"all": [VIEWED, ORDERED]})
    company.refresh()
    assert company.online.members(1).tolist() == [1, 2]
    source.keys = None
    company.come({"event_tail": [viewed(1, NOW)]})
    company.refresh()
    company.refresh()
    assert (company.online.members(1).tolist(), source.asked) == ([1, 2], 1)
    assert "locked" in company.stage.unavailable["s"]
    source.keys = ["A"]
    company.now += PATIENCE
    company.refresh()
    assert company.online.members(1).tolist() == [2]
    assert company.stage.unavailable == {}


def test_a_live_source_is_asked_anew_though_nothing_came_in(company: Company, source: Source) -> None:
    """What changes at the source only is seen within minutes."""
    save(company, "s", {"all": [VIEWED, ORDERED]})
    company.refresh()
    source.keys = ["B"]
    company.refresh()
    assert company.online.members(1).tolist() == [1, 2]
    company.now += LIVE_EVERY
    company.refresh()
    assert company.online.members(1).tolist() == [1]


def test_a_count_is_unavailable_and_no_number(company: Company, source: Source) -> None:
    """A count without its source has no total and says because of what; nodes that can be known are."""
    source.keys = None
    answer = company.engine.count(parse({"all": [VIEWED, {"none": [ORDERED]}]}), aware(NOW))
    assert (answer.total, answer.counts["rule.all[1]"], answer.counts["rule.all[0]"]) == (None, None, 2)
    assert "erp is locked" in answer.unavailable_because
    with pytest.raises(Unavailable, match="erp is locked"):
        company.engine.members(parse(ORDERED), aware(NOW))


def test_the_source_is_asked_anew_by_every_count(company: Company, source: Source) -> None:
    """A change at the source changes the next count, without any sync."""
    assert company.engine.count(parse(ORDERED), aware(NOW)).total == 2
    source.keys = ["A", "A"]
    assert company.engine.count(parse(ORDERED), aware(NOW)).total == 1


def test_one_state_is_not_shared(company: Company) -> None:
    """Segments are read from state each round: what is saved by another process is seen."""
    other: State = company.state
    Segments(other).save("late", "Late", json.dumps(VIEWED), aware(NOW), "another")
    company.refresh()
    assert company.online.member_state(1) is not None
