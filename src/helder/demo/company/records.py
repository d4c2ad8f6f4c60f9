"""The customer records of the sources: who is in which, under which number, and how untidily."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

import numpy as np

from helder.demo.company import mess, rates
from helder.demo.company.people import STREETS, People
from helder.demo.company.plan import Starter

SOURCES = ("erp", "shop", "newsletter")
ANCHORS = {"erp": "customer:erp", "shop": "customer:shop", "newsletter": "subscriber:newsletter"}
LETTERS = {"erp": "K", "shop": "W", "newsletter": "N"}
PLACEHOLDER = "geen@onbekend.example"


@dataclass(slots=True)
class Record:
    """One customer record as a source holds it, and whose it truly is (``person`` counts within the chunk)."""

    source: str
    number: str
    person: int
    first: str
    infix: str
    last: str
    email: str
    email_2: str
    phone: str
    street: str
    house_number: str
    postcode: str
    city: str
    birth: str
    gender: str
    days: int  # before as_of, of the last change


@dataclass(slots=True)
class Register:
    """All records of a chunk per source, and each person's own first record in each."""

    rows: dict[str, list[Record]] = field(default_factory=dict)
    of: dict[str, dict[int, Record]] = field(default_factory=dict)


def register(rng: np.random.Generator, people: People, starters: dict[int, Starter]) -> Register:
    """Enter people into the sources, with the mess of life."""
    made = Register()
    for at, source in enumerate(SOURCES):
        chance = random.Random(int(rng.integers(1 << 62)))
        inside = _members(rng, source, people, starters)
        counter = people.base * 2 + 100_000 + at
        rows = [_record(chance, people, who, source, starters.get(who)) for who in inside]
        made.of[source] = {row.person: row for row in rows}
        rows += [_duplicate(chance, row) for row in rows if chance.random() < rates.DUPLICATE]
        chance.shuffle(rows)
        for row in rows:
            counter += 1
            row.number = f"{LETTERS[source]}{counter}"
        made.rows[source] = rows
    return made


def _members(rng: np.random.Generator, source: str, people: People, starters: dict[int, Starter]) -> list[int]:
    """Return who is in a source: by chance, or because the plan of the campaign needs it."""
    share = {"erp": rates.ERP, "shop": rates.SHOP, "newsletter": rates.NEWSLETTER}[source]
    inside = rng.random(len(people)) < share
    for who, starter in starters.items():
        inside[who] = _needs(source, starter) or (inside[who] and not _forbids(source, starter))
    return np.flatnonzero(inside).tolist()


def _needs(source: str, starter: Starter) -> bool:
    """Tell whether this starter must have a record in ``source``."""
    if source == "erp":
        return starter.state == "ordered_by_phone"
    if source == "shop":
        return starter.way == "login" or starter.ground in {"shop", "customer"} or starter.objection == "shop"
    wanted = starter.way == "landing" or starter.ground == "newsletter" or starter.objection == "newsletter"
    return wanted or starter.state in {"mailed", "finished_elsewhere"}


def _forbids(source: str, starter: Starter) -> bool:
    """Tell whether a record in ``source`` would spoil the state (a subscription is a ground to mail)."""
    return source == "erp" and starter.state == "no_permission"


def _record(chance: random.Random, people: People, who: int, source: str, starter: Starter | None) -> Record:
    """Return one person's record in one source."""
    row = Record(
        source=source, number="", person=who, first=people.first[who], infix=people.infix[who],
        last=people.surname[who], email=_email(chance, people, who, source), email_2="",
        phone=_phone(chance, people, who, source), street=people.street[who],
        house_number=str(people.house_number[who]), postcode=people.postcode[who], city=people.city[who],
        birth=people.birth[who] if chance.random() < 0.6 else "", gender=people.gender[who],
        days=int(chance.random() ** 2 * 2400),
    )  # fmt: skip
    if starter is not None and starter.pinned:
        row.email = people.emails[who][0]
        return row
    return _untidy(chance, row, people.emails[who])


def _email(chance: random.Random, people: People, who: int, source: str) -> str:
    """Return the address that a person gives to a source, or that the source has."""
    if source == "erp":
        luck = chance.random()
        if luck < rates.PLACEHOLDER:
            return PLACEHOLDER
        if luck < rates.ERP_NO_EMAIL:
            return ""
        if people.office_email[who]:
            return people.office_email[who]
    if people.family_email[who] and chance.random() < rates.FAMILY_EMAIL_USED:
        return people.family_email[who]
    return chance.choice(people.emails[who])


def _phone(chance: random.Random, people: People, who: int, source: str) -> str:
    """Return the number that a source has, as someone wrote it."""
    missing = {"erp": rates.ERP_NO_PHONE, "shop": rates.SHOP_NO_PHONE, "newsletter": 1.0}[source]
    if chance.random() < missing:
        return ""
    line = people.line[who] if source == "erp" else ""
    return mess.phone(chance, line or people.mobile[who])


def _untidy(chance: random.Random, row: Record, emails: list[str]) -> Record:
    """Let life happen to a record."""
    if row.source != "newsletter" and len(emails) > 1 and chance.random() < 0.3:
        row.email_2 = next((each for each in emails if each != row.email), "")
    if row.infix and chance.random() < rates.INFIX_ASTRAY:
        row.first, row.infix, row.last = mess.infix_astray(chance, row.first, row.infix, row.last)
    if chance.random() < rates.MOVED:
        row.street, row.house_number = chance.choice(STREETS), str(chance.randrange(1, 260))
    if chance.random() < rates.TYPO:
        fields = ("first", "last", "email", "phone", "street", "city")
        name = chance.choice([each for each in fields if len(getattr(row, each)) > 3])
        setattr(row, name, mess.typo(chance, getattr(row, name)))
    if row.source == "newsletter" and chance.random() < rates.EMOJI:
        row.first += f" {chance.choice(mess.EMOJI)}"
    return row


def _duplicate(chance: random.Random, row: Record) -> Record:
    """Return a second record of the same person in the same source."""
    copy = replace(row, days=int(row.days * chance.random()))
    luck = chance.random()
    if luck < 0.15:
        copy.last = mess.typo(chance, row.last)
    elif luck < 0.4:
        copy.first = row.first[:1] + "."
    if row.phone and chance.random() < 0.2:
        copy.email = ""
    return copy
