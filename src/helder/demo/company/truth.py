"""The truth, apart: whose each identity is, and who belongs in the audience and why."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from helder.demo.company.identities import Evidence, Union, email_key, name_parts, phone_key, shared_keys
from helder.demo.company.known import Choice, Identity, Known, iso
from helder.demo.company.layout import SITES
from helder.demo.company.people import People
from helder.demo.company.plan import DAY, Starter
from helder.demo.company.records import ANCHORS, Record, Register
from helder.demo.company.visitors import Visitor

FILES = {
    "people": ("person", "gender", "birth_date", "first_name", "infix", "last_name", "household", "postcode", "city"),
    "identities": ("kind", "value", "person"),
    "browsers": ("kind", "anonymous", "person", "user", "mate", "subscriber", "device"),
    "starters": ("person", "planned", "kind", "value", "started_at", "verdict", "reason", "emails"),
    "choices": ("person", "purpose", "choice", "at"),
}


@dataclass(slots=True)
class Chunk:
    """All that was made of one chunk of people."""

    people: People
    register: Register
    starters: dict[int, Starter]
    visitors: list[Visitor]
    known: Known
    as_of: int


class Truth:
    """The files of the truth while they are being written, and what was counted on the way."""

    def __init__(self, folder: Path) -> None:
        """Begin the files."""
        self.counts: Counter[str] = Counter()
        self._files: list[TextIO] = []
        self._csv = {}
        for name, header in FILES.items():
            file = (folder / f"{name}.csv").open("w", encoding="utf-8", newline="")
            self._files.append(file)
            self._csv[name] = csv.writer(file, lineterminator="\n")
            self._csv[name].writerow(header)

    def add(self, chunk: Chunk) -> None:
        """Decide and write the truth of one chunk."""
        evidence = [(row.person, evidence_of(row)) for rows in chunk.register.rows.values() for row in rows]
        owners = _owners(chunk, evidence)
        union = _connect(chunk, evidence, owners)
        mine: dict[int, list[Identity]] = defaultdict(list)
        for identity, persons in owners.items():
            if len(persons) == 1:
                mine[next(iter(persons))].append(identity)
        self._write(chunk, owners)
        self._count_pairs(mine, union)
        for who, starter in sorted(chunk.starters.items()):
            self._starter(chunk, who, starter, mine[who], union)

    def close(self) -> None:
        """Finish the files."""
        for file in self._files:
            file.close()

    def _write(self, chunk: Chunk, owners: dict[Identity, set[int]]) -> None:
        """Write people, identities, browsers and latest choices."""
        people, base = chunk.people, chunk.people.base
        homes = (base + each for each in people.household)
        names = (people.gender, people.birth, people.first, people.infix, people.surname)
        persons = range(base, base + len(people))
        self._csv["people"].writerows(zip(persons, *names, homes, people.postcode, people.city, strict=True))
        self._csv["identities"].writerows(
            (kind, value, base + who) for (kind, value), persons in owners.items() for who in sorted(persons)
        )
        self._csv["browsers"].writerows(
            (f"anonymous:{SITES[v.site]}", v.anonymous, base + v.person, v.user, v.mate, v.subscriber, v.device)
            for v in chunk.visitors
        )
        self._csv["choices"].writerows(_latest(chunk, owners))

    def _count_pairs(self, mine: dict[int, list[Identity]], union: Union) -> None:
        """Count the true pairs, and those that a path of usable keys connects: of all identities, of records only."""
        for identities in mine.values():
            for name, chosen in (("identity", identities), ("record", [i for i in identities if _is_record(i)])):
                groups = Counter(map(union.find, chosen))
                self.counts[f"{name}_pairs"] += len(chosen) * (len(chosen) - 1) // 2
                self.counts[f"{name}_pairs_connected"] += sum(n * (n - 1) // 2 for n in groups.values())

    def _starter(self, chunk: Chunk, who: int, starter: Starter, identities: list[Identity], union: Union) -> None:
        """Decide on one starter and write the decision."""
        bearer = next(each for each in identities if each in chunk.known.started)
        linked = [each for each in identities if union.find(each) == union.find(bearer)]
        verdict, reason = _verdict(chunk, starter, set(linked), set(identities))
        emails = "|".join(sorted(value for kind, value in linked if kind == "email"))
        at = iso(chunk.known.started[bearer])
        self._csv["starters"].writerow((chunk.people.base + who, starter.state, *bearer, at, verdict, reason, emails))
        self.counts["starters"] += 1
        self.counts[verdict] += 1
        self.counts[f"{verdict}:{reason}"] += 1


def evidence_of(row: Record) -> Evidence:
    """Return a record as evidence of who is who."""
    keys = [email_key(each) for each in (row.email, row.email_2) if each]
    if row.phone and (number := phone_key(row.phone)):
        keys.append(number)
    first, last = name_parts(row.first, row.infix, row.last)
    return Evidence((ANCHORS[row.source], row.number), tuple(keys), first, last)


def _is_record(identity: Identity) -> bool:
    """Tell whether an identity is a record's own number."""
    return identity[0] in ANCHORS.values()


