"""Tests of the migrations of state."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from helder.store.migrations import revision, upgrade
from helder.store.refusals import DamagedData, NewerData
from helder.store.state import State, create_all, open_state


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    opened = open_state(tmp_path / "state.db")
    yield opened
    opened.close()


def shape(state: State) -> dict[str, object]:
    """Return all that SQLite knows of the tables, apart from Alembic's own."""
    seen = inspect(state.engine)
    return {
        name: {
            "columns": [{**column, "type": str(column["type"])} for column in seen.get_columns(name)],
            "key": seen.get_pk_constraint(name),
            "unique": sorted(map(str, seen.get_unique_constraints(name))),
            "foreign": sorted(map(str, seen.get_foreign_keys(name))),
            "indexes": sorted(map(str, seen.get_indexes(name))),
        }
        for name in seen.get_table_names()
        if name != "alembic_version"
    }


def test_migrations_make_the_tables_of_the_code(state: State, tmp_path: Path) -> None:
    """Tables made by the migrations equal those that the code describes."""
    upgrade(state)
    other = open_state(tmp_path / "other.db")
    create_all(other)
    migrated, described = shape(state), shape(other)
    other.close()
    assert len(described) > 15
    assert migrated == described


def test_upgrading_twice_does_nothing(state: State) -> None:
    """The second upgrade applies no revision and leaves rows alone."""
    assert upgrade(state)[0] == "0001"
    with state.write() as connection:
        connection.execute(text("INSERT INTO watermark VALUES ('advance', 7)"))
    assert upgrade(state) == []
    assert state.position("advance") == 7


def test_two_processes_upgrade_at_once(tmp_path: Path) -> None:
    """Of several that open a new data folder together, one migrates and the others wait for it."""
    done: list[list[str]] = []

    def go() -> None:
        state = open_state(tmp_path / "state.db")
        done.append(upgrade(state))
        state.close()

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 4
    assert len([applied for applied in done if applied]) == 1


def test_a_newer_state_is_refused(state: State) -> None:
    """A state that a newer Helder made is refused, with both versions named, and stays as it is."""
    upgrade(state)
    with state.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerData, match=r"9999.*0\d\d\d"):
        upgrade(state)
    assert revision(state) == "9999"


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """A damaged file gives an error that says what to do, and keeps its bytes."""
    path = tmp_path / "state.db"
    path.write_bytes(b"this is not a database" * 100)
    state = open_state(path)
    with pytest.raises(DamagedData, match="backup"):
        upgrade(state)
    state.close()
    assert path.read_bytes().startswith(b"this is not")


def test_a_failing_migration_leaves_nothing(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a revision fails half-way, none of the tables of that upgrade are there."""
    from alembic.operations import Operations

    made = []
    create = Operations.create_table

    def fail_at_tenth(self: Operations, name: str, *columns: object, **options: object) -> object:
        made.append(name)
        if len(made) == 10:
            raise RuntimeError("planted")
        return create(self, name, *columns, **options)

    monkeypatch.setattr(Operations, "create_table", fail_at_tenth)
    with pytest.raises(RuntimeError, match="planted"):
        upgrade(state)
    assert len(made) == 10
    assert inspect(state.engine).get_table_names() == []


def test_state_is_durable(state: State) -> None:
    """Every connection writes ahead, waits for the disk at each commit, waits for others, and keeps foreign keys."""
    upgrade(state)
    with state.read() as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in
                 ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")}  # fmt: skip
    assert found == {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 30_000, "foreign_keys": 1}
