"""The rows of each object of the catalogue, in the shape of its table in the facts."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Any, TypeAlias

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from helder.clock import stored
from helder.integrate.convert import by_distinct
from helder.integrate.names import NameKey, name_key
from helder.integrate.records import Frame, Records
from helder.store.facts.schema import SCHEMAS

Array: TypeAlias = Any
"""A pyarrow Array: its package carries no types."""
_STAMP = pa.timestamp("us")
_NAME_FIELDS = ("first_name", "infix", "last_name", "full_name")


def fact_rows(records: Records, frame: Frame) -> pa.Table:
    """Return the rows of the object's table, ready to append (without batch)."""
    make = _SPECIAL.get(frame.item.object, _plain_rows)
    return make(records, frame)


def name_rows(records: Records, key: bytes) -> pa.Table:
    """Return rows of the table ``name_key``: what corroborates who the records are of."""
    table = records.table
    empty = pa.nulls(table.num_rows, pa.string())
    parts = [table[name] if name in table.column_names else empty for name in _NAME_FIELDS]
    first, infix, last, full = (pc.fill_null(part, "").to_pylist() for part in parts)
    names = list(zip(first, infix, last, full, strict=True))
    made = {name: name_key(name[0], name[1], name[2], name[3], key) for name in set(names)}
    owners = table["identity_id"].to_pylist()
    known = {
        (owner, made[name])
        for owner, name in zip(owners, names, strict=True)
        if owner is not None and made[name].surname
    }
    return _name_table(sorted(known))


def _name_table(known: list[tuple[int, NameKey]]) -> pa.Table:
    columns: dict[str, Array] = {"identity_id": pa.array([owner for owner, _ in known], pa.int64())}
    for field, column in (("surname", "surname_key"), ("first", "first_key"), ("initial", "initial_key")):
        columns[column] = pa.array([getattr(name, field) for _, name in known], pa.int64())
    columns["near"] = pa.array([name.near for _, name in known], pa.string())
    return pa.table(columns)


def _plain_rows(records: Records, frame: Frame) -> pa.Table:
    """Return rows of a table whose columns are called as the fields are."""
    schema = SCHEMAS[frame.known.table]
    table = records.table
    columns = {name: table[name] for name in table.column_names if name in schema}
    columns["source"] = pa.repeat(frame.mapping.source, table.num_rows)
    columns["extra"] = extra_column(records, frame)
    return pa.table(columns)


def _orders(records: Records, frame: Frame) -> pa.Table:
    """Return orders: a return counts negatively."""
    rows = _plain_rows(records, frame)
    kind = "return" if frame.item.object == "return" else "order"
    if "kind" not in rows.column_names:
        rows = rows.append_column("kind", pa.repeat(kind, rows.num_rows))
    if kind == "return" and "amount_micros" in rows.column_names:
        negative = pc.negate(pc.abs(rows["amount_micros"]))
        rows = rows.set_column(rows.column_names.index("amount_micros"), "amount_micros", negative)
    return rows


def _people(records: Records, frame: Frame) -> pa.Table:
    """Return person records, with addresses and numbers in their normal form."""
    rows = _plain_rows(records, frame)
    columns = {name: rows[name] for name in rows.column_names}
    values = {identity.id: identity.value for identity in records.owners.identities.values()}
    for kind in ("email", "phone"):
        ids = [ids for (named, _), ids in zip(frame.item.kinds(), records.owners.columns, strict=True) if named == kind]
        if ids:
            columns[kind] = pa.array([values.get(item) for item in pc.coalesce(*ids).to_pylist()], pa.string())
        elif kind in columns:
            columns[kind] = by_distinct(columns[kind], lambda raw, kind=kind: _value(frame, kind, raw), pa.string())
    if "postcode" in columns:
        columns["postcode"] = by_distinct(columns["postcode"], postcode, pa.string())
    if "full_name" in records.table.column_names:
        columns.setdefault("last_name", records.table["full_name"])
    columns["seen_at"] = pa.repeat(pa.scalar(stored(frame.now), _STAMP), rows.num_rows)
    return pa.table({name: column for name, column in columns.items() if name in SCHEMAS["person_record"]})


def _events(records: Records, frame: Frame) -> pa.Table:
    """Return events: what a tool other than our own collector saw."""
    table = records.table
    count = table.num_rows
    there = table.column_names
    source = frame.mapping.source
    key = f"{source}\0{frame.item.place}\0"
    ids = [_digest(key + record) for record in table["record_key"].to_pylist()]
    received = pa.repeat(pa.scalar(stored(frame.now), _STAMP), count)
    columns = {
        "message_id": pa.array(ids, pa.string()),
        "identity_id": table["identity_id"],
        "type": table["type"] if "type" in there else pa.repeat("track", count),
        "source": pa.repeat(source, count),
        "received_at": received,
        "properties": extra_column(records, frame),
        "context": pa.repeat("{}", count),
    }
    renamed = {"name": "name", "at": "at", "url": "url", "value_micros": "value_micros", "currency": "currency"}
    columns |= {column: table[name] for name, column in renamed.items() if name in there}
    return pa.table(columns)


def extra_column(records: Records, frame: Frame) -> Array:
    """Return the fields that mapping files added as JSON text, one object a row; null fields are left out."""
    stored_fields = SCHEMAS[frame.known.table]
    names = [
        name
        for name in records.table.column_names
        if name not in stored_fields and name not in _NAME_FIELDS and name != "record_key"
    ]
    if not names:
        return pa.repeat("{}", records.table.num_rows)
    encode = msgspec.json.Encoder().encode
    columns = [records.table[name].to_pylist() for name in names]
    texts = [
        encode({name: value for name, value in zip(names, row, strict=True) if value is not None}).decode()
        for row in zip(*columns, strict=True)
    ]
    return pa.array(texts, pa.string())


def postcode(raw: str) -> str:
    """Return a postcode as it is written: ``1234 AB``, others in capitals as they are."""
    plain = raw.replace(" ", "").upper()
    return (
        f"{plain[:4]} {plain[4:]}" if len(plain) == 6 and plain[:4].isdigit() and plain[4:].isalpha() else raw.upper()
    )


def _value(frame: Frame, kind: str, raw: str) -> str | None:
    identity = frame.identifiers.identity(kind, raw)
    return None if identity is None else identity.value


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=12).hexdigest()


_SPECIAL: dict[str, Callable[[Records, Frame], pa.Table]] = {
    "person": _people,
    "order": _orders,
    "return": _orders,
    "event": _events,
}
