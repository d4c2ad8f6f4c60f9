"""From bytes to events and rejections."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collect.conftest import RECEIVED_AT

from helder.collect.dialects.dialect import MAX_BATCH, MAX_BODY, MAX_ITEM
from helder.collect.event import Event, Rejection
from helder.collect.item import Received
from helder.collect.parse import Parsed, parse

CLIENTS = Path(__file__).parents[1] / "data/clients/requests.jsonl"
RECEIVED = Received(source="site", at=RECEIVED_AT, request_id="r1")
KINDS = {"i": "identify", "t": "track", "p": "page", "g": "group", "a": "alias", "b": "batch"}


def read(body: object, kind: str = "batch") -> Parsed | Rejection:
    return parse(body if isinstance(body, bytes) else json.dumps(body).encode(), kind, RECEIVED)


def one(**item: object) -> Event:
    """Return the event of an item that is a fine track call but for what is given."""
    parsed = read({"batch": [{"type": "track", "event": "Seen", "anonymousId": "a1", "messageId": "m1", **item}]})
    assert isinstance(parsed, Parsed)
    assert parsed.rejected == []
    return parsed.events[0]


def refused(**item: object) -> Rejection:
    """Return the rejection of an item that is a fine track call but for what is given."""
    parsed = read({"batch": [{"type": "track", "event": "Seen", "anonymousId": "a1", "messageId": "m1", **item}]})
    assert isinstance(parsed, Parsed)
    assert parsed.events == []
    return parsed.rejected[0]


def recorded() -> list[dict[str, Any]]:
    return [json.loads(line) for line in CLIENTS.read_text("utf-8").splitlines()]


@pytest.mark.parametrize(
    "request_", recorded(), ids=lambda request_: request_["path"] + request_["headers"]["user-agent"][:24]
)
def test_every_recorded_client_is_understood(request_: dict[str, Any]) -> None:
    """Each item of each SDK's request becomes an event with its id, type and moment; headless browsers are bots."""
    last = request_["path"].rsplit("/", 1)[-1]
    parsed = read(request_["body"], KINDS.get(last, last))
    assert isinstance(parsed, Parsed)
    items = request_["body"].get("batch", [request_["body"]])
    assert [rejected.reason for rejected in parsed.rejected] == ["bot"] * len(parsed.rejected)
    assert len(parsed.events) + len(parsed.rejected) == len(items)
    for event in parsed.events:
        item = next(item for item in items if item["messageId"] == event.message_id)
        assert event.type == item.get("type", last)
        assert (event.user_id, event.anonymous_id) == (item.get("userId"), item.get("anonymousId"))
        assert event.original_at is not None
        assert json.loads(event.properties) == (item.get("properties") or {})


def test_a_browser_of_a_person_is_no_bot() -> None:
    """The recorded browser's page view, as a visitor's browser would send it, is an event with its address."""
    body = next(r for r in recorded() if r["path"] == "/v1/p")["body"]
    body["context"]["userAgent"] = body["context"]["userAgent"].replace("HeadlessChrome", "Chrome")
    parsed = read(body, "page")
    assert isinstance(parsed, Parsed)
    assert parsed.events[0].url == body["context"]["page"]["url"]


def test_rudderstack_traits_come_out_of_the_context() -> None:
    """RudderStack's SDK puts the traits of identify into context.traits."""
    body = next(r for r in recorded() if r["path"] == "/v1/identify")["body"]
    parsed = read({**body, "context": {"traits": {"email": "jan@example.nl"}}, "userId": "u"}, "identify")
    assert isinstance(parsed, Parsed)
    assert parsed.events[0].traits == {"email": "jan@example.nl"}


