"""SQLite databases, asked where they are: opened read-only for one question, and closed again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import ibis
import pyarrow as pa
from ibis.expr.types import Expr

from helder.clock import stopwatch
from helder.errors import Unavailable
from helder.integrate.live_sql import live_sql
from helder.integrate.mapping import SourceMapping
from helder.integrate.sources import Styles

_TYPES = (
    ("INT", "int64"), ("CHAR", "string"), ("CLOB", "string"), ("TEXT", "string"), ("BLOB", "binary"),
    ("REAL", "float64"), ("FLOA", "float64"), ("DOUB", "float64"), ("NUM", "float64"), ("DEC", "float64"),
)  # fmt: skip
"""Column affinity (https://sqlite.org/datatype3.html, 3.1) as Ibis types; dates and all else are text."""
_STEPS = 10_000
"""Virtual machine instructions between two looks at the time."""


class Sqlite:
    """The type of source."""

    def connect(self, mapping: SourceMapping, folder: Path, timeout: float) -> SqliteConnection:
        """Return a connection to the database of ``mapping``, which lies in ``folder``."""
        return SqliteConnection(mapping.source, folder / mapping.database, timeout)


class SqliteConnection:
    """One database. Each question opens it anew, so that a file put in its place is seen."""

    def __init__(self, source: str, path: Path, timeout: float) -> None:
        """Ask ``path`` for at most ``timeout`` seconds a question."""
        self._source = source
        self._path = path
        self._timeout = timeout

    def version(self) -> str:
        """Return the number that SQLite counts changes of the schema with, and which file it is."""
        with self._asked() as connection:
            number = connection.execute("PRAGMA schema_version").fetchone()[0]
        return f"{number}-{self._path.stat().st_ino}"

    def columns(self, table: str) -> dict[str, str]:
        """Return column → Ibis type of ``table``; none when there is no such table."""
        with self._asked() as connection:
            rows = connection.execute("SELECT name, type FROM pragma_table_info(?)", [table]).fetchall()
        return {name: _ibis_type(declared) for name, declared in rows}

    def first(self, table: str, column: str) -> object:
        """Return the first value in ``column``, to see how it is written; None when there is none."""
        one = ibis.table({column: "string"}, name=table)
        # Under a name of its own: a table's only known column, selected as it is, is compiled to SELECT *.
        expr = one.filter(one[column].notnull()).select(_first=one[column]).limit(1)
        with self._asked() as connection:
            found = connection.execute(live_sql(expr, "sqlite")).fetchone()
        return found[0] if found else None

    def run(self, expr: Expr, ids: Sequence[object] | None = None, styles: Styles = ()) -> pa.Table:
        """Answer ``expr``; with ``ids``, bound as one parameter, only for rows whose ``key`` is among them."""
        sql = live_sql(expr, "sqlite", restricted=ids is not None, styles=styles)
        bound = [] if ids is None else [json.dumps(list(ids))]
        with self._asked() as connection:
            if "_IBIS_" in sql.upper():
                ibis.sqlite.from_connection(connection)
            rows = connection.execute(sql, bound).fetchall()
        columns = list(zip(*rows, strict=True)) or [()] * len(expr.columns)
        return pa.table({name: _column(values) for name, values in zip(expr.columns, columns, strict=True)})

    def close(self) -> None:
        """Do nothing: no connection stays open."""

    @contextmanager
    def _asked(self) -> Iterator[sqlite3.Connection]:
        """Open the database for one question, and say in words why it cannot be answered."""
        if not self._path.is_file():
            raise Unavailable(f"{self._source} is not there: {self._path.name} is missing.")
        ends = stopwatch() + self._timeout
        try:
            address = f"file:{quote(str(self._path))}?mode=ro"
            with closing(sqlite3.connect(address, uri=True, timeout=self._timeout, isolation_level=None)) as connection:
                connection.set_progress_handler(lambda: stopwatch() > ends, _STEPS)
                yield connection
        except sqlite3.Error as error:
            raise Unavailable(f"{self._source} {_reason(error, self._timeout)}") from error


def _reason(error: sqlite3.Error, timeout: float) -> str:
    """Return the end of a sentence that begins with the source."""
    told = str(error)
    if "locked" in told or "busy" in told:
        return f"is locked by another program for longer than {timeout:g} seconds."
    if "interrupted" in told:
        return f"did not answer within {timeout:g} seconds."
    if "not a database" in told or "malformed" in told:
        return f"is corrupt: {told}. Restore it from a backup."
    if "no such column" in told or "no such table" in told:
        return f"has changed: {told}. Mend its mapping file."
    return f"cannot be asked: {told}."


def _ibis_type(declared: str) -> str:
    upper = declared.upper()
    if "DATE" in upper or "TIME" in upper:
        return "string"
    return next((kind for part, kind in _TYPES if part in upper), "string")


def _column(values: Sequence[object]) -> pa.Array:
    """Return values as a column; where SQLite mixed types in one column, all become text."""
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())


SOURCE = Sqlite()
