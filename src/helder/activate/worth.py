"""What somebody paid: orders that count as paid, added up by currency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from helder.activate.people import UNPAID


class Worth(msgspec.Struct, frozen=True):
    """What somebody paid in one currency."""

    currency: str
    amount_micros: int
    orders: int
    last_at: datetime
    """Naive UTC."""


def worth(orders: Iterable[Mapping[str, Any]], since: datetime) -> list[Worth]:
    """Return what ``orders`` after ``since`` (naive UTC) come to, the largest first; only what was paid counts.

    Args:
        orders: rows of the facts' table ``orders``: at, status, kind, amount_micros, currency.
        since: orders at or before it are left out.
    """
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in orders:
        if row["at"] is not None and row["at"] > since and _paid(row):
            found.setdefault(row["currency"] or "EUR", []).append(row)
    made = (
        Worth(currency, sum(row["amount_micros"] for row in rows), len(rows), max(row["at"] for row in rows))
        for currency, rows in found.items()
    )
    return sorted(made, key=lambda each: -each.amount_micros)


def _paid(row: Mapping[str, Any]) -> bool:
    return (row["amount_micros"] or 0) > 0 and not {row["status"], row["kind"]} & UNPAID
