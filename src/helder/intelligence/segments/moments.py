"""Moments of a question: ``now`` and what lies a span before it, as literals.

``now`` is folded into the SQL: bound as a parameter it doubled the cost of a question.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import ibis
from ibis.expr.types import BooleanColumn, TimestampColumn, TimestampScalar

from helder.intelligence.segments.rule import Window

NOTHING = timedelta(0)


class Moments:
    """The moments of one question."""

    def __init__(self, now: datetime) -> None:
        """Ask at ``now`` (naive UTC)."""
        self.now = now

    def ago(self, offset: timedelta = NOTHING) -> TimestampScalar:
        """Return the moment ``offset`` before now."""
        return moment(self.now - offset)

    def within(self, at: TimestampColumn, window: Window) -> BooleanColumn:
        """Return whether ``at`` lies in ``window``, and not in the future.

        ``in_last`` W: ``(now − W, now]``. Fixed: ``[since, until)``. None: up to and including now.
        """
        inside = at <= self.ago()
        if window.in_last is not None:
            inside &= at > self.ago(window.in_last.length)
        if window.since is not None:
            inside &= at >= moment(window.since)
        if window.until is not None:
            inside &= at < moment(window.until)
        return inside


def moment(at: datetime) -> TimestampScalar:
    """Return a naive UTC moment as a literal, to the microsecond."""
    return ibis.literal(at, type="timestamp(6)")
