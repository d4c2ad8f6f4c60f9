"""Many leaves in one question: each row of a small table is read once, with a column a leaf: whether it counts.

A question costs a millisecond or two however few rows it reads, and a hundred segments have a hundred leaves. The
meaning of a leaf stays where it is: its own expression is laid flat (``flat``), and its conditions become a column.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce

import ibis
import ibis.expr.operations as ops
import msgspec
import numpy as np
import pyarrow as pa
from ibis.expr.types import BooleanValue, Table

from helder.intelligence.segments.compile import question
from helder.intelligence.segments.flat import Flat, NotFlat, flat
from helder.intelligence.segments.index import Bitmap, Ids, ProfileIndex, column
from helder.intelligence.segments.plan import Marks, Template, template
from helder.intelligence.segments.rule import Leaf, fingerprint
from helder.intelligence.segments.setting import Setting
from helder.intelligence.segments.small import needs


class Part(msgspec.Struct, frozen=True):
    """Rows that a leaf asks for: those of ``table`` (its name in the engine) where the column ``mask`` is true."""

    table: str
    mask: str
    columns: dict[str, str]
    """The leaf's columns → those of the answer."""


class Spread(msgspec.Struct, frozen=True):
    """Where the rows of one leaf are: of its question, and of what it asks more."""

    rows: tuple[Part, ...]
    more: tuple[Part, ...] | None


class Together(msgspec.Struct, frozen=True):
    """Leaves, compiled into one question a table."""

    templates: dict[str, Template]
    """By the table's name in the engine."""
    leaves: dict[bytes, Spread]
    """By fingerprint; a leaf that cannot be laid flat is missing."""
    needs: dict[str, tuple[str, ...]]
    """Columns by small table that the questions read."""


def compiled_together(leaves: Iterable[Leaf], setting: Setting) -> Together:
    """Compile ``leaves``; the moments of ``setting`` are not used."""
    marks = Marks()
    setting = msgspec.structs.replace(setting, moments=marks)
    wide: dict[str, _Wide] = {}
    found: dict[bytes, Spread] = {}
    for leaf in leaves:
        asked = question(leaf, setting)
        try:
            rows, more = flat(asked.rows), None if asked.more is None else flat(asked.more)
        except NotFlat:
            continue
        found[fingerprint(leaf)] = Spread(_added(wide, rows), None if more is None else _added(wide, more))
    exprs = {name: each.expr() for name, each in wide.items()}
    templates = {name: template(expr, marks, setting.dialect) for name, expr in exprs.items()}
    return Together(templates, found, needs(exprs.values()))


class _Wide:
    """The question that grows: the columns that leaves ask of one table, each once."""

    def __init__(self, table: ops.UnboundTable) -> None:
        self._table = table
        self._names: dict[ops.Value, str] = {}

    def named(self, value: ops.Value) -> str:
        """Return the name under which ``value`` is in the answer."""
        return self._names.setdefault(value, f"c{len(self._names)}")

    def expr(self) -> Table:
        return self._table.to_expr().select(**{name: value.to_expr() for value, name in self._names.items()})


def _added(wide: dict[str, _Wide], parts: list[Flat]) -> tuple[Part, ...]:
    return tuple(_add(wide.setdefault(part.table.name, _Wide(part.table)), part) for part in parts)


def _add(wide: _Wide, part: Flat) -> Part:
    columns = {name: wide.named(value) for name, value in part.values.items()}
    return Part(part.table.name, wide.named(_mask(part.conditions).op()), columns)


def _mask(conditions: tuple[ops.Value, ...]) -> BooleanValue:
    """Return whether all hold. What follows the first is asked only where that holds: reading JSON is dear."""
    first, *others = [each.to_expr() for each in conditions] or [ibis.literal(value=True)]
    rest = reduce(lambda a, b: a & b, others, ibis.literal(value=True))
    return ibis.cases((first, ibis.coalesce(rest, False)), else_=False)


class Answers:
    """The answers to a ``Together``, by leaf, over the profiles of one index."""

    def __init__(self, together: Together, index: ProfileIndex, tables: Mapping[str, pa.Table]) -> None:
        """Hold the answer of each table, under its name in the engine."""
        self._together, self._index, self._tables = together, index, tables
        self._columns: dict[tuple[str, str], Ids] = {}

    def __contains__(self, leaf: bytes) -> bool:
        """Tell whether the leaf with this fingerprint was asked."""
        return leaf in self._together.leaves

    def ordinals(self, leaf: bytes, *, more: bool = False) -> Ids:
        """Return the ordinal of the profile of each row of a leaf; -1 where there is none."""
        found = [self._ordinals(part)[self._mask(part)] for part in self._parts(leaf, more=more)]
        return found[0] if len(found) == 1 else np.concatenate(found)

    def rows(self, leaf: bytes) -> pa.Table:
        """Return the rows of a leaf, with the columns that its own question would have."""
        return pa.concat_tables(self._rows(part) for part in self._parts(leaf))

    def _parts(self, leaf: bytes, *, more: bool = False) -> tuple[Part, ...]:
        spread = self._together.leaves[leaf]
        return (spread.more or ()) if more else spread.rows

    def _rows(self, part: Part) -> pa.Table:
        answer = self._tables[part.table]
        wanted = answer.select(list(part.columns.values())).rename_columns(list(part.columns))
        return wanted.filter(answer.column(part.mask))

    def _mask(self, part: Part) -> Bitmap:
        return self._column(part.table, part.mask).astype(np.bool_, copy=False)

    def _ordinals(self, part: Part) -> Ids:
        """Return the ordinals of all rows of a table, found once."""
        by = "profile_id" if "profile_id" in part.columns else "identity_id"
        key = (part.table, f"{by} of {part.columns[by]}")
        if key not in self._columns:
            ids = self._column(part.table, part.columns[by])
            find = self._index.ordinals if by == "profile_id" else self._index.ordinals_by_identity
            self._columns[key] = find(ids)
        return self._columns[key]

    def _column(self, table: str, name: str) -> Ids:
        key = (table, name)
        if key not in self._columns:
            self._columns[key] = column(self._tables[table], name)
        return self._columns[key]
