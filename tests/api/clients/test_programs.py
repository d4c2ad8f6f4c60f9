"""Server programs that use other vendors' SDKs, with only the host changed."""

from __future__ import annotations

import json

import pytest
from tests.api.clients.conftest import HERE, Said, by_kind, library

from helder.collect.event import Event

SEGMENT = {
    "python/segment_now.py": "analytics-python",
    "python/segment_once.py": "analytics-python",
    "python/rudderstack.py": "rudder-analytics-python",
    "node/segment_now.cjs": "@segment/analytics-node",
    "node/segment_once.cjs": "analytics-node",
    "node/rudderstack.cjs": "analytics-node",
}
"""Program → what its SDK calls itself."""


def programs(names: list[str]) -> list[object]:
    """Return the programs as parameters; those for Node.js carry its mark."""
    return [pytest.param(name, marks=[pytest.mark.node] if name.endswith(".cjs") else []) for name in names]


@pytest.mark.parametrize("program", programs([*SEGMENT]))
def test_segments_and_rudderstacks_sdks_say_what_was_meant(said: Said, program: str) -> None:
    """Seven calls are seven events: whose, what, worth, where, and what is told of the person and the group."""
    events = by_kind(said(HERE / program))
    assert set(events) == {
        ("identify", ""), ("track", "Order Completed"), ("page", "Home"), ("screen", "Basket"), ("group", ""),
        ("alias", ""), ("track", "Seen"),
    }  # fmt: skip
    _check_the_person(events)
    anonymous = events["track", "Seen"]
    assert (anonymous.user_id, anonymous.anonymous_id) == (None, "anon-9")
    assert events["alias", ""].previous_id == "anon-1"
    assert {library(event) for event in events.values()} == {SEGMENT[program]}


@pytest.mark.parametrize("program", programs(["python/posthog_now.py", "node/posthog.cjs"]))
def test_posthogs_sdks_say_what_was_meant(said: Said, program: str) -> None:
    """Their own names for the same, and what an event tells about the person beside it."""
    events = said(HERE / program)
    assert [event.traits for event in events if event.type == "identify"][-1] == {"vip": True}
    found = by_kind([event for event in events if event.traits != {"vip": True}])
    assert set(found) == {
        ("identify", ""), ("track", "Order Completed"), ("page", "Home"), ("screen", "Basket"), ("group", ""),
        ("alias", ""), ("track", "Seen"),
    }  # fmt: skip
    _check_the_person(found)
    assert found["track", "Seen"].user_id is None
    assert found["track", "Seen"].anonymous_id
    assert found["alias", ""].previous_id == "anon-1"


@pytest.mark.node
def test_jitsus_sdk_says_what_was_meant(said: Said) -> None:
    """The key goes as ``key:secret``, and the browser's own number beside the user's."""
    events = by_kind(said(HERE / "node/jitsu.cjs"))
    assert set(events) == {("identify", ""), ("track", "Order Completed"), ("page", "Home"), ("group", "")}
    _check_the_person(events)
    assert len({event.anonymous_id for event in events.values()}) == 1


def _check_the_person(events: dict[tuple[str, str], Event]) -> None:
    """Check what all SDKs were told to say of ``u-1``."""
    order = events["track", "Order Completed"]
    assert (order.value_micros, order.currency) == (25_500_000, "EUR")
    assert json.loads(order.properties)["order_id"] == "o1"
    assert events["identify", ""].traits == {"email": "jan@example.nl", "firstName": "Jan"}
    assert events["page", "Home"].url == "https://shop.example/"
    assert (events["group", ""].group_id, events["group", ""].traits) == ("acc-1", {"name": "ACME"})
    assert {event.user_id for (_, name), event in events.items() if name != "Seen"} == {"u-1"}
    assert len({event.message_id for event in events.values()}) == len(events)
    assert all(event.original_at is not None for event in events.values())
