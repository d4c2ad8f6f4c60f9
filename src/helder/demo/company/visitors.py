"""Browsers: who visits which site with which anonymous id, and how that id may come to be known."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np

from helder.demo.company import rates
from helder.demo.company.layout import LINK_SECRET
from helder.demo.company.people import People
from helder.demo.company.plan import DAY, Starter
from helder.demo.company.records import Record, Register
from helder.demo.signing import token

_WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6"
_BLINK = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0"
BROWSERS = (
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_BLINK} Safari/537.36",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_WEBKIT} Safari/605.1.15",
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) {_WEBKIT} Mobile/15E148",
    f"Mozilla/5.0 (Linux; Android 15; Pixel 9) {_BLINK} Mobile Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
)


@dataclass(slots=True)
class Visitor:
    """One browser of one person on one site: one anonymous id.

    ``user`` is the shop number that logs in, ``mate`` a housemate's on the same browser, ``landing`` the token of a
    signed link and ``subscriber`` whom it names; each is empty where there is none. ``skew`` is in seconds.
    """

    person: int
    site: int
    anonymous: str
    agent: str
    device: str
    skew: int
    user: str
    user_email: str
    mate: str
    landing: str
    subscriber: str


def visitors(
    rng: np.random.Generator, people: People, register: Register, starters: dict[int, Starter], as_of: int
) -> list[Visitor]:
    """Return the browsers of a chunk; a starter's first comes first of theirs, and is linked as planned."""
    chance = random.Random(int(rng.integers(1 << 62)))
    goes = (rng.random(len(people)) < rates.WEB).tolist()
    made: list[Visitor] = []
    for who in range(len(people)):
        if goes[who] or who in starters:
            made += _of(chance, people, register, who, starters.get(who), as_of)
    return made


def _of(
    chance: random.Random, people: People, register: Register, who: int, starter: Starter | None, as_of: int
) -> list[Visitor]:
    """Return one person's browsers: one or two devices, on one to three sites."""
    device_id = f"hd-{chance.getrandbits(64):016x}" if chance.random() < rates.DEVICE_ID else ""
    sites = chance.sample((0, 1, 2), chance.choice((1, 1, 1, 2, 2, 3)))
    if starter is not None and starter.state == "finished_elsewhere" and len(sites) == 1:
        sites.append((sites[0] + 1) % 3)
    made: list[Visitor] = []
    for device in range(1 if chance.random() < 0.75 else 2):
        agent, skew = chance.choice(BROWSERS), _skew(chance)
        for site in sites:
            made.append(_visitor(chance, who, site, agent, skew, device_id if device == 0 else ""))
            planned = starter.way if starter is not None and device == 0 else ""
            _know(chance, made[-1], people, register, planned, as_of)
    if starter is not None and starter.way == "none":
        made[0].skew = 0
    return made


def _visitor(chance: random.Random, who: int, site: int, agent: str, skew: int, device_id: str) -> Visitor:
    """Return a browser that nobody knows yet."""
    anonymous = f"{chance.getrandbits(128):032x}"
    dashed = "-".join((anonymous[:8], anonymous[8:12], anonymous[12:16], anonymous[16:20], anonymous[20:]))
    return Visitor(who, site, dashed, agent, device_id, skew, "", "", "", "", "")


def _skew(chance: random.Random) -> int:
    """Return by how many seconds a device's clock is off."""
    if chance.random() >= rates.CLOCK_OFF:
        return 0
    return chance.choice((-1, 1)) * chance.randrange(300, 2 * DAY)


def _know(
    chance: random.Random, visitor: Visitor, people: People, register: Register, planned: str, as_of: int
) -> None:
    """Let a browser become known: by a log-in, by a signed link, by both or not at all; or as the campaign planned."""
    account, subscriber = register.of["shop"].get(visitor.person), register.of["newsletter"].get(visitor.person)
    logs_in = planned == "login" if planned else chance.random() < rates.LOGS_IN
    lands = planned == "landing" if planned else chance.random() < rates.LANDS
    if account is not None and logs_in:
        visitor.user, visitor.user_email = account.number, account.email if chance.random() < 0.4 else ""
        if not planned and chance.random() < rates.SHARED_BROWSER:
            visitor.mate = _housemate(people, register, visitor.person)
    if subscriber is not None and lands and not visitor.mate:
        _land(visitor, subscriber, as_of)


def _land(visitor: Visitor, subscriber: Record, as_of: int) -> None:
    """Let a browser come in by a link from the newsletter, signed for a year."""
    visitor.subscriber = subscriber.number
    visitor.landing = token(LINK_SECRET, "newsletter", subscriber.number, as_of + 365 * DAY)


def _housemate(people: People, register: Register, person: int) -> str:
    """Return the shop number of someone in the same house, if there is one."""
    for other in (person - 1, person + 1):
        near = 0 <= other < len(people) and people.household[other] == people.household[person]
        if near and (row := register.of["shop"].get(other)) is not None:
            return row.number
    return ""
