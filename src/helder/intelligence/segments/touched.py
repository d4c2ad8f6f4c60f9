"""Who may have changed: the profiles with new rows, and those who are due."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import reduce

import msgspec
import numpy as np
from ibis.expr.types import BooleanColumn, Table, TimestampScalar

from helder.intelligence.segments.behaviour import PAGE
from helder.intelligence.segments.due import due
from helder.intelligence.segments.index import Ids, column
from helder.intelligence.segments.moments import moment
from helder.intelligence.segments.plan import FIRST_MARK
from helder.intelligence.segments.rule import Aggregate, Behaviour, Leaf, Permission, Sequence
from helder.intelligence.segments.setting import Setting
from helder.intelligence.segments.who import Who
from helder.store.facts.compile import compiled, moment_sql
from helder.store.facts.protocol import Reader

AFTER, UPTO = 9_100_000_000_000_000_001, 9_100_000_000_000_000_002
"""Marks of the batches that are asked about: no numbers that a batch can have."""


class Moved(msgspec.Struct, frozen=True):
    """How facts and time moved on: batches ``(after, upto]``, and time ``(since, at]`` (naive UTC)."""

    after: int
    upto: int
    since: datetime
    at: datetime


class Moving:
    """Asks who may have changed for a set of leaves. Compiled once: every round asks with other batches and moments."""

    def __init__(self, leaves: list[Leaf], setting: Setting) -> None:
        """Compile for ``leaves``; the moments of ``setting`` are not used."""
        edges = Edges()
        fresh = _touched(leaves, setting)
        late = [rows for leaf in leaves for rows in due(leaf, setting, edges.since, edges.at)]
        self._fresh = _templates(fresh, setting.dialect, {})
        self._late = _templates(late, setting.dialect, edges.marks)

    def ask(self, reader: Reader, who: Who, moved: Moved) -> Ids:
        """Return the profiles that may have changed, ascending.

        Args:
            reader: the facts.
            who: who is who, as ``reader`` sees it.
            moved: from where to where.
        """
        found: list[Ids] = []
        for templates, asked in ((self._fresh, moved.upto > moved.after), (self._late, moved.at > moved.since)):
            found += [self._answer(each, reader, who, moved) for each in templates if asked]
        return np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)

    def _answer(self, template: MovedSql, reader: Reader, who: Who, moved: Moved) -> Ids:
        rows = reader.sql(template.at(moved))
        if template.by == "profile_id":
            return column(rows, "profile_id")
        profiles = who.profiles_of(np.unique(column(rows, "identity_id")))
        return profiles[profiles >= 0]


class Edges:
    """The bounds of a slice of time that is not known yet: each with a mark of its own."""

    def __init__(self) -> None:
        """Begin without marks."""
        self.marks: dict[datetime, tuple[str, timedelta]] = {}

    def since(self, offset: timedelta) -> TimestampScalar:
        """Return the mark of the slice's beginning, ``offset`` earlier."""
        return self._mark("since", offset)

    def at(self, offset: timedelta) -> TimestampScalar:
        """Return the mark of the slice's end, ``offset`` earlier."""
        return self._mark("at", offset)

    def _mark(self, edge: str, offset: timedelta) -> TimestampScalar:
        known = {value: mark for mark, value in self.marks.items()}
        mark = known.get((edge, offset)) or FIRST_MARK + timedelta(days=len(self.marks))
        self.marks[mark] = (edge, offset)
        return moment(mark)


class MovedSql(msgspec.Struct, frozen=True):
    """SQL with marks where batches and moments go; it gives the column ``by``."""

    text: str
    dialect: str
    by: str
    marks: tuple[tuple[str, str, timedelta], ...]

    def at(self, moved: Moved) -> str:
        """Return the SQL as asked of ``moved``."""
        text = self.text.replace(str(AFTER), str(moved.after)).replace(str(UPTO), str(moved.upto))
        for mark, edge, offset in self.marks:
            edge_at = moved.since if edge == "since" else moved.at
            text = text.replace(mark, moment_sql(edge_at - offset, self.dialect))
        return text


def _templates(rows: list[Table], dialect: str, marks: dict[datetime, tuple[str, timedelta]]) -> list[MovedSql]:
    """Compile rows by identity and rows by profile, each as one question."""
    made = []
    for by in ("identity_id", "profile_id"):
        same = {each.op(): each for each in rows if each.columns == (by,)}
        if same:
            text = compiled(reduce(lambda a, b: a.union(b), same.values()), dialect)
            found = tuple((moment_sql(mark, dialect), *value) for mark, value in marks.items())
            made.append(MovedSql(text, dialect, by, found))
    return made


def _touched(leaves: list[Leaf], setting: Setting) -> list[Table]:
    """Return the rows (identity_id or profile_id) of new batches that one of ``leaves`` may look at."""
    found = [_fresh(setting.tables(name)).select("identity_id") for name in sorted(_tables(leaves, setting))]
    names = _event_names(leaves)
    if names:
        events = setting.tables("every_event")
        wanted = events.name.isin(sorted(names))
        wanted = wanted | (events.type == "page") if PAGE in names else wanted
        found.append(_fresh(events).filter(wanted).select("identity_id"))
    derived = (setting.tables(name) for name in ("identity_profile", "profile"))
    return found + [_fresh(rows).select("profile_id") for rows in derived]


def _tables(leaves: list[Leaf], setting: Setting) -> set[str]:
    """Return the tables of records that the leaves look at."""
    found = {setting.catalogue.objects[leaf.object].table for leaf in leaves if isinstance(leaf, Aggregate)}
    for leaf in leaves:
        if isinstance(leaf, Permission):
            found |= {"consent", *(("orders", "subscription") if leaf.purpose in setting.soft_opt_in else ())}
    return found - {"every_event", "event"}


def _event_names(leaves: list[Leaf]) -> set[str]:
    """Return the names of the events that the leaves look at."""
    names = {leaf.event for leaf in leaves if isinstance(leaf, Behaviour)}
    return names.union(*({leaf.first, leaf.then} for leaf in leaves if isinstance(leaf, Sequence)))


def _fresh(rows: Table) -> Table:
    """Return the rows that came, or that a newer version ended, in the batches that are asked about."""
    new = _between(rows, "batch")
    return rows.filter(new | _between(rows, "until_batch") if "until_batch" in rows.columns else new)


def _between(rows: Table, name: str) -> BooleanColumn:
    return (rows[name] > AFTER) & (rows[name] <= UPTO)
