"""Answers rules: over everyone, over those who changed, and for one.

*Everyone*: each leaf is asked of the facts once and kept as a bitmap by profile; trees are array work, and an edit asks
one leaf again. *Those who changed* and *why*: the same leaves, asked of small tables with the rows of those profiles.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import msgspec
import numpy as np
from ibis.expr.types import Table

from helder.clock import aware, stopwatch, stored
from helder.errors import Unavailable
from helder.intelligence.segments.answer import Answer
from helder.intelligence.segments.bitmaps import Bitmaps, Moment
from helder.intelligence.segments.index import Ids, ProfileIndex, among, patched, read_index
from helder.intelligence.segments.keeping import Keeping
from helder.intelligence.segments.live import LiveObjects
from helder.intelligence.segments.moments import Moments
from helder.intelligence.segments.plan import Plan
from helder.intelligence.segments.plans import Plans
from helder.intelligence.segments.rule import Leaf, Live, Rule, fingerprint
from helder.intelligence.segments.setting import Setting
from helder.intelligence.segments.sitting import Sitting, Surroundings
from helder.intelligence.segments.small import Rows, SmallTables, all_needs, few
from helder.intelligence.segments.touched import Moved, interests
from helder.intelligence.segments.tree import combine, each_node, expanded, plain_leaves, without_live
from helder.intelligence.segments.vocabulary import Catalogue
from helder.intelligence.segments.who import Who, caught_up, read_who
from helder.store.facts.protocol import Facts, Reader
from helder.store.facts.schema import table

FEW = 20_000
"""Profiles that a live source is asked about by their keys; of more it is asked about everyone."""

_NOBODY: Ids = np.empty(0, np.int64)


__all__ = ["Engine", "Surroundings"]


class Engine:
    """Answers rules. Safe to share between threads."""

    def __init__(
        self,
        facts: Facts,
        around: Surroundings,
        hot: Rows | None = None,
        online: Rows | None = None,
        freshness: timedelta = timedelta(seconds=10),
    ) -> None:
        """Ask ``facts``; of a few profiles ``hot`` and ``online`` when they are given.

        Args:
            facts: where everything lies.
            around: what else a question needs.
            hot: what people did, by identity.
            online: identities and golden records.
            freshness: a count may be of a moment this long ago when nothing was written since, so that an edit of a
                rule asks one leaf only; the answer says of which moment it is.
        """
        self._facts = facts
        self._around = around
        self._hot = hot
        self._online = online
        self._freshness = freshness
        self._bitmaps = Bitmaps()
        self._plans = Plans()
        self._objects = LiveObjects(around.live)
        self._lock = threading.Lock()
        self._last: Moment | None = None
        self._index: _Indexed | None = None
        self._who: Who | None = None

    def catalogue(self) -> Catalogue:
        """Return everything that can be asked."""
        return self._around.catalogue()

    def forget(self) -> None:
        """Drop the bitmaps that are kept (after a rebuild, or to measure)."""
        self._bitmaps.clear()

    def count(self, rule: Rule, now: datetime) -> Answer:
        """Return how many profiles meet ``rule``, and each node of it.

        Args:
            rule: the rule.
            now: the moment of the question, aware UTC.
        """
        begun = stopwatch()
        with self._everyone(stored(now), self._freshness) as sitting:
            found = each_node(rule, len(sitting.index), sitting)
        counts = {path: None if bitmap is None else int(np.count_nonzero(bitmap)) for path, bitmap in found.items()}
        return Answer(
            total=counts["rule"],
            base=len(sitting.index),
            counts=counts,
            as_of=aware(sitting.setting.moments.now),
            took=stopwatch() - begun,
            unavailable_because=sitting.reasons,
        )

    def sample(self, rule: Rule, now: datetime, size: int) -> Ids:
        """Return ``size`` profiles that meet ``rule`` at the moment of ``count``, the same until somebody moves."""
        with self._everyone(stored(now), self._freshness) as sitting:
            found = combine(rule, len(sitting.index), sitting)
            ids = _NOBODY if found is None else sitting.index.profiles[found]
        return ids[np.linspace(0, len(ids) - 1, min(size, len(ids))).astype(np.int64)]

    def members(self, rule: Rule, now: datetime) -> Ids:
        """Return the ids of all profiles that meet ``rule`` at ``now`` (aware UTC), ascending.

        Raises:
            Unavailable: when a live source does not answer; it is never computed without it.
        """
        whole = expanded(rule, self._around.lookup)
        wider = without_live(whole)
        with self._everyone(stored(now), timedelta(0)) as sitting:
            if wider == whole:
                return _matching(whole, sitting)
            candidates = _matching(wider, sitting)
            if len(candidates) > FEW:
                return _matching(whole, sitting)
        return self.restricted(whole, candidates, now)

    def restricted(self, rule: Rule, profile_ids: Ids, now: datetime) -> Ids:
        """Return those of ``profile_ids`` that meet ``rule`` at ``now`` (aware UTC), ascending.

        Raises:
            Unavailable: when a live source does not answer.
        """
        found = self.restricted_all([rule], profile_ids, now)[0]
        if isinstance(found, Unavailable):
            raise found
        return found

    def restricted_all(self, rules: list[Rule], profile_ids: Ids, now: datetime) -> list[Ids | Unavailable]:
        """Return, for each of ``rules``, those of ``profile_ids`` that meet it, or why that cannot be known."""
        ids = np.unique(profile_ids)
        return self.restricted_each([(rule, ids) for rule in rules], now)

    def restricted_each(self, asked: list[tuple[Rule, Ids]], now: datetime) -> list[Ids | Unavailable]:
        """Return, for each rule with the profiles asked about (ascending), those that meet it, or why it is not known.

        Rows are gathered once for all rules. Sources are asked last, about those who meet the rest of the rule.
        """
        if not any(len(ids) for _, ids in asked):
            return [_NOBODY for _ in asked]
        whole = [expanded(rule, self._around.lookup) for rule, _ in asked]
        wider = [without_live(rule) for rule in whole]
        with self.few([(rule, ids) for rule, (_, ids) in zip(wider, asked, strict=True)], now) as sitting:
            found = [_of_these(sitting.who_meets(rule), ids) if len(ids) else _NOBODY
                     for rule, (_, ids) in zip(wider, asked, strict=True)]  # fmt: skip
        return [
            self._narrowed(rule, each, now) if rule != width and not isinstance(each, Unavailable) else each
            for rule, width, each in zip(whole, wider, found, strict=True)
        ]

    def changed(self, rules: list[Rule], moved: Moved) -> tuple[list[Ids], Who]:
        """Return the profiles whose answer to each of ``rules`` (expanded) may have changed, and who is who now."""
        leaves = [list(plain_leaves(rule)) for rule in rules]
        setting = self._setting(moved.at, table)
        moving = self._plans.moving([leaf for each in leaves for leaf in each], setting)
        with self._facts.reader() as reader:
            who = self.who(reader)
            touched = moving.ask(self._facts, reader, who, moved)
        looked_at = [frozenset(each for leaf in own for each in interests(leaf, setting)) for own in leaves]
        found = {each: touched.of(each) for each in set(looked_at)}
        return [found[each] for each in looked_at], who

    def who_now(self) -> Who:
        """Return who is who now."""
        with self._facts.reader() as reader:
            return self.who(reader)

    def _narrowed(self, rule: Rule, profile_ids: Ids, now: datetime) -> Ids | Unavailable:
        """Ask all of ``rule`` about those who meet the rest of it."""
        if not len(profile_ids):
            return _NOBODY
        with self.few([(rule, profile_ids)], now) as sitting:
            return sitting.who_meets(rule)

    @contextmanager
    def few(self, asked: list[tuple[Rule, Ids]], now: datetime) -> Iterator[Sitting]:
        """Open a sitting over the profiles that are asked about, in which all leaves of the rules can be asked.

        Of a leaf only those answers are right that are about the profiles of a rule that has it.
        """
        setting = self._setting(stored(now), few)
        plan = self._plans.of(setting, "few")
        leaves = self._asked_of_facts([rule for rule, _ in asked])
        together = self._plans.together(leaves, setting)
        alone = [leaf for name, leaf in leaves.items() if name not in together.leaves]
        wanted = all_needs([*(plan(leaf).needs for leaf in alone), together.needs])
        with self._facts.reader() as reader:
            index = self.who(reader).part(np.concatenate([ids for _, ids in asked]))
            small = SmallTables(reader, self._hot, self._online)
            tables = small.gather(index, wanted, self._readers(asked, plan))
            sitting = Sitting(index, setting, plan, self._around, self._objects)
            sitting.reads(reader, tables, lambda kind: small.keys_of(index, kind))
            sitting.asks_together(together)
            yield sitting

    def _readers(self, asked: list[tuple[Rule, Ids]], plan: Callable[[Leaf], Plan]) -> dict[str, Ids]:
        """Return, for each table, the profiles about which a rule that reads it is asked."""
        found: dict[str, list[Ids]] = {}
        for rule, ids in asked:
            if len(ids):
                leaves = self._asked_of_facts([rule]).values()
                for name in {name for leaf in leaves for name in plan(leaf).needs}:
                    found.setdefault(name, []).append(ids)
        return {name: np.unique(np.concatenate(several)) for name, several in found.items()}

    def _asked_of_facts(self, rules: list[Rule]) -> dict[bytes, Leaf]:
        """Return the leaves of ``rules`` that the facts answer, each once."""
        leaves = (leaf for rule in rules for leaf in plain_leaves(expanded(rule, self._around.lookup)))
        return {fingerprint(leaf): leaf for leaf in leaves if not isinstance(leaf, Live)}

    def who(self, reader: Reader) -> Who:
        """Return who is who as ``reader`` sees it, for questions about a few."""
        kept = self._who
        self._who = found = read_who(reader) if kept is None else caught_up(kept, self._facts, reader)
        return found

    def index(self, reader: Reader) -> ProfileIndex:
        """Return the profiles as ``reader`` sees them; read again when ``identity_profile`` changed."""
        batch = reader.last_batch()
        kept = self._index
        if kept is not None and kept.batch == batch:
            return kept.index
        who = table("identity_profile")
        mark = reader.read(who.aggregate(last=who.batch.max(), rows=who.count())).to_pylist()[0]
        version = (mark["last"] or 0, mark["rows"])
        with self._lock:
            if self._index is None:
                self._index = _Indexed(batch, version, read_index(reader))
            elif self._index.version != version:
                fresh = patched(self._index.index, reader, self._index.version[0], version[1])
                self._index = _Indexed(batch, version, fresh)
            self._index = msgspec.structs.replace(self._index, batch=batch)
            return self._index.index

    @contextmanager
    def _everyone(self, now: datetime, freshness: timedelta) -> Iterator[Sitting]:
        """Open a sitting over all profiles."""
        with self._facts.reader() as reader:
            moment = self._moment(reader, now, freshness)
            setting = self._setting(moment.now, table)
            sitting = Keeping(self.index(reader), setting, self._plans.of(setting, "all"), self._around, self._objects)
            sitting.keep(self._bitmaps, moment)
            yield sitting.reads(reader, {})

    def _moment(self, reader: Reader, now: datetime, freshness: timedelta) -> Moment:
        """Return the moment to ask at: the last one again, when nothing was written since and it is fresh enough."""
        batch = reader.last_batch()
        with self._lock:
            last = self._last
            if last is None or last.batch != batch or not timedelta(0) <= now - last.now <= freshness:
                self._last = Moment(batch, now)
            return self._last or Moment(batch, now)

    def _setting(self, now: datetime, tables: Callable[[str], Table]) -> Setting:
        return Setting(
            moments=Moments(now),
            catalogue=self._around.catalogue(),
            dialect=self._facts.dialect,
            tables=tables,
            soft_opt_in=self._around.soft_opt_in(),
        )


class _Indexed(msgspec.Struct, frozen=True):
    """An index, the newest batch it was known to hold at, and what tells that it does not any more."""

    batch: int
    version: tuple[int, int]
    index: ProfileIndex


def _of_these(found: Ids | Unavailable, ids: Ids) -> Ids | Unavailable:
    """Return those of ``found`` that were asked about (``ids``, ascending)."""
    return found if isinstance(found, Unavailable) else found[among(ids, found)[1]]


def _matching(rule: Rule, sitting: Sitting) -> Ids:
    """Return the ids of the profiles that meet ``rule``."""
    found = sitting.who_meets(rule)
    if isinstance(found, Unavailable):
        raise found
    return found
