"""Questions compiled once: SQL with holes where moments go.

Building and compiling the expression of a leaf takes some ten milliseconds, and every round of the pipeline asks at
another ``now``. So a leaf is compiled with a mark for each moment, kept, and asked with the marks replaced by literals:
the planner of the engine then sees constants.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import ibis
import msgspec
from ibis.expr.types import Table, TimestampScalar

from helder.intelligence.segments.compile import question
from helder.intelligence.segments.moments import NOTHING, Moments, moment
from helder.intelligence.segments.rule import Condition, Leaf
from helder.intelligence.segments.setting import Followed, Question, Setting
from helder.intelligence.segments.small import PREFIX, needs
from helder.store.facts.compile import compiled, moment_sql

MAPPED = "mapped"
"""Name of the rows that have their profile."""
FIRST_MARK = datetime(9100, 1, 1, 1, 2, 3, 456_789)  # noqa: DTZ001 - no moment at all, a mark that no rule can name


class Marks(Moments):
    """Moments of a question whose ``now`` is not known yet: each offset has a mark of its own."""

    def __init__(self) -> None:
        """Begin without marks."""
        super().__init__(FIRST_MARK)
        self.offsets: dict[timedelta, datetime] = {}

    def ago(self, offset: timedelta = NOTHING) -> TimestampScalar:
        """Return the mark of the moment ``offset`` before now."""
        return moment(self.offsets.setdefault(offset, FIRST_MARK + timedelta(days=len(self.offsets))))


class Template(msgspec.Struct, frozen=True):
    """SQL with marks."""

    text: str
    marks: tuple[tuple[str, timedelta], ...]
    dialect: str
    tables: tuple[str, ...] = ()
    """Small tables that it reads."""

    def at(self, now: datetime) -> str:
        """Return the SQL as asked at ``now`` (naive UTC)."""
        text = self.text
        for mark, offset in self.marks:
            text = text.replace(mark, moment_sql(now - offset, self.dialect))
        return text


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A compiled question: see ``Question`` for what its parts mean."""

    rows: Template
    finish: Template | None
    more: Template | None
    complement: bool
    latest: bool
    counted: Condition | None
    totalled: Condition | None
    followed: Followed | None
    needs: dict[str, tuple[str, ...]]
    """Columns by small table that ``rows`` and ``more`` read."""


def compiled_plan(leaf: Leaf, setting: Setting) -> Plan:
    """Compile ``leaf``."""
    marks = Marks()
    asked = question(leaf, msgspec.structs.replace(setting, moments=marks))
    in_memory = asked.counted is not None or asked.followed is not None
    finished = asked.finish(ibis.table(_mapped(asked.rows), name=MAPPED)) if asked.finish and not in_memory else None
    return Plan(
        rows=template(asked.rows, marks, setting.dialect),
        finish=None if finished is None else template(finished, marks, setting.dialect),
        more=None if asked.more is None else template(asked.more, marks, setting.dialect),
        complement=asked.complement,
        latest=asked.latest,
        counted=asked.counted,
        totalled=asked.totalled,
        followed=asked.followed,
        needs=needs(_read_by(asked)),
    )


def template(expr: Table, marks: Marks, dialect: str) -> Template:
    """Compile ``expr``, whose moments are those of ``marks``."""
    text = compiled(expr, dialect)
    found = ((moment_sql(mark, dialect), offset) for offset, mark in marks.offsets.items())
    marked = tuple((mark, offset) for mark, offset in found if mark in text)
    return Template(text, marked, dialect, tuple(PREFIX + name for name in needs([expr])))


def _read_by(asked: Question) -> list[Table]:
    return [expr for expr in (asked.rows, asked.more) if expr is not None]


def _mapped(rows: Table) -> dict[str, object]:
    """Return the columns of ``rows`` after the step from identities to profiles."""
    columns = {name: kind for name, kind in rows.schema().items() if name != "identity_id"}
    return {**columns, "profile_id": "int64"}
