"""Rejections and violations as rows of facts, and how long they stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import pyarrow as pa

from helder.collect.event import Rejection, Violation
from helder.collect.sighting import MOMENT
from helder.store.facts.protocol import Facts
from helder.store.facts.schema import table

_IN_A_BATCH = 2**24


def rejected_rows(rejected: Sequence[Rejection], batch: int) -> pa.Table:
    """Return rows of the table ``rejected`` for the batch numbered ``batch``."""
    names = ("source", "reason", "detail", "message_id", "body", "posted")
    columns = {name: pa.array([getattr(row, name) for row in rejected], pa.string()) for name in names}
    return numbered(pa.table({**columns, "at": pa.array([row.at for row in rejected], MOMENT)}), batch)


def numbered(rows: pa.Table, batch: int) -> pa.Table:
    """Return ``rows`` with the number that each is known by: it tells the batch, so newer ones have greater numbers."""
    return rows.append_column(
        "number", pa.array(range(batch * _IN_A_BATCH, batch * _IN_A_BATCH + rows.num_rows), pa.int64())
    )


def violation_rows(violations: Sequence[Violation], now: datetime) -> pa.Table:
    """Return rows of the table ``violation``: one for all that are alike, of the day of ``now`` (naive UTC)."""
    counted = Counter(violations)
    names = ("source", "event", "property", "reason")
    columns = {name: pa.array([getattr(each, name) for each in counted], pa.string()) for name in names}
    day = pa.array([datetime(now.year, now.month, now.day)] * len(counted), MOMENT)  # noqa: DTZ001 - naive, as in the stores
    versions = pa.array([each.version for each in counted], pa.int64())
    return pa.table({**columns, "version": versions, "day": day, "events": pa.array(counted.values(), pa.int64())})


class Forgetting:
    """Deletes what was kept long enough, about once an hour."""

    def __init__(self, facts: Facts, days: int) -> None:
        """Keep rejected events for ``days`` days after they came."""
        self._facts, self._days = facts, timedelta(days=days)
        self._next: datetime | None = None

    def run(self, now: datetime) -> int:
        """Delete what is older at ``now`` (naive UTC), when it is time; return how many rejected events."""
        if self._next is not None and now < self._next:
            return 0
        self._next = now + timedelta(hours=1)
        old, counted = table("rejected"), table("violation")
        before = now - self._days
        numbers = self._facts.read(old.filter(old.at < before).select("number"))["number"].combine_chunks()
        days = self._facts.read(counted.filter(counted.day < before).select("day").distinct())["day"].combine_chunks()
        if len(numbers) or len(days):
            with self._facts.write() as batch:
                batch.delete("rejected", "number", numbers)
                batch.delete("sent_again", "number", numbers)
                batch.delete("violation", "day", days)
        return len(numbers)
