"""The clock: the only place that reads time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from helder import clock


def test_the_clock_is_aware_and_in_utc() -> None:
    """The machine's time comes as an aware moment in UTC."""
    assert clock.system_clock().utcoffset() == timedelta(0)


def test_a_monotone_clock_never_goes_back() -> None:
    """When the machine's clock jumps back, the last moment is repeated until it is overtaken."""
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    moments = iter([noon, noon - timedelta(days=2), noon + timedelta(seconds=1)])
    monotone = clock.Monotone(lambda: next(moments))
    assert [monotone(), monotone(), monotone()] == [noon, noon, noon + timedelta(seconds=1)]


def test_stores_hold_naive_utc() -> None:
    """A moment with any offset is stored as the same moment in UTC, and comes back aware."""
    moment = datetime(2026, 11, 24, 12, tzinfo=timezone(timedelta(hours=1)))
    assert clock.stored(moment) == datetime(2026, 11, 24, 11)  # noqa: DTZ001 - what a store holds is naive
    assert clock.aware(clock.stored(moment)) == moment


def test_a_moment_without_a_zone_is_refused() -> None:
    """Guessing a time zone would shift facts in silence."""
    with pytest.raises(ValueError, match="time zone"):
        clock.stored(datetime(2026, 11, 24))  # noqa: DTZ001 - the very thing that is refused
