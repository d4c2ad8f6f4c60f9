"""The sender against real servers that are down, slow, full, or refuse."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from tests.activate.company import MJML, Catcher, Company, serve

from helder.activate.channels.email.connection import Connection
from helder.activate.content.template import Template
from helder.store.tables.consents import suppression


def mail_to(company: Company, *addresses: str, **changes: Any) -> list[int]:
    """Let people with these addresses come to the mail of the journey."""
    people = [company.person(address) for address in addresses]
    company.start(**changes)
    company.enter(*people)
    company.run()
    return people


def statuses(company: Company) -> Counter[str]:
    return Counter(row["status"] for row in company.messages())


def run_for(company: Company, seconds: float, timeout: float = 5) -> None:
    """Let a sender work for a while, then stop it."""

    async def both() -> None:
        sender = company.sender(timeout=timeout)
        asyncio.get_running_loop().call_later(seconds, sender.stop)
        await sender.run()

    asyncio.run(both())


def test_half_of_the_recipients_are_refused(company: Company, catcher: Catcher) -> None:
    """Those who are refused for good failed and are suppressed, the others were sent; nobody is lost."""
    catcher.refuse = lambda address: "550 5.1.1 no such user" if int(address[1:].split("@")[0]) % 2 else None
    people = mail_to(company, *(f"p{number}@example.nl" for number in range(20)))
    asyncio.run(company.sender().drain())
    company.run()
    assert statuses(company) == {"sent": 10, "failed": 10}
    assert Counter(company.outcomes().values()) == {("sent", ""): 10, ("failed", "smtp 550 5.1.1"): 10}
    with company.state.read() as connection:
        bounced = set(connection.scalars(select(suppression.c.identity_id)))
    assert bounced == {each for number, each in enumerate(people) if number % 2}
    assert Counter(event.name for event in company.events()) == {"Email Sent": 10, "Email Bounced": 10}


def test_a_refusal_for_now_is_tried_again_later(company: Company, catcher: Catcher) -> None:
    """A 4xx stays in the queue for a while, and is sent when the server has changed its mind."""
    catcher.refuse = lambda address: "451 4.7.1 greylisted"
    mail_to(company, "noor@example.nl")
    asyncio.run(company.sender().drain())
    row = company.messages()[0]
    assert (row["status"], row["reason"], row["attempts"]) == ("queued", "smtp 451 4.7.1", 1)
    catcher.refuse = lambda address: None
    asyncio.run(company.sender().drain())
    assert statuses(company) == {"queued": 1}
    company.run(minutes=5)
    asyncio.run(company.sender().drain())
    assert (statuses(company), len(catcher.mails)) == ({"sent": 1}, 1)


def test_a_refusal_that_does_not_end_is_given_up(company: Company, catcher: Catcher) -> None:
    """After twelve attempts over hours the message failed, with the last reason."""
    catcher.refuse = lambda address: "451 4.7.1 greylisted"
    mail_to(company, "noor@example.nl")
    for _ in range(13):
        asyncio.run(company.sender().drain())
        company.run(minutes=61)
    row = company.messages()[0]
    assert (row["status"], row["reason"], row["attempts"]) == ("failed", "gave up: smtp 451 4.7.1", 12)
    assert set(company.outcomes().values()) == {("failed", "gave up: smtp 451 4.7.1")}


def test_a_server_that_is_down_costs_no_message(company: Company, catcher: Catcher, tmp_path: Path) -> None:
    """Nothing is claimed while nobody answers; when the server comes back everything is sent."""
    mail_to(company, *(f"p{number}@example.nl" for number in range(5)))
    port = company.settings.smtp_port
    company.settings = msgspec.structs.replace(company.settings, smtp_port=1)
    run_for(company, 0.8)
    assert {(row["status"], row["attempts"]) for row in company.messages()} == {("queued", 0)}
    company.settings = msgspec.structs.replace(company.settings, smtp_port=port)
    asyncio.run(company.sender().drain())
    assert statuses(company) == {"sent": 5}


class Hanging(Catcher):
    """Answers nothing at a stage."""

    def __init__(self, stage: str) -> None:
        super().__init__()
        self.stage = stage

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.stage == "rcpt":
            await asyncio.sleep(60)
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        said = await super().handle_DATA(server, session, envelope)
        if self.stage == "data":
            await asyncio.sleep(60)
        return said


@contextlib.contextmanager
def hanging(stage: str) -> Iterator[tuple[int, Hanging]]:
    handler = Hanging(stage)
    controller = serve(handler)
    yield controller.port, handler
    controller.stop()


def test_a_server_that_hangs_before_the_text_is_tried_again(company: Company, catcher: Catcher) -> None:
    """Nothing was handed over, so the message goes back into the queue."""
    mail_to(company, "noor@example.nl")
    with hanging("rcpt") as (port, _):
        company.settings = msgspec.structs.replace(company.settings, smtp_port=port)
        run_for(company, 0.6, timeout=0.3)
    assert [(row["status"], row["reason"]) for row in company.messages()] == [("queued", "SMTPReadTimeoutError")]


def test_a_server_that_hangs_after_the_text_is_not_tried_again(company: Company, catcher: Catcher) -> None:
    """It may have taken the mail: the message ends as unknown, and is never sent a second time."""
    mail_to(company, "noor@example.nl")
    with hanging("data") as (port, handler):
        company.settings = msgspec.structs.replace(company.settings, smtp_port=port)
        run_for(company, 0.6, timeout=0.3)
        company.run(minutes=600)
        run_for(company, 0.6, timeout=0.3)
        assert len(handler.mails) == 1
    assert company.outcomes().popitem()[1] == ("unknown", "SMTPReadTimeoutError")


def test_a_slow_server_is_given_little_at_once(company: Company, catcher: Catcher) -> None:
    """Between the decision and the sending is about a quarter of a second, so batches shrink as the server slows."""
    sizes: list[int] = []
    dispatch = company.dispatch()
    take = dispatch.take

    def noting(token: str, limit: int, now: Any) -> Any:
        sizes.append(limit)
        return take(token, limit, now)

    dispatch.take = noting
    mail_to(company, *(f"p{number}@example.nl" for number in range(60)))
    sender = company.sender()
    sender._dispatch = dispatch
    asyncio.run(sender.drain())
    fast = max(sizes)
    assert (sizes[0], fast > 4) == (1, True)
    assert statuses(company) == {"sent": 60}


def test_a_store_that_is_locked_for_a_while_is_waited_for(company: Company, catcher: Catcher) -> None:
    """Neither taking messages nor writing what became of them ends the sender; nothing is sent twice or forgotten."""
    mail_to(company, *(f"p{number}@example.nl" for number in range(6)))
    sender = company.sender()
    for name in ("take", "exchange"):
        setattr(sender._dispatch, name, failing_twice(getattr(sender._dispatch, name)))
    asyncio.run(sender.drain())
    assert statuses(company) == {"sent": 6}
    assert len(catcher.mails) == 6


def failing_twice(work: Any) -> Any:
    failures = iter([True, True])

    def maybe(*values: Any) -> Any:
        if next(failures, False):
            raise OperationalError("UPDATE", {}, sqlite3.OperationalError("database is locked"))
        return work(*values)

    return maybe


def test_a_server_that_goes_away_in_a_batch_holds_up_nobody(company: Company, catcher: Catcher) -> None:
    """After the first message that cannot be handed over the rest of the batch goes back without another wait."""
    mail_to(company, *(f"p{number}@example.nl" for number in range(8)))
    company.settings = msgspec.structs.replace(company.settings, smtp_connections=1)
    dispatch = company.dispatch()
    batch = dispatch.take("me", 8, company.now)
    sender = company.sender(msgspec.structs.replace(company.settings, smtp_port=1))
    asked: list[str] = []

    async def send() -> None:
        connection = Connection(sender._settings, 1)
        ready = connection.ready

        async def counted() -> str:
            asked.append("")
            return await ready()

        connection.ready = counted
        await sender._send(connection, "me", batch)

    asyncio.run(send())
    assert (len(batch), len(asked)) == (8, 1)
    assert {(row["status"], row["reason"]) for row in company.messages()} == {("queued", "SMTPConnectError")}


def test_only_what_is_handed_over_is_marked(company: Company, catcher: Catcher) -> None:
    """Of a batch one message is in the hands of the server; a crash at this moment leaves nobody else unknown."""
    mail_to(company, *(f"p{number}@example.nl" for number in range(8)))
    with hanging("rcpt") as (port, _):
        sender = company.sender(msgspec.structs.replace(company.settings, smtp_port=port))
        batch = sender._dispatch.take("me", 8, company.now)

        async def send() -> Counter[str]:
            connection = Connection(sender._settings, 5)
            sending = asyncio.create_task(sender._send(connection, "me", batch))
            await asyncio.sleep(0.5)
            found = statuses(company)
            sending.cancel()
            await connection.close()
            return found

        assert asyncio.run(send()) == {"sending": 1, "claimed": 7}


def test_two_senders_share_the_work(company: Company, catcher: Catcher) -> None:
    """Four tasks in two senders send forty messages once each."""
    mail_to(company, *(f"p{number}@example.nl" for number in range(40)))

    async def both() -> None:
        await asyncio.gather(company.sender().drain(), company.sender().drain())

    asyncio.run(both())
    assert sorted(to for to, _ in catcher.mails) == sorted(f"p{number}@example.nl" for number in range(40))


def test_a_stop_is_graceful(company: Company, catcher: Catcher) -> None:
    """What was claimed is sent or put back; nothing is left in between."""
    mail_to(company, *(f"p{number}@example.nl" for number in range(100)))
    run_for(company, 0.15)
    assert set(statuses(company)) <= {"sent", "queued"}
    assert len(catcher.mails) == statuses(company)["sent"]


def test_a_template_that_cannot_be_filled_fails_by_name(company: Company, catcher: Catcher) -> None:
    """The enrolment ends as failed with the variable that is missing, and the others are sent."""
    body = MJML.replace("{{ company.name }}", "{{ workshop.title }}")
    people = mail_to(company, "noor@example.nl")
    with company.state.write() as connection:
        spoilt = msgspec.json.encode(Template(key="hello", subject="s", mjml=body)).decode()
        connection.exec_driver_sql("UPDATE template SET body = ?", (spoilt,))
    asyncio.run(company.sender().drain())
    company.run()
    assert company.outcomes()[people[0]] == ("failed", "template-fault: body: 'workshop' is undefined (line 24)")


def test_what_is_no_address_fails_and_holds_up_nobody(company: Company, catcher: Catcher) -> None:
    """A value that got into the address field is no mail, and the next person gets theirs."""
    mail_to(company, "not an address", "noor@example.nl")
    asyncio.run(company.sender().drain())
    assert sorted((row["status"], row["reason"]) for row in company.messages()) == [
        ("failed", "bad-address: not an e-mail address"),
        ("sent", ""),
    ]


def test_a_sender_that_is_woken_looks_at_once(
    company: Company, catcher: Catcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It need not wait for its next look into the outbox."""
    monkeypatch.setattr("helder.activate.channels.email.sender._POLL", 60)

    async def both() -> None:
        sender = company.sender()
        running = asyncio.create_task(sender.run())
        await asyncio.sleep(0.3)
        await asyncio.to_thread(mail_to, company, "noor@example.nl")
        sender.wake()
        for _ in range(1_000):
            if catcher.mails:
                break
            await asyncio.sleep(0.01)
        before = len(catcher.mails)  # one that is told to stop may look once more
        sender.stop()
        await running
        assert before == 1

    asyncio.run(both())
    assert len(catcher.mails) == 1