def test_the_time_of_an_item_is_corrected_by_the_batch() -> None:
    """A clock two days ahead gives the right moment: what counts is the time between event and request."""
    parsed = read(
        {
            "sentAt": "2026-11-26T10:00:00Z",
            "batch": [{"type": "track", "event": "E", "userId": "1", "timestamp": "2026-11-26T09:59:00Z"}],
        }
    )
    assert isinstance(parsed, Parsed)
    assert parsed.events[0].at == RECEIVED_AT - timedelta(minutes=1)
    assert parsed.events[0].original_at == RECEIVED_AT + timedelta(days=2, minutes=-1)


def test_the_context_of_the_batch_is_added_to_that_of_items() -> None:
    """What an item says itself goes before what the batch says."""
    parsed = read(
        {
            "context": {"locale": "nl-NL", "ip": "1.2.3.4"},
            "batch": [{"type": "track", "event": "E", "userId": "1", "context": {"locale": "en-GB"}}],
        }
    )
    assert isinstance(parsed, Parsed)
    assert json.loads(parsed.events[0].context) == {"locale": "en-GB", "ip": "1.2.3.4"}


@pytest.mark.parametrize("placeholder", ["null", "undefined", "NULL", " ", "", "0", 0, "NaN", "[object Object]", None])
def test_a_placeholder_is_no_id(placeholder: object) -> None:
    """What scripts write for a missing id joins nobody: the browser's id stays, and alone it is refused."""
    assert one(userId=placeholder).user_id is None
    assert refused(userId=placeholder, anonymousId=None).reason == "no_identity"


def test_ids_that_are_numbers_become_text() -> None:
    """A database's number is an id as good as any."""
    assert one(userId=1234567890123).user_id == "1234567890123"


def test_the_words_of_old_clients_are_understood() -> None:
    """``action`` for ``type``, and ids with underscores, as Segment's specification still shows them."""
    event = one(type=None, action="track", anonymousId=None, user_id="019mr8mf4r", anonymous_id="a2")
    assert (event.type, event.user_id, event.anonymous_id) == ("track", "019mr8mf4r", "a2")


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"type": "delete"}, "unknown_type"),
        ({"type": None}, "unknown_type"),
        ({"event": None}, "no_name"),
        ({"event": ""}, "no_name"),
        ({"properties": [1]}, "malformed"),
        ({"properties": "x"}, "malformed"),
        ({"userId": {"a": 1}}, "malformed"),
        ({"messageId": "x" * 100}, "bad_message_id"),
        ({"properties": {"x": "y" * MAX_ITEM}}, "too_large"),
        ({"context": {"userAgent": "Googlebot/2.1 (+http://www.google.com/bot.html)"}}, "bot"),
    ],
)
def test_an_item_that_cannot_be_used_says_why(item: dict[str, object], reason: str) -> None:
    """Each reason of the closed set, with the item kept and its messageId found."""
    rejection = refused(**item)
    assert rejection.reason == reason
    assert rejection.body.startswith("{")
    assert rejection.detail


def test_one_bad_item_does_not_take_the_others_along() -> None:
    """Good items of a batch are accepted beside refused ones."""
    parsed = read({"batch": [{"type": "track", "event": "E", "userId": "1"}, 7, {"type": "page"}, "x"]})
    assert isinstance(parsed, Parsed)
    assert len(parsed.events) == 1
    assert [rejected.reason for rejected in parsed.rejected] == ["malformed", "no_identity", "malformed"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "malformed"),
        (b"{", "malformed"),
        (b"[]", "malformed"),
        (b"null", "malformed"),
        (b'{"batch": {}}', "malformed"),
        (b'{"batch":[{"a":"\xff"}]', "malformed"),
        (b'{"batch":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "malformed"),
        (b" " * (MAX_BODY + 1), "too_large"),
        (json.dumps({"batch": [{}] * (MAX_BATCH + 1)}).encode(), "too_many"),
    ],
)
def test_a_request_that_cannot_be_read_is_refused_whole(body: bytes, reason: str) -> None:
    """Broken JSON, wrong shapes, deep nesting and what is too large."""
    rejection = read(body)
    assert isinstance(rejection, Rejection)
    assert rejection.reason == reason


