"""What the source files say, read anew: records, choices, purchases, and the keys that connect them."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from helder.demo.company.identities import Evidence, Union, email_key, name_parts, phone_key, shared_keys
from helder.demo.company.known import Choice, Identity
from helder.demo.company.layout import Company


@dataclass(slots=True)
class Emitted:
    """The facts of the source files that the scorer needs.

    ``owner`` holds the identities of exactly one person; ``links`` is what usable keys, log-ins and signed links join.
    """

    owner: dict[Identity, int] = field(default_factory=dict)
    links: Union = field(default_factory=Union)
    choices: list[Choice] = field(default_factory=list)
    customers: set[Identity] = field(default_factory=set)

    def component(self) -> dict[Identity, Identity]:
        """Return the group of each identity that belongs to one person."""
        return {each: self.links.find(each) for each in self.owner}


def rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV file; a line that is no UTF-8 is read as Windows-1252."""
    data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = "".join(_decoded(line) for line in data.splitlines(keepends=True))
    found = csv.reader(io.StringIO(text, newline="\n"))  # str.splitlines would also part lines at a stray U+0085
    header: list[str] = next(found, [])
    for row in found:  # csv.DictReader takes twice as long
        yield dict(zip(header, row, strict=True))


def _decoded(line: bytes) -> str:
    """Return a line as text."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")


def read(company: Company) -> Emitted:
    """Read the truth about owners, and all that was emitted."""
    made = Emitted(owner=owners(company.truth / "identities.csv"))
    evidence = (*_erp(company), *_shop(company), *_newsletter(company))
    # whoever became a customer after the mails is no part of what was to be found
    _join(made, company, [each for each in evidence if each.anchor in made.owner])
    made.choices = [*_shop_choices(company), *_newsletter_choices(company), *_objections(company)]
    made.customers = set(_buyers(company))
    return made


def owners(path: Path) -> dict[Identity, int]:
    """Return the identities that belong to one person, and whose they are."""
    found: dict[Identity, int] = {}
    several: set[Identity] = set()
    for row in rows(path):
        identity, person = (row["kind"], row["value"]), int(row["person"])
        if found.setdefault(identity, person) != person:
            several.add(identity)
    return {identity: person for identity, person in found.items() if identity not in several}


def _join(made: Emitted, company: Company, evidence: list[Evidence]) -> None:
    """Join what usable keys connect."""
    unusable = shared_keys((made.owner[each.anchor], each) for each in evidence)
    for record in evidence:
        for key in record.keys:
            if key in made.owner and key not in unusable:
                made.links.join(record.anchor, key)
    for row in rows(company.truth / "browsers.csv"):
        anonymous = (row["kind"], row["anonymous"])
        if anonymous in made.owner and row["user"] and not row["mate"]:
            made.links.join(anonymous, ("customer:shop", row["user"]))
        if anonymous in made.owner and row["subscriber"]:
            made.links.join(anonymous, ("subscriber:newsletter", row["subscriber"]))


def _evidence(anchor: Identity, row: dict[str, str], names: tuple[str, str, str], keys: tuple[str, ...]) -> Evidence:
    """Return a record as evidence; ``keys`` are its e-mail columns and, last, its phone column."""
    found = [email_key(row[each]) for each in keys[:-1] if row.get(each)]
    if row.get(keys[-1]) and (number := phone_key(row[keys[-1]])):
        found.append(number)
    first, last = name_parts(*(row[each] or "" for each in names))
    return Evidence(anchor, tuple(found), first, last)


def query(company: Company, sql: str, *values: str) -> Iterator[dict[str, str]]:
    """Yield rows of the ERP, which may be in use."""
    with closing(sqlite3.connect(f"file:{company.erp}?mode=ro", uri=True, timeout=30)) as erp:
        erp.row_factory = sqlite3.Row
        for row in erp.execute(sql, values):
            yield dict(row)


def _erp(company: Company) -> Iterator[Evidence]:
    """Yield the ERP's customers."""
    for row in query(company, "SELECT customer_no, first_name, infix, last_name, email, email_2, phone FROM customers"):
        names = ("first_name", "infix", "last_name")
        yield _evidence(("customer:erp", row["customer_no"]), row, names, ("email", "email_2", "phone"))


def _shop(company: Company) -> Iterator[Evidence]:
    """Yield the shop's accounts."""
    for row in rows(company.sources / "customers.csv"):
        names = ("voornaam", "tussenvoegsel", "achternaam")
        yield _evidence(("customer:shop", row["customer_no"]), row, names, ("email", "email_2", "telefoon"))


def _newsletter(company: Company) -> Iterator[Evidence]:
    """Yield the newsletter's subscribers."""
    for row in rows(company.sources / "subscribers.csv"):
        names = ("voornaam", "tussenvoegsel", "achternaam")
        yield _evidence(("subscriber:newsletter", row["subscriber_no"]), row, names, ("email", ""))


def _seconds(text: str) -> int:
    """Return an ISO moment as seconds since 1970."""
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp())


def _shop_choices(company: Company) -> Iterator[Choice]:
    """Yield what was chosen on the account page."""
    for row in rows(company.sources / "customers.csv"):
        if row["optin"]:
            choice = {"ja": "yes", "nee": "no"}[row["optin"]]
            identity = ("customer:shop", row["customer_no"])
            yield Choice(identity, row["email"], "events", "", choice, _seconds(row["optin_op"]))


def _newsletter_choices(company: Company) -> Iterator[Choice]:
    """Yield what was chosen in the newsletter tool."""
    for row in rows(company.sources / "consents.csv"):
        choice = {"in": "yes", "uit": "no"}[row["status"]]
        identity = ("subscriber:newsletter", row["subscriber_no"])
        yield Choice(identity, row["email"], row["doel"], row["titel"], choice, _seconds(row["op"]))


def _objections(company: Company) -> Iterator[Choice]:
    """Yield the objections that customer service noted."""
    for line in (company.sources / "objections.jsonl").read_bytes().splitlines():
        row = {name: value or "" for name, value in msgspec.json.decode(line, type=dict[str, str | None]).items()}
        identity = ("customer:erp", row["customer_no"]) if row["customer_no"] else email_key(row["email"])
        yield Choice(identity, row["email"], row["purpose"], "", row["choice"], _seconds(row["at"]))


def _buyers(company: Company) -> Iterator[Identity]:
    """Yield who bought something: a paid order in the shop, a paid subscription, a workshop."""
    for row in rows(company.sources / "orders.csv"):
        if row["status"] == "paid":
            yield "customer:shop", row["customer_no"]
    before = company.as_of.strftime("%Y-%m-%dT%H:%M:%SZ")  # a place that the mail sold was no reason to send it
    for sql in (
        "SELECT payer_no AS customer_no FROM subscriptions WHERE kind <> 'trial' AND started_on <= ?",
        "SELECT customer_no FROM workshop_orders WHERE ordered_at <= ?",
    ):
        for row in query(company, sql, before):
            yield "customer:erp", row["customer_no"]
