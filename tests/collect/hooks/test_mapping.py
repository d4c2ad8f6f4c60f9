"""What the calls of other systems mean."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from helder.collect.dialects.hook import hook_dialect
from helder.collect.event import Event, Rejection
from helder.collect.hooks.definition import Hook, HookError, parse_hook
from helder.collect.item import Received
from helder.collect.parse import Parsed, parse
from helder.collect.rejects.reading import Reject, read_again

NOW = datetime(2026, 11, 24, 10)  # noqa: DTZ001 - as stores hold it
PAGE = Path(__file__).resolve().parents[3] / "docs/reference/hooks.md"
EXAMPLE = PAGE.read_text("utf-8").partition("```toml\n")[2].partition("```")[0]
CALL = {
    "id": "evt_1",
    "type": "checkout.session.completed",
    "created": 1_795_514_400,
    "data": {
        "object": {
            "id": "cs_1",
            "amount_total": 3950,
            "currency": "eur",
            "client_reference_id": 7,
            "customer_details": {"email": "Noor@example.nl"},
            "lines": [{"sku": "w-7", "quantity": 2, "tier": "std"}, {"sku": "w-8", "quantity": 1, "tier": "gold"}],
        }
    },
}


def said(call: Any, hook: Hook) -> tuple[list[Event], list[Rejection]]:
    body = call if isinstance(call, bytes) else json.dumps(call).encode()
    found = parse(body, hook.hook, Received(source=hook.source, at=NOW, request_id="r"), hook_dialect(hook))
    return (found.events, found.rejected) if isinstance(found, Parsed) else ([], [found])


def test_the_example_of_the_reference() -> None:
    """One call is an order, two tickets, and what it says about the person: all of the customer."""
    events, rejected = said(CALL, parse_hook(EXAMPLE, "x"))
    assert rejected == []
    person, order, *tickets = events
    assert (person.type, person.traits, person.user_id) == ("identify", {"email": "Noor@example.nl"}, "7")
    assert (order.name, order.value_micros, order.currency, order.user_id) == (
        "Order Completed", 39_500_000, "EUR", "7",
    )  # fmt: skip
    assert order.at == datetime(2026, 11, 24, 10)  # noqa: DTZ001 - as stores hold it
    assert json.loads(order.properties)["order_id"] == "cs_1"
    assert [json.loads(each.properties) for each in tickets] == [
        {"workshop_id": "w-7", "places": 2, "kind": "standard"},
        {"workshop_id": "w-8", "places": 1, "kind": "gold"},
    ]
    assert len({each.message_id for each in events}) == 4


def test_the_same_call_is_the_same_events() -> None:
    """A call that comes again has the same message ids; one without a number of its own goes by its body."""
    hook = parse_hook(EXAMPLE, "x")
    bare = parse_hook(EXAMPLE.replace('message_id = "id"\n', "").replace('message_id = "$.id"\n', ""), "x")
    for each in (hook, bare):
        first, again = said(CALL, each)[0], said(CALL, each)[0]
        assert [event.message_id for event in first] == [event.message_id for event in again]
        assert len({event.message_id for event in first}) == 4
    other = said({**CALL, "created": 1_795_514_401}, bare)[0]
    assert not {event.message_id for event in other} & {event.message_id for event in said(CALL, bare)[0]}
    assert all(len(event.message_id) < 100 for event in said({**CALL, "id": "x" * 500}, hook)[0])


def test_a_call_with_only_an_address_is_that_persons() -> None:
    """The address makes the id that both events carry; however it is written, it is the same."""
    hook = parse_hook(EXAMPLE, "x")
    call = json.loads(json.dumps(CALL))
    call["data"]["object"] |= {"client_reference_id": None, "lines": []}
    person, order = said(call, hook)[0]
    assert person.user_id is None
    assert person.anonymous_id == order.anonymous_id
    assert "noor" not in (order.anonymous_id or "")
    call["data"]["object"]["customer_details"]["email"] = " noor@EXAMPLE.nl "
    assert said(call, hook)[0][0].anonymous_id == person.anonymous_id
    call["data"]["object"]["customer_details"] = None
    assert [each.reason for each in said(call, hook)[1]] == ["no_identity"]


def test_what_nothing_is_about_is_kept_or_dropped() -> None:
    """As the hook says; a type is not mistaken for another that only looks like it."""
    keeping = parse_hook(EXAMPLE.replace('others = "drop"', ""), "x")
    assert [each.reason for each in said({"type": "invoice.paid"}, keeping)[1]] == ["not_mapped"]
    assert said({"type": "invoice.paid"}, parse_hook(EXAMPLE, "x")) == ([], [])
    one = parse_hook(EXAMPLE.replace('when = { type = "checkout.session.completed" }', "when = { type = 1 }", 1), "x")
    assert [each.name for each in said({**CALL, "type": True}, one)[0]] == []


def test_what_was_not_mapped_is_read_again_when_it_is() -> None:
    """A rejected call becomes its events once the hook has a meaning for it, as long as there is such a hook."""
    keeping = EXAMPLE.replace('others = "drop"', "")
    (kept,) = said({**CALL, "type": "order.paid"}, parse_hook(keeping, "x"))[1]
    mended = hook_dialect(parse_hook(keeping.replace("checkout.session.completed", "order.paid"), "x"))
    reject = Reject(
        number=1, source=kept.source, reason=kept.reason, detail="", at=NOW, body=kept.body, posted=kept.posted
    )
    found = read_again(reject, {"payments": mended}.get)
    assert isinstance(found, Parsed)
    assert [each.name for each in found.events] == ["", "Order Completed", "Ticket Bought", "Ticket Bought"]
    gone = read_again(reject)
    assert isinstance(gone, Rejection) or not gone.events


@pytest.mark.parametrize("call", [[], 7, "x", None, {"type": [1]}, {"type": {"a": 1}}, {"data": {"object": []}}])
def test_a_call_of_another_shape_is_no_crash(call: Any) -> None:
    """A path that leads nowhere is no value."""
    assert said(call, parse_hook(EXAMPLE, "x"))[0] == []


def test_what_is_no_json_is_malformed() -> None:
    """The body is kept, so that one can see what it was."""
    rejected = said(b"payload=%7B", parse_hook(EXAMPLE, "x"))[1]
    assert [(each.reason, each.body) for each in rejected] == [("malformed", "payload=%7B")]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('hook = "payments"', 'hook = "a/b"'), "letters, digits"),
        (('secret = "whsec_at-least-eight"', 'secret = "short"'), "at least 8"),
        (('scheme = "stripe"', ""), "header names"),
        (('name = "Ticket Bought"', ""), "[[event]] 2 needs a name"),
        (('each = "data', 'eech = "data'), "eech"),
        (('hook = "payments"', "hook = "), "not valid TOML"),
    ],
)
def test_a_wrong_file_is_told(change: tuple[str, str], told: str) -> None:
    """The message names the file, the key and what would do."""
    with pytest.raises(HookError, match=r"pay\.toml") as error:
        parse_hook(EXAMPLE.replace(*change, 1), "pay.toml")
    assert told in str(error.value)