def test_the_limits_themselves_are_allowed() -> None:
    """A batch of exactly 2,500 events and an event of exactly 32 KB are taken."""
    parsed = read({"batch": [{"type": "track", "event": "E", "userId": "1"}] * MAX_BATCH})
    assert isinstance(parsed, Parsed)
    assert len(parsed.events) == MAX_BATCH
    item = '{"type":"track","event":"E","userId":"1","properties":{"x":""}}'
    body = item.replace('""', '"' + "y" * (MAX_ITEM - len(item)) + '"').encode()
    assert isinstance(parsed := read(body, "track"), Parsed)
    assert len(parsed.events) == 1


@pytest.mark.parametrize("text", ["half \\ud83d", "\\ude00 half", "\\ud83d\\ude00 whole", "back\\\\ud83dslash"])
def test_half_an_emoji_does_not_lose_the_event(text: str) -> None:
    """A script that cuts text in the middle of a character sends half a surrogate pair; the rest is kept."""
    parsed = read(b'{"batch":[{"type":"track","event":"E","userId":"1","properties":{"t":"' + text.encode() + b'"}}]}')
    assert isinstance(parsed, Parsed)
    said = json.loads(parsed.events[0].properties)["t"]
    assert said.encode()
    assert ("half" in said) == ("half" in text)
    assert ("\ufffd" in said) == ("half" in text)


def test_events_without_a_message_id_get_different_ones() -> None:
    """Without an id of the sender a retry cannot be told from a second event, so neither is dropped."""
    parsed = read({"batch": [{"type": "track", "event": "E", "userId": "1"}] * 2})
    assert isinstance(parsed, Parsed)
    assert parsed.events[0].message_id != parsed.events[1].message_id


@pytest.mark.parametrize(
    ("properties", "micros", "currency"),
    [
        ({"revenue": 25.5, "currency": "eur"}, 25_500_000, "EUR"),
        ({"value": "19.99"}, 19_990_000, None),
        ({"total": 0.001}, 1_000, None),
        ({"revenue": True}, None, None),
        ({"revenue": "many"}, None, None),
        ({"revenue": 1e30}, None, None),
        ({"revenue": "NaN"}, None, None),
        ({"revenue": "Infinity"}, None, None),
        ({"revenue": [1]}, None, None),
        ({}, None, None),
    ],
)
def test_the_worth_of_an_event_is_exact(
    properties: dict[str, object], micros: int | None, currency: str | None
) -> None:
    """Revenue, value or total in millionths; what is no amount is none."""
    event = one(properties=properties)
    assert (event.value_micros, event.currency) == (micros, currency if micros is not None else None)


def test_a_device_is_known_only_with_consent() -> None:
    """A device's id is read when the event says that the person agreed, and only then."""
    device = {"device": {"id": "d-1"}}
    assert one(context=device).device_id is None
    assert one(context={**device, "consent": {"categoryPreferences": {"device": False}}}).device_id is None
    assert one(context={**device, "consent": {"categoryPreferences": {"device": True}}}).device_id == "d-1"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("type", "event", "userId", "anonymousId", "messageId", "timestamp", "properties", "context", "traits")


@given(item=st.dictionaries(st.sampled_from(FIELDS), json_values), kind=st.sampled_from([*KINDS.values()]))
def test_no_json_breaks_the_parser(item: dict[str, object], kind: str) -> None:
    """Whatever is in the fields, there is an answer, and what is accepted can be stored."""
    parsed = read({"batch": [item]} if kind == "batch" else item, kind)
    if isinstance(parsed, Parsed):
        assert len(parsed.events) + len(parsed.rejected) == 1
        for event in parsed.events:
            json.loads(event.properties)
            (event.name + (event.user_id or "")).encode()


@given(body=st.binary(max_size=200))
def test_no_bytes_break_the_parser(body: bytes) -> None:
    """Any bytes give events or a rejection, never an error."""
    assert isinstance(read(body), Parsed | Rejection)
    assert isinstance(read(body, "track"), Parsed | Rejection)
