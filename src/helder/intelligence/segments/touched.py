"""Who may have changed: the profiles with new rows, and those who are due."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import reduce

import ibis
import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ibis.expr.types import BooleanColumn, Table, TimestampScalar

from helder.intelligence.segments.behaviour import PAGE
from helder.intelligence.segments.due import boundaries, due, due_events
from helder.intelligence.segments.index import Bitmap, Ids, column
from helder.intelligence.segments.moments import moment
from helder.intelligence.segments.plan import FIRST_MARK
from helder.intelligence.segments.rule import Aggregate, Behaviour, Leaf, Permission, Sequence
from helder.intelligence.segments.setting import Setting
from helder.intelligence.segments.who import Who
from helder.store.facts.compile import compiled, moment_sql
from helder.store.facts.protocol import Facts, Reader

AFTER, UPTO = 9_100_000_000_000_000_001, 9_100_000_000_000_000_002
"""Marks of the batches that are asked about: no numbers that a batch can have."""


EVENT = "event "
"""What an interest in events begins with; their name follows."""
_DERIVED = ("identity_profile", "profile")
_NOBODY: Ids = np.empty(0, np.int64)


class Moved(msgspec.Struct, frozen=True):
    """How facts and time moved on: batches ``(after, upto]``, and time ``(since, at]`` (naive UTC)."""

    after: int
    upto: int
    since: datetime
    at: datetime


class Touched(msgspec.Struct, frozen=True):
    """The profiles that may have changed (ascending): by what was looked at, and those who may have for any reason."""

    by: dict[str, Ids]
    """By interest: a table, or the name of an event after ``EVENT``."""
    anyhow: Ids

    def of(self, interests: Iterable[str]) -> Ids:
        """Return whose answer may have changed for a rule with these interests."""
        found = [self.by[each] for each in interests if each in self.by and len(self.by[each])]
        return np.unique(np.concatenate([self.anyhow, *found])) if found else self.anyhow


class Moving:
    """Asks who may have changed for a set of leaves. Compiled once: every round asks with other batches and moments."""

    def __init__(self, leaves: list[Leaf], setting: Setting) -> None:
        """Compile for ``leaves``; the moments of ``setting`` are not used."""
        edges = Edges()
        self._interests = {each for leaf in leaves for each in interests(leaf, setting)}
        ends = [boundary for leaf in leaves for boundary in boundaries(leaf, setting)]
        late = [due(each, edges.since, edges.at) for each in ends if not each.event]
        offsets = sorted({each.offset for each in ends if each.event})
        events = [due_events(offset, setting, edges.since, edges.at) for offset in offsets]
        self._fresh = {name: _fresh_sql(name, setting) for name in self._tables()}
        self._late = _templates(late, setting.dialect, edges.marks)
        self._late_events = _together(events, setting.dialect, edges.marks)
        self._names = [
            {EVENT + each.event for each in ends if each.event and each.offset == offset} for offset in offsets
        ]

    def ask(self, facts: Facts, reader: Reader, who: Who, moved: Moved) -> Touched:
        """Return the profiles that may have changed.

        Args:
            facts: may have the newest rows at hand.
            reader: the facts as they are asked.
            who: who is who, as ``reader`` sees it.
            moved: from where to where.
        """
        by: dict[str, Ids] = {}
        anyhow: list[Ids] = []
        if moved.upto > moved.after:
            for name in self._fresh:
                by.update(self._came(name, facts, reader, who, moved))
            anyhow += [by.pop(name) for name in _DERIVED]
        if moved.at > moved.since:
            anyhow += [_profiles(reader.sql(each.at(moved)), who) for each in self._late]
            for name, ids in self._fell_due(reader, who, moved):
                by[name] = np.union1d(by.get(name, _NOBODY), ids)
        return Touched(by, np.unique(np.concatenate(anyhow)) if anyhow else _NOBODY)

    def _fell_due(self, reader: Reader, who: Who, moved: Moved) -> Iterator[tuple[str, Ids]]:
        """Yield names of events with the profiles for whom one crossed a boundary."""
        if self._late_events is None:
            return
        rows = reader.sql(self._late_events.at(moved))
        for number, names in enumerate(self._names):
            yield from _by_name(rows.filter(pc.equal(rows.column("slice"), number)), names, who).items()

    def _tables(self) -> list[str]:
        """Return the tables whose new rows matter."""
        events = any(each.startswith(EVENT) for each in self._interests)
        records = sorted(each for each in self._interests if not each.startswith(EVENT))
        return [*_DERIVED, *records, *(("every_event",) if events else ())]

    def _came(self, name: str, facts: Facts, reader: Reader, who: Who, moved: Moved) -> dict[str, Ids]:
        """Return the profiles with new rows in a table, by interest."""
        rows = facts.added(name, moved.after, moved.upto)
        if rows is None:
            rows = reader.sql(self._fresh[name].at(moved))
        if name != "every_event":
            return {name: _profiles(rows, who)}
        return _by_name(rows, {each for each in self._interests if each.startswith(EVENT)}, who)


def interests(leaf: Leaf, setting: Setting) -> frozenset[str]:
    """Return what a leaf looks at: tables, and names of events. Who is who, and golden records, all leaves look at."""
    match leaf:
        case Behaviour():
            return frozenset({EVENT + leaf.event})
        case Sequence():
            return frozenset({EVENT + leaf.first, EVENT + leaf.then})
        case Aggregate():
            name = setting.catalogue.objects[leaf.object].table
            return frozenset({EVENT if name in ("event", "every_event") else name})
        case Permission():
            paid = ("orders", "subscription") if leaf.purpose in setting.soft_opt_in else ()
            return frozenset({"consent", *paid})
        case _:
            return frozenset()


def _profiles(rows: pa.Table, who: Who) -> Ids:
    """Return the profiles of rows, ascending."""
    if "profile_id" in rows.column_names:
        return np.unique(column(rows, "profile_id"))
    identities = rows.column("identity_id").drop_null()
    profiles = who.profiles_of(np.unique(identities.to_numpy()))
    return np.unique(profiles[profiles >= 0])


def _by_name(rows: pa.Table, names: Iterable[str], who: Who) -> dict[str, Ids]:
    """Return the profiles of events (identity_id, name, type), by those interests that are in events."""
    if not rows.num_rows:
        return {}
    profiles = who.profiles_of(column(rows, "identity_id"))
    return {each: np.unique(profiles[_done(each, rows) & (profiles >= 0)]) for each in names}


def _done(interest: str, rows: pa.Table) -> Bitmap:
    """Tell which events are of the name of an interest; the empty name is every event's."""
    name = interest.removeprefix(EVENT)
    if not name:
        return np.ones(rows.num_rows, np.bool_)
    same = pc.equal(rows.column("type"), "page") if name == PAGE else pc.equal(rows.column("name"), name)
    return pc.fill_null(same, False).to_numpy()


