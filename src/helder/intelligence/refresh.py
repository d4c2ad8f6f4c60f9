"""The stage *refresh*: keeps memberships true, for those who changed and those who are due.

Equal to computing every segment anew at every moment, by property test. Reads facts, writes ``online`` only; how far a
segment has come stands there with its members. A segment whose source does not answer stays as it is and says why.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import TypeAlias

import msgspec
import numpy as np

from helder.clock import stored
from helder.errors import Unavailable
from helder.intelligence.segments.definitions import Segment, Segments
from helder.intelligence.segments.engine import Engine
from helder.intelligence.segments.index import Ids, among
from helder.intelligence.segments.rule import Rule, fingerprint
from helder.intelligence.segments.touched import Moved
from helder.intelligence.segments.tree import asks_live, expanded
from helder.intelligence.segments.who import Who
from helder.store.facts.protocol import Facts
from helder.store.projections.hot import Hot
from helder.store.projections.online import Online
from helder.store.projections.records import MemberState

PATIENCE = timedelta(seconds=30)
"""How long a source that did not answer is left alone."""
LIVE_EVERY = timedelta(minutes=5)
"""How often a segment with a live leaf is asked of everyone: its source changes without telling."""
NOTED_EVERY = timedelta(minutes=1)
"""How often a segment's freshness is written when nothing changes."""


_NOBODY: Ids = np.empty(0, np.int64)
Change: TypeAlias = tuple[Ids, Ids]
"""Profiles that came into a segment, and profiles that left it."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far the memberships of one segment have come."""

    segment: Segment
    rule: Rule
    """Its rule, with memberships of other segments replaced by theirs."""
    batch: int
    at: datetime
    """Moment (naive UTC) up to which those who are due were asked."""
    noted: datetime
    """When this was last written."""
    whole: datetime
    """When it was last computed over everyone."""
    origin: object = None
    """The reading of who is who that members were last held against: those merged away have left."""
    gone: int = 0
    """How many of the profiles that are gone since then have been taken out."""


