"""One sitting: answers the leaves of rules at one moment, over the profiles of one index."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Self

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from helder.errors import Unavailable
from helder.intelligence.segments.choices import last_choices
from helder.intelligence.segments.counting import meeting
from helder.intelligence.segments.following import followed
from helder.intelligence.segments.index import Bitmap, Ids, ProfileIndex, column
from helder.intelligence.segments.live import LiveObjects, LiveSources, live_question, to_identities
from helder.intelligence.segments.plan import MAPPED, Plan, Template
from helder.intelligence.segments.rule import Leaf, Live, Membership, Rule, fingerprint
from helder.intelligence.segments.setting import Followed, Setting
from helder.intelligence.segments.together import Answers, Together
from helder.intelligence.segments.tree import Lookup, combine, expanded
from helder.intelligence.segments.vocabulary import Catalogue
from helder.store.facts.protocol import Reader
from helder.store.facts.schema import table

KeysOf = Callable[[str], Mapping[str, int]]
"""Gives the identities of a kind, id by key, of the profiles that are asked about."""

_MOST_ADDED = 2.0**62


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What a question needs of the rest of the house; each is called when one comes, so that edits are seen."""

    catalogue: Callable[[], Catalogue]
    """Everything that can be asked."""
    lookup: Lookup
    """The rule of a segment by its key, for memberships."""
    soft_opt_in: Callable[[], frozenset[str]]
    """Purposes that allow the existing-customer basis."""
    live: LiveSources
    """The sources that are asked at the moment of the question."""


