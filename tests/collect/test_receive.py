"""The stage receive, on real stores."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert
from tests.collect.conftest import RECEIVED_AT, Stores, identify, named

from helder.clock import stored
from helder.collect.event import Entry, Event, Rejection
from helder.collect.receive import Receive
from helder.store.facts.schema import table
from helder.store.tables.consents import consent_ledger
from helder.store.tables.sources import match_decision


def event(name: str, **fields: Any) -> Event:
    given = {"type": "track", "name": "Seen", "source": "site", "at": RECEIVED_AT, "received_at": RECEIVED_AT}
    return Event(message_id=name, **{**given, "anonymous_id": "a1", **fields})


def rows(stores: Stores, name: str) -> list[dict[str, Any]]:
    return stores.facts.read(table(name)).to_pylist()


class Projections:
    """Projections that know some identities, and have come up to a batch."""

    def __init__(self, ids: set[int], upto: int) -> None:
        self._ids, self._upto = ids, upto

    def known(self, identity_ids: Sequence[int]) -> set[int]:
        return self._ids & set(identity_ids)

    def watermark(self, stage: str) -> int:
        assert stage == "project"
        return self._upto


def stage(stores: Stores, **more: Any) -> Receive:
    return Receive(stores.inbox, stores.state, stores.facts, identify, **more)


def test_events_become_facts(stores: Stores, now: datetime) -> None:
    """An event is in the tail with its identity, and the identity itself is known."""
    stores.inbox.append([Entry([event("m1", url="https://x.example/", value_micros=5, currency="EUR")])])
    assert stage(stores).run(now) == 1
    (row,) = rows(stores, "event_tail")
    browser = named("anonymous:site", "a1")
    assert (row["message_id"], row["identity_id"], row["at"]) == ("m1", browser.id, RECEIVED_AT)
    assert (row["url"], row["value_micros"], row["properties"]) == ("https://x.example/", 5, "{}")
    (identity,) = rows(stores, "identity")
    assert (identity["identity_id"], identity["kind"], identity["value"]) == (browser.id, "anonymous:site", "a1")


def test_nothing_new_is_nothing_done(stores: Stores, now: datetime) -> None:
    """Without input no transaction is made: the batch number stands still."""
    receive = stage(stores)
    assert receive.run(now) == 0
    stores.inbox.append([Entry([event("m1")])])
    receive.run(now)
    before = stores.facts.last_batch()
    assert receive.run(now) == 0
    assert stores.facts.last_batch() == before


def test_a_log_in_links_browser_and_user_once(stores: Stores, now: datetime) -> None:
    """However often the two come together, one link is written, with the moment of the first."""
    stores.inbox.append([Entry([event(f"m{n}", user_id="7", at=RECEIVED_AT - timedelta(hours=n))]) for n in range(3)])
    receive = stage(stores)
    receive.run(now)
    stores.inbox.append([Entry([event("m9", user_id="7")])])
    receive.run(now)
    (link,) = rows(stores, "link")
    pair = sorted((named("anonymous:site", "a1").id, named("customer:shop", "7").id))
    assert [link["a"], link["b"], link["reason"], link["strength"]] == [*pair, "login", 80]
    assert len(rows(stores, "identity")) == 2


def test_retries_are_dropped_within_a_batch_and_across_restarts(stores: Stores, now: datetime) -> None:
    """A message seen before is dropped, by the same stage and by one that was started anew."""
    stores.inbox.append([Entry([event("m1"), event("m1")]), Entry([event("m1")])])
    receive = stage(stores)
    receive.run(now)
    stores.inbox.append([Entry([event("m1"), event("m2")])])
    receive.run(now)
    stores.inbox.append([Entry([event("m2"), event("m3")])])
    restarted = stage(stores)
    restarted.run(now)
    assert sorted(row["message_id"] for row in rows(stores, "event_tail")) == ["m1", "m2", "m3"]
    assert receive.counts == {"accepted": 2, "duplicate": 3}
    assert restarted.counts == {"accepted": 1, "duplicate": 1}


def test_the_same_message_id_of_two_sources_is_two_messages(stores: Stores, now: datetime) -> None:
    """Two sites number their messages by themselves."""
    stores.inbox.append([Entry([event("m1"), event("m1", source="other")])])
    stage(stores).run(now)
    assert len(rows(stores, "event_tail")) == 2


def test_a_run_that_fails_leaves_nothing_and_is_repeated(stores: Stores, now: datetime) -> None:
    """When it is not told whose an event is, nothing is taken, and the next run does all of it."""
    stores.inbox.append([Entry([event("m1", user_id="7")])])
    receive = stage(stores)
    real, broken = receive._identify, [True]

    def failing(each: Event) -> object:
        if broken:
            raise RuntimeError("planted")
        return real(each)

    receive._identify = failing
    with pytest.raises(RuntimeError):
        receive.run(now)
    assert rows(stores, "event_tail") == []
    assert stores.facts.watermark("receive") == 0
    broken.clear()
    receive.run(now)
    assert len(rows(stores, "event_tail")) == 1
    assert len(rows(stores, "link")) == 1


def test_a_crash_between_two_writes_leaves_nothing(
    stores: Stores, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows and watermark are one transaction: what fails after the first rows takes them along, and is repeated."""
    stores.inbox.append([Entry([event("m1", user_id="7")])])
    with monkeypatch.context() as planted:
        planted.setattr("helder.collect.receive.rejected_rows", lambda *_rows: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            stage(stores).run(now)
    assert rows(stores, "event_tail") == []
    stage(stores).run(now)
    assert len(rows(stores, "event_tail")) == 1


def test_replaying_the_inbox_changes_nothing(stores: Stores, now: datetime) -> None:
    """A watermark that went back, as after a restored backup, adds no event a second time."""
    stores.inbox.append([Entry([event(f"m{number}", user_id="7") for number in range(5)])])
    stage(stores).run(now)
    for _ in range(2):
        with stores.facts.write() as batch:
            batch.move("receive", 0)
        assert stage(stores).run(now) == 5
    assert len(rows(stores, "event_tail")) == 5
    assert len(rows(stores, "identity")) == 2


def test_rejected_events_are_kept(stores: Stores, now: datetime) -> None:
    """A rejection of the door, and an event that turns out to be nobody's, are in the facts with their reasons."""
    refused = Rejection(reason="bot", detail="a bot", source="site", at=RECEIVED_AT, message_id="m1", body="{}")
    stores.inbox.append([Entry([event("m2", anonymous_id=None), event("m3")], [refused])])
    receive = stage(stores)
    receive.run(now)
    assert {(row["reason"], row["message_id"]) for row in rows(stores, "rejected")} == {
        ("bot", "m1"),
        ("no_identity", "m2"),
    }
    assert [row["message_id"] for row in rows(stores, "event_tail")] == ["m3"]
    assert receive.counts == {"accepted": 1, "duplicate": 0, "bot": 1, "no_identity": 1}


def test_an_event_that_breaks_the_code_does_not_hold_up_the_others(
    stores: Stores, now: datetime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is kept as rejected, with the kind of error and none of its values in the log; the others go on."""

    def breaking(each: Event) -> object:
        return int("jan@example.nl") if each.message_id == "m2" else identify(each)

    receive = stage(stores)
    monkeypatch.setattr(receive, "_identify", breaking)
    stores.inbox.append([Entry([event("m1"), event("m2"), event("m3")])])
    receive.run(now)
    assert sorted(row["message_id"] for row in rows(stores, "event_tail")) == ["m1", "m3"]
    (rejected,) = rows(stores, "rejected")
    assert (rejected["message_id"], rejected["reason"]) == ("m2", "malformed")
    assert "jan@" not in caplog.text


def test_a_damaged_entry_does_not_hold_up_the_others(stores: Stores, now: datetime) -> None:
    """Bytes in the inbox that nobody can read are told of, and what comes after is taken in."""
    stores.inbox.append([Entry([event("m1")]), Entry([event("m2")]), Entry([event("m3")])])
    with sqlite3.connect(stores.folder / "inbox.db") as connection:
        connection.execute("UPDATE entry SET body = ? WHERE seq = 2", (b"\x93\xff\x00",))
    connection.close()
    stage(stores).run(now)
    assert sorted(row["message_id"] for row in rows(stores, "event_tail")) == ["m1", "m3"]
    assert [row["detail"] for row in rows(stores, "rejected")] == ["entry 2 of the inbox is damaged and cannot be read"]


def test_known_identities_are_not_written_again(stores: Stores, now: datetime) -> None:
    """What the projections know already is asked for once and left out."""
    stores.inbox.append([Entry([event("m1"), event("m2", anonymous_id="a2")])])
    stage(stores, projected=Projections({named("anonymous:site", "a1").id}, 0)).run(now)
    assert [row["value"] for row in rows(stores, "identity")] == ["a2"]


@pytest.mark.parametrize("projected", [None, 0, 1])
def test_identities_are_written_once_across_a_restart(stores: Stores, now: datetime, projected: int | None) -> None:
    """Killed before the projections had them, or after: the next start writes none of them again."""
    stores.inbox.append([Entry([event("m1", user_id="7")])])
    stage(stores).run(now)
    stores.inbox.append([Entry([event("m2", user_id="7")])])
    ids = {named("anonymous:site", "a1").id, named("customer:shop", "7").id} if projected else set()
    projections = None if projected is None else Projections(ids, projected)
    stage(stores, projected=projections).run(now)
    assert len(rows(stores, "identity")) == 2


def test_traits_become_one_record_that_grows(stores: Stores, now: datetime) -> None:
    """Two identify calls with different fields leave one current version that holds both; the older one is ended."""
    receive = stage(stores)
    said = [
        {"email": "jan@example.nl", "first_name": "Jan"},
        {"last_name": "Berg", "birth_date": "1980-01-02", "city": 7},
    ]
    for number, traits in enumerate(said):
        stores.inbox.append(
            [
                Entry(
                    [
                        event(
                            f"m{number}",
                            user_id="7",
                            type="identify",
                            traits=traits,
                            at=RECEIVED_AT + timedelta(number),
                        )
                    ]
                )
            ]
        )
        receive.run(now)
    versions = rows(stores, "person_record")
    (current,) = (row for row in versions if row["until_batch"] is None)
    assert len(versions) == 2
    assert (current["email"], current["last_name"], current["first_name"]) == ("jan@example.nl", "Berg", "Jan")
    assert (current["birth_date"], current["city"]) == (date(1980, 1, 2), None)
    assert (current["seen_at"], current["changed_at"]) == (RECEIVED_AT, RECEIVED_AT + timedelta(1))


def test_a_late_identify_call_does_not_undo_a_newer_one(stores: Stores, now: datetime) -> None:
    """Of two calls about one field the later moment wins, whichever comes first."""
    receive = stage(stores)
    for number, at in enumerate((RECEIVED_AT, RECEIVED_AT - timedelta(days=1))):
        fields = {"user_id": "7", "type": "identify", "traits": {"city": f"city {number}"}, "at": at}
        stores.inbox.append([Entry([event(f"m{number}", **fields)])])
        receive.run(now)
    (current,) = (row for row in rows(stores, "person_record") if row["until_batch"] is None)
    assert current["city"] == "city 0"


def test_what_state_decided_becomes_facts_once(stores: Stores, now: datetime) -> None:
    """Consents and decisions on who is who are carried over, with the identity that the ledger names."""
    person = named("email", "jan@example.nl")
    choice = {"purpose": "events", "channel": "email", "title": "tuin", "choice": "no", "basis": "consent"}
    moments = {"at": stored(now), "recorded_at": stored(now), "source": "unsubscribe"}
    with stores.state.write() as connection:
        connection.execute(
            insert(consent_ledger).values(identity_id=person.id, kind="email", value=person.value, **choice, **moments)
        )
        for number, decision in enumerate(("link", "cut")):
            connection.execute(
                insert(match_decision).values(
                    a=9 + number, b=5, decision=decision, decided_by="ann", reason="seen", at=stored(now)
                )
            )
    receive = stage(stores)
    assert receive.run(now) == 3
    assert receive.run(now) == 0
    (consent,) = rows(stores, "consent")
    assert {name: consent[name] for name in choice} == choice
    assert [row["identity_id"] for row in rows(stores, "identity")] == [person.id]
    assert [(row["a"], row["b"], row["strength"]) for row in rows(stores, "link")] == [(5, 9, 100)]
    assert [(row["a"], row["b"]) for row in rows(stores, "cut")] == [(5, 10)]


def test_a_report_of_our_own_channels_keeps_its_identity(stores: Stores, now: datetime) -> None:
    """An event that carries the identity itself is not looked at for ids."""
    stores.inbox.append([Entry([event("m1", anonymous_id=None, identity_id=42)])])
    stage(stores).run(now)
    assert [row["identity_id"] for row in rows(stores, "event_tail")] == [42]
