"""What people are like, and so what each of them will do."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from helder.demo.catcher import caught
from helder.demo.company.layout import SITES, Company
from helder.demo.letter import Letter, read


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
    """Someone who may react: the start that was left unfinished, and what the company knows them by.

    ``erp`` is the customer number, ``browsers`` the anonymous id on each site (0, 1, 2) that the person used.
    """

    number: int
    bearer: tuple[str, str] = ("", "")
    erp: str = ""
    browsers: dict[int, str] = {}


class Deed(msgspec.Struct, frozen=True):
    """What one person will do. ``letter`` is the mail they got, if any."""

    person: Person
    letter: Letter | None
    opens: bool
    clicks: bool
    registers: bool
    calls: bool
    leaves: bool


def deeds(company: Company, nature: Nature) -> tuple[list[Deed], int]:
    """Decide what everyone does who got a mail or left a registration unfinished; and count the mails to nobody.

    The letter of a person is the first one they got.
    """
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
    people: dict[int, Person] = {}
    for row in _rows(company.truth / "starters.csv"):
        if row["planned"] not in {"finished_at_once", "finished_elsewhere", "ordered_by_phone"}:
            people[int(row["person"])] = Person(int(row["person"]), (row["kind"], row["value"]))
    owners: dict[str, int] = {}
    for row in _rows(company.truth / "identities.csv"):
        if row["kind"] == "email":
            owners.setdefault(row["value"], int(row["person"]))
        elif row["kind"] == "customer:erp" and (person := people.get(int(row["person"]))):
            person.erp = person.erp or row["value"]
    for row in _rows(company.truth / "browsers.csv"):
        if (person := people.get(int(row["person"]))) and not row["mate"]:
            person.browsers.setdefault(SITES.index(row["kind"].removeprefix("anonymous:")), row["anonymous"])
    return owners, people