class Sitting:
    """Call it with a leaf for its bitmap; null when it cannot be known now (``because`` says why)."""

    def __init__(
        self,
        index: ProfileIndex,
        setting: Setting,
        plan: Callable[[Leaf], Plan],
        around: Surroundings,
        objects: LiveObjects,
    ) -> None:
        """Ask over the profiles of ``index``, at the moment of ``setting``; ``reads`` comes next."""
        self.index = index
        self.setting = setting
        self.because: dict[bytes, str] = {}
        self.keys_of: KeysOf | None = None
        self._plan = plan
        self._around = around
        self._objects = objects
        self._known: dict[bytes, Bitmap | None] = {}
        self._together: Answers | None = None

    def reads(self, reader: Reader, tables: Mapping[str, pa.Table], keys_of: KeysOf | None = None) -> Self:
        """Ask ``reader``, with small ``tables`` visible; ``keys_of`` is given when the profiles are a few only."""
        self._reader = reader
        self._tables = tables
        self.keys_of = keys_of
        return self

    def asks_together(self, together: Together) -> None:
        """Ask many leaves at once; the rest, and what follows from their rows, is asked when it is wanted."""
        now = self.setting.moments.now
        self._together = Answers(together, self.index, self._tables, now)
        for name, rows in self._together.left().items():
            self._together.answered(name, self._reader.sql(together.templates[name].at(now), **{name: rows}))

    def __call__(self, leaf: Leaf) -> Bitmap | None:
        """Return the bitmap of ``leaf``."""
        name = fingerprint(leaf)
        if name not in self._known:
            self._known[name] = self.answer(leaf, name)
        return self._known[name]

    def answer(self, leaf: Leaf, name: bytes) -> Bitmap | None:
        """Ask for ``leaf``, whose fingerprint is ``name``."""
        if isinstance(leaf, Membership):
            return combine(expanded(leaf, self._around.lookup), len(self.index), self)
        if not isinstance(leaf, Live):
            return self._bitmap(name, self._plan(leaf))
        try:
            return self._ask_source(leaf)
        except Unavailable as error:
            self.because[name] = str(error)
            return None

    def who_meets(self, rule: Rule) -> Ids | Unavailable:
        """Return the ids of the profiles that meet ``rule``, or why that cannot be known."""
        found = combine(rule, len(self.index), self)
        if found is None:
            return Unavailable(f"the segment cannot be computed now: {self.reasons}")
        return self.index.profiles[found]

    @property
    def reasons(self) -> str:
        """Why leaves could not be known, each reason once."""
        return "; ".join(dict.fromkeys(self.because.values()))

    def _ask_source(self, leaf: Live) -> Bitmap:
        """Send the question to the source, and turn the keys into profiles."""
        found = self._objects.find(leaf, self.setting.moments.now)
        asked = live_question(leaf, found, self.setting.moments)
        known = None if self.keys_of is None else self.keys_of(asked.kind)
        keys = self._objects.run(leaf, asked.expr, None if known is None else list(known)).column("key")
        keys = pc.cast(keys, pa.string())
        if known is None:
            rows = self._reader.read(to_identities(asked.kind, table), live_keys=pa.table({"key": keys}))
            identities = column(rows, "identity_id")
        else:
            identities = np.array([known[key] for key in pc.unique(keys).to_pylist() if key in known], np.int64)
        met = self.index.bitmap(self.index.ordinals_by_identity(identities))
        return ~met if asked.complement else met

    def _bitmap(self, name: bytes, plan: Plan) -> Bitmap:
        """Ask, and turn the ids that come back into a bitmap."""
        asked = self._asked(name)
        if plan.latest:
            return self._judged(name, plan)
        if asked is not None and plan.finish is None and plan.followed is None:
            return self._finished(plan, asked.ordinals(name), None)
        rows = self._read(plan.rows) if asked is None else asked.rows(name)
        return self._finished(plan, self._ordinals(rows), rows)

    def _finished(self, plan: Plan, ordinals: Ids, rows: pa.Table | None) -> Bitmap:
        """Make a bitmap of rows with the ordinals of their profiles; without ``rows`` each counts for one."""
        if plan.counted is not None:
            there = ordinals >= 0
            numbers = None if rows is None else column(rows, "n")[there]
            return meeting(plan.counted, np.bincount(ordinals[there], numbers, len(self.index)))
        few = self.keys_of is not None  # totals of a million profiles are compared sooner by the engine
        if few and plan.totalled is not None and rows is not None and _can_be_added(rows):
            there = ordinals >= 0
            return meeting(plan.totalled, _totals(ordinals[there], column(rows, "value")[there], len(self.index)))
        if plan.followed is not None and rows is not None:
            ordinals = _followed(plan.followed, ordinals, rows)
        if plan.finish is not None and rows is not None:
            ordinals = self._finish(plan.finish, ordinals, rows)
        found = self.index.bitmap(ordinals)
        return ~found if plan.complement else found

    def _finish(self, finish: Template, ordinals: Ids, rows: pa.Table) -> Ids:
        """Let the engine finish; of no rows it makes no profiles."""
        mapped = rows.drop_columns(["identity_id"]).append_column("profile_id", pa.array(ordinals, pa.int64()))
        mapped = mapped.filter(pc.greater_equal(mapped.column("profile_id"), 0))
        if not mapped.num_rows:
            return np.empty(0, np.int64)
        return column(self._reader.sql(finish.at(self.setting.moments.now), **{MAPPED: mapped}), "profile_id")

    def _judged(self, name: bytes, plan: Plan) -> Bitmap:
        """Let the latest choice of each identity speak."""
        asked = self._asked(name)
        rows = self._read(plan.rows) if asked is None else asked.rows(name)
        places = self.index.identities.places(column(rows, "identity_id"))
        agreed, refused = last_choices(places, column(rows, "at").astype(np.int64), column(rows, "against"))
        found = self.index.bitmap(self.index.ordinals_at(agreed))
        if plan.more is not None:
            more = self._ordinals(self._read(plan.more)) if asked is None else asked.ordinals(name, more=True)
            found |= self.index.bitmap(more)
        return found & ~self.index.bitmap(self.index.ordinals_at(refused))

    def _asked(self, leaf: bytes) -> Answers | None:
        """Return what was asked at once, when the leaf with this fingerprint is among that."""
        return self._together if self._together is not None and leaf in self._together else None

    def _read(self, template: Template) -> pa.Table:
        tables = {name: self._tables[name] for name in template.tables if name in self._tables}
        return self._reader.sql(template.at(self.setting.moments.now), **tables)

    def _ordinals(self, rows: pa.Table) -> Ids:
        """Return the ordinal of the profile of each row; -1 where there is none."""
        if "identity_id" in rows.column_names:
            return self.index.ordinals_by_identity(column(rows, "identity_id"))
        return self.index.ordinals(column(rows, "profile_id"))


def _followed(asked: Followed, ordinals: Ids, rows: pa.Table) -> Ids:
    """Return the ordinals of the profiles with an event that is followed, or is not."""
    there = ordinals >= 0
    ordinals, begins = ordinals[there], column(rows, "begins")[there]
    met = followed(ordinals, column(rows, "at").astype(np.int64)[there], begins, asked.within)
    return ordinals[begins][~met if asked.negated else met]


def _can_be_added(rows: pa.Table) -> bool:
    """Tell whether the sums of all values are whole numbers of 64 bits."""
    values = column(rows, "value")
    return values.dtype == np.int64 and float(np.abs(values.astype(np.float64)).sum()) < _MOST_ADDED


def _totals(ordinals: Ids, values: Ids, size: int) -> Ids:
    """Return the sum of each profile."""
    totals = np.zeros(size, np.int64)
    np.add.at(totals, ordinals, values)
    return totals
