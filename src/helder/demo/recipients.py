"""The people at the other end: they open, click, register or unsubscribe, or do nothing, each as is their nature.

What a person would do is drawn from the seed and the person's number, not from what Helder did: whoever registers
without a mail would also register with one. So the difference that mailing makes is known, and whether Helder measures
it well can be told. Nothing here knows who is in the holdout.
"""

from __future__ import annotations

import asyncio
import csv
import hashlib
from collections.abc import Callable
from datetime import datetime

import msgspec

from helder.demo.bookings import book, chosen, own_site
from helder.demo.company.layout import HOSTS, SITES, Company
from helder.demo.company.workshops import properties
from helder.demo.faults import DemoFault
from helder.demo.http import Connection, insist
from helder.demo.letter import Letter, landing_of
from helder.demo.natures import Deed, Nature, Person, deeds, luck
from helder.demo.traffic import write_key_header

Clock = Callable[[], datetime]


class Reactions(msgspec.Struct):
    """What people did: people, not clicks. The two ``registered_…`` add up to all who registered."""

    mails: int = 0
    opened: int = 0
    clicked: int = 0
    unsubscribed: int = 0
    registered_mailed: int = 0
    registered_unmailed: int = 0
    by_phone: int = 0
    unknown: int = 0


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
    doing, unknown = deeds(company, nature or Nature())
    done = Reactions(mails=sum(each.letter is not None for each in doing), unknown=unknown)
    todo, acted = iter(doing), list[int]()

    async def live() -> None:
        async with Connection(base) as connection:
            for deed in todo:
                await _act(connection, company, deed, clock, done)
                acted.append(deed.person.number)
                if progress is not None:
                    progress(len(acted), len(doing))

    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(live())
    book(company, [each for each in doing if each.registers and each.calls], clock())
    _write(company, doing)
    return done


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
    site = next((n for n, host in enumerate(HOSTS) if f"//{host}/" in landing), own_site(person))
    who = _browser(company.seed, person, site, landing)
    events: list[dict[str, object]] = []
    if landing:
        events.append({"type": "page", "name": "Workshop", "properties": {"url": landing, "title": "Workshop"}})
    if deed.registers and not deed.calls:
        if not landing and person.bearer[0] == "customer:shop":
            who["userId"] = person.bearer[1]
        about = properties(chosen(company.seed, person, site), clock().date())
        names = ("Workshop Registration Started", "Workshop Registration Completed")
        events.extend({"type": "track", "event": name, "properties": about} for name in names)
    await _send(connection, site, person.number, [who | each for each in events], clock())


def _browser(seed: int, person: Person, site: int, landing: str) -> dict[str, object]:
    """Return the anonymous id: of the browser used before, or of another one that the mail was read on."""
    known = person.browsers.get(site)
    if person.bearer[0] == f"anonymous:{SITES[site]}":
        known = person.bearer[1]
    if known and (not landing or luck(seed, person.number, "browser") < 0.6):
        return {"anonymousId": known}
    fresh = hashlib.blake2b(f"{seed}:{person.number}:{site}".encode(), digest_size=16).hexdigest()
    return {"anonymousId": fresh}


async def _send(connection: Connection, site: int, person: int, events: list[dict[str, object]], now: datetime) -> None:
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


def _write(company: Company, doing: list[Deed]) -> None:
    """Write down what people did."""
    with (company.truth / "reactions.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(("person", "mailed", "opened", "clicked", "registered", "by_phone", "unsubscribed"))
        for each in doing:
            flags = (
                each.letter is not None,
                each.opens,
                each.clicks,
                each.registers,
                each.registers and each.calls,
                each.leaves,
            )
            out.writerow((each.person.number, *map(int, flags)))
