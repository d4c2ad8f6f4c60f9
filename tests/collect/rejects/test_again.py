"""What was rejected is kept, looked through, and sent again after mending; never twice, however often it is sent."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from tests.collect.conftest import RECEIVED_AT, Stores, identify

from helder.clock import stored
from helder.collect.dialects.segment import SEGMENT
from helder.collect.event import Entry, Event, Rejection
from helder.collect.inbox import InboxFull
from helder.collect.item import Received
from helder.collect.parse import Parsed, parse
from helder.collect.plan.check import Checked
from helder.collect.plan.definition import plan_of
from helder.collect.plan.holding import held
from helder.collect.receive import Receive
from helder.collect.rejects import again as again_module
from helder.collect.rejects.again import NOT_AN_EVENT, Doors, Report, send_again
from helder.collect.rejects.kept import Wanted, counted, listed, one, shortfalls
from helder.collect.rejects.rows import Forgetting, rejected_rows
from helder.errors import NotFound
from helder.store.facts.schema import table

RECEIVED = Received(source="site", at=RECEIVED_AT, request_id="r", user_agent="Mozilla/5.0")


def plan(**events: dict[str, str]) -> Checked:
    said = {name: {"property": properties} for name, properties in events.items()}
    return Checked(plan_of({"source": "site", "mode": "enforce", "event": said}), 1)


def doors(checked: Checked | None = None) -> Doors:
    return Doors(plan=lambda _source: checked, known=lambda event: identify(event) is not None)


def came(stores: Stores, body: dict[str, Any], kind: str = "batch", checked: Checked | None = None) -> None:
    """Let a request in as the door does."""
    parsed = parse(json.dumps(body).encode(), kind, RECEIVED, SEGMENT)
    entry = Entry(parsed.events, parsed.rejected) if isinstance(parsed, Parsed) else Entry([], [parsed])
    stores.inbox.append([entry if checked is None else held(entry, checked, from_page=False)])


def events(stores: Stores) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = stores.facts.read(table("every_event").order_by("message_id")).to_pylist()
    return rows


def track(message: str, **more: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Sold", "userId": "7", "messageId": message, **more}


def test_after_the_plan_is_mended_it_is_taken_as_it_came(stores: Stores, now: datetime) -> None:
    """The event is in the facts under its own messageId, its moment and its moment of receipt; once, however often."""
    receive = Receive(stores.inbox, stores.state, stores.facts, identify)
    times = {"timestamp": "2026-11-24T08:00:00Z", "sentAt": "2026-11-24T09:30:00Z"}
    came(stores, track("m1", properties={"total": 3, "revenue": 12.5}, **times), "track", plan(Bought={}))
    receive.run(now)
    assert events(stores) == []
    wanted = Wanted(open=True)
    later = stored(now) + timedelta(days=20)
    assert send_again(stores.facts, stores.inbox, doors(plan(Bought={})), wanted, later) == Report(
        0, {"not_in_plan": 1}
    )
    mended = doors(plan(Sold={"total": "number", "revenue": "number"}))
    assert send_again(stores.facts, stores.inbox, mended, wanted, later) == Report(1, {})
    assert send_again(stores.facts, stores.inbox, mended, wanted, later) == Report(0, {})
    assert send_again(stores.facts, stores.inbox, mended, Wanted(), later) == Report(1, {})
    receive.run(now)
    (row,) = events(stores)
    assert (row["message_id"], row["received_at"], row["value_micros"]) == ("m1", RECEIVED_AT, 12_500_000)
    assert row["at"] == RECEIVED_AT - timedelta(minutes=90)
    # Long after the window in which retries are remembered, and after a restart, the facts still say that it is there.
    send_again(stores.facts, stores.inbox, mended, Wanted(), later)
    Receive(stores.inbox, stores.state, stores.facts, identify).run(now + timedelta(days=30))
    assert len(events(stores)) == 1


def test_a_crash_between_sending_and_marking_changes_nothing(
    stores: Stores, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in the inbox but not marked is sent once more, and taken once."""
    receive = Receive(stores.inbox, stores.state, stores.facts, identify)
    came(stores, {"batch": [track("m1"), track("m2")]}, checked=plan(Bought={}))
    receive.run(now)
    with monkeypatch.context() as planted:
        planted.setattr(again_module, "mark", lambda *_args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            send_again(stores.facts, stores.inbox, doors(), Wanted(open=True), stored(now))
    assert send_again(stores.facts, stores.inbox, doors(), Wanted(open=True), stored(now)).sent == 2
    receive.run(now)
    assert [row["message_id"] for row in events(stores)] == ["m1", "m2"]


def test_what_the_inbox_cannot_take_stays_open(stores: Stores, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing counts as sent before it is durable: a full disk leaves all of it to be sent later."""
    receive = Receive(stores.inbox, stores.state, stores.facts, identify)
    came(stores, {"batch": [track("m1")]}, checked=plan(Bought={}))
    receive.run(now)

    def full(_rows: list[Entry]) -> None:
        raise InboxFull("full")

    with monkeypatch.context() as planted:
        planted.setattr(stores.inbox, "append", full)
        with pytest.raises(InboxFull):
            send_again(stores.facts, stores.inbox, doors(), Wanted(open=True), stored(now))
    assert [each.message_id for each in listed(stores.facts, Wanted(open=True), 10)] == ["m1"]


def test_an_event_of_nobody_is_taken_once_somebody_is_known(stores: Stores, now: datetime) -> None:
    """Mending the mapping is enough: a refused event is not remembered as one that was seen."""

    def nobody(_event: Event) -> None:
        return None

    Receive(stores.inbox, stores.state, stores.facts, nobody).run(now)
    came(stores, track("m1"), "track")
    receive = Receive(stores.inbox, stores.state, stores.facts, nobody)
    receive.run(now)
    blind = Doors(plan=lambda _source: None, known=lambda event: nobody(event) is not None)
    assert send_again(stores.facts, stores.inbox, blind, Wanted(), stored(now)) == Report(0, {"no_identity": 1})
    receive._identify = identify
    assert send_again(stores.facts, stores.inbox, doors(), Wanted(), stored(now)) == Report(1, {})
    receive.run(now)
    assert [row["message_id"] for row in events(stores)] == ["m1"]


def test_items_are_read_with_what_they_shared(stores: Stores, now: datetime) -> None:
    """A batch's context and sentAt, and the kind of a single call, are not lost with the request that they came in."""
    shared = {"sentAt": "2026-11-24T10:00:10Z", "context": {"page": {"url": "https://x.example/a"}}}
    bad = {"type": "sold", "event": "Sold", "userId": "7", "messageId": "m1", "timestamp": "2026-11-24T10:00:00Z"}
    came(stores, {"batch": [bad], **shared})
    came(stores, {"event": "", "userId": "7", "messageId": "m2"}, "track")
    receive = Receive(stores.inbox, stores.state, stores.facts, identify)
    receive.run(now)
    rejects = listed(stores.facts, Wanted(), 10)
    assert [(each.reason, each.message_id) for each in rejects] == [("no_name", "m2"), ("unknown_type", "m1")]
    for each in rejects:  # as if Helder had learned what they say: the stored body is mended in place
        whole = one(stores.facts, each.number)
        body = (whole.body or "").replace('"sold"', '"track"').replace('"event": ""', '"event": "Sold"')
        mended = msgspec.structs.replace(whole, body=body)
        parsed = again_module.read_again(mended)
        assert isinstance(parsed, Parsed)
        (event,) = parsed.events
        assert (event.name, event.message_id, event.received_at) == ("Sold", each.message_id, RECEIVED_AT)
        if each.message_id == "m1":
            assert (event.url, event.at) == ("https://x.example/a", RECEIVED_AT - timedelta(seconds=10))


def test_a_row_of_a_copied_source_is_no_event(stores: Stores, now: datetime) -> None:
    """It is read again by a sync of its source; sending again says so and leaves it open."""
    bad = Rejection(reason="malformed", detail="line 3", source="erp", at=RECEIVED_AT, body="x;y")
    with stores.facts.write() as batch:
        batch.append("rejected", rejected_rows([bad], batch.number))
    assert send_again(stores.facts, stores.inbox, doors(), Wanted(), stored(now)) == Report(0, {NOT_AN_EVENT: 1})
    assert listed(stores.facts, Wanted(open=True), 10)[0].source == "erp"


def test_they_are_listed_page_by_page_and_counted(stores: Stores, now: datetime) -> None:
    """Newest first, by source and reason, without what they held."""
    came(stores, {"batch": [track(f"m{number}") for number in range(5)]}, checked=plan(Bought={}))
    came(stores, {"type": "track"}, "track")
    Receive(stores.inbox, stores.state, stores.facts, identify).run(now)
    first = listed(stores.facts, Wanted(), 4)
    rest = listed(stores.facts, Wanted(), 4, before=first[-1].number)
    numbers = [each.number for each in [*first, *rest]]
    assert (len(first), len(rest)) == (4, 2)
    assert numbers == sorted(set(numbers), reverse=True)
    assert {each.body for each in first} == {""}
    assert len(listed(stores.facts, Wanted(source="site", reason="not_in_plan"), 10)) == 5
    assert listed(stores.facts, Wanted(source="other"), 10) == []
    assert listed(stores.facts, Wanted(since=RECEIVED_AT + timedelta(seconds=1)), 10) == []
    send_again(stores.facts, stores.inbox, doors(), Wanted(numbers=tuple(numbers[1:3])), stored(now))
    found = {each.reason: (each.rejected, each.open) for each in counted(stores.facts, Wanted())}
    assert found == {"not_in_plan": (5, 3), "no_identity": (1, 1)}
    assert [each.sent_again_at for each in listed(stores.facts, Wanted(), 3)] == [None, stored(now), stored(now)]


def test_what_does_not_fit_is_counted_taken_or_not(stores: Stores, now: datetime) -> None:
    """While a plan is observed everything is taken; the count says what enforcing would reject."""
    watched = Checked(plan_of({"source": "site", "event": {"Bought": {}}}), 4)
    for _ in range(3):
        came(stores, {"batch": [track(f"m{_}"), track(f"n{_}", event="Bought")]}, checked=watched)
    Receive(stores.inbox, stores.state, stores.facts, identify).run(now)
    assert len(events(stores)) == 6
    (found,) = shortfalls(stores.facts, "site", stored(now) - timedelta(days=2))
    assert (found.version, found.event, found.reason, found.events) == (4, "Sold", "not_in_plan", 3)
    assert shortfalls(stores.facts, "other", stored(now) - timedelta(days=2)) == []


def test_they_are_kept_for_as_long_as_is_set(stores: Stores, now: datetime) -> None:
    """After that nothing of them is left: not what they held, not that they were sent again, not the counts."""
    came(stores, {"batch": [track("m1")]}, checked=plan(Bought={}))
    Receive(stores.inbox, stores.state, stores.facts, identify).run(now)
    send_again(stores.facts, stores.inbox, doors(), Wanted(), stored(now))
    number = listed(stores.facts, Wanted(), 1)[0].number
    forgetting = Forgetting(stores.facts, days=30)
    assert forgetting.run(RECEIVED_AT + timedelta(days=29)) == 0
    assert one(stores.facts, number).message_id == "m1"
    assert forgetting.run(RECEIVED_AT + timedelta(days=29, minutes=1)) == 0
    assert forgetting.run(RECEIVED_AT + timedelta(days=32)) == 1
    with pytest.raises(NotFound):
        one(stores.facts, number)
    for name in ("rejected", "sent_again", "violation"):
        assert stores.facts.read(table(name)).num_rows == 0
