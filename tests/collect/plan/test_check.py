"""Events are held to their plan."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collect.conftest import RECEIVED_AT

from helder.collect.event import Event, Violation
from helder.collect.plan.check import Checked, checked, detail_of
from helder.collect.plan.definition import PropertyType, plan_of, read_plan

PLAN = Checked(
    read_plan("""
source = "site"
[event.Bought.property]
total = "number"
id = { type = "text", required = true }
"with a.dot" = "flag"
[event.Open]
other_properties = true
[event.Open.property]
n = "integer"
[event.Ended.property]
why = { type = "any", required = true }
[event.Refunded]
server_only = true
[identify.property]
plan = "text"
"""),
    3,
)


def event(
    name: str = "Bought", kind: str = "track", traits: dict[str, object] | None = None, **properties: Any
) -> Event:
    moments: dict[str, datetime] = {"at": RECEIVED_AT, "received_at": RECEIVED_AT}
    text = json.dumps(properties)
    return Event(message_id="m", type=kind, name=name, source="site", properties=text, traits=traits, **moments)


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        (event(id="1"), None),
        (event(id="1", total=2, **{"with a.dot": True}), None),
        (event(id="1", total=None), None),
        (event(id="1", total="2"), ("Bought", "total", "wrong_type")),
        (event(id=1), ("Bought", "id", "wrong_type")),
        (event(total=2), ("Bought", "id", "property_missing")),
        (event(id=None), ("Bought", "id", "property_missing")),
        (event("Ended", why=None), ("Ended", "why", "property_missing")),
        (event(id="1", colour="red"), ("Bought", "colour", "not_in_plan")),
        (event("Sold"), ("Sold", "", "not_in_plan")),
        (event("Open", n=1, anything=[1]), None),
        (event("Open", n=1.5), ("Open", "n", "wrong_type")),
        (event("Home", "page", anything=1), None),
        (event("", "identify", {"plan": "gold"}), None),
        (event("", "identify", {"plan": 1}), ("identify", "plan", "wrong_type")),
        (event("", "identify", {"email": "a@example.nl"}), ("identify", "email", "not_in_plan")),
    ],
)
def test_what_does_not_fit_is_found(given_: Event, expected: tuple[str, str, Any] | None) -> None:
    """An event fits, or the first thing that does not is named with its reason."""
    assert PLAN.violation(given_) == (None if expected is None else Violation(*expected))


def test_what_is_for_servers_is_not_taken_from_pages() -> None:
    """The key decides, whatever the event holds."""
    assert PLAN.violation(event("Refunded"), from_page=True) == Violation("Refunded", "", "server_only")
    assert PLAN.violation(event("Refunded")) is None


def test_a_plan_that_is_off_checks_nothing() -> None:
    """It is as if there were none; and the same text is compiled once."""
    assert checked('{"source":"site","mode":"off"}', 1) is None
    assert checked('{"source":"site"}', 1) is checked('{"source":"site"}', 1)


_FIT: dict[PropertyType, Any] = {
    "text": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "flag": lambda value: isinstance(value, bool),
    "list": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "any": lambda _value: True,
}
NAMES = st.text(st.characters(exclude_characters='"\\', exclude_categories=("Cc", "Cs")), max_size=4)
_VALUES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
_JSON = st.recursive(
    _VALUES | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@given(
    planned=st.dictionaries(NAMES, st.tuples(st.sampled_from(sorted(_FIT)), st.booleans()), max_size=4),
    said=st.dictionaries(st.text(max_size=4) | NAMES, _JSON, max_size=4),
    closed=st.booleans(),
)
def test_the_compiled_plan_agrees_with_a_plain_reading(
    planned: dict[str, tuple[PropertyType, bool]], said: dict[str, Any], *, closed: bool
) -> None:
    """A property-by-property reading in plain Python is the oracle, for any names and any JSON."""
    properties = {name: {"type": kind, "required": required} for name, (kind, required) in planned.items()}
    plan = plan_of({"source": "s", "other_properties": not closed, "event": {"Bought": {"property": properties}}})
    text = json.dumps(said)
    found = Checked(plan, 1).violation(
        Event(
            message_id="m",
            type="track",
            name="Bought",
            source="s",
            at=RECEIVED_AT,
            received_at=RECEIVED_AT,
            properties=text,
        )
    )
    missing = any(required and said.get(name) is None for name, (_, required) in planned.items())
    unknown = closed and any(name not in planned for name in said)
    wrong = any(
        name in planned and value is not None and not _FIT[planned[name][0]](value) for name, value in said.items()
    )
    assert (found is not None) == (missing or unknown or wrong)
    if found is not None:
        assert found.reason in {*["property_missing"] * missing, *["not_in_plan"] * unknown, *["wrong_type"] * wrong}
        assert found.property in {*planned, *said}


def test_a_detail_holds_no_value() -> None:
    """What is told to the sender, and shown in lists, names the property only."""
    found = PLAN.violation(event(id="1", total="jan@example.nl"))
    assert found is not None
    assert detail_of(found) == "Bought total is not of the type that the tracking plan says"
    assert detail_of(Violation("Sold", "", "not_in_plan")) == "Sold is not in the tracking plan"
