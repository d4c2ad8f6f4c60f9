"""Rejections as the facts keep them: looked through, counted, and marked as sent again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa

from helder.collect.rejects.reading import Reject
from helder.collect.sighting import MOMENT
from helder.errors import NotFound
from helder.store.facts.protocol import Facts
from helder.store.facts.schema import table

if TYPE_CHECKING:
    from ibis.expr.types import Table

MOST_AT_ONCE = 1_000
_SHOWN = ("number", "source", "reason", "detail", "at", "message_id", "sent_again_at")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which rejections are meant; what is empty leaves nothing out."""

    source: str = ""
    reason: str = ""
    since: datetime | None = None
    """Received at or after (naive UTC)."""
    open: bool = False
    """Only those that were never sent again."""
    numbers: tuple[int, ...] = ()


class Counted(msgspec.Struct, frozen=True):
    """How many rejections are alike."""

    source: str
    reason: str
    rejected: int
    open: int
    """Of those: never sent again."""
    first: datetime
    last: datetime


class Shortfall(msgspec.Struct, frozen=True):
    """How many events did not fit a tracking plan in the same way."""

    version: int
    event: str
    property: str
    reason: str
    events: int
    last_day: datetime


def listed(facts: Facts, wanted: Wanted, limit: int, before: int = 0) -> list[Reject]:
    """Return rejections, newest first, without what they held.

    Args:
        facts: where they lie.
        wanted: which.
        limit: most of them.
        before: only those with a lesser number; 0 for the newest.
    """
    rows = _chosen(wanted)
    rows = rows.filter(rows.number < before) if before else rows
    found = facts.read(rows.select(*_SHOWN).order_by([rows.number.desc()]).limit(limit))
    return msgspec.convert(found.to_pylist(), list[Reject])


def whole(facts: Facts, wanted: Wanted, after: int = 0, limit: int = MOST_AT_ONCE) -> list[Reject]:
    """Return rejections with what they held, oldest first, those numbered above ``after``: personal data."""
    rows = _chosen(wanted)
    query = rows.filter(rows.number > after).order_by("number").limit(limit)
    return msgspec.convert(facts.read(query.drop("batch")).to_pylist(), list[Reject])


def one(facts: Facts, number: int) -> Reject:
    """Return one rejection with what it held: personal data.

    Raises:
        NotFound: when there is none (any more).
    """
    found = whole(facts, Wanted(numbers=(number,)))
    if not found:
        raise NotFound(f"there is no rejected event numbered {number}; it may have been kept long enough")
    return found[0]


def counted(facts: Facts, wanted: Wanted) -> list[Counted]:
    """Return how many rejections there are by source and reason, most first."""
    rows = _chosen(wanted)
    groups = rows.group_by(["source", "reason"]).aggregate(
        rejected=rows.count(),
        open=rows.sent_again_at.isnull().sum(),
        first=rows["at"].min(),
        last=rows["at"].max(),
    )
    order = [groups.rejected.desc(), groups.source, groups.reason]
    return msgspec.convert(_rows(facts.read(groups.order_by(order))), list[Counted])


def shortfalls(facts: Facts, source: str, since: datetime) -> list[Shortfall]:
    """Return what did not fit the plan of ``source`` since a day (naive UTC), most first."""
    rows = table("violation")
    rows = rows.filter((rows.source == source) & (rows.day >= since))
    groups = rows.group_by(["version", "event", "property", "reason"]).aggregate(
        events=rows.events.sum(), last_day=rows.day.max()
    )
    order = [groups.events.desc(), groups.event, groups["property"], groups.reason, groups.version]
    return msgspec.convert(_rows(facts.read(groups.order_by(order))), list[Shortfall])


def mark(facts: Facts, numbers: Sequence[int], now: datetime) -> None:
    """Note that rejections were sent again at ``now`` (naive UTC)."""
    if numbers:
        with facts.write() as batch:
            moments = pa.array([now] * len(numbers), MOMENT)
            batch.append("sent_again", pa.table({"number": pa.array(numbers, pa.int64()), "at": moments}))


def _chosen(wanted: Wanted) -> Table:
    """Return the rows that are meant, each with when it was last sent again."""
    kept, sent = table("rejected"), table("sent_again")
    last = sent.group_by("number").aggregate(sent_again_at=sent["at"].max())
    rows: Any = kept.left_join(last, "number").drop("number_right")
    if wanted.source:
        rows = rows.filter(rows.source == wanted.source)
    if wanted.reason:
        rows = rows.filter(rows.reason == wanted.reason)
    if wanted.since is not None:
        rows = rows.filter(rows["at"] >= wanted.since)
    if wanted.open:
        rows = rows.filter(rows.sent_again_at.isnull())
    if wanted.numbers:
        rows = rows.filter(rows.number.isin(wanted.numbers))
    return rows


def _rows(found: pa.Table) -> list[dict[str, Any]]:
    """Return rows with sums as plain numbers: DuckDB adds in 128 bits, which Arrow hands over as decimals."""
    return [
        {name: int(value) if isinstance(value, Decimal) else value for name, value in row.items()}
        for row in found.to_pylist()
    ]
