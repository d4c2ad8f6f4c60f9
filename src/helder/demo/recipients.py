"""The people at the other end: they open, click, register or unsubscribe, or do nothing, each as is their nature.

What a person would do is drawn from the seed and the person's number, not from what Helder did: whoever registers
without a mail would also register with one. So the difference that mailing makes is known, and whether Helder measures
it well can be told. Nothing here knows who is in the holdout.
"""

from __future__ import annotations

import asyncio
import csv
import hashlib
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import msgspec

from helder.demo.catcher import caught
from helder.demo.company.erp import WORKSHOPS
from helder.demo.company.layout import HOSTS, SITES, Company
from helder.demo.company.wire import workshop
from helder.demo.faults import DemoFault
from helder.demo.http import Connection, insist
from helder.demo.letter import Letter, landing_of, read
from helder.demo.traffic import write_key_header

Clock = Callable[[], datetime]


class Nature(msgspec.Struct, frozen=True):
    """How people are: shares between 0 and 1.

    ``base`` registers without a mail, ``mailed`` with one; ``opens`` loads the pictures; ``looks`` clicks without
    registering; ``leaves`` unsubscribes; ``calls`` registers by phone, when known to the ERP, instead of on the web.
    """

    base: float = 0.08
    mailed: float = 0.22
    opens: float = 0.5
    looks: float = 0.12
    leaves: float = 0.012
    calls: float = 0.25


class Person(msgspec.Struct):
    """Someone who may react: the start that was left unfinished, and the numbers that the company knows them by."""

    number: int
    bearer: tuple[str, str] = ("", "")
    erp: str = ""
    browsers: dict[int, str] = {}


class Reactions(msgspec.Struct):
    """What people did; people, not clicks. ``registered_mailed`` and ``registered_unmailed`` add up to all who registered."""

    mails: int = 0
    opened: int = 0
    clicked: int = 0
    unsubscribed: int = 0
    registered_mailed: int = 0
    registered_unmailed: int = 0
    by_phone: int = 0
    unknown: int = 0


class Deed(msgspec.Struct, frozen=True):
    """What one person will do. ``letter`` is the mail they got, if any."""

    person: Person
    letter: Letter | None
    opens: bool
    clicks: bool
    registers: bool
    calls: bool
    leaves: bool


async def react(
    company: Company,
    base: str,
    clock: Clock,
    nature: Nature | None = None,
    connections: int = 4,
    progress: Callable[[int, int], None] | None = None,
) -> Reactions:
    """Let all people react to the mails caught so far, or to no mail.

    Writes ``truth/reactions.csv``: (person, mailed, opened, clicked, registered, by_phone, unsubscribed), 0 or 1 each.

    Args:
        company: whose people they are.
        base: Helder's address, which the links in its mails lead to.
        clock: tells the time as an aware UTC datetime.
        nature: how people are.
        connections: how many act at once.
        progress: called with (people done, people in all).

    Raises:
        DemoFault: when Helder does not answer, or a link leads nowhere.
    """
    deeds, unknown = _deeds(company, nature or Nature())
    done = Reactions(mails=sum(each.letter is not None for each in deeds), unknown=unknown)
    todo, acted = iter(deeds), list[int]()

    async def live() -> None:
        async with Connection(base) as connection:
            for deed in todo:
                await _act(connection, company, deed, clock, done)
                acted.append(deed.person.number)
                if progress is not None:
                    progress(len(acted), len(deeds))

    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(live())
    _call(company, [each for each in deeds if each.registers and each.calls], clock())
    _write(company, deeds)
    return done


def _deeds(company: Company, nature: Nature) -> tuple[list[Deed], int]:
    """Decide what everyone will do who got a mail or left a registration unfinished; count mails to nobody."""
    owners, people = _people(company)
    letters: dict[int, Letter] = {}
    unknown = 0
    for each in caught(company.mails):
        person = owners.get(each.recipient.lower())
        if person is None:
            unknown += 1
        else:
            letters.setdefault(person, read(company.mails / each.file))
    everyone = {number: people.get(number, Person(number)) for number in sorted(people.keys() | letters.keys())}
    return [_deed(company.seed, person, letters.get(n), nature) for n, person in everyone.items()], unknown


