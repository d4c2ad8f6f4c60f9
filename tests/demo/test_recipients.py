from __future__ import annotations

import asyncio
import csv
import json
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from helder.demo.company import Company
from helder.demo.faults import DemoFault
from helder.demo.natures import Nature, luck
from helder.demo.recipients import Reactions, react

NOW = datetime(2026, 11, 24, 10, 5, tzinfo=UTC)
MailTo = Callable[[Company, list[str]], None]
LANDING = "https://tuin.lentehof.example/workshops/x?hld=helder.abc.1.mac"


class Helder:
    """Stands in for Helder: answers pictures, clicks, unsubscriptions and events, and remembers them."""

    def __init__(self, landing: str = LANDING) -> None:
        self.calls: Counter[str] = Counter()
        self.events: list[dict[str, object]] = []
        self._landing = landing

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                method, path, _ = head.split(" ", 2)
                size = int(head.lower().split("content-length: ")[1].split("\r\n")[0])
                body = await reader.readexactly(size)
                self.calls[f"{method} {path[:3]}"] += 1
                if path == "/v1/batch":
                    self.events += json.loads(body)["batch"]
                if path.startswith("/u/"):
                    assert body == b"List-Unsubscribe=One-Click"
                extra = f"Location: {self._landing}\r\n" if path.startswith("/c/") else ""
                status = 302 if extra else 200
                writer.write(f"HTTP/1.1 {status} X\r\n{extra}Content-Length: 2\r\n\r\n{{}}".encode())
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


def play(company: Company, helder: Helder, nature: Nature) -> Reactions:
    """Let people react to the mails in the company's folder."""

    async def run() -> Reactions:
        server = await asyncio.start_server(helder.talk, "127.0.0.1", 0)
        async with server:
            base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            return await react(company, base, lambda: NOW, nature)

    return asyncio.run(run())


def starters(company: Company) -> list[dict[str, str]]:
    """Return the truth about the starters."""
    with (company.truth / "starters.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def mail_to(mail_text: str) -> MailTo:
    """Return a function that puts a mail to each address in the catcher's folder."""
    return partial(_mail_to, mail_text)


def _mail_to(text: str, company: Company, addresses: list[str]) -> None:
    folder = Path(company.mails)
    with (folder / "index.jsonl").open("w") as index:
        for number, address in enumerate(addresses, 1):
            (folder / f"{number}.eml").write_text(text.replace("jan@webmail.example", address), encoding="utf-8")
            entry = {"number": number, "sender": "w@lentehof.example", "recipient": address, "file": f"{number}.eml"}
            index.write(json.dumps(entry) + "\n")


def right(company: Company) -> list[str]:
    """Return one address of everyone who belongs in the audience."""
    return [row["emails"].split("|")[0] for row in starters(company) if row["verdict"] == "in"]


def test_mailed_people_open_click_and_register(small: Company, mail_to: MailTo) -> None:
    """When everyone is eager, every mail is opened and clicked, and every landing carries the signed link."""
    addresses = right(small)
    mail_to(small, addresses)
    helder = Helder()
    done = play(small, helder, Nature(base=0.0, mailed=1.0, opens=1.0, calls=0.0))
    assert done.mails == done.opened == done.clicked == done.registered_mailed == len(addresses) > 2
    assert helder.calls["GET /o/"] == helder.calls["GET /c/"] == len(addresses)
    landings = [each for each in helder.events if each["type"] == "page"]
    assert len(landings) == len(addresses)
    assert all("hld=" in str(each["properties"]) for each in landings)
    completed = [each for each in helder.events if each.get("event") == "Workshop Registration Completed"]
    assert {str(each["anonymousId"]) for each in completed} == {str(each["anonymousId"]) for each in landings}


def test_people_without_a_mail_register_at_the_base_rate(small: Company) -> None:
    """Whoever left a registration unfinished may come back by themselves; nobody clicks or opens."""
    helder = Helder()
    done = play(small, helder, Nature(base=1.0, calls=0.0))
    unfinished = [
        row
        for row in starters(small)
        if row["planned"] not in {"finished_at_once", "finished_elsewhere", "ordered_by_phone"}
    ]
    assert done.registered_unmailed == len(unfinished) > 0
    assert (done.opened, done.clicked, done.registered_mailed) == (0, 0, 0)
    assert set(helder.calls) == {"POST /v1"}


def test_who_calls_is_booked_in_the_erp(small: Company) -> None:
    """By phone a place is a row in the ERP; on the web it is an event. Nobody does both."""
    with closing(sqlite3.connect(small.erp)) as erp:
        (before,) = erp.execute("SELECT count(*) FROM workshop_orders").fetchone()
    helder = Helder()
    done = play(small, helder, Nature(base=1.0, calls=0.5))
    with closing(sqlite3.connect(small.erp)) as erp:
        (after,) = erp.execute("SELECT count(*) FROM workshop_orders").fetchone()
        orphans = "SELECT count(*) FROM workshop_orders WHERE customer_no NOT IN (SELECT customer_no FROM customers)"
        assert erp.execute(orphans).fetchone() == (0,)
    assert after - before == done.by_phone
    completed = [each for each in helder.events if each.get("event") == "Workshop Registration Completed"]
    assert len(completed) == done.registered_unmailed - done.by_phone
    assert 0 < done.by_phone < done.registered_unmailed


def test_some_unsubscribe_with_one_click_and_do_not_click_as_well(small: Company, mail_to: MailTo) -> None:
    """When everyone wants to leave, each posts once."""
    addresses = right(small)
    mail_to(small, addresses)
    helder = Helder()
    done = play(small, helder, Nature(base=0.0, mailed=0.0, looks=0.0, leaves=1.0))
    assert done.unsubscribed == helder.calls["POST /u/"] == len(addresses)
    assert helder.calls["GET /c/"] == 0


def test_mail_to_nobody_is_counted(small: Company, mail_to: MailTo) -> None:
    """An address that is nobody's does nothing, and shows."""
    mail_to(small, ["stranger@elsewhere.example"])
    done = play(small, Helder(), Nature(base=0.0))
    assert (done.mails, done.unknown) == (0, 1)


def test_a_mail_whose_links_lead_nowhere_is_a_fault(small: Company, mail_to: MailTo) -> None:
    """Clicks that cannot be measured are no detail."""
    mail_to(small, right(small))
    with pytest.raises(ExceptionGroup) as raised:
        play(small, Helder("https://elsewhere.example/"), Nature(mailed=1.0))
    assert raised.group_contains(DemoFault, match="no link")


def test_mailing_never_keeps_anybody_from_registering() -> None:
    """Whoever registers unmailed also registers mailed, so the difference that mailing makes is known."""
    nature = Nature()
    assert nature.base < nature.mailed
    draws = [luck(1, person, "register") for person in range(20_000)]
    assert abs(sum(each < nature.base for each in draws) / len(draws) - 0.08) < 0.01
    assert abs(sum(each < nature.mailed for each in draws) / len(draws) - 0.22) < 0.01


def test_what_people_do_follows_from_the_seed(small: Company, mail_to: MailTo) -> None:
    """Two runs over the same mails give the same reactions."""
    mail_to(small, right(small))
    play(small, Helder(), Nature())
    first = (small.truth / "reactions.csv").read_bytes()
    play(small, Helder(), Nature())
    assert (small.truth / "reactions.csv").read_bytes() == first
