"""Items with values that no column holds: found by fuzzing (tools/fuzz.py), each once the end of a whole request."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from tests.collect.conftest import RECEIVED_AT

from helder.collect.event import Entry
from helder.collect.item import Received
from helder.collect.parse import Parsed, parse
from helder.collect.posted import Posted

RECEIVED = Received(source="site", at=RECEIVED_AT, request_id="r")


def read(**more: Any) -> Parsed:
    item = {"type": "identify", "messageId": "m", "userId": "7", **more}
    parsed = parse(json.dumps({"batch": [item]}).encode(), "batch", RECEIVED)
    assert isinstance(parsed, Parsed)
    return parsed


@pytest.mark.parametrize("field", ["userId", "anonymousId", "previousId", "groupId"])
def test_an_id_may_be_a_number_of_any_size(field: str) -> None:
    """A number that no float holds is an id like any other; every digit of it counts."""
    number = 10**400 + 1
    (event,) = read(**{field: number}).events
    assert str(number) in {event.user_id, event.anonymous_id, event.previous_id, event.group_id}


def test_traits_with_a_number_of_over_64_bits_are_taken() -> None:
    """It becomes text: as a number it would keep the whole request out of the inbox."""
    (event,) = read(traits={"a": 2**64, "b": [{"c": -(2**70)}], "d": 2**63 - 1, "e": "1" * 30, "f": True}).events
    assert event.traits == {"a": str(2**64), "b": [{"c": str(-(2**70))}], "d": 2**63 - 1, "e": "1" * 30, "f": True}
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(Entry([event])), type=Entry) == Entry([event])


def test_a_context_that_many_items_share_cannot_fill_the_memory() -> None:
    """Every event gets it: 2,500 times 100 KB out of one request is refused before it is made."""
    item = {"type": "track", "event": "E", "userId": "7"}
    body = json.dumps({"batch": [item] * 2500, "context": {"x": "y" * 100_000}}).encode()
    refused = parse(body, "batch", RECEIVED)
    assert not isinstance(refused, Parsed)
    assert refused.reason == "too_large"
    few = parse(json.dumps({"batch": [item] * 5, "context": {"x": "y" * 10_000}}).encode(), "batch", RECEIVED)
    assert isinstance(few, Parsed)
    assert len(few.events) == 5


def test_a_refused_item_says_how_it_was_posted() -> None:
    """Enough to read it again: what it shared with its request."""
    body = json.dumps({"batch": [{"type": "x"}], "sentAt": "2026-11-24T10:00:00Z", "context": {"a": 1}}).encode()
    agent = msgspec.structs.replace(RECEIVED, user_agent="Mozilla/5.0")
    parsed = parse(body, "batch", agent)
    assert isinstance(parsed, Parsed)
    posted = msgspec.json.decode(parsed.rejected[0].posted, type=Posted)
    assert posted == Posted(sent=RECEIVED_AT, context={"a": 1}, agent="Mozilla/5.0")