def _deed(seed: int, person: Person, letter: Letter | None, nature: Nature) -> Deed:
    """Decide what one person will do."""
    registers = luck(seed, person.number, "register") < (nature.mailed if letter else nature.base)
    clicks = letter is not None and (registers or luck(seed, person.number, "look") < nature.looks)
    return Deed(
        person=person,
        letter=letter,
        opens=letter is not None and (clicks or luck(seed, person.number, "open") < nature.opens),
        clicks=clicks,
        registers=registers,
        calls=bool(person.erp) and luck(seed, person.number, "call") < nature.calls,
        leaves=letter is not None and not clicks and luck(seed, person.number, "leave") < nature.leaves,
    )


def luck(seed: int, person: int, what: str) -> float:
    """Return a number in [0, 1) that is a person's own for one question."""
    digest = hashlib.blake2b(f"{seed}:{person}:{what}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def _rows(path: Path) -> Iterable[dict[str, str]]:
    """Yield the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _people(company: Company) -> tuple[dict[str, int], dict[int, Person]]:
    """Return the owner of each address, and those who started and did not finish."""
    owners: dict[str, int] = {}
    people: dict[int, Person] = {}
    for row in _rows(company.truth / "starters.csv"):
        if row["planned"] not in {"finished_at_once", "finished_elsewhere", "ordered_by_phone"}:
            people[int(row["person"])] = Person(int(row["person"]), (row["kind"], row["value"]), browsers={})
    for row in _rows(company.truth / "identities.csv"):
        if row["kind"] == "email":
            owners.setdefault(row["value"], int(row["person"]))
        elif row["kind"] == "customer:erp" and (person := people.get(int(row["person"]))):
            person.erp = person.erp or row["value"]
    for row in _rows(company.truth / "browsers.csv"):
        if (person := people.get(int(row["person"]))) and not row["mate"]:
            person.browsers.setdefault(SITES.index(row["kind"].removeprefix("anonymous:")), row["anonymous"])
    return owners, people


async def _act(connection: Connection, company: Company, deed: Deed, clock: Clock, done: Reactions) -> None:
    """Do what one person does."""
    letter = deed.letter
    landing = ""
    if letter is not None:
        if deed.opens and letter.pixel:
            await _get(connection, letter.pixel)
        if deed.clicks:
            landing = await _click(connection, letter)
        if deed.leaves and letter.unsubscribe:
            await _leave(connection, letter.unsubscribe)
    if landing or (deed.registers and not deed.calls):
        await _visit(connection, company, deed, landing, clock)
    done.opened += deed.opens
    done.clicked += deed.clicks
    done.unsubscribed += deed.leaves
    done.registered_mailed += deed.registers and letter is not None
    done.registered_unmailed += deed.registers and letter is None
    done.by_phone += deed.registers and deed.calls


async def _get(connection: Connection, path: str) -> str:
    """Fetch a page of Helder's and return where it leads on to, if anywhere."""
    answer, _ = await insist(connection, "GET", path, "User-Agent: Mozilla/5.0\r\n", bytes)
    return answer.headers.get("location", "")


async def _click(connection: Connection, letter: Letter) -> str:
    """Follow the letter's links until one leads to a site of the publisher."""
    for link in letter.links:
        found = landing_of(await _get(connection, link))
        if found:
            return found
    raise DemoFault("no link in the mail leads to a site of the publisher; clicks cannot be measured")


async def _leave(connection: Connection, path: str) -> None:
    """Unsubscribe with one click (RFC 8058)."""
    headers = "Content-Type: application/x-www-form-urlencoded\r\n"
    answer, _ = await insist(connection, "POST", path, headers, lambda: b"List-Unsubscribe=One-Click")
    if answer.status >= 400:
        raise DemoFault(f"the one-click unsubscribe of a mail was answered {answer.status}")


async def _visit(connection: Connection, company: Company, deed: Deed, landing: str, clock: Clock) -> None:
    """Go to the site, by the mail's link or by oneself, and register there or not."""
    person = deed.person
    site = next((n for n, host in enumerate(HOSTS) if f"//{host}/" in landing), _own_site(person))
    who = _browser(company.seed, person, site, landing)
    events: list[dict[str, object]] = []
    if landing:
        events.append({"type": "page", "name": "Workshop", "properties": {"url": landing, "title": "Workshop"}})
    if deed.registers and not deed.calls:
        if not landing and person.bearer[0] == "customer:shop":
            who["userId"] = person.bearer[1]
        properties = workshop(_chosen(company.seed, person, site))
        events += [
            {"type": "track", "event": f"Workshop Registration {step}", "properties": properties}
            for step in ("Started", "Completed")
        ]
    await _send(connection, site, person.number, [who | each for each in events], clock())


def _own_site(person: Person) -> int:
    """Return the site on which the person began."""
    kind = person.bearer[0].removeprefix("anonymous:")
    return SITES.index(kind) if kind in SITES else next(iter(person.browsers), 0)


def _browser(seed: int, person: Person, site: int, landing: str) -> dict[str, object]:
    """Return the anonymous id: of the browser used before, or of another one that the mail was read on."""
    known = person.browsers.get(site)
    if person.bearer[0] == f"anonymous:{SITES[site]}":
        known = person.bearer[1]
    if known and (not landing or luck(seed, person.number, "browser") < 0.6):
        return {"anonymousId": known}
    fresh = hashlib.blake2b(f"{seed}:{person.number}:{site}".encode(), digest_size=16).hexdigest()
    return {"anonymousId": fresh}


def _chosen(seed: int, person: Person, site: int) -> tuple[str, str, int, int]:
    """Return the workshop of this site that the person likes best."""
    options = [each for each in WORKSHOPS if each[2] == site]
    return options[int(luck(seed, person.number, "workshop") * len(options))]


async def _send(
    connection: Connection, site: int, person: int, events: list[dict[str, object]], now: datetime
) -> None:
    """Send a visit's events to the collector."""
    moment = now.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    context = {"userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "locale": "nl-NL"}
    batch = [
        {"messageId": f"lh-after-{person}-{site}-{n}", "timestamp": moment, "context": context, **each}
        for n, each in enumerate(events)
    ]
    body = msgspec.json.encode({"batch": batch, "sentAt": moment})
    answer, _ = await insist(connection, "POST", "/v1/batch", write_key_header(site), lambda: body)
    if answer.status != 200:
        raise DemoFault(f"the collector answered {answer.status} to a registration: {answer.body[:300]!r}")


def _call(company: Company, deeds: list[Deed], now: datetime) -> None:
    """Book the places of those who call, in the ERP, while others read it."""
    rows = []
    for deed in deeds:
        number, _, _, price = _chosen(company.seed, deed.person, _own_site(deed.person))
        rows.append((deed.person.erp, number, "autumn", 1, price, "confirmed", now.strftime("%Y-%m-%dT%H:%M:%SZ")))
    with closing(sqlite3.connect(company.erp, timeout=30)) as erp, erp:
        erp.executemany(
            "INSERT INTO workshop_orders (customer_no, workshop, season, places, amount_cents, status, ordered_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )


def _write(company: Company, deeds: list[Deed]) -> None:
    """Write down what people did."""
    with (company.truth / "reactions.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(("person", "mailed", "opened", "clicked", "registered", "by_phone", "unsubscribed"))
        for each in deeds:
            flags = (each.letter is not None, each.opens, each.clicks, each.registers, each.registers and each.calls, each.leaves)
            out.writerow((each.person.number, *map(int, flags)))
