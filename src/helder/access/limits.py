"""How many events a key may send: a token bucket, by number of events, for one process.

A request is let in while the bucket is not empty, and its events are taken out afterwards, below nothing if need be: so
a batch larger than the bucket can still be sent, and the wait that is told is the true one. Not for several threads:
the event loop alone uses it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

_ROUNDING = 1e-6


class Bucket:
    """Holds up to ``burst`` tokens, and gets ``rate`` new ones a second."""

    def __init__(self, rate: float, burst: float, ticker: Callable[[], float]) -> None:
        """Begin full; ``ticker`` gives seconds and only goes forward."""
        self.rate, self.burst = rate, burst
        self._ticker = ticker
        self._tokens, self._at = float(burst), ticker()

    def wait(self) -> int:
        """Return after how many whole seconds the next request is let in; 0 when it is now."""
        now = self._ticker()
        self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
        self._at = now
        return 0 if self._tokens >= 1 - _ROUNDING else max(1, math.ceil((1 - self._tokens) / self.rate))

    def take(self, events: int) -> None:
        """Take tokens out for ``events`` that came."""
        self._tokens -= events
