"""How much more often those who were mailed did what was asked than those who were left alone. Pure.

The interval is Newcombe's hybrid score interval for a difference of two independent proportions (R. G. Newcombe,
"Interval estimation for the difference between independent proportions", Statistics in Medicine 17 (1998) 873-890,
method 10), made of two Wilson intervals (E. B. Wilson, JASA 22 (1927) 209-212). It holds for small groups and for
shares near 0, where the usual formula claims certainty that there is not.
"""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

import msgspec


class Share(msgspec.Struct, frozen=True):
    """So many of so many."""

    hits: int
    people: int

    @property
    def value(self) -> float:
        """The share; 0 of nobody."""
        return self.hits / self.people if self.people else 0.0


class Uplift(msgspec.Struct, frozen=True, kw_only=True):
    """A difference of two shares, with its interval."""

    mailed: Share
    held_out: Share
    difference: float
    low: float
    high: float
    confidence: float

    @property
    def conclusive(self) -> bool:
        """Whether the interval leaves zero out; when it does not, nothing is known about the direction."""
        return not self.low <= 0 <= self.high


def uplift(mailed: Share, held_out: Share, confidence: float = 0.95) -> Uplift | None:
    """Return the difference between two groups; None when one of them is empty, since then nothing is compared.

    Args:
        mailed: of everybody who was meant to be mailed, those who did what the goal asks.
        held_out: the same of everybody who was held out.
        confidence: of the interval, between 0 and 1.

    Raises:
        ValueError: when there are more hits than people, or the confidence is none.
    """
    for share in (mailed, held_out):
        if not 0 <= share.hits <= share.people:
            raise ValueError(f"{share.hits} of {share.people} is no share")
    if not mailed.people or not held_out.people:
        return None
    first, second = wilson(mailed, confidence), wilson(held_out, confidence)
    difference = mailed.value - held_out.value
    return Uplift(
        mailed=mailed,
        held_out=held_out,
        difference=difference,
        low=difference - sqrt((mailed.value - first[0]) ** 2 + (second[1] - held_out.value) ** 2),
        high=difference + sqrt((first[1] - mailed.value) ** 2 + (held_out.value - second[0]) ** 2),
        confidence=confidence,
    )


def wilson(share: Share, confidence: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval of a share: (low, high), within 0 and 1.

    Raises:
        ValueError: when nobody is asked about, or the confidence is not between 0 and 1.
    """
    if not share.people or not 0 < confidence < 1:
        raise ValueError("an interval needs people, and a confidence between 0 and 1")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    n, p = share.people, share.value
    middle = 2 * n * p + z * z
    width = z * sqrt(z * z + 4 * n * p * (1 - p))
    low = 0.0 if share.hits == 0 else (middle - width) / (2 * (n + z * z))
    high = 1.0 if share.hits == n else (middle + width) / (2 * (n + z * z))
    return low, high
