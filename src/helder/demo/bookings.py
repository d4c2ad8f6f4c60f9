"""Places booked in the ERP: by the desk for those who call, and by the sites for those who register there."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime

from helder.demo.company.layout import SITES, Company
from helder.demo.company.workshops import Workshop, offered_on
from helder.demo.natures import Deed, Person, luck

CUSTOMER = "INSERT OR IGNORE INTO customers (customer_no, last_name, email, updated_at) VALUES (?, ?, ?, ?)"
ORDER = (
    "INSERT INTO workshop_orders (customer_no, workshop, season, places, amount_cents, status, ordered_at)"
    " VALUES (?, ?, 'autumn', 1, ?, 'confirmed', ?)"
)


def book(company: Company, deeds: list[Deed], now: datetime) -> None:
    """Book the places of all who registered, while others read the ERP; who is new there becomes a customer."""
    moment = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    customers: list[tuple[str | None, ...]] = []
    orders: list[tuple[object, ...]] = []
    for deed in deeds:
        person, workshop = deed.person, chosen(company.seed, deed.person, own_site(deed.person))
        number = person.erp or f"K9{person.number:08d}"
        if not person.erp:
            customers.append((number, "", person.email or None, moment))
        orders.append((number, workshop.number, workshop.price, moment))
    with closing(sqlite3.connect(company.erp, timeout=30)) as erp, erp:
        erp.executemany(CUSTOMER, customers)
        erp.executemany(ORDER, orders)


def own_site(person: Person) -> int:
    """Return the site on which the person began."""
    kind = person.bearer[0].removeprefix("anonymous:")
    return SITES.index(kind) if kind in SITES else next(iter(person.browsers), 0)


def chosen(seed: int, person: Person, site: int) -> Workshop:
    """Return the workshop of this site that the person likes best."""
    options = offered_on(site)
    return options[int(luck(seed, person.number, "workshop") * len(options))]
