"""What an uplift is worth, and how far the goal still is. Pure. Money is in micros (millionths of a currency unit)."""

from __future__ import annotations

import msgspec

from helder.measure.uplift import Uplift


class Sales(msgspec.Struct, frozen=True, kw_only=True):
    """What was sold to some people."""

    people: int
    """People who bought."""
    places: float
    """Places that they took."""
    amount_micros: int

    @property
    def places_each(self) -> float:
        """Places that one buyer takes; 1 when nobody has bought yet."""
        return self.places / self.people if self.people else 1.0

    @property
    def price_micros(self) -> float:
        """What one place brings; 0 when nobody has bought yet."""
        return self.amount_micros / self.places if self.places else 0.0


class Range(msgspec.Struct, frozen=True):
    """An estimate with its interval."""

    value: float
    low: float
    high: float


class Roi(msgspec.Struct, frozen=True, kw_only=True):
    """What an action brought beside what it cost."""

    places: Range
    """Extra places."""
    amount_micros: Range
    """What the extra places bring."""
    cost_micros: int
    cost_per_place_micros: float | None
    """None when there are no extra places to share the cost."""


class Distance(msgspec.Struct, frozen=True, kw_only=True):
    """How far the goal still is."""

    target: float
    reached: float
    to_go: float
    days_left: int
    """Whole days until the last one; 0 when it has passed."""


def roi(found: Uplift | None, sales: Sales, cost_micros: int) -> Roi:
    """Return what the difference is worth.

    Args:
        found: the uplift; None (nobody to compare with) is worth nothing that can be said.
        sales: what all who bought took and paid: the mean of both groups is taken, so that a price does not count
            as an effect.
        cost_micros: what the action cost.
    """
    people = found.mailed.people if found else 0
    shares = (found.difference, found.low, found.high) if found else (0.0, 0.0, 0.0)
    places = [share * people * sales.places_each for share in shares]
    amounts = [each * sales.price_micros for each in places]
    return Roi(
        places=Range(*places),
        amount_micros=Range(*amounts),
        cost_micros=cost_micros,
        cost_per_place_micros=cost_micros / places[0] if places[0] > 0 else None,
    )


def distance(target: float, reached: float, days_left: int) -> Distance:
    """Return how far the goal is; a goal that is passed is 0 away."""
    return Distance(target=target, reached=reached, to_go=max(0.0, target - reached), days_left=max(0, days_left))
