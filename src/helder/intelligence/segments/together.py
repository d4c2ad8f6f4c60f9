"""Many leaves in one reading: each row of a small table is looked at once, for all leaves that it may count for.

A question costs a millisecond or two however few rows it reads, and a hundred segments have a hundred leaves. The
meaning of a leaf stays where it is: its own expression is laid flat (``flat``). What is known in memory (``arrays``) is
worked out there; leaves that ask more go to the engine together, one question a table, with those rows only that meet
what could be told before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import reduce
from itertools import chain

import ibis
import ibis.expr.operations as ops
import msgspec
import numpy as np
import pyarrow as pa
from ibis.expr.types import BooleanValue, Table

from helder.intelligence.segments.arrays import Columns, is_known
from helder.intelligence.segments.compile import question
from helder.intelligence.segments.flat import Flat, NotFlat, flat
from helder.intelligence.segments.index import Bitmap, Ids, ProfileIndex, column
from helder.intelligence.segments.plan import Marks, Template, template
from helder.intelligence.segments.rule import Leaf, fingerprint
from helder.intelligence.segments.setting import Setting
from helder.intelligence.segments.small import needs


class Part(msgspec.Struct, frozen=True):
    """Rows that a leaf asks for: those of ``table`` (its name in the engine) that meet all ``known`` conditions.

    Where the engine is asked, its answer has a column ``mask`` that tells whether a row meets all of them.
    """

    table: str
    known: tuple[ops.Value, ...]
    values: dict[str, ops.Value]
    """The leaf's columns."""
    mask: str = ""
    columns: dict[str, str] = {}
    """The leaf's columns → those of the engine's answer."""


class Spread(msgspec.Struct, frozen=True):
    """Where the rows of one leaf are: of its question, and of what it asks more."""

    rows: tuple[Part, ...]
    more: tuple[Part, ...] | None


class Together(msgspec.Struct, frozen=True):
    """Leaves, compiled into one question a table, for what is not worked out in memory."""

    templates: dict[str, Template]
    """By the table's name in the engine."""
    leaves: dict[bytes, Spread]
    """By fingerprint; a leaf that cannot be laid flat is missing."""
    needs: dict[str, tuple[str, ...]]
    """Columns by small table that are read."""
    marks: dict[datetime, timedelta]
    """How long before now the moment is that a mark stands for."""
    nothing: dict[str, pa.Table]
    """By table, what the engine answers of no rows."""


def compiled_together(leaves: Iterable[Leaf], setting: Setting) -> Together:
    """Compile ``leaves``; the moments of ``setting`` are not used."""
    marks = Marks()
    setting = msgspec.structs.replace(setting, moments=marks)
    wide: dict[str, _Wide] = {}
    found: dict[bytes, Spread] = {}
    read: list[Table] = []
    for leaf in leaves:
        asked = question(leaf, setting)
        try:
            rows, more = flat(asked.rows), None if asked.more is None else flat(asked.more)
        except NotFlat:
            continue
        read += [asked.rows] if asked.more is None else [asked.rows, asked.more]
        found[fingerprint(leaf)] = Spread(_added(wide, rows), None if more is None else _added(wide, more))
    exprs = {name: each.expr() for name, each in wide.items()}
    templates = {name: template(expr, marks, setting.dialect) for name, expr in exprs.items()}
    offsets = {mark: offset for offset, mark in marks.offsets.items()}
    nothing = {name: _empty(expr) for name, expr in exprs.items()}
    return Together(templates, found, needs([*read, *exprs.values()]), offsets, nothing)


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
    return tuple(_add(wide, part) for part in parts)


def _add(wide: dict[str, _Wide], part: Flat) -> Part:
    """Return a part; what is not known in memory is asked of the engine, with all that belongs to it."""
    known = tuple(each for each in part.conditions if is_known(each))
    found = Part(part.table.name, known, part.values)
    if len(known) == len(part.conditions) and all(map(_is_plain, part.values.values())):
        return found
    asked = wide.setdefault(part.table.name, _Wide(part.table))
    columns = {name: asked.named(value) for name, value in part.values.items()}
    return msgspec.structs.replace(found, mask=asked.named(_mask(part.conditions).op()), columns=columns)


