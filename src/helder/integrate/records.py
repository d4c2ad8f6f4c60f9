"""From a chunk of a source to rows of the facts. Pure: nothing is read or written here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import reduce
from typing import Any, TypeAlias

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from helder.clock import stored
from helder.govern.catalogue import CatalogueObject
from helder.integrate.convert import Fault, as_text, converted
from helder.integrate.identifiers import Identifiers, Identity
from helder.integrate.mapping import LINE, Column, ObjectMapping, SourceMapping
from helder.integrate.sources import Chunk

Array: TypeAlias = Any
"""A pyarrow Array: its package carries no types."""
SAME_RECORD = 90
_STAMP = pa.timestamp("us")


class Frame(msgspec.Struct, frozen=True):
    """What a conversion needs to know besides the chunk."""

    mapping: SourceMapping
    item: ObjectMapping
    known: CatalogueObject
    """The object as the catalogue, with what mapping files add, has it."""
    identifiers: Identifiers
    now: datetime
    """Aware UTC."""


class Owners(msgspec.Struct, frozen=True):
    """Whose the rows are."""

    own: Array
    """int64, one a row: the record's own identity; null when it has no usable key."""
    columns: tuple[Array, ...]
    """int64 each: the identities by identifier column, the own kind first."""
    identities: dict[int, Identity]
    """Every identity that the chunk mentions."""


class Records(msgspec.Struct, frozen=True):
    """A chunk in the catalogue's terms."""

    table: pa.Table
    """record_key, identity_id and the converted fields, one row a row that has a key."""
    owners: Owners
    faults: tuple[Fault, ...]
    lines: Array
    """int64: line in the file."""
    keyless: Array
    """int64: lines of rows without a key."""


def read_records(chunk: Chunk, frame: Frame) -> Records:
    """Return the rows of ``chunk`` with their keys, owners and fields."""
    rows, lines = _wanted(chunk, frame.item)
    keys = record_keys(rows, lines, frame.item)
    there = pc.is_valid(keys)
    keyless = lines.filter(pc.invert(there))
    if len(keyless):
        rows, lines, keys = rows.filter(there), lines.filter(there), keys.filter(there)
    owners, faults = find_owners(rows, frame)
    columns = {"record_key": keys, "identity_id": owners.own}
    for kind, name in frame.item.payer.items():
        columns["payer_identity"] = _ids(as_text(rows[name]), kind, frame.identifiers, owners.identities)
    if frame.item.changed and frame.item.object == "person" and "changed_at" not in frame.item.fields:
        spec = Column(frame.item.changed)
        columns["changed_at"] = converted(rows[spec.column], spec, "time", frame.mapping.zone, frame.now).values
    for name, values, more in _fields(rows, frame):
        columns[name] = values
        faults += more
    return Records(pa.table(columns), owners, faults, lines, keyless)


def record_keys(rows: pa.Table, lines: Array, item: ObjectMapping) -> Array:
    """Return the record key of each row: its key columns joined by ``|``; null when all of them are empty."""
    parts = [pc.cast(lines, pa.string()) if name == LINE else as_text(rows[name]) for name in item.keys]
    if len(parts) == 1:
        return parts[0]
    empty = reduce(pc.and_, (pc.is_null(part) for part in parts))
    joined = pc.binary_join_element_wise(*parts, "|", null_handling="replace", null_replacement="")
    return pc.if_else(empty, None, joined)


def find_owners(rows: pa.Table, frame: Frame) -> tuple[Owners, tuple[Fault, ...]]:
    """Return the identities of each row, and the identifiers that say nothing usable."""
    found: dict[int, Identity] = {}
    faults: list[Fault] = []
    columns: list[Array] = []
    for kind, name in frame.item.kinds():
        text = as_text(rows[name])
        ids = _ids(text, kind, frame.identifiers, found)
        columns.append(ids)
        if kind in {"email", "phone"}:
            faults += _unusable(text, ids, name, f"bad_{kind}")
    nobody = pa.nulls(rows.num_rows, pa.int64())
    own = pc.coalesce(*columns) if columns else nobody
    return Owners(own, tuple(columns), found), tuple(faults)


def identity_rows(identities: dict[int, Identity], now: datetime) -> pa.Table:
    """Return rows of the table ``identity``."""
    items = list(identities.values())
    return pa.table(
        {
            "identity_id": pa.array([item.id for item in items], pa.int64()),
            "kind": pa.array([item.kind for item in items], pa.string()),
            "value": pa.array([item.value for item in items], pa.string()),
            "first_seen": _constant(stored(now), len(items), _STAMP),
        }
    )


