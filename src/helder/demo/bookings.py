"""Places booked in the ERP by the desk, for those who call."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime

from helder.demo.company.layout import SITES, Company
from helder.demo.company.workshops import Workshop, offered_on
from helder.demo.natures import Deed, Person, luck

ORDER = (
    "INSERT INTO workshop_orders (customer_no, workshop, season, places, amount_cents, status, ordered_at)"
    " VALUES (?, ?, 'autumn', 1, ?, 'confirmed', ?)"
)


def book(company: Company, deeds: list[Deed], now: datetime) -> None:
    """Book the places of those who call, while others read the ERP."""
    moment = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    orders: list[tuple[object, ...]] = []
    for deed in deeds:
        workshop = chosen(company.seed, deed.person, own_site(deed.person))
        orders.append((deed.person.erp, workshop.number, workshop.price, moment))
    with closing(sqlite3.connect(company.erp, timeout=30)) as erp, erp:
        erp.executemany(ORDER, orders)


def own_site(person: Person) -> int:
    """Return the site on which the person began."""
    kind = person.bearer[0].removeprefix("anonymous:")
    return SITES.index(kind) if kind in SITES else next(iter(person.browsers), 0)


def chosen(seed: int, person: Person, site: int) -> Workshop:
    """Return the workshop of this site that the person likes best."""
    options = offered_on(site)
    return options[int(luck(seed, person.number, "workshop") * len(options))]
