"""Between Arrow and what SQLite takes (tuples) and gives (a JSON array for each column).

A key column in SQLite cannot be null, a column of facts can (an order without a date): in key columns null is written
as a value that no fact has, and read back as null.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from helder.store.projections.layout import Layout

_NO_NUMBER = -(2**63)
_NO_TEXT = "\0null"
_SAMPLE = 500
_FEW = 50
_NUMBERS = msgspec.json.Decoder(list[int | None])
_TEXTS = msgspec.json.Decoder(list[str | None])


def to_tuples(layout: Layout, rows: pa.RecordBatch | pa.Table, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Yield ``rows`` as tuples of ``columns``; a column that is absent is null."""
    present = set(rows.column_names)
    lists = [_to_list(layout, name, rows.column(name)) if name in present else _absent(layout, name, rows.num_rows)
             for name in columns]  # fmt: skip
    return zip(*lists, strict=True)


def from_arrays(layout: Layout, found: Sequence[str], columns: Sequence[str]) -> pa.Table:
    """Return JSON arrays of ``columns``, as SQLite gave them, as a table of the same types as the facts'."""
    arrays = (_to_array(layout, name, text) for name, text in zip(columns, found, strict=True))
    return pa.table(dict(zip(columns, arrays, strict=True)))


def to_json(ids: Sequence[int] | np.ndarray) -> str:
    """Return ids as a JSON array: a set of any size is then one parameter of one statement (``json_each``)."""
    plain = ids.tolist() if isinstance(ids, np.ndarray) else ids
    return "[" + ",".join(map(str, plain)) + "]"


def _absent(layout: Layout, name: str, size: int) -> list[Any]:
    return [_nothing(layout, name) if name in layout.key else None] * size


def _nothing(layout: Layout, name: str) -> int | str:
    """Return what stands for null in the key column ``name``."""
    return _NO_TEXT if layout.sqlite_type(name) == "TEXT" else _NO_NUMBER


def _to_list(layout: Layout, name: str, column: pa.Array | pa.ChunkedArray) -> list[Any]:
    values = _as_plain(column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column)
    if values.null_count and name in layout.key:
        values = pc.fill_null(values.cast(pa.string() if layout.sqlite_type(name) == "TEXT" else pa.int64()),
                              _nothing(layout, name))  # fmt: skip
    if values.null_count == len(values):
        return [None] * len(values)
    if pa.types.is_string(values.type):
        return _texts(values)
    return values.to_pylist() if values.null_count else values.to_numpy(zero_copy_only=False).tolist()


def _as_plain(values: pa.Array) -> pa.Array:
    """Return moments as microseconds, dates as days, fractions as their bits; what SQLite knows stays as it is."""
    if pa.types.is_timestamp(values.type):
        return values.cast(pa.timestamp("us")).cast(pa.int64())
    if pa.types.is_date32(values.type):
        return values.cast(pa.int32())
    return values.view(pa.int64()) if pa.types.is_floating(values.type) else values


def _texts(values: pa.Array) -> list[str | None]:
    """Return texts; where few differ, each is made into a Python string once (a third of the time of a fill)."""
    if len(pc.unique(values[:_SAMPLE])) > _FEW:
        return values.to_numpy(zero_copy_only=False).tolist()
    encoded = values.dictionary_encode()
    words = np.array([*encoded.dictionary.to_pylist(), None], dtype=object)
    places = pc.fill_null(encoded.indices, len(words) - 1).to_numpy(zero_copy_only=False)
    return words[places].tolist()


def _to_array(layout: Layout, name: str, text: str) -> pa.Array:
    """Return a JSON array as an Arrow array."""
    kind = layout.arrow_type(name)
    if pa.types.is_string(kind):
        return _with_nulls(layout, name, pa.array(_TEXTS.decode(text), kind))
    numbers = _with_nulls(layout, name, pa.array(_NUMBERS.decode(text), pa.int64()))
    if pa.types.is_floating(kind):
        return numbers.view(kind)
    return numbers.cast(pa.int32()).cast(kind) if pa.types.is_date32(kind) else numbers.cast(kind)


def _with_nulls(layout: Layout, name: str, values: pa.Array) -> pa.Array:
    """Return ``values`` with null where a key column holds what stands for it."""
    if name not in layout.key:
        return values
    absent = pc.equal(values, pa.scalar(_nothing(layout, name), values.type))
    return pc.if_else(absent, pa.scalar(None, values.type), values) if pc.any(absent).as_py() else values