def link_rows(owners: Owners, keys: Array, source: str, now: datetime) -> pa.Table:
    """Return rows of the table ``link``: from each record's own identity to each of its others."""
    ones: list[Array] = []
    others: list[Array] = []
    records: list[Array] = []
    keys = keys.combine_chunks() if isinstance(keys, pa.ChunkedArray) else keys
    for column in owners.columns:
        linked = pc.fill_null(pc.not_equal(column, owners.own), fill_value=False)
        ones.append(owners.own.filter(linked))
        others.append(column.filter(linked))
        records.append(keys.filter(linked))
    one, other = _joined(ones, pa.int64()), _joined(others, pa.int64())
    count = len(one)
    pairs = pa.table(
        {
            "a": pc.min_element_wise(one, other),
            "b": pc.max_element_wise(one, other),
            "reason": _constant("same_record", count, pa.string()),
            "strength": _constant(SAME_RECORD, count, pa.int16()),
            "source": _constant(source, count, pa.string()),
            "record_key": _joined(records, pa.string()),
            "at": _constant(stored(now), count, _STAMP),
        }
    )
    return _first_of(pairs, ["a", "b"])


def filled(table: pa.Table, count: int, source: str) -> pa.Table:
    """Return ``table`` with its source named in each of its ``count`` rows."""
    return table.append_column("source", _constant(source, count, pa.string()))


def _wanted(chunk: Chunk, item: ObjectMapping) -> tuple[pa.Table, Array]:
    """Return the rows that the mapping asks for, with their lines."""
    rows, lines = chunk.rows, chunk.lines
    for name, values in item.only.items():
        accepted = pa.array([values] if isinstance(values, str) else values, pa.string())
        kept = pc.is_in(as_text(rows[name]), value_set=accepted)
        rows, lines = rows.filter(kept), lines.filter(kept)
    return rows, lines


def _fields(rows: pa.Table, frame: Frame) -> Iterator[tuple[str, Array, tuple[Fault, ...]]]:
    """Yield (field, values, faults) of every mapped field; money gives its currency too."""
    for name in frame.item.fields:
        spec = frame.item.column(name) or Column()
        kind = spec.type or frame.known.fields[name].type
        source = rows[spec.column] if spec.column else _constant(spec.value, rows.num_rows)
        found = converted(source, spec, kind, frame.mapping.zone, frame.now)
        values, faults = found.values, found.faults
        if spec.times:
            times = converted(rows[spec.times], Column(spec.times), "number", "UTC", frame.now)
            product = pc.multiply(pc.cast(values, pa.float64()), times.values)
            values = pc.cast(pc.round(product), pa.int64()) if kind == "money" else product
            faults += times.faults
        if kind != "money":
            yield name, values, faults
            continue
        yield f"{name}_micros", values, faults
        if spec.currency or spec.currency_column:
            currency = as_text(rows[spec.currency_column]) if spec.currency_column else None
            yield "currency", _constant(spec.currency, rows.num_rows) if currency is None else currency, ()


def _ids(text: Array, kind: str, identifiers: Identifiers, found: dict[int, Identity]) -> Array:
    """Return the identity of each value, collecting the identities met."""
    encoded = pc.dictionary_encode(text)
    ids: list[int | None] = []
    for raw in encoded.dictionary.to_pylist():
        identity = None if raw is None else identifiers.identity(kind, raw)
        if identity is not None:
            found[identity.id] = identity
        ids.append(None if identity is None else identity.id)
    return pa.array(ids, pa.int64()).take(encoded.indices)


def _unusable(text: Array, ids: Array, column: str, reason: str) -> list[Fault]:
    lost = pc.and_(pc.is_valid(text), pc.is_null(ids))
    rows = pc.indices_nonzero(lost).to_pylist()
    return [Fault(reason, column, row, text[row].as_py()[:200]) for row in rows]


def _first_of(table: pa.Table, keys: list[str]) -> pa.Table:
    """Return one row a distinct ``keys``: the first."""
    if not table.num_rows:
        return table
    numbered = table.append_column("_row", pa.array(range(table.num_rows), pa.int64()))
    first = numbered.group_by(keys).aggregate([("_row", "min")])["_row_min"]
    return table.take(first)


def _joined(arrays: list[Array], kind: Any) -> Array:
    return pa.concat_arrays(arrays) if arrays else pa.array([], kind)


def _constant(value: object, count: int, kind: Any = None) -> Array:
    return pa.repeat(pa.scalar(value, kind), count)
