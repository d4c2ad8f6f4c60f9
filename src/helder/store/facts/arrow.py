"""Arrow types of the facts' columns."""

from __future__ import annotations

import pyarrow as pa

from helder.store.facts.schema import SCHEMAS

ARROW: dict[str, pa.DataType] = {
    "int64": pa.int64(),
    "int16": pa.int16(),
    "string": pa.string(),
    "timestamp(6)": pa.timestamp("us"),
    "date": pa.date32(),
    "boolean": pa.bool_(),
    "float64": pa.float64(),
}
"""By type of the schema."""


def nothing(table: str) -> pa.Table:
    """Return no rows of ``table``."""
    return pa.schema([(name, ARROW[kind]) for name, kind in SCHEMAS[table].items()]).empty_table()


def whole(table: str, rows: list[pa.Table]) -> pa.Table:
    """Return ``rows`` together, with every column of ``table``; what they do not have is null."""
    return pa.concat_tables([nothing(table), *(_whole(table, each) for each in rows)])


def _whole(table: str, rows: pa.Table) -> pa.Table:
    kinds = {name: ARROW[kind] for name, kind in SCHEMAS[table].items()}
    there = set(rows.column_names)
    columns = [rows.column(name).cast(kind) if name in there else pa.nulls(rows.num_rows, kind)
               for name, kind in kinds.items()]  # fmt: skip
    return pa.table(columns, names=list(kinds))
