"""Rules come from JSON, and what is wrong is named with its place and how to mend it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.intelligence import worlds

from helder.errors import InvalidInput
from helder.intelligence.segments.fault import RuleError
from helder.intelligence.segments.parse import DEEPEST, MOST, parse
from helder.intelligence.segments.rule import (
    Aggregate,
    Attribute,
    Behaviour,
    Condition,
    Group,
    Live,
    Membership,
    Permission,
    Sequence,
    Span,
    Window,
    fingerprint,
    leaves,
)

DAY = Window(in_last=Span(1, "days"))


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ({"all": []}, Group("all", ())),
        ({"attribute": "city", "value": "Utrecht"}, Attribute(Condition("city", "is", "Utrecht"))),
        ({"behaviour": "X"}, Behaviour("X", "at_least", 1)),
        ({"behaviour": "X", "op": "never", "in_last": "1 day"}, Behaviour("X", "never", 0, DAY)),
        (
            {"sequence": "A", "then_not": "B", "within": "24 hours", "in_last": "1 days"},
            Sequence("A", "B", Span(24, "hours"), negated=True, window=DAY),
        ),
        ({"sequence": "A", "then": "B", "within": "5 minutes"}, Sequence("A", "B", Span(5, "minutes"))),
        ({"aggregate": "order"}, Aggregate("order", "count", Condition("", "at_least", 1))),
        ({"aggregate": "order", "op": "never"}, Aggregate("order", "count", Condition("", "is", 0))),
        (
            {"aggregate": "order", "measure": "sum", "field": "amount", "op": "more_than", "value": 99.5},
            Aggregate("order", "sum", Condition("amount", "more_than", 99.5)),
        ),
        (
            {"live": "erp", "object": "workshop_order", "op": "exactly", "value": 2},
            Live("erp", Aggregate("workshop_order", "count", Condition("", "is", 2))),
        ),
        ({"permission": "events", "by": "email", "title": "tuin"}, Permission("events", "email", "tuin")),
        ({"membership": "loyal"}, Membership("loyal")),
        ({"attribute": "city", "op": "in", "value": ["A", "B"]}, Attribute(Condition("city", "in", ("A", "B")))),
        ({"attribute": "city", "op": "not_set"}, Attribute(Condition("city", "not_set"))),
    ],
)
def test_a_node_is_read(written: dict[str, Any], rule: Any) -> None:
    """Every kind of node has its JSON, as an object and as text."""
    assert parse(written) == rule
    assert fingerprint(parse(json.dumps(written))) == fingerprint(rule)


def test_a_date_is_midnight_in_the_companys_zone() -> None:
    """A date without a time begins where the company is; a time with an offset says itself when it is."""
    zone = ZoneInfo("Europe/Amsterdam")
    rule = parse({"behaviour": "X", "since": "2026-12-15", "until": "2026-12-16T09:00+00:00"}, zone)
    assert isinstance(rule, Behaviour)
    since, until = datetime(2026, 12, 14, 23, tzinfo=UTC), datetime(2026, 12, 16, 9, tzinfo=UTC)
    assert rule.window == Window(since=since.replace(tzinfo=None), until=until.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("written", "path", "says"),
    [
        ("{", "rule", "not JSON"),
        ([], "rule", "an object"),
        ({}, "rule", "no kind of rule"),
        ({"behavior": "X"}, "rule", "'behaviour'"),
        ({"all": {}}, "rule.all", "a list"),
        ({"all": [1]}, "rule.all[0]", "not a number"),
        ({"all": [], "any": []}, "rule", "put them in a group"),
        ({"all": [{"any": [{"behaviour": ""}]}]}, "rule.all[0].any[0].behaviour", "a text"),
        ({"behaviour": "X", "time": 2}, "rule.time", "'times'"),
        ({"behaviour": "X", "op": "often"}, "rule.op", "at_least"),
        ({"behaviour": "X", "op": "never", "times": 1}, "rule.times", "leave it out"),
        ({"behaviour": "X", "times": -1}, "rule.times", "0 or more"),
        ({"behaviour": "X", "times": True}, "rule.times", "whole number"),
        ({"behaviour": "X", "in_last": "24 ours"}, "rule.in_last", "24 hours"),
        ({"behaviour": "X", "in_last": "0 days"}, "rule.in_last", "24 hours"),
        ({"behaviour": "X", "in_last": "99999999 weeks"}, "rule.in_last", "hundred years"),
        ({"behaviour": "X", "in_last": "1 day", "since": "2026-01-01"}, "rule.in_last", "not both"),
        ({"behaviour": "X", "since": "2026-02-30"}, "rule.since", "2026-12-15"),
        ({"behaviour": "X", "since": "2026-02-02", "until": "2026-02-01"}, "rule.until", "later"),
        ({"behaviour": "X", "where": {}}, "rule.where", "a list"),
        ({"behaviour": "X", "where": [{"field": "a", "op": "equals", "value": 1}]}, "rule.where[0].op", "comparison"),
        ({"behaviour": "X", "where": [{"op": "is", "value": 1}]}, "rule.where[0].field", "a text"),
        ({"all": [{"sequence": "A", "then": "B"}]}, "rule.all[0].within", "24 hours"),
        ({"sequence": "A", "within": "1 day"}, "rule", "either then or then_not"),
        ({"attribute": "city", "op": "in", "value": []}, "rule.value", "at least one"),
        ({"attribute": "city", "op": "in", "value": ["a", 1]}, "rule.value", "texts only"),
        ({"attribute": "city", "op": "set", "value": 1}, "rule.value", "leave it out"),
        ({"attribute": "city"}, "rule.value", "missing"),
        ({"attribute": "city", "op": "between", "value": [2, 1]}, "rule.value", "lower first"),
        ({"attribute": "city", "op": "at_least", "value": "5"}, "rule.value", "not a number"),
        ({"aggregate": "order", "measure": "total"}, "rule.measure", "sum"),
        ({"aggregate": "order", "measure": "sum", "op": "is", "value": 1}, "rule.field", "missing"),
        ({"aggregate": "order", "field": "amount"}, "rule.field", "leave it out"),
        ({"aggregate": "order", "op": "contains", "value": "x"}, "rule.op", "does not compare numbers"),
        ({"live": "erp"}, "rule.object", "missing"),
    ],
)
def test_what_is_wrong_is_named(written: Any, path: str, says: str) -> None:
    """The error names the node and says how to mend it."""
    with pytest.raises(RuleError) as caught:
        parse(written)
    assert caught.value.path == path
    assert says in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")
    assert caught.value.code == "bad-rule"


def test_a_rule_cannot_exhaust_the_stack() -> None:
    """Groups may lie so deep, and a rule may be so large, and no more."""
    deep: dict[str, Any] = {"behaviour": "X"}
    for _ in range(DEEPEST + 1):
        deep = {"all": [deep]}
    with pytest.raises(RuleError, match="deep"):
        parse(deep)
    with pytest.raises(RuleError, match=str(MOST)):
        parse({"all": [{"behaviour": "X"}] * MOST})


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["all", "any", "none", "behaviour", "op", "in_last", "where", "live"]), inner)
    ),
    max_leaves=8,
)


@given(anything)
def test_any_json_is_a_rule_or_a_clear_answer(raw: Any) -> None:
    """Whatever comes in, the answer is a rule or an error that names a node."""
    try:
        found = list(leaves(parse(raw)))
    except InvalidInput as error:
        found = [(str(error), None)]
    assert all(path.startswith("rule") for path, _ in found)


@given(worlds.rules)
def test_equal_rules_alone_have_equal_fingerprints(written: Any) -> None:
    """A rule has one fingerprint, and text that is true differs from text that is one."""
    assert fingerprint(parse(written)) == fingerprint(parse(json.dumps(written)))
    one, true = ({"attribute": "email", "value": value} for value in (1, True))
    assert fingerprint(parse(one)) != fingerprint(parse(true))
