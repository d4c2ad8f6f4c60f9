"""SQLite databases, asked where they are."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from helder.integrate.sources.sqlite import SqliteConnection


@pytest.fixture
def erp(tmp_path: Path) -> Path:
    """A database with orders of a text date, which is not their first column."""
    path = tmp_path / "erp.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE workshop_orders (order_no INTEGER PRIMARY KEY, customer_no TEXT, at TEXT)")
        connection.execute("INSERT INTO workshop_orders VALUES (1, 'K1', NULL), (2, 'K2', '2026-11-23T09:00:00Z')")
    return path


def test_the_first_value_is_of_the_column_that_is_asked(erp: Path) -> None:
    """How a column's moments are written is seen from its own first value, whatever columns stand before it.

    Taken from another column, moments would be compared in the wrong form, and orders of today be missed.
    """
    assert SqliteConnection("erp", erp, 5.0).first("workshop_orders", "at") == "2026-11-23T09:00:00Z"


def test_a_column_of_nulls_has_no_first_value(erp: Path) -> None:
    """Where there is nothing to see, nothing is seen."""
    with closing(sqlite3.connect(erp)) as connection, connection:
        connection.execute("DELETE FROM workshop_orders WHERE order_no = 2")
    assert SqliteConnection("erp", erp, 5.0).first("workshop_orders", "at") is None
