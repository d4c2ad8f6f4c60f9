"""Claims: nobody gets a message twice, and what a crash leaves behind is cleaned up rightly."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from tests.activate.company import Catcher, Company

from helder.activate.letterhead import keep, letterhead_of
from helder.activate.outbox import Made, Verdict, claim, counts, has_stale, mark_sending, record, release, time_out
from helder.activate.outcomes import message_id
from helder.clock import stored


@pytest.fixture
def filled(company: Company) -> Company:
    """A company with ten messages that wait."""
    company.start()
    company.enter(*(company.person(f"p{number}@example.nl") for number in range(10)))
    company.run()
    return company


def take(company: Company, token: str, limit: int = 4) -> list[int]:
    with company.state.write() as connection:
        return [each.envelope.id for each in claim(connection, token, limit, stored(company.now))]


def mark(company: Company, token: str, ids: list[int]) -> set[int]:
    with company.state.write() as connection:
        now, head = stored(company.now), keep(connection, letterhead_of(company.settings))
        made = {each: Made(message_id=f"<{each}@x>", letterhead_id=head, made_at=now) for each in ids}
        return mark_sending(connection, token, made, now)


def statuses(company: Company) -> Counter[str]:
    return Counter(row["status"] for row in company.messages())


def test_a_message_is_claimed_by_one(filled: Company) -> None:
    """Three senders take what there is, and no two have the same."""
    taken = [take(filled, token) for token in "abc"]
    assert [len(each) for each in taken] == [4, 4, 2]
    assert len({each for some in taken for each in some}) == 10


def test_what_is_not_due_stays(filled: Company) -> None:
    """A message for later is not taken before."""
    ids = take(filled, "a", 10)
    later = stored(filled.now + timedelta(minutes=5))
    with filled.state.write() as connection:
        record(connection, "a", [Verdict(id=ids[0], status="queued", due_at=later)])
    assert take(filled, "b") == []
    filled.now += timedelta(minutes=6)
    assert take(filled, "b") == [ids[0]]


def test_a_claim_that_was_lost_cannot_be_sent(filled: Company) -> None:
    """A sender that was too slow finds that its messages are another's, before anything goes out."""
    ids = take(filled, "slow")
    filled.now += timedelta(minutes=10)
    filled.run()
    assert set(take(filled, "quick", 10)) > set(ids)
    assert mark(filled, "slow", ids) == set()
    assert mark(filled, "quick", ids) == set(ids)


def test_a_crash_before_the_mark_costs_nothing(filled: Company, catcher: Catcher) -> None:
    """What was only claimed goes back into the queue, and is sent."""
    take(filled, "dead")
    filled.run(minutes=3)
    assert statuses(filled) == {"queued": 10}
    asyncio.run(filled.sender().drain())
    assert len(catcher.mails) == 10


def test_a_crash_after_the_mark_sends_nothing_twice(filled: Company, catcher: Catcher) -> None:
    """What was being sent ends as unknown, and is never sent again, whatever happens later."""
    mark(filled, "dead", take(filled, "dead"))
    filled.run(minutes=16)
    for _ in range(3):
        asyncio.run(filled.sender().drain())
        filled.run(minutes=60)
    assert statuses(filled) == {"unknown": 4, "sent": 6}
    assert len(catcher.mails) == 6
    assert Counter(outcome for outcome, _ in filled.outcomes().values()) == {"unknown": 4, "sent": 6}


def test_a_sender_that_comes_back_tells_the_truth(filled: Company) -> None:
    """Until it was reported, unknown may still become what really happened; after that nothing changes."""
    ids = take(filled, "late")
    mark(filled, "late", ids)
    later = stored(filled.now + timedelta(minutes=20))
    with filled.state.write() as connection:
        assert time_out(connection, later, 120, 900) == 4
        record(connection, "late", [Verdict(id=ids[0], status="sent", sent_at=later)])
    filled.run(minutes=20)
    with filled.state.write() as connection:
        record(connection, "late", [Verdict(id=ids[1], status="sent", sent_at=later)])
        record(connection, "other", [Verdict(id=ids[2], status="sent", sent_at=later)])
    found = {row["id"]: row["status"] for row in filled.messages()}
    assert [found[each] for each in ids] == ["sent", "unknown", "unknown", "unknown"]


def test_only_old_claims_time_out(filled: Company) -> None:
    """A sender at work is left alone."""
    mark(filled, "busy", take(filled, "busy"))
    with filled.state.write() as connection:
        assert not has_stale(connection, stored(filled.now), 120, 900)
        assert time_out(connection, stored(filled.now), 120, 900) == 0


def test_a_stopping_sender_gives_back_what_it_did_not_begin(filled: Company) -> None:
    """Claimed goes back at once; what is being sent stays as it is."""
    mark(filled, "a", take(filled, "a", 2))
    take(filled, "a", 3)
    with filled.state.write() as connection:
        assert release(connection, "a", stored(filled.now)) == 3
        assert counts(connection, "hello") == counts(connection) == {("queued", ""): 8, ("sending", ""): 2}


def test_outcomes_are_told_again_under_the_same_id(filled: Company) -> None:
    """A crash between telling and noting that it was told repeats the events; their ids make that harmless."""
    asyncio.run(filled.sender().drain())
    filled.run()
    with filled.state.write() as connection:
        connection.exec_driver_sql("UPDATE outbox SET reported = 0")
    filled.run()
    ids = Counter(event.message_id for event in filled.events())
    assert (len(ids), set(ids.values())) == (10, {2})
    assert message_id(1, "Email Sent") != message_id(1, "Email Opened") != message_id(2, "Email Opened")


def test_no_event_or_reason_holds_an_address(filled: Company) -> None:
    """What is told to the facts, and why, names identities and never addresses."""
    asyncio.run(filled.sender().drain())
    filled.run()
    assert not [event for event in filled.events() if "example.nl" in repr(event)]