def _owners(chunk: Chunk, evidence: list[tuple[int, Evidence]]) -> dict[Identity, set[int]]:
    """Return whose each emitted identity is."""
    owners: dict[Identity, set[int]] = defaultdict(set)
    for person, record in evidence:
        for identity in (record.anchor, *record.keys):
            owners[identity].add(person)
    mates = {row.number: row.person for row in chunk.register.rows["shop"]}
    for visitor in chunk.visitors:
        anonymous = owners[(f"anonymous:{SITES[visitor.site]}", visitor.anonymous)]
        anonymous.add(visitor.person)
        if visitor.mate:
            anonymous.add(mates[visitor.mate])
        if visitor.device:
            owners[("device", visitor.device)].add(visitor.person)
    for person, identity in chunk.known.tickets:
        owners[identity].add(person)
    return owners


def _connect(chunk: Chunk, evidence: list[tuple[int, Evidence]], owners: dict[Identity, set[int]]) -> Union:
    """Return the identities joined by usable keys, log-ins and signed links."""
    union, shared = Union(), shared_keys(evidence)
    for _, record in evidence:
        for key in record.keys:
            if key not in shared:
                union.join(record.anchor, key)
    for visitor in chunk.visitors:
        anonymous = (f"anonymous:{SITES[visitor.site]}", visitor.anonymous)
        if visitor.user and not visitor.mate:
            union.join(anonymous, ("customer:shop", visitor.user))
        if visitor.subscriber and len(owners[anonymous]) == 1:
            union.join(anonymous, ("subscriber:newsletter", visitor.subscriber))
    return union


def _verdict(chunk: Chunk, starter: Starter, linked: set[Identity], all_mine: set[Identity]) -> tuple[str, str]:
    """Return "in", "out" or "apart" (the emitted keys cannot tell), and why.

    ``linked`` is what usable keys connect with the start; ``all_mine`` is all that is truly this person's.
    """
    if not any(kind == "email" for kind, _ in linked):
        return "apart", "unlinkable"
    seen, true = _reasons(chunk, starter, linked), _reasons(chunk, starter, all_mine)
    if not seen and not true:
        return "in", starter.ground
    if seen and set(seen) <= set(true):
        return "out", seen[0]
    return "apart", (set(true) ^ set(seen)).pop() if len(set(true) ^ set(seen)) == 1 else "several"


def _reasons(chunk: Chunk, starter: Starter, identities: set[Identity]) -> list[str]:
    """Return all reasons why a person with these identities does not belong in the audience."""
    known = chunk.known
    choices = latest_choices([each for each in known.choices_of(identities) if each.purpose == "events"])
    objected = any(each.choice == "no" for each in known.choices_of(identities) if each in choices)
    agreed = any(each.choice == "yes" for each in choices)
    anything = latest_choices(known.choices_of(identities))
    customer = bool(identities & known.paid) and all(each.choice == "yes" for each in anything)
    found = {
        "not_yet_due": starter.ago < DAY,
        "finished": bool(identities & known.finished),
        "ordered": bool(identities & known.ordered),
        "objected": objected,
        "complaint": bool(identities & known.complaints),
        "mailed": bool(identities & known.mailed),
        "no_permission": not objected and not agreed and not customer,
    }
    return [reason for reason, so in found.items() if so]


def latest_choices(choices: list[Choice]) -> list[Choice]:
    """Return the latest choice per address (or identity without one), purpose and title; of equal moments the no."""
    latest: dict[tuple[object, str, str], Choice] = {}
    for each in choices:
        key = (each.email.lower() or each.identity, each.purpose, each.title)
        if key not in latest or (each.at, each.choice == "no") > (latest[key].at, latest[key].choice == "no"):
            latest[key] = each
    return list(latest.values())


def _latest(chunk: Chunk, owners: dict[Identity, set[int]]) -> list[tuple[object, ...]]:
    """Return each person's latest choice per purpose, the most restrictive over addresses, as rows."""
    found: dict[tuple[int, str], tuple[str, int]] = {}
    for each in latest_choices(chunk.known.choices):
        for who in owners[each.identity]:
            key = (chunk.people.base + who, each.purpose + (f":{each.title}" if each.title else ""))
            if key not in found or (each.choice == "no", each.at) > (found[key][0] == "no", found[key][1]):
                found[key] = (each.choice, each.at)
    return [(person, purpose, choice, iso(at)) for (person, purpose), (choice, at) in sorted(found.items())]
