"""Numbered migrations of state, by Alembic: ``versions/vNNNN_<what>.py``, each applied once, in order."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from helder.store.refusals import DamagedData, NewerData
from helder.store.state import State


def upgrade(state: State) -> list[str]:
    """Bring the tables of ``state`` to the newest version, all or nothing.

    Two processes may do so at once: the second waits for the first and finds nothing left to do.

    Returns:
        The revisions applied, oldest first.

    Raises:
        NewerData: when a newer Helder has been at work here; nothing is changed.
        DamagedData: when the file is no database.
    """
    config = _config()
    try:
        with state.write() as connection:
            before = _revision(connection)
            missing = _missing(ScriptDirectory.from_config(config), before)
            if missing:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
    except DatabaseError as error:
        raise DamagedData(f"The state cannot be read ({error.orig}); restore it from a backup.") from error
    return missing


def revision(state: State) -> str | None:
    """Return the revision that the tables of ``state`` have; None when there are none."""
    with state.read() as connection:
        return _revision(connection)


def waiting(state: State) -> list[str]:
    """Return the revisions that ``upgrade`` would apply, and apply none. Raises as ``upgrade``."""
    try:
        return _missing(ScriptDirectory.from_config(_config()), revision(state))
    except DatabaseError as error:
        raise DamagedData(f"The state cannot be read ({error.orig}); restore it from a backup.") from error


def _missing(scripts: ScriptDirectory, before: str | None) -> list[str]:
    """Return the revisions that come after ``before``."""
    known = [script.revision for script in scripts.walk_revisions()][::-1]
    if before is None:
        return known
    if before not in known:
        raise NewerData(
            f"The state is of version {before}, this Helder knows up to {known[-1]}: run the newer Helder, "
            "or restore the backup made before it."
        )
    return known[known.index(before) + 1 :]


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config
