"""Why a file of ours cannot be used, now or at all. Nothing is ever changed in a file that is refused."""

from __future__ import annotations

import sqlite3
from typing import ClassVar

from helder.errors import HelderError, Unavailable


class NewerData(HelderError):
    """A newer version of Helder has worked in this data folder; this one does not know its tables."""

    code: ClassVar[str] = "newer-data"


class DamagedData(HelderError):
    """A file is no database, or its pages contradict each other."""

    code: ClassVar[str] = "damaged-data"


class DiskFull(Unavailable):
    """The disk of the data folder is full; nothing that was accepted is lost, and work goes on when there is room."""

    code: ClassVar[str] = "disk-full"


class Locked(Unavailable):
    """Another program holds a file of ours; work goes on when it lets go."""

    code: ClassVar[str] = "locked"


def passing(error: BaseException | None, name: str) -> Unavailable | None:
    """Return what a fault of SQLite on the file ``name`` means when it passes by itself; None when it does not."""
    if not isinstance(error, sqlite3.OperationalError):
        return None
    match error.sqlite_errorcode & 0xFF:  # the low byte: https://sqlite.org/rescode.html#extrc
        case sqlite3.SQLITE_FULL:
            return DiskFull(f"The disk is full: {name} cannot be written. Free some room; work goes on by itself.")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return Locked(f"{name} is locked by another program; work goes on when it lets go.")
        case sqlite3.SQLITE_IOERR:
            return Unavailable(f"{name} cannot be read or written now ({error}).")
    return None
