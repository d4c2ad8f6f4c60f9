"""The statements over projections, made from layouts. Names come from the schema alone; every value is bound."""

from __future__ import annotations

from collections.abc import Sequence

from helder.store.projections.layout import Layout


def create(layout: Layout) -> list[str]:
    """Return the statements that make the table and its indexes, where they are not there."""
    columns = [f'"{name}" {layout.sqlite_type(name)}' for name in layout.columns]
    body = ", ".join([*columns, f"PRIMARY KEY ({_names(layout.key)})"])
    table = f'CREATE TABLE IF NOT EXISTS "{layout.table}" ({body}) WITHOUT ROWID'
    tail = _create_tail(layout) if layout.tailed else []
    return [table, *(_index(layout, column) for column in layout.indexed), *tail]


def drop_indexes(layout: Layout) -> list[str]:
    """Return the statements that drop the indexes of the table."""
    return [f'DROP INDEX IF EXISTS "{layout.table}_{column}"' for column in layout.indexed]


def upsert(layout: Layout, table: str = "") -> str:
    """Return the statement that adds a row (all columns), or puts it in the place of an older one with its key.

    An older batch never overwrites a newer one: whichever range is replayed, and when, changes nothing.
    """
    marks = ", ".join("?" * len(layout.columns))
    return _upsert(layout, table or layout.table, f"VALUES ({marks})")


def discard(layout: Layout) -> str:
    """Return the statement that removes a version of a row: its key and its batch, so that no newer one goes along."""
    return f'DELETE FROM "{layout.table}" WHERE {_bound((*layout.key, "batch"))}'


def overtake(layout: Layout) -> str:
    """Return the statement that removes from the tail what is no newer than a row (its key and its batch)."""
    return f'DELETE FROM "{layout.tail}" WHERE {_bound(layout.key)} AND batch <= ?'


def next_of_tail(layout: Layout) -> str:
    """Return the statement that finds rows of the tail past a key, so many, in the order of the key: rowid and key."""
    names, marks = _names(layout.key), ", ".join("?" * len(layout.key))
    return f'SELECT rowid, {names} FROM "{layout.tail}" WHERE ({names}) > ({marks}) ORDER BY {names} LIMIT ?'


def merge(layout: Layout) -> tuple[str, str]:
    """Return the statements that copy the rows of the tail whose rowid is in a JSON array, and remove them there."""
    chosen = "WHERE rowid IN (SELECT value FROM json_each(?))"
    rows = f'SELECT {_names(layout.columns)} FROM "{layout.tail}" {chosen} ORDER BY {_names(layout.key)}'
    return _upsert(layout, layout.table, rows), f'DELETE FROM "{layout.tail}" {chosen}'


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
    return f'SELECT {_arrays(columns)} FROM "{layout.table}" WHERE {_among((by, *only))}'


def select_tail(layout: Layout, columns: Sequence[str], by: str, only: Sequence[str] = ()) -> str:
    """Return the statement that reads the tail as ``select`` reads the table, but for what is newer there."""
    same = _same(layout, "newer", layout.tail)
    newer = f'SELECT 1 FROM "{layout.table}" AS newer WHERE {same} AND newer.batch > "{layout.tail}".batch'
    return f'SELECT {_arrays(columns)} FROM "{layout.tail}" WHERE {_among((by, *only))} AND NOT EXISTS ({newer})'


def select_rest(layout: Layout, columns: Sequence[str], by: str, only: Sequence[str] = ()) -> str:
    """Return ``select`` without the rows that ``select_tail`` answers with."""
    keys = ", ".join(f'waits."{name}"' for name in layout.key)
    # Few wait, and next to none of them lie in the table as well: nearly always an empty set, found once.
    waiting = (
        f'SELECT {keys} FROM "{layout.tail}" AS waits CROSS JOIN "{layout.table}" AS lies '
        f'WHERE waits."{by}" IN (SELECT value FROM json_each(?1)) AND {_same(layout, "lies", "waits")} '
        f"AND waits.batch >= lies.batch"
    )
    return f"{select(layout, columns, by, only)} AND ({_names(layout.key)}) NOT IN ({waiting})"


def count(layout: Layout) -> str:
    """Return the statement that counts the rows; what lies in table and tail is one row."""
    if not layout.tailed:
        return f'SELECT count(*) FROM "{layout.table}"'
    both = f'"{layout.tail}" AS waits CROSS JOIN "{layout.table}" AS lies WHERE {_same(layout, "lies", "waits")}'
    return (
        f'SELECT (SELECT count(*) FROM "{layout.table}") + (SELECT count(*) FROM "{layout.tail}") '
        f"- (SELECT count(*) FROM {both})"
    )


def forget(layout: Layout, by: str) -> list[str]:
    """Return the statements that delete the rows whose ``by`` is in a JSON array."""
    return [f'DELETE FROM "{table}" WHERE "{by}" IN (SELECT value FROM json_each(?))' for table in layout.tables]


def _create_tail(layout: Layout) -> list[str]:
    """Return the statements that make the tail: rows in the order in which they come, found by their key."""
    columns = ", ".join(
        f'"{name}" {layout.sqlite_type(name)}{" NOT NULL" if name in layout.key else ""}' for name in layout.columns
    )
    return [
        f'CREATE TABLE IF NOT EXISTS "{layout.tail}" ({columns})',
        f'CREATE UNIQUE INDEX IF NOT EXISTS "{layout.tail}_key" ON "{layout.tail}" ({_names(layout.key)})',
    ]


def _upsert(layout: Layout, table: str, rows: str) -> str:
    renewed = ", ".join(f'"{name}" = excluded."{name}"' for name in layout.columns if name not in layout.key)
    return (
        f'INSERT INTO "{table}" {rows} ON CONFLICT ({_names(layout.key)}) '
        f'DO UPDATE SET {renewed} WHERE excluded.batch >= "{table}".batch'
    )


def _arrays(columns: Sequence[str]) -> str:
    return ", ".join(f'json_group_array("{name}")' for name in columns)


def _among(names: Sequence[str]) -> str:
    """Return the condition that each column is in a JSON array of its own, the parameters in their order."""
    return " AND ".join(f'"{name}" IN (SELECT value FROM json_each(?{at}))' for at, name in enumerate(names, 1))


def _bound(names: Sequence[str]) -> str:
    return " AND ".join(f'"{name}" = ?' for name in names)


def _same(layout: Layout, one: str, other: str) -> str:
    """Return the condition that rows of two tables have one key."""
    return " AND ".join(f'"{one}"."{name}" = "{other}"."{name}"' for name in layout.key)


def _index(layout: Layout, column: str) -> str:
    return f'CREATE INDEX IF NOT EXISTS "{layout.table}_{column}" ON "{layout.table}" ("{column}")'


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)
