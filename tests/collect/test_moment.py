"""When an event happened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helder.collect.moment import EARLIEST, event_time, read_moment

NOW = datetime(2026, 11, 24, 10, 0)  # noqa: DTZ001 - naive UTC, as in the stores


@given(skew=st.integers(-200_000, 200_000), age=st.integers(0, 86_400), delay=st.integers(0, 3_600))
def test_a_wrong_clock_does_not_matter(skew: int, age: int, delay: int) -> None:
    """Whatever the sender's clock is off by, the time between the event and the request is what counts."""
    happened = NOW - timedelta(seconds=age + delay)
    sent = happened + timedelta(seconds=age)
    off = timedelta(seconds=skew)
    received = sent  # a request takes no time here; real ones add their way to the age
    assert event_time(happened + off, sent + off, received) == happened


@given(stamped=st.datetimes() | st.none(), sent=st.datetimes() | st.none())
def test_no_event_is_after_its_receipt_or_before_clocks_were_set(
    stamped: datetime | None, sent: datetime | None
) -> None:
    """Any two moments, the years 1 and 9999 included, give one between the earliest and the receipt."""
    assert EARLIEST <= event_time(stamped, sent, NOW) <= NOW


def test_an_old_event_without_sent_at_keeps_its_time() -> None:
    """An import of last year's events is history, not a wrong clock."""
    assert event_time(datetime(2024, 5, 6), None, NOW) == datetime(2024, 5, 6)  # noqa: DTZ001 - naive UTC


@pytest.mark.parametrize(
    ("wire", "moment"),
    [
        ("2026-11-22T08:15:59.414Z", datetime(2026, 11, 22, 8, 15, 59, 414_000, tzinfo=UTC)),
        ("2024-05-06T07:08:09.123+02:00", datetime(2024, 5, 6, 5, 8, 9, 123_000, tzinfo=UTC)),
        ("2024-05-06T07:08:09+02:00Z", datetime(2024, 5, 6, 5, 8, 9, tzinfo=UTC)),
        ("2024-05-06 07:08:09", datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("2024-05-06", datetime(2024, 5, 6, tzinfo=UTC)),
        (1_714_979_289_123, datetime(2024, 5, 6, 7, 8, 9, 123_000, tzinfo=UTC)),
        (1_714_979_289, datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("1600-01-01T00:00:00Z", datetime(1600, 1, 1, tzinfo=UTC)),
    ],
)
def test_times_are_read_as_clients_write_them(wire: str | float, moment: datetime) -> None:
    """ISO 8601 with and without zone, milliseconds and seconds since 1970."""
    assert read_moment(wire) == moment.replace(tzinfo=None)


@pytest.mark.parametrize("wire", ["", "yesterday", "2026-13-40", 1e300, float("nan"), float("inf"), None])
def test_what_is_no_time_is_none(wire: str | float | None) -> None:
    """An unreadable time is no reason to lose the event."""
    assert read_moment(wire) is None


@given(moment=st.datetimes(timezones=st.just(timezone(timedelta(hours=1)))), junk=st.text(max_size=40))
def test_reading_a_time_never_fails(moment: datetime, junk: str) -> None:
    """Any text gives a moment or none, and a written moment comes back."""
    read_moment(junk)
    if datetime(2, 1, 1, tzinfo=UTC) < moment:
        assert read_moment(moment.isoformat()) == moment.astimezone(UTC).replace(tzinfo=None)
