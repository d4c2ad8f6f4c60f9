"""When an event happened, from a sender's clock that may be days off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EARLIEST = datetime(2000, 1, 1)  # noqa: DTZ001 - moments inside the stores are naive UTC
"""An event before this is a clock that was never set, not history."""

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - as above
_MILLISECONDS_FROM = 100_000_000_000


def event_time(stamped: datetime | None, sent: datetime | None, received: datetime) -> datetime:
    """Return when an event happened, by our clock.

    The sender's clock stamped the event and then the request; their difference is right even when the clock is not:
    ``received − (sent − stamped)`` (Segment's rule). Clamped: never after ``received``; and what lies before
    ``EARLIEST`` happened, as far as anyone knows, when it was received.

    Args:
        stamped: the event's timestamp (naive UTC), by the sender's clock.
        sent: when the sender's clock sent the request.
        received: when it came, by our clock.
    """
    if stamped is None:
        return received
    try:
        moment = stamped if sent is None else received - (sent - stamped)
    except OverflowError:
        return received
    return moment if EARLIEST <= moment <= received else received


def read_moment(value: str | float | None) -> datetime | None:
    """Return a wire timestamp as naive UTC: ISO 8601 text, or seconds or milliseconds since 1970; else ``None``."""
    if value is None:
        return None
    try:
        return _of_text(value) if isinstance(value, str) else _of_number(value)
    except (ValueError, OverflowError):
        return None


def _of_text(text: str) -> datetime:
    """Return the moment of an ISO 8601 text; one without a zone is taken as UTC."""
    # What nearly all clients send ends in Z: without it there is no zone to convert from, which is three times faster.
    moment = datetime.fromisoformat(text.removesuffix("Z"))
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def _of_number(number: float) -> datetime:
    """Return the moment of a number: clients send milliseconds, some seconds."""
    seconds = number / 1000 if abs(number) >= _MILLISECONDS_FROM else number
    return _EPOCH + timedelta(seconds=seconds)
