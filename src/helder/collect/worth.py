"""What an event is worth, from properties that hold whatever a sender put there."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

_LARGEST_MICROS = 2**62


def worth_of(revenue: Any, value: Any, total: Any, currency: Any) -> tuple[int | None, str | None]:
    """Return the worth of an event in millionths, the first of the three amounts that is given, and its currency.

    Both are ``None`` when there is no amount, or what is given is none.
    """
    raw = revenue if revenue is not None else value if value is not None else total
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        return None, None
    try:
        micros = round(Decimal(str(raw)) * 1_000_000)
    except (InvalidOperation, ValueError, OverflowError):
        return None, None
    if abs(micros) > _LARGEST_MICROS:
        return None, None
    known = isinstance(currency, str) and len(currency) == 3 and currency.isalpha()
    return micros, currency.upper() if known else None