def _fresh_sql(name: str, setting: Setting) -> MovedSql:
    """Compile the question for the new rows of a table."""
    rows = setting.tables(name)
    columns = ("identity_id", "name", "type") if name == "every_event" else ("identity_id",)
    fresh = _fresh(rows).select("profile_id") if name in _DERIVED else _fresh(rows).select(*columns)
    return MovedSql(compiled(fresh, setting.dialect), setting.dialect, ())


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
    """SQL with marks where batches and moments go."""

    text: str
    dialect: str
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
            made.append(_marked(reduce(lambda a, b: a.union(b), same.values()), dialect, marks))
    return made


def _together(events: list[Table], dialect: str, marks: dict[datetime, tuple[str, timedelta]]) -> MovedSql | None:
    """Compile slices of events as one question, each with its number: a question costs more than it finds."""
    numbered = [each.mutate(slice=ibis.literal(number, type="int64")) for number, each in enumerate(events)]
    if not numbered:
        return None
    return _marked(reduce(lambda a, b: a.union(b, distinct=False), numbered), dialect, marks)


def _marked(rows: Table, dialect: str, marks: dict[datetime, tuple[str, timedelta]]) -> MovedSql:
    """Compile rows, with the marks that are in it."""
    text = compiled(rows, dialect)
    found = ((moment_sql(mark, dialect), *value) for mark, value in marks.items())
    return MovedSql(text, dialect, tuple(each for each in found if each[0] in text))


def _fresh(rows: Table) -> Table:
    """Return the rows that came, or that a newer version ended, in the batches that are asked about."""
    new = _between(rows, "batch")
    return rows.filter(new | _between(rows, "until_batch") if "until_batch" in rows.columns else new)


def _between(rows: Table, name: str) -> BooleanColumn:
    return (rows[name] > AFTER) & (rows[name] <= UPTO)
