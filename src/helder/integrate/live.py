"""Live sources: asked where they are. Nothing of their rows is kept but the identity index."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import ibis
import msgspec
import pyarrow as pa
from ibis.expr.operations import UnboundTable
from ibis.expr.types import Expr, Table, Value

from helder.errors import Unavailable
from helder.govern.entries import read_catalogue
from helder.integrate.definitions import SourceDefinition, read_definition
from helder.integrate.mapping import Column, ColumnGone, ObjectMapping, SourceMapping, missing_columns
from helder.integrate.sources import LiveConnection, LiveSource, Styles, source_type
from helder.store.state import State

_MICROS = 1_000_000
_STYLES = (
    (r"\d{4}-\d\d-\d\d", "%Y-%m-%d"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "%Y-%m-%dT%H:%M:%SZ"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", "%Y-%m-%dT%H:%M:%S.%fZ"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", "%Y-%m-%dT%H:%M:%S+00:00"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", "%Y-%m-%dT%H:%M:%S"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "%Y-%m-%d %H:%M:%S"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}", "%Y-%m-%d %H:%M:%S.%f"),
)

_USUAL = "%Y-%m-%d %H:%M:%S"


class LiveObject(msgspec.Struct, frozen=True):
    """An object at a live source, in the catalogue's terms."""

    source: str
    name: str
    table: Table
    """Unbound: ``key`` and the catalogue's fields as typed columns, over the source's own table."""
    kind: str
    """Identity kind of the column ``key``."""
    kinds: Mapping[str, str]
    """Kind of each field: text, number, money (micros), time, date, flag, choice."""
    styles: Styles
    """How moments that are kept as text are written."""


class LiveSources:
    """All live sources of this installation. Safe to share between threads: every question has its connection."""

    def __init__(self, state: State, timeout: float = 5.0) -> None:
        """Find sources in ``state``; wait at most ``timeout`` seconds for an answer."""
        self._state = state
        self._timeout = timeout
        self._styles: dict[tuple[str, str], Styles] = {}
        """By source and table: how the moments in it are written."""
        self._known: dict[tuple[str, str], tuple[SourceMapping, str, LiveObject]] = {}
        """Objects worked out before, with the mapping and the source's schema that they hold for."""

    def object(self, source: str, name: str) -> LiveObject:
        """Return object ``name`` of ``source``.

        Raises:
            Unavailable: when the source cannot be asked, or does not have the object's columns any more.
        """
        found = read_definition(self._state, source)
        item = next((item for item in found.mapping.object if item.object == name), None)
        if item is None:
            raise Unavailable(f"{source} has no {name}: its mapping file does not name one.")
        connection = self.connect(found)
        version = connection.version()
        known = self._known.get((source, name))
        if known is not None and known[0] is found.mapping and known[1] == version:
            return known[2]
        there = connection.columns(item.table)
        try:
            missing_columns(item, there, source)
        except ColumnGone as gone:
            raise Unavailable(str(gone)) from gone
        made = self._object(found, item, there, connection)
        self._styles[source, item.table] = tuple(
            dict((*self._styles.get((source, item.table), ()), *made.styles)).items()
        )
        if all(pattern for _, pattern in made.styles):
            self._known[source, name] = found.mapping, version, made
        return made

    def run(self, source: str, expr: Expr, ids: Sequence[str] | None = None) -> pa.Table:
        """Answer ``expr`` at ``source``, only for rows whose ``key`` is among ``ids`` when given.

        Raises:
            Unavailable: because the source is gone, locked, corrupt, changed or slow.
        """
        connection = self.connect(read_definition(self._state, source))
        tables = [node.name for node in expr.op().find(UnboundTable)]
        told = (style for name in tables for style in self._styles.get((source, name), ()))
        styles = tuple((column, pattern or _USUAL) for column, pattern in told)
        return connection.run(expr, ids, styles)

    def connect(self, found: SourceDefinition, patience: int = 1) -> LiveConnection:
        """Open the source ``found``, waiting ``patience`` times the longest wait of a question."""
        kind = source_type(found.mapping.type)
        if not isinstance(kind, LiveSource):
            raise Unavailable(f"{found.mapping.source} is no live source.")
        return kind.connect(found.mapping, found.folder, self._timeout * patience)

    def _object(
        self, found: SourceDefinition, item: ObjectMapping, there: dict[str, str], connection: LiveConnection
    ) -> LiveObject:
        known = read_catalogue(self._state).objects[item.object].fields
        if item.changed and item.object == "person":
            item = msgspec.structs.replace(item, fields={"changed_at": item.changed, **item.fields})
        own_kind, own_column = next(item.kinds(), ("", item.keys[0]))
        types = dict(there)
        kinds: dict[str, str] = {}
        styles: list[tuple[str, str]] = []
        for field in item.fields:
            spec = item.column(field) or Column()
            kinds[field] = spec.type or known[field].type
            if kinds[field] in {"time", "date"} and there.get(spec.column) == "string":
                types[spec.column] = "timestamp(6)" if kinds[field] == "time" else "date"
                pattern = _style(connection.first(item.table, spec.column))
                styles += [(spec.column, pattern), (field, pattern)]
        raw = ibis.table(types, name=item.table)
        columns = {field: _typed(raw, item.column(field) or Column(), kind) for field, kind in kinds.items()}
        table = raw.select(key=raw[own_column], **columns)
        return LiveObject(found.mapping.source, item.object, table, own_kind, kinds, tuple(styles))


def _typed(raw: Table, spec: Column, kind: str) -> Value:
    """Return a field as an expression over the source's own column."""
    if not spec.column:
        return ibis.literal(spec.value)
    column = raw[spec.column]
    if kind in {"money", "number"} and column.type().is_string():
        column = column.cast("float64")
    if kind == "money":
        unit = _MICROS // 100 if spec.unit == "cent" else _MICROS
        return column * unit if column.type().is_integer() else (column * unit).round().cast("int64")
    if spec.values:
        cases = [(column == word, ibis.literal(str(value))) for word, value in spec.values.items()]
        return ibis.cases(*cases, else_=column.cast("string") if spec.others == "keep" else ibis.null("string"))
    return column


def _style(value: object) -> str:
    """Return the pattern that a moment is written in; empty when there is none to see yet."""
    if value is None:
        return ""
    return next((pattern for shape, pattern in _STYLES if re.fullmatch(shape, str(value))), _USUAL)