def _is_plain(value: ops.Value) -> bool:
    """Tell whether a column of a leaf can be given out of memory."""
    return isinstance(value, ops.Field) or (is_known(value) and not value.dtype.is_string())


def _mask(conditions: tuple[ops.Value, ...]) -> BooleanValue:
    """Return whether all hold. What follows the first is asked only where that holds: reading JSON is dear."""
    first, *others = [each.to_expr() for each in conditions] or [ibis.literal(value=True)]
    rest = reduce(lambda a, b: a & b, others, ibis.literal(value=True))
    return ibis.cases((first, ibis.coalesce(rest, False)), else_=False)


class Answers:
    """The answers to a ``Together``, by leaf, over the profiles of one index."""

    def __init__(self, together: Together, index: ProfileIndex, tables: Mapping[str, pa.Table], now: datetime) -> None:
        """Work over small ``tables``, by their names in the engine, at ``now`` (naive UTC)."""
        self._together, self._index = together, index
        self._rows = {name: Columns(rows, now, together.marks) for name, rows in tables.items()}
        self._answered = dict(together.nothing)
        self._columns: dict[tuple[str, str, bool], Ids] = {}

    def __contains__(self, leaf: bytes) -> bool:
        """Tell whether the leaf with this fingerprint was asked."""
        return leaf in self._together.leaves

    def left(self) -> dict[str, pa.Table]:
        """Return, by table, the rows that the engine must be asked about, for ``answered``; only tables with any."""
        found: dict[str, Bitmap] = {}
        for spread in self._together.leaves.values():
            for part in chain(spread.rows, spread.more or ()):
                if part.mask:
                    met = self._rows[part.table].holds(part.known)
                    found[part.table] = found[part.table] | met if part.table in found else met
        return {name: self._rows[name].rows.filter(pa.array(met)) for name, met in found.items() if met.any()}

    def answered(self, table: str, answer: pa.Table) -> None:
        """Take in what the engine answered about ``table``."""
        self._answered[table] = answer

    def ordinals(self, leaf: bytes, *, more: bool = False) -> Ids:
        """Return the ordinal of the profile of each row of a leaf; -1 where there is none."""
        found = [self._ordinals(part)[self._mask(part)] for part in self._parts(leaf, more=more)]
        return found[0] if len(found) == 1 else np.concatenate(found)

    def rows(self, leaf: bytes) -> pa.Table:
        """Return the rows of a leaf, with the columns that its own question would have."""
        return pa.concat_tables(self._part(part) for part in self._parts(leaf))

    def _parts(self, leaf: bytes, *, more: bool = False) -> tuple[Part, ...]:
        spread = self._together.leaves[leaf]
        return (spread.more or ()) if more else spread.rows

    def _part(self, part: Part) -> pa.Table:
        mask = pa.array(self._mask(part))
        if part.mask:
            answer = self._answered[part.table]
            return answer.select(list(part.columns.values())).rename_columns(list(part.columns)).filter(mask)
        rows = self._rows[part.table]
        return pa.table({name: rows.array(value) for name, value in part.values.items()}).filter(mask)

    def _mask(self, part: Part) -> Bitmap:
        if part.mask:
            return column(self._answered[part.table], part.mask).astype(np.bool_, copy=False)
        return self._rows[part.table].holds(part.known)

    def _ordinals(self, part: Part) -> Ids:
        """Return the ordinals of all rows of a table, found once."""
        by = "profile_id" if "profile_id" in part.values else "identity_id"
        key = (part.table, by, bool(part.mask))
        if key not in self._columns:
            ids = column(self._answered[part.table], part.columns[by]) if part.mask else self._ids(part, by)
            find = self._index.ordinals if by == "profile_id" else self._index.ordinals_by_identity
            self._columns[key] = find(ids)
        return self._columns[key]

    def _ids(self, part: Part, by: str) -> Ids:
        return self._rows[part.table].array(part.values[by]).to_numpy()


def _empty(expr: Table) -> pa.Table:
    return pa.table({name: pa.array([], kind.to_pyarrow()) for name, kind in expr.schema().items()})
