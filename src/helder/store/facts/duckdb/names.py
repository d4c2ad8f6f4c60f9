"""Names in SQL text. They are never taken on trust: only what the schema has is let through."""

from __future__ import annotations

import pyarrow as pa

from helder.store.facts.schema import SCHEMAS


def known(table: str) -> str:
    """Return ``table`` in quotes; raises KeyError when it is none of ours."""
    if table not in SCHEMAS:
        raise KeyError(table)
    return f'"{table}"'


def column(table: str, name: str) -> str:
    """Return the column ``name`` in quotes; raises KeyError when ``table`` has no such column."""
    if name not in SCHEMAS[table]:
        raise KeyError(f"{table} has no column {name}")
    return f'"{name}"'


def stamped(rows: pa.Table, table: str, number: int) -> pa.Table:
    """Return ``rows`` with their batch number; raises KeyError for columns that ``table`` does not have."""
    if unknown := set(rows.column_names) - set(SCHEMAS[table]):
        raise KeyError(f"{table} has no column {', '.join(sorted(unknown))}")
    if "batch" in rows.column_names:
        rows = rows.drop_columns(["batch"])
    if "batch" not in SCHEMAS[table]:
        return rows
    return rows.append_column("batch", pa.repeat(pa.scalar(number, pa.int64()), rows.num_rows))
