"""The bounds of windows and spans, to the microsecond."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.intelligence.worlds import NOW, aware, engine_of, fill

from helder.intelligence.segments.parse import parse
from helder.store.facts.duckdb.engine import DuckDbFacts

US = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
VIEW = "Product Viewed"
ORDER = "Order Completed"


@pytest.fixture(scope="module")
def facts() -> Iterator[DuckDbFacts]:
    made = DuckDbFacts(":memory:", threads=1)
    yield made
    made.close()


def did(name: str, at: datetime, identity: int = 1, **more: Any) -> dict[str, Any]:
    """Return an event."""
    return {"message_id": f"{name}{at}", "identity_id": identity, "type": "track", "name": name, "at": at,
            "properties": "{}", **more}  # fmt: skip


def in_it(facts: DuckDbFacts, rule: dict[str, Any], **tables: list[dict[str, Any]]) -> bool:
    """Return whether the one profile (identities 1 and 2) meets ``rule`` now."""
    who = [{"identity_id": 1, "profile_id": 1}, {"identity_id": 2, "profile_id": 1}]
    fill(facts, {"identity_profile": who, **tables})
    return engine_of(facts).members(parse(rule), aware(NOW)).tolist() == [1]


@pytest.mark.parametrize(
    ("age", "inside"), [(DAY, False), (DAY - US, True), (US, True), (timedelta(0), True), (-US, False)]
)
def test_a_window_is_open_at_its_beginning_and_closed_at_now(facts: DuckDbFacts, age: timedelta, inside: bool) -> None:
    """``in_last`` W is (now − W, now]; what lies ahead does not count."""
    rule = {"behaviour": VIEW, "in_last": "1 days"}
    assert in_it(facts, rule, event_tail=[did(VIEW, NOW - age)]) is inside


@pytest.mark.parametrize(
    ("at", "inside"),
    [
        ("2026-11-19T23:59:59.999999", False),
        ("2026-11-20", True),
        ("2026-11-21T23:59:59.999999", True),
        ("2026-11-22", False),
    ],
)
def test_a_fixed_window_begins_with_its_first_moment(facts: DuckDbFacts, at: str, inside: bool) -> None:
    """``since`` and ``until`` are [since, until)."""
    rule = {"behaviour": VIEW, "since": "2026-11-20", "until": "2026-11-22"}
    assert in_it(facts, rule, event_tail=[did(VIEW, datetime.fromisoformat(at))]) is inside


@pytest.mark.parametrize(
    ("begun", "followed", "inside"),
    [
        (DAY, None, True),  # the span is over this very moment
        (DAY - US, None, False),  # not over yet
        (2 * DAY, timedelta(0), True),  # B at the same moment as A does not follow it
        (2 * DAY, US, False),
        (2 * DAY, DAY, False),  # the last moment of the span
        (2 * DAY, DAY + US, True),
        (7 * DAY, None, False),  # A has fallen out of the window
        (7 * DAY - US, None, True),
    ],
)
def test_a_then_not_b(facts: DuckDbFacts, begun: timedelta, followed: timedelta | None, inside: bool) -> None:
    """An A at t with t + T <= now counts when no B of the same profile lies in (t, t + T]."""
    rows = [did(VIEW, NOW - begun)]
    if followed is not None:
        rows.append(did(ORDER, NOW - begun + followed, identity=2))
    rule = {"sequence": VIEW, "then_not": ORDER, "within": "24 hours", "in_last": "1 weeks"}
    assert in_it(facts, rule, event_tail=rows) is inside


@pytest.mark.parametrize(
    ("begun", "followed", "inside"),
    [
        (HOUR, timedelta(0), False),
        (HOUR, US, True),
        (2 * DAY, DAY, True),
        (2 * DAY, DAY + US, False),
        (HOUR, 2 * HOUR, False),
    ],
)
def test_a_then_b(facts: DuckDbFacts, begun: timedelta, followed: timedelta, inside: bool) -> None:
    """An A at t counts when a B lies in (t, t + T], and not ahead of now."""
    rows = [did(VIEW, NOW - begun), did(ORDER, NOW - begun + followed)]
    assert in_it(facts, {"sequence": VIEW, "then": ORDER, "within": "24 hours"}, event_tail=rows) is inside


def choice(identity: int, answer: str, age: timedelta, **more: Any) -> dict[str, Any]:
    """Return a choice about events by e-mail."""
    made = {
        "identity_id": identity,
        "purpose": "events",
        "channel": "email",
        "title": "",
        "choice": answer,
        "at": NOW - age,
    }
    return {**made, **more}


PAID = {
    "source": "s",
    "record_key": "1",
    "identity_id": 2,
    "at": NOW - DAY,
    "status": "paid",
    "kind": "order",
    "amount_micros": 1,
}


@pytest.mark.parametrize(
    ("choices", "orders", "allowed"),
    [
        ([choice(1, "yes", DAY)], [], True),
        ([choice(1, "yes", DAY), choice(1, "no", HOUR)], [], False),
        ([choice(1, "no", DAY), choice(1, "yes", HOUR)], [], True),
        ([choice(1, "yes", HOUR), choice(1, "no", HOUR)], [], False),
        ([choice(1, "yes", HOUR), choice(2, "no", 3 * DAY)], [], False),
        ([choice(1, "no", DAY)], [PAID], False),
        ([choice(1, "yes", -US)], [], False),
        ([choice(1, "yes", DAY, title="tuin")], [], False),
        ([choice(1, "yes", DAY, channel="sms")], [], False),
        ([choice(1, "yes", DAY, channel=None, title=None)], [], True),
        ([], [], False),
        ([], [PAID], True),
        ([choice(1, "yes", DAY, purpose="offers")], [PAID], True),
        ([], [{**PAID, "kind": "return"}], False),
        ([], [{**PAID, "kind": "trial"}], False),
        ([], [{**PAID, "status": "open"}], False),
        ([], [{**PAID, "amount_micros": 0}], False),
        ([], [{**PAID, "at": NOW + US}], False),
        ([], [{**PAID, "status": None, "kind": None}], True),
        ([], [{**PAID, "status": None, "kind": "gift"}], False),
    ],
)
def test_permission(facts: DuckDbFacts, choices: list[Any], orders: list[Any], allowed: bool) -> None:
    """The latest choice of each address holds, no beats yes, and without any choice who paid may be written to."""
    rule = {"permission": "events", "by": "email"}
    assert in_it(facts, rule, consent=choices, orders=orders) is allowed


def test_who_is_no_customer_of_a_purpose_without_soft_opt_in(facts: DuckDbFacts) -> None:
    """Having paid says nothing about a purpose that does not allow the existing-customer basis."""
    assert not in_it(facts, {"permission": "newsletter", "by": "email"}, orders=[PAID])


def test_an_ended_version_of_a_record_does_not_count(facts: DuckDbFacts) -> None:
    """Only the current version of a record is asked."""
    assert in_it(facts, {"aggregate": "order"}, orders=[PAID])
    assert not in_it(facts, {"aggregate": "order"}, orders=[{**PAID, "until_batch": 7}])
