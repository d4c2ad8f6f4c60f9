"""A new file with only what still is: the way to get deleted bytes off the disk."""

from __future__ import annotations

import contextlib
from pathlib import Path

import duckdb

from helder.store.facts.duckdb import statements


def compacted(connection: duckdb.DuckDBPyConnection, path: Path) -> Path:
    """Copy the database at ``path``, open as ``connection``, to a new file beside it, and return that.

    Nobody may write meanwhile. A copy that a crash left behind is thrown away first.
    """
    fresh = path.with_name(f"{path.name}.new")
    for leftover in (fresh, fresh.with_name(f"{fresh.name}.wal")):
        leftover.unlink(missing_ok=True)
    with contextlib.closing(connection.cursor()) as cursor:
        # DuckDB takes neither names of databases nor of files as parameters.
        here = '"' + str(cursor.execute("SELECT current_database()").fetchall()[0][0]).replace('"', '""') + '"'
        cursor.execute("ATTACH '" + str(fresh).replace("'", "''") + "' AS fresh")
        try:
            cursor.execute(statements.text("copy_to_fresh").replace("this_database", here))
            cursor.execute("CHECKPOINT fresh")
        finally:
            cursor.execute("DETACH fresh")
    return fresh
