"""The only place that reads time.

Everything else gets ``now`` as a parameter: aware UTC at doors, naive UTC inside the stores.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Something that tells the time; tests pass one that stands still or jumps."""

    def __call__(self) -> datetime:
        """Return the present moment as an aware UTC datetime."""
        ...


def system_clock() -> datetime:
    """Return the machine's time as an aware UTC datetime."""
    return datetime.now(UTC)


class Monotone:
    """A clock that never goes back, whatever the machine's clock does.

    When the machine's time jumps backwards the last moment is repeated until it is overtaken, so that
    watermarks, waits and claims never see an earlier ``now`` than they saw before.
    """

    def __init__(self, source: Clock = system_clock) -> None:
        """Wrap ``source``."""
        self._source = source
        self._last = datetime.min.replace(tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the later of the source's time and the last one given."""
        self._last = max(self._last, self._source())
        return self._last


def stored(moment: datetime) -> datetime:
    """Return ``moment`` (aware) as the naive UTC datetime that stores hold.

    Raises:
        ValueError: when ``moment`` has no time zone; guessing one would shift facts in silence.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be stored")
    return moment.astimezone(UTC).replace(tzinfo=None)


def aware(moment: datetime) -> datetime:
    """Return a stored (naive UTC) datetime as an aware one."""
    return moment.replace(tzinfo=UTC)


def stopwatch() -> float:
    """Return seconds on a clock that only goes forward, for measuring durations."""
    return time.perf_counter()


def effort() -> float:
    """Return the seconds of processor time that this thread has used: waiting for a busy machine does not count."""
    return time.thread_time()
