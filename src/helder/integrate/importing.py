"""Importing a copied source: a chunk of rows at a time, each chunk one facts batch.

Keys make a repeat harmless: rows that are as they were are left alone, changed ones supersede, so an import that was
stopped half-way is simply done again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import ibis
import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from ibis.expr.types import Table

from helder.clock import stored
from helder.collect.rejects.rows import numbered
from helder.errors import Conflict
from helder.govern import consent
from helder.govern.catalogue import Catalogue
from helder.integrate.choices import choices
from helder.integrate.convert import Fault
from helder.integrate.identifiers import Identifiers
from helder.integrate.mapping import ObjectMapping, SourceMapping, missing_columns
from helder.integrate.records import Frame, Records, identity_rows, link_rows, read_records
from helder.integrate.sources import Chunk, CopiedSource
from helder.integrate.tables import fact_rows, name_rows
from helder.store.facts.protocol import Batch, Facts
from helder.store.facts.schema import table
from helder.store.state import State

Progress = Callable[[str, float], None]
"""Told (what, share done from 0 to 1)."""
_ORDER = ("person", "order", "order_line", "return", "subscription", "ticket", "event", "consent")
_UNCOMPARED = frozenset({"seen_at", "batch", "until_batch", "received_at"})


class Collision(Conflict):
    """Two different external keys have one identity id."""

    code = "identity-collision"


class ObjectReport(msgspec.Struct, frozen=True):
    """What an import did with one file."""

    object: str
    place: str
    rows: int = 0
    """Rows read."""
    fresh: int = 0
    """Rows that were new or changed."""
    rejected: int = 0
    """Lines kept aside, because they were no rows."""
    lost: dict[str, int] = {}
    """Values that became null, by reason."""
    repaired: dict[str, int] = {}
    """Values put right, by reason."""
    nobody: int = 0
    """Rows without a usable key of a person: kept, but apart."""
    skipped: bool = False
    """True when the file was as it was at the last sync."""


class Importer:
    """Brings the files of copied sources into the facts."""

    def __init__(self, facts: Facts, state: State, key: bytes) -> None:
        """Write to ``facts`` (consents to the ledger in ``state``); ``key`` makes identities."""
        self._facts = facts
        self._state = state
        self._key = key
        self._identifiers: dict[str, Identifiers] = {}

    def run(
        self,
        source: CopiedSource,
        mapping: SourceMapping,
        item: ObjectMapping,
        place: tuple[Path, Catalogue],
        now: datetime,
        progress: Progress,
    ) -> ObjectReport:
        """Import one object of a source.

        Args:
            source: reads the files.
            mapping: the source's mapping.
            item: the object in it.
            place: folder that its path is relative to, and the catalogue.
            now: aware UTC.
            progress: told how far it is.

        Raises:
            ColumnGone: before anything is read or changed.
        """
        folder, catalogue = place
        missing_columns(item, source.columns(item, folder), mapping.source)
        identifiers = self._identifiers.setdefault(mapping.region, Identifiers(self._key, mapping.region))
        frame = Frame(mapping, item, catalogue.objects[item.object], identifiers, now)
        report = ObjectReport(item.object, item.place)
        for chunk in source.chunks(item, folder):
            report = _added(report, self._chunk(chunk, frame))
            progress(f"{mapping.source}: {item.place}", chunk.done)
        return report

    def _chunk(self, chunk: Chunk, frame: Frame) -> ObjectReport:
        """Import one chunk."""
        records = read_records(chunk, frame)
        source = frame.mapping.source
        fresh, nobody = 0, records.owners.own.null_count
        if frame.item.object == "consent":
            fresh = consent.append(self._state, choices(records, frame))
        with self._facts.write() as batch:
            append_identities(batch, identity_rows(records.owners.identities, frame.now))
            links = link_rows(records.owners, records.table["record_key"], source, frame.now)
            append_new(batch, "link", links, ["a", "b", "reason", "source"])
            if frame.item.object == "person":
                names = name_rows(records, self._key)
                append_new(batch, "name_key", names, ["identity_id", "surname_key", "first_key", "initial_key"])
            if frame.item.object != "consent":
                fresh, nobody = _store(batch, records, frame)
            batch.append("rejected", numbered(_rejects(chunk, records, frame), batch.number))
        return _report(chunk, records, frame, fresh, nobody)


def in_order(mapping: SourceMapping) -> list[ObjectMapping]:
    """Return the objects of a source in the order in which they may lean on each other: lines after orders."""
    return sorted(mapping.object, key=lambda item: _ORDER.index(item.object) if item.object in _ORDER else len(_ORDER))


def _store(batch: Batch, records: Records, frame: Frame) -> tuple[int, int]:
    """Append the rows that are new or changed; return how many, and how many rows are nobody's."""
    rows = fact_rows(records, frame)
    name = frame.known.table
    if name == "event":
        usable = pc.and_(pc.is_valid(rows["at"]), pc.is_valid(rows["identity_id"]))
        return append_new(batch, "event_tail", rows.filter(usable), ["message_id"], "every_event"), 0
    rows = _last_of_each(rows)
    if "order_key" in records.table.column_names and rows.num_rows:
        pairs = records.table.select(["record_key", "order_key"]).rename_columns(["_row", "order_key"])
        rows = _owned_by_order(batch, rows, _last_of_each(pairs, "_row"), frame.mapping.source)
    return supersede_changed(batch, name, rows), rows["identity_id"].null_count


def append_new(batch: Batch, name: str, rows: pa.Table, keys: list[str], known_in: str = "") -> int:
    """Append the ``rows`` whose ``keys`` are not there yet (in ``known_in``, else ``name``); return how many."""
    if not rows.num_rows:
        return 0
    there = table(known_in or name)
    new = batch.read(_incoming(rows).anti_join(there, keys), incoming=rows)
    batch.append(name, new)
    return new.num_rows


