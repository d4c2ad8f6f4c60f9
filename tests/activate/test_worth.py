"""What somebody paid."""

from __future__ import annotations

from datetime import datetime, timedelta

from helder.activate.worth import Worth, worth
from helder.clock import stored


def test_only_what_was_paid_within_the_time_counts(now: datetime) -> None:
    """Unpaid orders, returns, gifts, orders without a date and older ones are left out; currencies stay apart."""
    at = stored(now)

    def order(amount: int, days: int | None = 1, **more: str) -> dict[str, object]:
        moment = None if days is None else at - timedelta(days=days)
        return {"status": "paid", "kind": None, "currency": "EUR", **more, "at": moment, "amount_micros": amount}

    rows = [order(10), order(5, 9), order(7, currency="USD"), order(99, status="cancelled"), order(99, kind="return")]
    rows += [order(99, 365), order(99, None), order(-3), order(99, status="open")]
    assert worth(rows, at - timedelta(days=365)) == [
        Worth("EUR", 15, 2, at - timedelta(days=1)),
        Worth("USD", 7, 1, at - timedelta(days=1)),
    ]
    assert worth([], at) == []
