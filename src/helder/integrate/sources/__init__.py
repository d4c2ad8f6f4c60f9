"""Sources: one folder a type, found by its entry point ``helder.sources``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol, TypeAlias, runtime_checkable

import msgspec
import pyarrow as pa
from ibis.expr.types import Expr

from helder.integrate.mapping import MappingError, ObjectMapping, SourceMapping, nearest

Styles: TypeAlias = tuple[tuple[str, str], ...]
"""(column, strftime pattern) of moments that a source keeps as text."""


class BadLine(msgspec.Struct, frozen=True):
    """A line that could not be read."""

    line: int
    reason: str
    """ragged_row | bad_json | too_long | no_key | …"""
    body: str
    """The line as it came, cut off at 2,000 characters."""


class Chunk(msgspec.Struct, frozen=True):
    """Some rows of a file, with the lines that were no rows."""

    rows: pa.Table
    lines: pa.Array
    """int64: the line in the file of each row (the row's number, in files without lines)."""
    bad: tuple[BadLine, ...] = ()
    repaired: dict[str, int] = {}
    """How many values were repaired, by reason: cp1252 | mojibake."""
    done: float = 1.0
    """Share of the file that was read, 0–1."""


@runtime_checkable
class CopiedSource(Protocol):
    """A type of source whose rows are imported."""

    def columns(self, item: ObjectMapping, folder: Path) -> list[str]:
        """Return the columns that are there now."""
        ...

    def chunks(self, item: ObjectMapping, folder: Path) -> Iterator[Chunk]:
        """Read everything, some rows at a time."""
        ...

    def fingerprint(self, item: ObjectMapping, folder: Path) -> str:
        """Return a text that changes when the content does."""
        ...


class LiveConnection(Protocol):
    """A live source, opened to read."""

    def version(self) -> str:
        """Return a text that changes when tables or columns do."""
        ...

    def columns(self, table: str) -> dict[str, str]:
        """Return column → Ibis type of a table, as they are now."""
        ...

    def first(self, table: str, column: str) -> object:
        """Return the first value in ``column``, to see how it is written; None when there is none."""
        ...

    def run(self, expr: Expr, ids: Sequence[object] | None = None, styles: Styles = ()) -> pa.Table:
        """Answer ``expr`` at the source.

        Args:
            expr: unbound, over one table of the source.
            ids: only rows whose column ``key`` is among them, bound as one parameter.
            styles: how moments kept as text are written: (column, strftime pattern).
        """
        ...

    def close(self) -> None:
        """Let go of the source."""
        ...


@runtime_checkable
class LiveSource(Protocol):
    """A type of source that is asked, never copied."""

    def connect(self, mapping: SourceMapping, folder: Path, timeout: float) -> LiveConnection:
        """Open the source to read.

        Raises:
            Unavailable: saying why it cannot be asked now.
        """
        ...


class WebSource(Protocol):
    """A type of source that sends events to the collector."""

    web: bool


@cache
def source_type(name: str) -> CopiedSource | LiveSource | WebSource:
    """Return the source type called ``name``.

    Raises:
        MappingError: when no package offers it.
    """
    offered = {point.name: point for point in entry_points(group="helder.sources")}
    if name not in offered:
        raise MappingError(f"type = {name!r} is no type of source; {nearest(name, offered)}")
    return offered[name].load()
