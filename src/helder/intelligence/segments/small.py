"""Small tables of the facts' names and shape that hold a few profiles only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

import ibis
import ibis.expr.operations as ops
import pyarrow as pa
import pyarrow.compute as pc
from ibis.expr.types import Table

from helder.intelligence.segments.index import Ids, ProfileIndex
from helder.store.facts.protocol import Reader
from helder.store.facts.schema import table

PREFIX = "few_"
_BY_PROFILE = {"profile"}
_ONLINE = {"profile", "identity"}
_THERE = {"every_event": "event"}


class Rows(Protocol):
    """A projection that knows the rows of some people."""

    def rows(self, table: str, ids: Ids, columns: tuple[str, ...]) -> pa.Table:
        """Return these columns of the rows that belong to ``ids``."""
        ...


def few(name: str) -> Table:
    """Return the small table that stands for the table ``name``."""
    return table(name, alias=PREFIX + name)


def needs(exprs: Iterable[Table]) -> dict[str, tuple[str, ...]]:
    """Return which columns of which small tables the expressions read."""
    found: dict[str, set[str]] = {}
    for expr in exprs:
        for field in expr.op().find(ops.Field):
            source = _source(field.rel)
            if isinstance(source, ops.UnboundTable) and source.name.startswith(PREFIX):
                found.setdefault(source.name.removeprefix(PREFIX), set()).add(field.name)
    return {name: tuple(sorted(columns)) for name, columns in found.items()}


def all_needs(each: Iterable[Mapping[str, tuple[str, ...]]]) -> dict[str, tuple[str, ...]]:
    """Return what several questions need together."""
    found: dict[str, set[str]] = {}
    for wanted in each:
        for name, columns in wanted.items():
            found.setdefault(name, set()).update(columns)
    return {name: tuple(sorted(columns)) for name, columns in found.items()}


def _source(relation: ops.Relation) -> ops.Relation:
    """Return the relation whose columns ``relation`` passes on: a filter of a table has the table's columns."""
    while isinstance(relation, ops.Filter | ops.JoinReference | ops.Distinct):
        relation = relation.parent
    return relation


class SmallTables:
    """Gathers the small tables of a few profiles: from the projections, or else from the facts."""

    def __init__(self, reader: Reader, hot: Rows | None, online: Rows | None) -> None:
        """Read from ``hot`` and ``online`` where they are given, else through ``reader``."""
        self._reader = reader
        self._hot = hot
        self._online = online

    def gather(
        self, index: ProfileIndex, wanted: Mapping[str, tuple[str, ...]], of: Mapping[str, Ids]
    ) -> dict[str, pa.Table]:
        """Return the tables ``wanted`` (columns by name) of profiles of ``index``, under their small names.

        Args:
            index: the profiles.
            wanted: columns by table.
            of: the profiles whose rows are needed, by table (none where it is not named).
        """
        found = {}
        for name, columns in wanted.items():
            ids = of.get(name, index.profiles[:0])
            part = index if len(ids) >= len(index) else index.part(ids)
            found[PREFIX + name] = self._table(name, columns, part)
        return found

    def keys_of(self, index: ProfileIndex, kind: str) -> dict[str, int]:
        """Return the identities of ``kind`` that the profiles have: id by value."""
        rows = self._table("identity", ("identity_id", "kind", "value"), index)
        rows = rows.filter(pc.equal(rows.column("kind"), kind))
        return dict(zip(rows.column("value").to_pylist(), rows.column("identity_id").to_pylist(), strict=True))

    def _table(self, name: str, columns: tuple[str, ...], index: ProfileIndex) -> pa.Table:
        ids = index.profiles if name in _BY_PROFILE else index.identities.ids
        source = self._online if name in _ONLINE else self._hot
        if source is not None:
            return source.rows(_THERE.get(name, name), ids, columns)
        return self._from_facts(name, ids, columns)

    def _from_facts(self, name: str, ids: Ids, columns: tuple[str, ...]) -> pa.Table:
        """Read the rows by a semi-join in the facts."""
        by = "profile_id" if name in _BY_PROFILE else "identity_id"
        wanted = ibis.table({by: "int64"}, name="few_ids")
        kept = table(name).semi_join(wanted, by).select(*columns)
        return self._reader.read(kept, few_ids=pa.table({by: ids}))
