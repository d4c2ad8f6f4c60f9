"""Customer service: tickets as JSON lines, and the objections that were noted on the phone."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec

from helder.demo.company.known import Choice, Identity, Known, iso
from helder.demo.company.people import People
from helder.demo.company.plan import DAY, Starter
from helder.demo.company.records import ANCHORS, PLACEHOLDER, Record, Register

SUBJECTS = {
    "complaint": (
        "Blad niet ontvangen 😡",
        "Verkeerd bedrag afgeschreven",
        "Boek beschadigd geleverd",
        "Opzegging niet verwerkt",
    ),
    "question": (
        "Adres wijzigen",
        "Vraag over mijn abonnement",
        "Wanneer verschijnt het nieuwe nummer?",
        "Cadeau-abonnement 🎁",
    ),
    "objection": ("Geen post meer over workshops, graag",),
}


class Ticket(msgspec.Struct):
    """One ticket; of the three keys exactly one is filled in, the others are null."""

    ticket_no: str
    kind: str
    status: str
    subject: str
    opened_at: str
    closed_at: str | None = None
    email: str | None = None
    customer_no: str | None = None
    phone: str | None = None


class Objection(msgspec.Struct):
    """A no, noted by customer service from a ticket."""

    objection_no: str
    ticket_no: str
    purpose: str
    choice: str
    at: str
    email: str | None = None
    customer_no: str | None = None


class Desk:
    """The export of customer service while it is being written."""

    def __init__(self, folder: Path) -> None:
        """Begin the files."""
        self.rows = 0
        self._next = 1
        self._tickets = (folder / "tickets.jsonl").open("wb")
        self._objections = (folder / "objections.jsonl").open("wb")

    def add(
        self,
        chance: random.Random,
        people: People,
        register: Register,
        starters: dict[int, Starter],
        known: Known,
        as_of: int,
    ) -> None:
        """Add the tickets of one chunk of people."""
        for who in range(len(people)):
            kind = _kind(chance, starters.get(who))
            if kind and (key := _key(chance, people, register, who, starters.get(who), kind)):
                known.tickets.append((who, _identity(key)))
                self._ticket(chance, kind, key, who in starters, known, as_of)

    def close(self) -> None:
        """Finish the files."""
        self._tickets.close()
        self._objections.close()

    def _ticket(
        self, chance: random.Random, kind: str, key: tuple[str, str], certain: bool, known: Known, as_of: int
    ) -> None:
        """Write a ticket, and the objection that it held."""
        number, self._next = f"T{self._next:07d}", self._next + 1
        opened = as_of - int(DAY * (2 + chance.random() * 90))
        is_open = kind == "complaint" and (certain or chance.random() < 0.25)
        closed = None if is_open else iso(opened + DAY)
        ticket = Ticket(
            number, kind, "open" if is_open else "closed", chance.choice(SUBJECTS[kind]), iso(opened), closed
        )
        setattr(ticket, key[0], key[1])
        self._tickets.write(msgspec.json.encode(ticket) + b"\n")
        self.rows += 1
        if is_open:
            known.complaints.add(_identity(key))
        if kind == "objection":
            self._object(ticket, key, opened, known)

    def _object(self, ticket: Ticket, key: tuple[str, str], at: int, known: Known) -> None:
        """Write the objection of a ticket."""
        noted = Objection(f"B{ticket.ticket_no[1:]}", ticket.ticket_no, "events", "no", iso(at))
        setattr(noted, key[0], key[1])
        self._objections.write(msgspec.json.encode(noted) + b"\n")
        self.rows += 1
        email = key[1] if key[0] == "email" else ""
        known.choices.append(Choice(_identity(key), email, "events", "", "no", at))


def _identity(key: tuple[str, str]) -> Identity:
    """Return the identity that a ticket's key names."""
    name, value = key
    if name == "phone":
        return "phone", "+31" + value.removeprefix("0")
    return (ANCHORS["erp"], value) if name == "customer_no" else (name, value)


def _kind(chance: random.Random, starter: Starter | None) -> str:
    """Return what a person wrote to customer service about, if at all."""
    if starter is None:
        return chance.choices(("", "question", "complaint", "objection"), (0.9, 0.06, 0.035, 0.005))[0]
    if starter.state == "complaint":
        return "complaint"
    return "objection" if starter.objection == "ticket" else "question" if chance.random() < 0.05 else ""


def _key(
    chance: random.Random, people: People, register: Register, who: int, starter: Starter | None, kind: str
) -> tuple[str, str] | None:
    """Return how the ticket names its person: a customer number, the e-mail address or the phone number."""
    rows = [row for source in ("shop", "newsletter", "erp") if (row := register.of[source].get(who))]
    keys: list[tuple[str, str]] = []
    if (row := register.of["erp"].get(who)) is not None:
        keys.append(("customer_no", row.number))
    keys += [("email", row.email) for row in rows[:1] if _own(row, people)]
    if kind != "objection" and any(row.phone for row in rows) and not people.line[who]:
        keys.append(("phone", people.mobile[who]))
    if starter is not None and not keys:
        return None
    return chance.choice(keys) if keys else None


def _own(row: Record, people: People) -> bool:
    """Tell whether the record's address is its person's own: nobody signs a complaint with an office's address."""
    shared = (people.family_email[row.person], people.office_email[row.person], PLACEHOLDER, "")
    return row.email not in shared
