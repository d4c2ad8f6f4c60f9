"""An event that is written as its source might have sent it is read back as the same event."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.collect.conftest import RECEIVED_AT

from helder.collect.item import Received
from helder.collect.parse import Parsed, parse
from helder.collect.wire import wire

RECEIVED = Received(source="site", at=RECEIVED_AT, request_id="r")
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1))  # noqa: DTZ001 - naive UTC, as in the stores
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
OBJECTS = st.dictionaries(st.text(max_size=5), SCALARS | st.lists(SCALARS, max_size=2), max_size=3)


@given(
    kind=st.sampled_from(["track", "page", "screen", "identify", "group", "alias"]),
    ids=st.tuples(st.text(min_size=1, max_size=6), st.none() | st.text(max_size=6)),
    times=st.tuples(st.none() | MOMENTS, st.none() | MOMENTS),
    objects=st.tuples(OBJECTS, OBJECTS, OBJECTS),
    name=st.text(min_size=1, max_size=8),
)
def test_wire_and_parse_are_each_others_inverse(
    kind: str,
    ids: tuple[str, str | None],
    times: tuple[datetime | None, datetime | None],
    objects: tuple[Any, ...],
    name: str,
) -> None:
    """Whatever a sender says, with a clock that is off by any amount: written and read again it is the same event."""
    stamped, sent = times
    item = {"type": kind, "event": name, "name": name, "userId": ids[0], "anonymousId": ids[1], "previousId": "p"}
    item |= dict(zip(("properties", "context", "traits"), objects, strict=True)) | {"groupId": "g", "messageId": "m"}
    item |= {"timestamp": stamped and stamped.isoformat(), "sentAt": sent and sent.isoformat()}
    first = parse(json.dumps(item).encode(), kind, RECEIVED)
    assert isinstance(first, Parsed)
    assert len(first.events) == 1
    again = parse(b'{"batch":[' + wire(first.events[0]).encode() + b"]}", "batch", RECEIVED)
    assert isinstance(again, Parsed)
    assert again == first


def test_a_clock_that_is_days_off_stays_so() -> None:
    """The moment as we know it and the moment as the sender said it both survive."""
    stamped = RECEIVED_AT - timedelta(days=400)
    item = {
        "event": "E",
        "userId": "1",
        "timestamp": stamped.isoformat(),
        "sentAt": (stamped + timedelta(hours=2)).isoformat(),
    }
    first = parse(json.dumps(item).encode(), "track", RECEIVED)
    assert isinstance(first, Parsed)
    assert first.events[0].at == RECEIVED_AT - timedelta(hours=2)
    assert first.events[0].original_at == stamped
    assert json.loads(wire(first.events[0]))["timestamp"] == stamped.isoformat()
