"""Numbered migrations of the facts on DuckDB: files ``migrations/NNNN_<what>.sql``, each applied once, in order."""

from __future__ import annotations

from importlib.resources import files

import duckdb

from helder.store.refusals import NewerData


def migrate(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Apply what is missing, each migration in a transaction; return the names applied.

    Raises:
        NewerData: when the file has migrations that this Helder does not know; nothing is changed.
    """
    connection.execute("CREATE TABLE IF NOT EXISTS migration (name VARCHAR PRIMARY KEY)")
    done = {row[0] for row in connection.execute("SELECT name FROM migration").fetchall()}
    if unknown := sorted(done - set(_names())):
        raise NewerData(f"The facts were made by a newer Helder ({unknown[-1]}); run that one.")
    applied = [name for name in _names() if name not in done]
    for name in applied:
        connection.execute("BEGIN TRANSACTION")
        connection.execute((files("helder.store.facts.duckdb") / "migrations" / name).read_text("utf-8"))
        connection.execute("INSERT INTO migration VALUES (?)", [name])
        connection.execute("COMMIT")
    return applied


def _names() -> list[str]:
    """Return the names of all migrations, in order."""
    folder = files("helder.store.facts.duckdb") / "migrations"
    return sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
