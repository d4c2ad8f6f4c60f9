"""The web shop: accounts, orders and returns as CSV, order lines as Parquet."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from helder.demo.company import mess, rates
from helder.demo.company.known import Choice, Known, iso
from helder.demo.company.plan import DAY, Starter
from helder.demo.company.records import Record, Register

CUSTOMERS = (
    "customer_no", "voornaam", "tussenvoegsel", "achternaam", "geslacht", "geboortedatum", "email", "email_2",
    "telefoon", "straat", "huisnummer", "postcode", "plaats", "land", "optin", "optin_op", "gewijzigd_op",
)  # fmt: skip
ORDERS = ("order_no", "customer_no", "besteld_op", "status", "totaal_cent", "valuta")
RETURNS = ("return_no", "order_no", "line_no", "aantal", "geretourneerd_op", "reden")
LINES = pa.schema(
    [
        ("order_no", pa.string()), ("line_no", pa.int32()), ("artikel", pa.string()), ("titel", pa.string()),
        ("aantal", pa.int32()), ("prijs_cent", pa.int64()), ("valuta", pa.string()),
    ]
)  # fmt: skip
ARTICLES = (
    ("B-101", "De moestuin in twaalf maanden", 2495),
    ("B-102", "Vaste planten", 3250),
    ("B-118", "Snoeien voor beginners", 1999),
    ("B-201", "Soepen van het seizoen", 2250),
    ("B-207", "Brood!", 2750),
    ("B-214", "De Hollandse keuken", 3450),
    ("B-301", "Langs de Maas: 12 etappes", 1895),
    ("B-305", "Pieterpad in de winter", 2100),
    ("K-001", "Kalender", 1450),
    ("G-011", "Snoeischaar", 3999),
    ("G-020", "Gietijzeren pan", 7950),
    ("T-100", "Los nummer", 695),
)  # number, title, price in cents
OPTED = {"yes": "ja", "no": "nee"}


class Shop:
    """The shop's export while it is being written."""

    def __init__(self, folder: Path) -> None:
        """Begin the files; the one with customers opens with a byte-order mark, as Excel writes it."""
        self.rows = 0
        self._next_order, self._next_return = 700_001, 90_001
        encodings = {"customers": "utf-8-sig", "orders": "utf-8", "returns": "utf-8"}
        self._files = {
            name: (folder / f"{name}.csv").open("w", encoding=encoding, newline="")
            for name, encoding in encodings.items()
        }
        self._csv = {name: csv.writer(file, lineterminator="\n") for name, file in self._files.items()}
        for name, header in (("customers", CUSTOMERS), ("orders", ORDERS), ("returns", RETURNS)):
            self._csv[name].writerow(header)
        self._lines = pq.ParquetWriter(folder / "lines.parquet", LINES)

    def add(
        self, chance: random.Random, register: Register, starters: dict[int, Starter], known: Known, as_of: int
    ) -> None:
        """Add the accounts of one chunk of people, and what they bought."""
        rows = register.rows["shop"]
        own = register.of["shop"]
        customers: list[tuple[object, ...]] = []
        orders: list[tuple[object, ...]] = []
        lines: list[dict[str, object]] = []
        returns: list[tuple[object, ...]] = []
        for row in rows:
            starter = starters.get(row.person)
            customers.append(_customer(chance, row, starter, own[row.person] is row, known, as_of))
            for _ in range(_bought(chance, starter, own[row.person] is row)):
                self._order(chance, row.number, starter, (orders, lines, returns), known, as_of)
        self._csv["customers"].writerows(customers)
        self._csv["orders"].writerows(orders)
        self._csv["returns"].writerows(returns)
        self._lines.write_table(pa.Table.from_pylist(lines, LINES) if lines else LINES.empty_table())
        self.rows += len(customers) + len(orders) + len(lines) + len(returns)

    def close(self) -> None:
        """Finish the files."""
        self._lines.close()
        for file in self._files.values():
            file.close()

    def _order(
        self,
        chance: random.Random,
        customer: str,
        starter: Starter | None,
        into: tuple[list[tuple[object, ...]], list[dict[str, object]], list[tuple[object, ...]]],
        known: Known,
        as_of: int,
    ) -> None:
        """Add an order with its lines; some lines come back."""
        orders, lines, returns = into
        number, self._next_order = f"O{self._next_order}", self._next_order + 1
        at = as_of - int(DAY * (20 + chance.random() ** 1.5 * 1000))
        total = 0
        for line in range(1, chance.choice((2, 2, 3, 4))):
            article, title, price = chance.choice(ARTICLES)
            count = 1 + (chance.random() < 0.15)
            total += count * price
            lines.append(
                {
                    "order_no": number, "line_no": line, "artikel": article, "titel": title, "aantal": count,
                    "prijs_cent": price, "valuta": "EUR",
                }
            )  # fmt: skip
            if starter is None and chance.random() < 0.06:
                reason = chance.choice(("beschadigd", "niet naar wens", "dubbel besteld"))
                returns.append((f"R{self._next_return}", number, line, count, iso(at + 9 * DAY), reason))
                self._next_return += 1
        paid = starter is not None or chance.random() < 0.96
        orders.append((number, customer, iso(at), "paid" if paid else "cancelled", total, "EUR"))
        if paid:
            known.paid.add(("customer:shop", customer))


def _bought(chance: random.Random, starter: Starter | None, own: bool) -> int:
    """Return how many orders an account has; a customer by plan has one, who may not be mailed has none."""
    if starter is None:
        return chance.choice((0, 1, 1, 1, 2, 2, 3, 5))
    return 1 + (chance.random() < 0.4) if starter.ground == "customer" and own else 0


def _customer(
    chance: random.Random, row: Record, starter: Starter | None, own: bool, known: Known, as_of: int
) -> tuple[object, ...]:
    """Return the row of an account, its choice on the account page included."""
    choice = _choice(chance, starter, own)
    # a starter's yes is older than any objection, so that no reading of "latest" can make it undo one
    oldest = 310 if starter is not None and choice == "yes" else 15
    chosen_at = as_of - int(DAY * (oldest + chance.random() * (90 if oldest > 15 else 285)))
    if choice:
        known.choices.append(Choice(("customer:shop", row.number), row.email, "events", "", choice, chosen_at))
    first, last, street = row.first, row.last, row.street
    if not (first + last).isascii() and chance.random() < rates.MOJIBAKE:
        first, last, street = mess.encoded_twice(first), mess.encoded_twice(last), mess.encoded_twice(street)
        row.first, row.last = first, last
    return (
        row.number, first, row.infix, last, row.gender, row.birth, row.email, row.email_2, row.phone, street,
        row.house_number, row.postcode, row.city, "NL", OPTED.get(choice, ""), iso(chosen_at) if choice else "",
        iso(as_of - row.days * DAY),
    )  # fmt: skip


def _choice(chance: random.Random, starter: Starter | None, own: bool) -> str:
    """Return "yes", "no" or nothing chosen, about mail on workshops."""
    if starter is None:
        return chance.choices(("yes", "no", ""), (0.2, 0.06, 0.74))[0]
    if not own:
        return ""
    return "no" if starter.objection == "shop" else "yes" if starter.ground == "shop" else ""
