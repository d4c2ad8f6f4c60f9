"""From an error to an HTTP answer: the only place that knows both."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from helder.errors import HelderError

STATUS: Mapping[str, int] = {
    "invalid-input": 400,
    "bad-setting": 500,
    "not-found": 404,
    "unavailable": 503,
    "conflict": 409,
    "denied": 403,
    "unknown-key": 401,
    "not-signed": 401,
    "cancelled": 409,
    "data-folder-in-use": 503,
    "inbox-full": 429,
    "too-fast": 429,
    "inbox-unwritable": 503,
    "too-large": 413,
    "method-not-allowed": 405,
    "malformed": 400,
    "internal": 500,
}
"""HTTP status by error code; an error with a code of its own has the status of the error that it is a kind of."""

RETRY_AFTER = {429: "1", 503: "5"}
"""Seconds after which a client may try again."""


class Problem(msgspec.Struct, frozen=True):
    """The body of every answer that is not a success. SDKs crash on other shapes and then retry for ever."""

    code: str
    """Stable, for programs."""
    message: str
    """For people: what is wrong and how to mend it."""


def problem_of(error: Exception) -> tuple[int, Problem]:
    """Return status and body for ``error``; nothing of an unexpected error is told."""
    if isinstance(error, HelderError):
        return status_of(type(error)), Problem(error.code, str(error))
    return 500, Problem("internal", "something went wrong in Helder; its log says what")


def status_of(kind: type[HelderError]) -> int:
    """Return the status of a kind of error: that of its own code, else of the nearest kind above it; 500 when none."""
    above = (each.code for each in kind.__mro__ if issubclass(each, HelderError))
    return next((STATUS[code] for code in above if code in STATUS), 500)
