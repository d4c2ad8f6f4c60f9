"""What is sent by GA4's Measurement Protocol, as canonical events."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collect.conftest import RECEIVED_AT

from helder.collect.dialects.ga4 import GA4, NAMES
from helder.collect.event import Event, Rejection
from helder.collect.item import Received
from helder.collect.parse import Parsed, parse

ORDER = {
    "name": "purchase",
    "params": {
        "transaction_id": "T_12345",
        "value": 30.03,
        "currency": "EUR",
        "items": [{"item_id": "SKU_12345", "item_name": "Shears", "item_brand": "Tuin", "price": 10.01, "quantity": 3}],
    },
}


def read(body: object) -> Parsed | Rejection:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return parse(raw, "batch", Received(source="site", at=RECEIVED_AT, request_id="r1"), GA4)


def taken(*events: object, **more: object) -> list[Event]:
    """Return the events of a request in which nothing is wrong."""
    parsed = read({"client_id": "c.1", "events": events, **more})
    assert isinstance(parsed, Parsed)
    assert parsed.rejected == []
    return parsed.events


def test_a_purchase_is_an_order() -> None:
    """Recommended events and parameters get the names that the catalogue has; values stay."""
    (event,) = taken(ORDER, user_id="u-1")
    assert (event.type, event.name, event.user_id, event.anonymous_id) == ("track", "Order Completed", "u-1", "c.1")
    assert (event.value_micros, event.currency) == (30_030_000, "EUR")
    product = {"product_id": "SKU_12345", "name": "Shears", "brand": "Tuin", "price": 10.01, "quantity": 3}
    assert json.loads(event.properties) == {
        "order_id": "T_12345", "value": 30.03, "currency": "EUR", "products": [product],
    }  # fmt: skip
    assert json.loads(event.context)["ga4"] == {"name": "purchase"}


def test_an_event_of_ones_own_keeps_its_name() -> None:
    """What is not recommended is what it says."""
    (event,) = taken({"name": "tutorial_begin", "params": {"campaign_id": "google_1234"}})
    assert (event.name, json.loads(event.properties)) == ("tutorial_begin", {"campaign_id": "google_1234"})


@pytest.mark.parametrize(("theirs", "ours"), NAMES.items())
def test_each_recommended_event_has_its_name(theirs: str, ours: str) -> None:
    """One after the other."""
    assert taken({"name": theirs})[0].name == ours


def test_views_have_their_own_types() -> None:
    """``page_view`` and ``screen_view``, with the address of the page."""
    location = {"page_location": "https://shop.example/a", "page_title": "Shop"}
    page, screen = taken(
        {"name": "page_view", "params": location}, {"name": "screen_view", "params": {"screen_name": "Basket"}}
    )
    assert (page.type, page.name, page.url) == ("page", "Shop", "https://shop.example/a")
    assert (screen.type, screen.name) == ("screen", "Basket")


def test_user_properties_are_said_of_the_person_once() -> None:
    """They become an identify call beside the first event."""
    said = {"tier": {"value": "gold"}, "gone": {"value": None}}
    events = taken({"name": "a"}, {"name": "b"}, user_id="u-1", user_properties=said)
    assert [event.type for event in events] == ["identify", "track", "track"]
    assert (events[0].user_id, events[0].traits) == ("u-1", {"tier": "gold", "gone": None})


def test_the_moment_is_that_of_the_event_else_of_the_request() -> None:
    """Microseconds since 1970, as a number or as text."""
    moments = [
        event.original_at
        for event in taken({"name": "a", "timestamp_micros": "1795515600000000"}, {"name": "b"},
                           timestamp_micros=1795512000000000)
    ]  # fmt: skip
    assert moments == [datetime(2026, 11, 24, 10, 20), datetime(2026, 11, 24, 9, 20)]  # noqa: DTZ001 - naive UTC, as in the stores


def test_a_retry_is_known_by_its_moment() -> None:
    """The same request sent again has the same ids; two like events in it have different ones."""
    twice = [[event.message_id for event in taken(ORDER, ORDER, timestamp_micros=1795512000000000)] for _ in range(2)]
    assert twice[0] == twice[1]
    assert len(set(twice[0])) == 2
    other = taken(ORDER, timestamp_micros=1795512000000001)[0].message_id
    assert other not in twice[0]


def test_the_limits_are_those_of_the_protocol() -> None:
    """25 events and 130 kB are taken, one more is not."""
    assert len(taken(*[{"name": "a"}] * 25, user_properties={"x": {"value": 1}})) == 26
    for body in ({"client_id": "c", "events": [{"name": "a"}] * 26}, b" " * (130 * 1024 + 1)):
        parsed = read(body)
        assert isinstance(parsed, Rejection)
        assert parsed.reason in {"too_many", "too_large"}


def test_nobody_and_nothing_are_refused() -> None:
    """An event without a client and one without a name are kept with the reason."""
    nobody, nameless = read({"events": [{"name": "a"}]}), read({"client_id": "c", "events": [{}, 7]})
    assert isinstance(nobody, Parsed)
    assert isinstance(nameless, Parsed)
    assert [each.reason for each in nobody.rejected] == ["no_identity"]
    assert [each.reason for each in nameless.rejected] == ["no_name", "malformed"]


def test_the_key_is_the_secret_of_the_query() -> None:
    """``api_secret``, as the protocol has it."""
    assert GA4.key(b"{}", "measurement_id=G-1&api_secret=KEY%2D1") == "KEY-1"
    assert GA4.key(b"{}", "measurement_id=G-1") == ""


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(["client_id", "user_id", "timestamp_micros", "user_properties", "user_data", "consent"])
PARAMS = st.sampled_from(["items", "page_location", "page_title", "screen_name", "value", "currency", "transaction_id"])


@given(
    st.dictionaries(FIELDS, json_values),
    st.one_of(json_values, st.sampled_from(["purchase", "page_view", "screen_view"])),
    st.one_of(json_values, st.dictionaries(PARAMS, json_values)),
)
def test_no_json_breaks_the_reading(fields: dict[str, Any], name: object, params: object) -> None:
    """Whatever is in the fields, there is an answer, and what is accepted can be stored."""
    parsed = read({"client_id": "c", "events": [{"name": name, "params": params}], **fields})
    if isinstance(parsed, Parsed):
        assert parsed.events or parsed.rejected
        for event in parsed.events:
            json.loads(event.properties)
            (event.name + (event.user_id or "")).encode()
