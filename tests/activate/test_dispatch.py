"""Permission at the moment of sending: what changed between the message and the sending counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest
from tests.activate.company import Catcher, Company

from helder.activate.people import SENT, UNPAID
from helder.clock import stored
from helder.intelligence.segments import permission as rule
from helder.intelligence.segments.vocabulary import RETURN


def order(company: Company, identity: int, **fields: Any) -> None:
    row = {
        "identity_id": identity,
        "source": "shop",
        "record_key": "1",
        "at": stored(company.now),
        "status": "paid",
        "kind": "order",
        "amount_micros": 1,
        "batch": 1,
    }
    company.hot.append("orders", pa.Table.from_pylist([{**row, **fields}]))


def _cut_off(company: Company, noor: int) -> None:
    """Let the address turn out to be somebody else's."""
    company.merge(company.identity("customer:shop", "9"), company.identity("email", "second@example.nl"))


CHANGES: list[tuple[str, Callable[[Company, int], None]]] = [
    ("opted_out", lambda company, noor: company.choose(noor, "no", at=company.now)),
    ("suppressed", lambda company, noor: company.suppress(noor, "hard_bounce")),
    ("erased", lambda company, noor: company.suppress(noor, "erased")),
    ("open_complaint", lambda company, noor: company.complain(noor)),
    ("pressure", lambda company, noor: company.did(noor, SENT, company.now - timedelta(days=3))),
    ("shared_address", _cut_off),
]


@pytest.mark.parametrize(("reason", "change"), CHANGES, ids=[reason for reason, _ in CHANGES])
def test_what_happens_after_the_message_was_made_counts(
    company: Company, catcher: Catcher, reason: str, change: Callable[[Company, int], None]
) -> None:
    """The message waits in the outbox, something changes, and the sender does not send it."""
    noor = company.person("noor@example.nl", "second@example.nl", agreed=reason != "shared_address")
    if reason == "shared_address":
        company.choose(noor, "yes", at=company.now - timedelta(days=40))
        company.online.append(
            "profile", pa.Table.from_pylist([{"profile_id": noor, "batch": 1, "email": "second@example.nl"}])
        )
    company.start()
    company.enter(noor)
    company.run()
    if reason == "shared_address":
        with company.state.write() as connection:
            second = company.identity("email", "second@example.nl")
            connection.exec_driver_sql("UPDATE outbox SET address_identity = ?", (second,))
    change(company, noor)
    asyncio.run(company.sender().drain())
    company.run()
    assert catcher.mails == []
    assert company.outcomes() == {noor: ("skipped", reason)}
    assert company.events() == []


def test_a_closed_complaint_does_not_matter(company: Company, catcher: Catcher) -> None:
    """Only a complaint that is open keeps a mail back."""
    noor = company.person("noor@example.nl")
    company.complain(noor, closed=True)
    company.start()
    company.enter(noor)
    company.run()
    asyncio.run(company.sender().drain())
    assert len(catcher.mails) == 1


@pytest.mark.parametrize(
    ("fields", "mailed"),
    [
        ({}, True),
        ({"status": "cancelled"}, False),
        ({"status": "Open"}, False),
        ({"kind": "return"}, False),
        ({"amount_micros": 0}, False),
        ({"amount_micros": None}, False),
    ],
)
def test_a_customer_is_who_paid(company: Company, catcher: Catcher, fields: dict[str, Any], mailed: bool) -> None:
    """For a purpose with the existing-customer basis a paid order will do, and nothing less."""
    noor = company.person("noor@example.nl", agreed=None)
    order(company, noor, **fields)
    company.start()
    company.enter(noor)
    company.run()
    asyncio.run(company.sender().drain())
    assert bool(catcher.mails) == mailed


def test_a_customer_is_the_same_in_rules_and_at_sending() -> None:
    """The rule that makes the audience and the decision to send have one idea of what is not paid."""
    assert {*rule.UNPAID, RETURN} == UNPAID


def test_two_messages_to_one_person_are_decided_one_after_the_other(company: Company, catcher: Catcher) -> None:
    """Two journeys mail the same person at the same moment: one is sent, and the other sees that and is skipped."""
    noor = company.person("noor@example.nl")
    for key in ("first", "second"):
        company.start(key=key)
    company.enter(noor)
    company.run()
    for _ in range(3):
        asyncio.run(company.sender().drain())
        company.run(minutes=1)
    assert len(catcher.mails) == 1
    assert sorted((row["status"], row["reason"]) for row in company.messages()) == [
        ("sent", ""),
        ("skipped", "pressure"),
    ]


def test_a_purpose_of_another_journey_is_asked_by_itself(company: Company, catcher: Catcher) -> None:
    """A yes for events is no yes for offers."""
    noor = company.person("noor@example.nl")
    company.start(step=[{"type": "email", "template": "hello", "purpose": "offers"}])
    company.enter(noor)
    company.run()
    asyncio.run(company.sender().drain())
    company.run()
    assert company.outcomes() == {noor: ("skipped", "no_permission")}