class Refresh:
    """STAGE. Owned by one thread."""

    name = "refresh"

    def __init__(
        self,
        facts: Facts,
        segments: Segments,
        online: Online,
        engine: Engine,
        hot: Hot | None = None,
        due_every: timedelta = timedelta(0),
    ) -> None:
        """Refresh all ``segments`` from ``facts`` into ``online`` through ``engine``.

        Args:
            facts: what happened.
            segments: the definitions.
            online: where members, entries and exits are written.
            engine: answers the rules.
            hot: when the engine asks it of the few, it must have caught up first.
            due_every: how often those are looked for whose answer changes by itself.
        """
        self._facts = facts
        self._segments = segments
        self._online = online
        self._engine = engine
        self._hot = hot
        self._due_every = due_every
        self._progress: dict[int, Progress] = {}
        self._retry: dict[int, datetime] = {}
        self.unavailable: dict[str, str] = {}
        """Why a segment (by key) is not fresh."""

    def run(self, now: datetime) -> int:
        """Bring all memberships to ``now`` (aware UTC); return the number of entries and exits."""
        at, upto = stored(now), self._upto()
        waiting = [each for each in self._segments.all() if self._retry.get(each.id, at) <= at]
        known = [self._known(segment, at) for segment in waiting]
        anew = [segment for segment, progress in zip(waiting, known, strict=True) if progress is None]
        moves = sum(self._compute_guarded(segment, now, upto) for segment in anew)
        behind = sorted(
            (each for each in known if each and self._is_behind(each, upto, at)), key=attrgetter("batch", "at")
        )
        for (batch, since), group in groupby(behind, key=attrgetter("batch", "at")):
            until = at if at - since >= self._due_every else since
            moves += self._advance(list(group), Moved(batch, upto, since, until), now)
        return moves

    def _is_behind(self, progress: Progress, upto: int, at: datetime) -> bool:
        return progress.batch < upto or at - progress.at >= self._due_every

    def forget(self) -> None:
        """Drop what is remembered of members (after an erasure or a rebuild); it is read again from ``online``."""
        self._progress.clear()

    def _upto(self) -> int:
        """Return the batch up to which facts and projections can be read."""
        if self._hot is None:
            return self._facts.last_batch()
        return min(self._hot.watermark("project"), self._online.watermark("project"), self._facts.last_batch())

    def _known(self, segment: Segment, at: datetime) -> Progress | None:
        """Return how far a segment has come; None when it must be computed over everyone."""
        rule = expanded(segment.rule, self._segments.rule)
        progress = self._progress.get(segment.id) or self._remembered(segment, rule)
        if progress is None or progress.segment.version != segment.version or at < progress.at:
            return None
        if fingerprint(progress.rule) != fingerprint(rule):
            return None
        stale = asks_live(rule) and at - progress.whole >= LIVE_EVERY
        return None if stale else progress

    def _remembered(self, segment: Segment, rule: Rule) -> Progress | None:
        """Return what ``online`` remembers, after a start.

        Not for a rule that refers to other segments: theirs may have changed meanwhile.
        """
        state = self._online.member_state(segment.id)
        if state is None or state.version != segment.version or fingerprint(rule) != fingerprint(segment.rule):
            return None
        progress = Progress(
            segment=segment,
            rule=rule,
            batch=state.computed_batch,
            at=state.computed_at,
            noted=state.computed_at,
            whole=datetime.min,  # noqa: DTZ901 - naive, as moments in stores are
        )
        self._progress[segment.id] = progress
        return progress

    def _compute(self, segment: Segment, now: datetime, upto: int) -> int:
        """Compute a segment over everyone."""
        who = self._engine.who_now()  # before members are asked: who goes meanwhile is then among those gone since
        before = self._online.members(segment.id)
        members = self._engine.members(segment.rule, now)
        entered, left = np.setdiff1d(members, before, True), np.setdiff1d(before, members, True)
        moves = self._online.apply_members(segment.id, segment.version, entered, left, stored(now), upto)
        self._progress[segment.id] = Progress(
            segment=segment,
            rule=expanded(segment.rule, self._segments.rule),
            batch=upto,
            at=stored(now),
            noted=stored(now),
            whole=stored(now),
            origin=who.origin,
            gone=len(who.gone),
        )
        return moves

    def _advance(self, group: list[Progress], moved: Moved, now: datetime) -> int:
        """Bring segments that have come equally far to ``now``, in one transaction of ``online``."""
        rules = [each.rule for each in group]
        changed, who = self._engine.changed(rules, moved)
        answers = self._engine.restricted_each(list(zip(rules, changed, strict=True)), now)
        asked = [_with(ids, self._gone(each, who)) for each, ids in zip(group, changed, strict=True)]
        members = _by_segment(self._online.memberships(np.unique(np.concatenate(asked))))
        steps: list[Progress] = []
        changes: list[Change] = []
        for progress, found, ids in zip(group, answers, asked, strict=True):
            if isinstance(found, Unavailable):
                self._give_up(progress.segment, found, stored(now))
                continue
            change = _change(members.get(progress.segment.id, _NOBODY), found, ids)
            noted = stored(now) if any(map(len, change)) else progress.noted
            known = {"origin": who.origin, "gone": len(who.gone)}
            steps.append(msgspec.structs.replace(progress, batch=moved.upto, at=moved.at, noted=noted, **known))
            changes.append(change)
        return self._write(steps, changes, stored(now))

    def _write(self, steps: list[Progress], changes: list[Change], now: datetime) -> int:
        """Write who entered and who left, and now and then how far a segment has come; return the number of changes."""
        steps = [
            msgspec.structs.replace(each, noted=now) if now - each.noted >= NOTED_EVERY else each for each in steps
        ]
        noted = [
            (MemberState(each.segment.id, each.segment.version, each.batch, each.at), *change)
            for each, change in zip(steps, changes, strict=True)
            if each.noted == now
        ]
        if noted:
            with self._online.write() as writer:
                writer.move_many(noted, now)
        for each in steps:  # only what is committed is remembered
            self._progress[each.segment.id] = each
            self.unavailable.pop(each.segment.key, None)
        return sum(len(ids) for change in changes for ids in change)

    def _gone(self, progress: Progress, who: Who) -> Ids:
        """Return who may be members and are no profile any more."""
        if progress.origin is who.origin:
            return who.gone[progress.gone :]
        return who.missing(self._online.members(progress.segment.id))

    def _compute_guarded(self, segment: Segment, now: datetime, upto: int) -> int:
        """Compute a segment over everyone, unless its source does not answer."""
        try:
            moves = self._compute(segment, now, upto)
        except Unavailable as error:
            self._give_up(segment, error, stored(now))
            return 0
        self.unavailable.pop(segment.key, None)
        return moves

    def _give_up(self, segment: Segment, error: Unavailable, at: datetime) -> None:
        """Leave a segment as it is for a while: it is never computed without its source."""
        self.unavailable[segment.key] = str(error)
        self._retry[segment.id] = at + PATIENCE


def _with(ids: Ids, gone: Ids) -> Ids:
    return np.union1d(ids, gone) if len(gone) else ids


def _change(members: Ids, found: Ids, asked: Ids) -> Change:
    """Return who entered and who left: of those ``asked`` about (ascending), ``members`` were in, and ``found`` are."""
    if not len(asked):
        return _NOBODY, _NOBODY
    before = np.sort(members[among(asked, members)[1]])
    if np.array_equal(before, found):
        return _NOBODY, _NOBODY
    return np.setdiff1d(found, before), np.setdiff1d(before, found)


def _by_segment(pairs: list[tuple[int, int]]) -> dict[int, Ids]:
    """Return the profiles of pairs (segment, profile), by segment."""
    found: dict[int, list[int]] = defaultdict(list)
    for segment, profile in pairs:
        found[segment].append(profile)
    return {segment: np.array(profiles, np.int64) for segment, profiles in found.items()}