def append_identities(batch: Batch, rows: pa.Table) -> int:
    """Append the identities that are not known yet; return how many.

    Raises:
        Collision: when another key has the id of one of them (two in 100 million identities: once in 1,800 times).
    """
    incoming, known = _incoming(rows), table("identity")
    met = known.join(incoming, "identity_id").select(
        known.kind, known.value, kind2=incoming.kind, value2=incoming.value
    )
    other = met.filter((met.kind != met.kind2) | (met.value != met.value2))
    if rows.num_rows and batch.read(other.limit(1), incoming=rows).num_rows:
        raise Collision("two identities have one id; nothing was imported. Report this: the id must become longer.")
    return append_new(batch, "identity", rows, ["identity_id"])


def supersede_changed(batch: Batch, name: str, rows: pa.Table) -> int:
    """Append the ``rows`` that differ from the current version of their record, which ends; return how many."""
    incoming = _incoming(rows)
    current = table(name).filter(lambda t: t.until_batch.isnull())
    compared = [column for column in rows.column_names if column not in _UNCOMPARED]
    same = [incoming[column].identical_to(current[column]) for column in compared]
    fresh = batch.read(incoming.anti_join(current, same), incoming=rows)
    if fresh.num_rows:
        batch.supersede(name, fresh.select(["source", "record_key"]))
        batch.append(name, fresh)
    return fresh.num_rows


def _incoming(rows: pa.Table) -> Table:
    return ibis.table(ibis.Schema.from_pyarrow(rows.schema), name="incoming")


def _owned_by_order(batch: Batch, rows: pa.Table, orders: pa.Table, source: str) -> pa.Table:
    """Fill in whose a line or a return is, and when it was, from its order, where the row itself does not say.

    Args:
        batch: sees the orders imported before.
        rows: the lines or returns.
        orders: record_key of each row, order_key of the order it belongs to.
        source: both are of this source.
    """
    if "at" not in rows.column_names:
        rows = rows.append_column("at", pa.nulls(rows.num_rows, pa.timestamp("us")))
    order = table("orders").filter(lambda t: t.until_batch.isnull() & (t.source == source))
    order = order.select(_key=order.record_key, _owner=order.identity_id, _at=order.at)
    belongs = ibis.table(ibis.Schema.from_pyarrow(orders.schema), name="belongs")
    owned = belongs.join(order, belongs.order_key == order._key).select("_row", "_owner", "_at")  # noqa: SLF001 - a column
    incoming = _incoming(rows)
    joined = incoming.left_join(owned, incoming.record_key == owned._row)  # noqa: SLF001 - a column
    filled = joined.mutate(identity_id=joined.identity_id.coalesce(joined._owner), at=joined.at.coalesce(joined._at))  # noqa: SLF001 - columns
    return batch.read(filled.select(*rows.column_names), incoming=rows, belongs=orders)


def _last_of_each(rows: pa.Table, key: str = "record_key") -> pa.Table:
    """Return one row a record key, the last: within one file the later line corrects the earlier."""
    numbered = pa.table({"key": rows[key], "row": pa.array(range(rows.num_rows), pa.int64())})
    last = numbered.group_by("key").aggregate([("row", "max")])["row_max"]
    return rows if len(last) == rows.num_rows else rows.take(last)


def _rejects(chunk: Chunk, records: Records, frame: Frame) -> pa.Table:
    """Return rows of the table ``rejected``: bad lines, rows without a key, values that could not be used."""
    place = frame.item.place
    found: list[tuple[str, str, str]] = [(bad.reason, f"{place} line {bad.line}", bad.body) for bad in chunk.bad]
    found += [("no_key", f"{place} line {line}", "") for line in records.keyless.to_pylist()]
    lines = records.lines.to_pylist() if records.faults else []
    found += [_fault(place, fault, lines) for fault in records.faults]
    return pa.table(
        {
            "source": pa.repeat(frame.mapping.source, len(found)),
            "reason": pa.array([reason for reason, _, _ in found], pa.string()),
            "detail": pa.array([detail for _, detail, _ in found], pa.string()),
            "at": pa.repeat(pa.scalar(stored(frame.now), pa.timestamp("us")), len(found)),
            "body": pa.array([body for _, _, body in found], pa.string()),
        }
    )


def _fault(place: str, fault: Fault, lines: list[int]) -> tuple[str, str, str]:
    line = lines[fault.row] if fault.row < len(lines) else 0
    return fault.reason, f"{place} line {line}, column {fault.column}", fault.value


def _report(chunk: Chunk, records: Records, frame: Frame, fresh: int, nobody: int) -> ObjectReport:
    lost: dict[str, int] = {}
    for fault in records.faults:
        lost[fault.reason] = lost.get(fault.reason, 0) + 1
    return ObjectReport(
        frame.item.object,
        frame.item.place,
        rows=chunk.rows.num_rows,
        fresh=fresh,
        rejected=len(chunk.bad) + len(records.keyless),
        lost=lost,
        repaired=dict(chunk.repaired),
        nobody=nobody,
    )


def _added(one: ObjectReport, other: ObjectReport) -> ObjectReport:
    """Return the sum of two reports on one object."""
    return msgspec.structs.replace(
        one,
        rows=one.rows + other.rows,
        fresh=one.fresh + other.fresh,
        rejected=one.rejected + other.rejected,
        nobody=one.nobody + other.nobody,
        lost=_summed(one.lost, other.lost),
        repaired=_summed(one.repaired, other.repaired),
    )


def _summed(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {reason: one.get(reason, 0) + other.get(reason, 0) for reason in {**one, **other}}
