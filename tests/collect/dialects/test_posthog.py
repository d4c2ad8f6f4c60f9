"""What PostHog's clients say, as canonical events."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collect.conftest import RECEIVED_AT

from helder.collect.dialects.posthog import POSTHOG
from helder.collect.event import Event, Rejection
from helder.collect.item import Received
from helder.collect.parse import Parsed, parse

RECORDED = Path(__file__).parents[2] / "data/clients/posthog.jsonl"
BROWSER = "01a21e18-d0a0-7e4f-9238-90bf75bca14b"


def read(body: object, query: str = "", kind: str = "capture") -> Parsed | Rejection:
    received = Received(source="site", at=RECEIVED_AT, request_id="r1", query=query)
    return parse(body if isinstance(body, bytes) else json.dumps(body).encode(), kind, received, POSTHOG)


def taken(body: object, query: str = "") -> list[Event]:
    """Return the events of a request in which nothing is wrong."""
    parsed = read(body, query)
    assert isinstance(parsed, Parsed)
    assert parsed.rejected == []
    return parsed.events


def one(event: str, **properties: object) -> Event:
    """Return the one event of what ``u-1`` did."""
    (found,) = taken({"event": event, "distinct_id": "u-1", "uuid": "m1", "properties": properties})
    return found


@pytest.mark.parametrize("line", RECORDED.read_text("utf-8").splitlines(), ids=["python", "node"])
def test_the_recorded_requests_say_what_was_meant(line: str) -> None:
    """Order, person, alias and group of each client, with the id and the moment that it gave."""
    body = json.loads(line)["body"]
    parsed = read(body, kind="batch")
    assert isinstance(parsed, Parsed)
    assert parsed.rejected == []
    events = {(each.type, each.name): each for each in parsed.events}
    order, person, alias = events["track", "Order Completed"], events["identify", ""], events["alias", ""]
    assert (order.user_id, order.value_micros, order.message_id) == ("u-1", 25_500_000, body["batch"][0]["uuid"])
    assert order.original_at is not None
    assert order.original_at.year == 2024
    assert (person.user_id, person.traits) == ("u-1", {"email": "a@b.nl"})
    assert (alias.user_id, alias.previous_id) == ("u-1", "anon-1")
    if ("group", "") in events:
        group = events["group", ""]
        assert (group.group_id, group.traits, group.user_id) == ("acc-1", {"name": "ACME"}, None)


def test_what_an_event_tells_about_the_person_is_a_call_beside_it() -> None:
    """``$set`` wins of ``$set_once``; names with a dollar sign describe the visit; both calls may be repeated."""
    told = {"$set": {"vip": True, "$initial_host": "x"}, "$set_once": {"vip": False, "since": 2020, "empty": None}}
    body = {"event": "Seen", "distinct_id": "u-1", "uuid": "m1", "properties": {"a": 1, **told}}
    event, person = taken(body)
    assert (event.type, json.loads(event.properties)) == ("track", {"a": 1})
    assert (person.type, person.user_id, person.traits) == ("identify", "u-1", {"vip": True, "since": 2020})
    assert (event.message_id, person.message_id) == ("m1", "m1-set")


@pytest.mark.parametrize(
    ("properties", "user", "anonymous"),
    [
        ({}, "u-1", None),
        ({"$process_person_profile": False}, None, "u-1"),
        ({"$is_identified": False}, None, "u-1"),
        ({"$device_id": "u-1"}, None, "u-1"),
        ({"$device_id": BROWSER}, "u-1", BROWSER),
        ({"$device_id": BROWSER, "$user_id": "u-1", "$is_identified": True}, "u-1", BROWSER),
        ({"$device_id": "$posthog_cookieless"}, "u-1", None),
    ],
)
def test_whose_an_event_is(properties: dict[str, object], user: str | None, anonymous: str | None) -> None:
    """A distinct_id is the user's, unless it says that it is not or is the browser's own."""
    event = one("Seen", **properties)
    assert (event.user_id, event.anonymous_id) == (user, anonymous)


def test_somebody_without_an_id_is_nobody() -> None:
    """A page that keeps no ids gives all its visitors the same one: they must not become one person."""
    parsed = read({"event": "Seen", "distinct_id": "$posthog_cookieless", "properties": {}})
    assert isinstance(parsed, Parsed)
    assert [each.reason for each in parsed.rejected] == ["no_identity"]


def test_identify_links_the_browser_to_the_user() -> None:
    """What the browser was called before is the anonymous id."""
    event = one("$identify", **{"$anon_distinct_id": BROWSER, "$set": {"email": "jan@example.nl"}})
    assert (event.type, event.user_id, event.anonymous_id) == ("identify", "u-1", BROWSER)
    assert event.traits == {"email": "jan@example.nl"}


def test_pages_and_screens_have_their_own_types() -> None:
    """``$pageview`` and ``$screen``, with address, title and campaign where the other clients have them."""
    said = {"$current_url": "https://shop.example/a", "title": "Shop", "utm_source": "news", "$lib": "web"}
    page = one("$pageview", **said)
    assert (page.type, page.name, page.url) == ("page", "Shop", "https://shop.example/a")
    context = json.loads(page.context)
    assert context["campaign"] == {"source": "news"}
    assert context["library"] == {"name": "web"}
    screen = one("$screen", **{"$screen_name": "Basket"})
    assert (screen.type, screen.name) == ("screen", "Basket")


@pytest.mark.parametrize("made_up", [BROWSER, "$company_acc-1"])
def test_a_group_of_nobody_makes_no_user(made_up: str) -> None:
    """Servers that describe a group without naming a person make an id up."""
    body = {"event": "$groupidentify", "distinct_id": made_up, "properties": {"$group_key": "acc-1"}}
    (event,) = taken(body)
    assert (event.type, event.group_id, event.user_id) == ("group", "acc-1", None)


@pytest.mark.parametrize("shape", ["one", "list", "batch", "batch elsewhere", "beacon"])
def test_every_shape_of_a_request_is_read(shape: str) -> None:
    """One event, a list, a batch, and a form with base64 that ``sendBeacon`` sends; the key is found in each."""
    event = {"event": "Seen", "properties": {"distinct_id": "u-1", "token": "KEY", "batch": 1}}
    encoded = base64.b64encode(json.dumps(event).encode()).decode()
    body = {
        "one": event,
        "list": [event],
        "batch": {"api_key": "KEY", "batch": [event]},
        "batch elsewhere": {"batch": [event]},
        "beacon": f"data={quote(encoded)}&ver=1".encode(),
    }[shape]
    (found,) = taken(body)
    assert (found.name, found.user_id) == ("Seen", "u-1")
    assert json.loads(found.properties) == {"batch": 1}
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    assert POSTHOG.key(raw, "") == "KEY"


@pytest.mark.parametrize(
    ("more", "query"),
    [
        ({"timestamp": "2026-11-26T09:59:00Z", "sent_at": "2026-11-26T10:00:00Z"}, ""),
        ({"timestamp": "2026-11-26T09:59:00Z"}, "sent_at=1795687200000"),
        ({"offset": 60_000}, ""),
    ],
)
def test_the_time_is_corrected_by_when_it_was_sent(more: dict[str, object], query: str) -> None:
    """A minute before sending is a minute before receipt, however the client says so."""
    (event,) = taken({"event": "Seen", "distinct_id": "u-1", **more}, query)
    assert event.at == RECEIVED_AT - timedelta(minutes=1)


def test_an_old_engage_is_an_identify() -> None:
    """``/engage`` sends no event, only what is told."""
    (event,) = taken({"$token": "KEY", "$distinct_id": "u-1", "$set": {"email": "jan@example.nl"}})
    assert (event.type, event.user_id, event.traits) == ("identify", "u-1", {"email": "jan@example.nl"})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["$identify", "$set", "$create_alias", "$groupidentify", "$pageview", "$screen", "Seen"])
SAID = st.sampled_from(
    ["$set", "$set_once", "$device_id", "$user_id", "alias", "$group_key", "$group_set", "title", "$insert_id",
     "$anon_distinct_id", "distinct_id", "$is_identified", "$current_url", "$lib", "$screen_name"]
)  # fmt: skip
FIELDS = st.sampled_from(["distinct_id", "timestamp", "uuid", "offset", "sent_at", "$set", "properties"])


@given(st.one_of(NAMES, json_values), st.dictionaries(SAID, json_values), st.dictionaries(FIELDS, json_values))
def test_no_json_breaks_the_reading(name: object, said: dict[str, Any], fields: dict[str, Any]) -> None:
    """Whatever is in the fields, there is an answer, and what is accepted can be stored."""
    parsed = read({"event": name, "properties": said, **fields})
    if isinstance(parsed, Parsed):
        assert parsed.events or parsed.rejected
        for event in parsed.events:
            json.loads(event.properties)
            (event.name + (event.user_id or "")).encode()


@given(st.binary(max_size=100))
def test_no_bytes_break_the_reading(body: bytes) -> None:
    """Any bytes give events or a rejection, and a key or none; never an error."""
    for sent in (body, b"data=" + body):
        assert isinstance(read(sent), Parsed | Rejection)
        assert isinstance(POSTHOG.key(sent, ""), str)
