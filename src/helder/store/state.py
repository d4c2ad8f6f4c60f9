"""State: what was decided and what is under way, in a relational database through SQLAlchemy Core."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import OperationalError

from helder.store.refusals import passing
from helder.store.tables.base import metadata, watermark


class State:
    """The state of one installation. Safe to share between threads; every ``read`` and ``write`` has its connection."""

    def __init__(self, engine: Engine) -> None:
        """Use ``engine``."""
        self.engine = engine

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a connection whose answers are all of one moment."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Begin a transaction that holds the write lock from its start; committed on leaving, undone on an error.

        Raises:
            DiskFull: when there is no room.
            Locked: when another program does not let go of it.
        """
        try:
            with self.engine.connect().execution_options(helder_write=True) as connection, connection.begin():
                yield connection
        except OperationalError as error:
            known = passing(error.orig, "the state")
            if known is None:
                raise
            raise known from error

    def position(self, stage: str) -> int:
        """Return the watermark of ``stage`` (0 at first)."""
        with self.read() as connection:
            found = connection.scalar(select(watermark.c.position).where(watermark.c.stage == stage))
        return int(found or 0)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def move(connection: Connection, stage: str, position: int) -> None:
    """Set the watermark of ``stage`` within the transaction of ``connection``."""
    row = insert(watermark).values(stage=stage, position=position)
    connection.execute(row.on_conflict_do_update(index_elements=["stage"], set_={"position": position}))


def open_state(path: Path) -> State:
    """Open the SQLite state at ``path``. Tables are made by ``helder.store.migrations.upgrade``."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30, "check_same_thread": False})
    _prepare_sqlite(engine)
    return State(engine)


def create_all(state: State) -> None:
    """Make all tables at once: for tests and for the first migration's check."""
    metadata.create_all(state.engine)


def _prepare_sqlite(engine: Engine) -> None:
    """Set durability, and take transactions over from the driver.

    pysqlite begins transactions late and only before writes; a read that later writes would then fail with "database
    is locked" at once instead of waiting. SQLAlchemy documents this recipe ("Serializable isolation / Savepoints").
    """

    @event.listens_for(engine, "connect")
    def _connect(raw: Any, _record: object) -> None:
        raw.isolation_level = None
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 30000", "foreign_keys = ON"):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("helder_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
