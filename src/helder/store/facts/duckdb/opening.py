"""Opening a facts file, or saying why not."""

from __future__ import annotations

from typing import Any

import duckdb

from helder.errors import HelderError, Unavailable
from helder.store.refusals import DamagedData, NewerData

_CHECKPOINT_AT = "256MB"
"""Log size that makes DuckDB checkpoint by itself, in the middle of a batch; ``maintain`` does it before that."""


def connect(path: str, memory_limit: str, threads: int) -> duckdb.DuckDBPyConnection:
    """Open the file at ``path`` (``":memory:"`` for none) as its one owner.

    Raises:
        Unavailable: when another process holds it, or its folder is not there.
        DamagedData: when it is no facts file, or a page contradicts its checksum.
        NewerData: when a newer DuckDB wrote it.
    """
    config: dict[str, Any] = {
        "memory_limit": memory_limit,
        "threads": threads,
        "preserve_insertion_order": False,
        "checkpoint_threshold": _CHECKPOINT_AT,
        # Nothing is fetched from the network behind an operator's back.
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if path != ":memory:":
        config["temp_directory"] = f"{path}.tmp"
    try:
        connection = duckdb.connect(path, config=config)
    except duckdb.Error as error:
        raise _explained(str(error), path) from error
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def _explained(said: str, path: str) -> HelderError:
    """Return what DuckDB said when it could not open the file, as one of our errors."""
    if "lock" in said and "Conflicting" in said:
        return Unavailable(f"The facts are in use by another process: {said}")
    if "version number" in said:
        return NewerData(f"{path} was written by a newer DuckDB; run the newer Helder. ({said})")
    if any(word in said for word in ("not a valid DuckDB", "orrupt", "checksum", "Serialization", "INTERNAL")):
        return DamagedData(f"{path} is damaged; restore it from a backup. ({said})")
    return Unavailable(f"The facts cannot be opened: {said}")
