"""The ERP: customers, subscriptions, invoices and workshop orders in a SQLite database that stays in use."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from helder.demo.company.known import Known, iso
from helder.demo.company.layout import TITLES
from helder.demo.company.plan import DAY, Starter
from helder.demo.company.records import Record, Register
from helder.demo.company.workshops import WORKSHOPS

TABLES = """
CREATE TABLE customers (
    customer_no TEXT PRIMARY KEY, first_name TEXT, infix TEXT, last_name TEXT, gender TEXT, birth_date TEXT,
    email TEXT, email_2 TEXT, phone TEXT, street TEXT, house_number TEXT, postcode TEXT, city TEXT,
    country TEXT NOT NULL DEFAULT 'NL', updated_at TEXT NOT NULL
);
CREATE TABLE subscriptions (
    subscription_no INTEGER PRIMARY KEY, payer_no TEXT NOT NULL, reader_no TEXT NOT NULL, title TEXT NOT NULL,
    kind TEXT NOT NULL, status TEXT NOT NULL, started_on TEXT NOT NULL, ended_on TEXT, price_cents INTEGER NOT NULL
);
CREATE TABLE invoices (
    invoice_no INTEGER PRIMARY KEY, customer_no TEXT NOT NULL, subscription_no INTEGER, amount_cents INTEGER NOT NULL,
    invoiced_on TEXT NOT NULL, paid_on TEXT
);
CREATE TABLE workshop_orders (
    order_no INTEGER PRIMARY KEY, customer_no TEXT NOT NULL, workshop TEXT NOT NULL, season TEXT NOT NULL,
    places INTEGER NOT NULL, amount_cents INTEGER NOT NULL, status TEXT NOT NULL, ordered_at TEXT NOT NULL
);
"""
INDEXES = """
CREATE INDEX customers_updated ON customers (updated_at);
CREATE INDEX customers_email ON customers (email);
CREATE INDEX subscriptions_payer ON subscriptions (payer_no);
CREATE INDEX subscriptions_reader ON subscriptions (reader_no);
CREATE INDEX invoices_customer ON invoices (customer_no);
CREATE INDEX workshop_orders_customer ON workshop_orders (customer_no, ordered_at);
CREATE INDEX workshop_orders_at ON workshop_orders (ordered_at);
"""
PRICES = {"tuin": 5940, "keuken": 6480, "pad": 4860}  # a year, in cents


class Erp:
    """The database while it is being filled."""

    def __init__(self, path: Path) -> None:
        """Begin a database at ``path``, which must not exist."""
        self.rows = 0
        self._next = {"subscriptions": 1, "invoices": 20_000_001, "workshop_orders": 500_001}
        self._db = sqlite3.connect(path)
        self._db.executescript("PRAGMA page_size = 8192; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + TABLES)

    def add(
        self, chance: random.Random, register: Register, starters: dict[int, Starter], known: Known, as_of: int
    ) -> None:
        """Add what one chunk of people means to the ERP."""
        rows = register.rows["erp"]
        self._insert("customers", 15, (_customer(row, as_of) for row in rows))
        self._subscriptions(chance, rows, starters, known, as_of)
        self._workshops(chance, rows, starters, known, as_of)
        self._db.commit()

    def close(self) -> None:
        """Index the tables, and leave them as a database in daily use: readers and a writer beside each other."""
        self._db.executescript(INDEXES + "PRAGMA optimize; PRAGMA journal_mode = WAL;")
        self._db.close()

    def _insert(self, table: str, width: int, rows: Iterable[tuple[object, ...]]) -> None:
        """Insert rows of ``width`` values."""
        marks = ",".join("?" * width)
        self.rows += self._db.executemany(f"INSERT INTO {table} VALUES ({marks})", rows).rowcount

    def _number(self, table: str) -> int:
        """Return the next number of a table."""
        self._next[table] += 1
        return self._next[table] - 1

    def _subscriptions(
        self, chance: random.Random, rows: list[Record], starters: dict[int, Starter], known: Known, as_of: int
    ) -> None:
        """Give most customers a subscription: some pay for another's, some have it for a while to try it."""
        made: list[tuple[object, ...]] = []
        invoices: list[tuple[object, ...]] = []
        for at, row in enumerate(rows):
            if chance.random() >= 0.8 or row.person in starters:
                continue
            kind = chance.choices(("paid", "gift", "trial"), (0.84, 0.09, 0.07))[0]
            reader = rows[at - 1].number if kind == "gift" else row.number
            title = chance.choice(TITLES)
            began = as_of - int(DAY * (30 + chance.random() * 2400))
            ended = iso(began + 400 * DAY)[:10] if chance.random() < 0.3 and began + 400 * DAY < as_of else None
            price = 1000 if kind == "trial" else PRICES[title]
            number = self._number("subscriptions")
            status = "ended" if ended else "active"
            made.append((number, row.number, reader, title, kind, status, iso(began)[:10], ended, price))
            known.subscribed.add(("customer:erp", row.number))
            invoices += self._invoices(chance, row.number, number, price, range(began, as_of, 365 * DAY))
        self._insert("subscriptions", 9, made)
        self._insert("invoices", 6, invoices)

    def _invoices(
        self, chance: random.Random, customer: str, subscription: int, price: int, moments: range
    ) -> list[tuple[object, ...]]:
        """Return one invoice a year, the last three at most; nearly all are paid."""
        return [
            (
                self._number("invoices"), customer, subscription, price, iso(at)[:10],
                iso(at + 12 * DAY)[:10] if chance.random() < 0.96 else None,
            )
            for at in moments[-3:]
        ]  # fmt: skip

    def _workshops(
        self, chance: random.Random, rows: list[Record], starters: dict[int, Starter], known: Known, as_of: int
    ) -> None:
        """Book what is ordered by phone: last spring's, after a start on the web, and by those who just call.

        The sites keep their own registrations until the season is over.
        """
        made = []
        for row in rows:
            starter = starters.get(row.person)
            if starter is None:
                if chance.random() < 0.03:
                    made.append(
                        self._order(chance, row.number, "spring", as_of - int((180 + chance.random() * 60) * DAY))
                    )
                if chance.random() < 0.012:
                    made.append(
                        self._order(chance, row.number, "autumn", as_of - int((1 + chance.random() * 40) * DAY))
                    )
                    known.ordered.add(("customer:erp", row.number))
            elif starter.state == "ordered_by_phone":
                at = as_of - int(starter.ago * (0.05 + 0.9 * chance.random()))
                made.append(self._order(chance, row.number, "autumn", at))
                known.ordered.add(("customer:erp", row.number))
        self._insert("workshop_orders", 8, made)

    def _order(self, chance: random.Random, customer: str, season: str, at: int) -> tuple[object, ...]:
        """Return a booking of one or two places."""
        booked = chance.choice(WORKSHOPS)
        places = 1 + (chance.random() < 0.25)
        amount = places * booked.price
        number = self._number("workshop_orders")
        return (number, customer, booked.number, season, places, amount, "confirmed", iso(at))


def _customer(row: Record, as_of: int) -> tuple[object, ...]:
    """Return the row of a customer; what is unknown is NULL."""
    return (
        row.number, row.first, row.infix or None, row.last, row.gender, row.birth or None, row.email or None,
        row.email_2 or None, row.phone or None, row.street, row.house_number, row.postcode, row.city, "NL",
        iso(as_of - row.days * DAY - len(row.number) * 977),
    )  # fmt: skip
