"""The statements over projections, made from layouts. Names come from the schema alone; every value is bound."""

from __future__ import annotations

from collections.abc import Sequence

from helder.store.projections.layout import Layout


def create(layout: Layout) -> list[str]:
    """Return the statements that make the table and its indexes, where they are not there."""
    columns = [f'"{name}" {layout.sqlite_type(name)}' for name in layout.columns]
    body = ", ".join([*columns, f"PRIMARY KEY ({_names(layout.key)})"])
    table = f'CREATE TABLE IF NOT EXISTS "{layout.table}" ({body}) WITHOUT ROWID'
    return [table, *(_index(layout, column) for column in layout.indexed)]


def drop_indexes(layout: Layout) -> list[str]:
    """Return the statements that drop the indexes of the table."""
    return [f'DROP INDEX IF EXISTS "{layout.table}_{column}"' for column in layout.indexed]


def upsert(layout: Layout) -> str:
    """Return the statement that adds a row (all columns), or puts it in the place of an older one with its key.

    An older batch never overwrites a newer one: whichever range is replayed, and when, changes nothing.
    """
    marks = ", ".join("?" * len(layout.columns))
    renewed = ", ".join(f'"{name}" = excluded."{name}"' for name in layout.columns if name not in layout.key)
    return (
        f'INSERT INTO "{layout.table}" VALUES ({marks}) ON CONFLICT ({_names(layout.key)}) '
        f'DO UPDATE SET {renewed} WHERE excluded.batch >= "{layout.table}".batch'
    )


def discard(layout: Layout) -> str:
    """Return the statement that removes a version of a row: its key and its batch, so that no newer one goes along."""
    same = " AND ".join(f'"{name}" = ?' for name in (*layout.key, "batch"))
    return f'DELETE FROM "{layout.table}" WHERE {same}'


def select(layout: Layout, columns: Sequence[str], by: str, only: Sequence[str] = ()) -> str:
    """Return the statement that reads ``columns`` of the rows whose ``by`` is in a JSON array.

    It answers with one row: a JSON array for each column. Fifty thousand rows as tuples take three times as long, most
    of it in Python's garbage collector.

    Args:
        layout: the table.
        columns: what is read.
        by: the column that the first parameter, a JSON array, is about.
        only: columns that a further JSON array each is about.
    """
    arrays = ", ".join(f'json_group_array("{name}")' for name in columns)
    kept = " AND ".join(f'"{name}" IN (SELECT value FROM json_each(?))' for name in (by, *only))
    return f'SELECT {arrays} FROM "{layout.table}" WHERE {kept}'


def forget(layout: Layout, by: str) -> str:
    """Return the statement that deletes the rows whose ``by`` is in a JSON array."""
    return f'DELETE FROM "{layout.table}" WHERE "{by}" IN (SELECT value FROM json_each(?))'


def _index(layout: Layout, column: str) -> str:
    return f'CREATE INDEX IF NOT EXISTS "{layout.table}_{column}" ON "{layout.table}" ("{column}")'


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)
