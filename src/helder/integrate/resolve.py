"""The stage that tells who is who, and keeps the golden record of everyone it touched."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache

import ibis
import msgspec
import numpy as np
import pyarrow as pa
from ibis.expr.types import Table

from helder.govern.catalogue import Catalogue
from helder.govern.entries import read_catalogue
from helder.integrate.definitions import read_trust
from helder.integrate.evidence import Ints
from helder.integrate.golden import golden_records, trust_table
from helder.integrate.grouping import Groups, Refused, group
from helder.integrate.loading import wanted_ids, whole_evidence
from helder.integrate.newcomers import Newcomers, newcomers
from helder.integrate.scope import regrouped, touched_ids, within
from helder.store.facts.protocol import Batch, Facts, Reader
from helder.store.facts.schema import table
from helder.store.state import State

STAGE = "resolve"
_FEW = 5_000
"""Touched identities up to which only their surroundings are regrouped."""

_PROFILES_AT_ONCE = 400_000
"""Profiles whose golden records are made in one question; all records of a million at once do not fit in memory."""


class Survival(msgspec.Struct, frozen=True):
    """What survivorship needs from outside the facts."""

    catalogue: Catalogue
    trust: dict[str, int]
    """By source."""


def read_survival(state: State) -> Survival:
    """Return the rules of the golden record as state has them now."""
    return Survival(read_catalogue(state), read_trust(state))


class Change(msgspec.Struct, frozen=True):
    """What a regrouping changes."""

    ids: Ints
    profile: Ints
    """New profile of each of ``ids``."""
    refused: tuple[Refused, ...]
    near: Ints | None
    """Identities whose refused links are replaced by ``refused``; None: all."""
    profiles: Ints
    """Profiles, old and new, whose golden record is made anew."""


class Resolve:
    """Turns new links, cuts, names and records into profiles. The only writer of the derived tables."""

    name = STAGE

    def __init__(self, facts: Facts, survival: Callable[[], Survival]) -> None:
        """Work on ``facts``; ``survival`` gives the rules of the golden record as they are now."""
        self._facts = facts
        self._survival = survival
        self._idle = -1
        """Batch up to which nothing was found to do."""

    def run(self, now: datetime) -> int:
        """Resolve what came since the last time.

        Args:
            now: not used: who is who does not depend on the time.

        Returns:
            Identities and profiles written; 0 when nothing was new.
        """
        del now
        after, upto = self._facts.watermark(STAGE), self._facts.last_batch()
        if upto <= max(after, self._idle):
            return 0
        with self._facts.reader() as reader:
            alone = newcomers(self._facts, reader, after, upto)
            change = None if alone else self._change(reader, after, upto)
        if alone:
            return self._welcome(alone, upto)
        if change is None:
            self._idle = upto
            return 0
        with self._facts.write() as batch:
            write_change(batch, change, self._survival())
            batch.move(STAGE, upto)
        return len(change.ids) + len(change.profiles)

    def _welcome(self, newcomers: Newcomers, upto: int) -> int:
        """Write the profiles of people who are nobody else."""
        with self._facts.write() as batch:
            batch.append("identity_profile", newcomers.profiles)
            batch.append("profile", newcomers.records)
            batch.move(STAGE, upto)
        return newcomers.profiles.num_rows + newcomers.records.num_rows

    def _change(self, reader: Reader, after: int, upto: int) -> Change | None:
        """Return what the batches ``(after, upto]`` change; None when they bear on nobody."""
        bounds = pa.table({"after": [after], "upto": [upto]})
        seeds = np.sort(reader.read(touched_ids(), range=bounds)["identity_id"].to_numpy())
        stated = reader.read(_stated(), range=bounds)["identity_id"].to_numpy()
        if not len(seeds) and not len(stated):
            return None
        if len(seeds) > _FEW and len(seeds) * 20 > _size(reader):
            return whole_change(reader, stated)
        if not len(seeds):
            empty = np.zeros(0, np.int64)
            return Change(empty, empty, (), empty, _profiles_of(reader, stated))
        scope = regrouped(reader, seeds)
        return _difference(reader, scope.groups, scope.members, stated)


def whole_change(reader: Reader | Batch, stated: Ints) -> Change:
    """Return what grouping everything anew changes; ``stated`` are identities with new person records."""
    return _difference(reader, group(whole_evidence(reader)), None, stated)


def write_change(batch: Batch, change: Change, survival: Survival) -> None:
    """Write new profiles of identities, refused links, and the golden records of everyone they touch."""
    ids, profile = pa.array(change.ids, pa.int64()), pa.array(change.profile, pa.int64())
    batch.delete("identity_profile", "identity_id", ids)
    batch.append("identity_profile", pa.table({"identity_id": ids, "profile_id": profile}))
    if change.near is None:
        batch.clear("refused_link")
    else:
        near = pa.array(change.near, pa.int64())
        batch.delete("refused_link", "a", near)
        batch.delete("refused_link", "b", near)
    batch.append("refused_link", _refused_rows(change.refused))
    batch.delete("profile", "profile_id", pa.array(change.profiles, pa.int64()))
    golden, trust = golden_records(survival.catalogue, chosen=True), trust_table(survival.trust)
    for start in range(0, len(change.profiles), _PROFILES_AT_ONCE):
        some = pa.array(change.profiles[start : start + _PROFILES_AT_ONCE], pa.int64())
        batch.append("profile", batch.read(golden, chosen=pa.table({"profile_id": some}), trust=trust))


def _difference(reader: Reader | Batch, groups: Groups, members: Ints | None, stated: Ints) -> Change:
    """Return where ``groups`` differs from what is written, for ``members`` (None: for all)."""
    inside = np.ones(len(groups.ids), bool) if members is None else np.isin(groups.ids, members)
    ids, profile = groups.ids[inside], groups.profile[inside]
    old = _old_profiles(reader, ids, everything=members is None)
    moved = old != profile
    touched = np.concatenate([profile[moved], old[moved & (old >= 0)]])
    changed = np.sort(np.concatenate([touched, _profiles_of(reader, stated), _new_of(ids, profile, stated)]))
    changed = changed[np.r_[True, changed[1:] != changed[:-1]]] if len(changed) else changed
    refused = groups.refused
    if members is not None:
        near = set(members.tolist())
        refused = tuple(link for link in refused if link.a in near or link.b in near)
    return Change(ids[moved], profile[moved], refused, members, changed)


def _old_profiles(reader: Reader | Batch, ids: Ints, *, everything: bool) -> Ints:
    """Return the profile that is written for each of ``ids`` (ascending); -1 where none is."""
    if everything:
        rows = reader.read(_placed())
    else:
        rows = reader.read(_wanted_placed(), wanted=pa.table({"identity_id": pa.array(ids, pa.int64())}))
    old = np.full(len(ids), -1, np.int64)
    known = rows["identity_id"].to_numpy()
    at = np.searchsorted(ids, known)
    there = at < len(ids)
    there[there] = ids[at[there]] == known[there]
    old[at[there]] = rows["profile_id"].to_numpy()[there]
    return old


def _new_of(ids: Ints, profile: Ints, wanted: Ints) -> Ints:
    """Return the new profiles of those of ``wanted`` that are among ``ids`` (ascending)."""
    return profile[np.isin(ids, wanted)]


def _profiles_of(reader: Reader | Batch, ids: Ints) -> Ints:
    if not len(ids):
        return np.zeros(0, np.int64)
    return reader.read(_wanted_profiles(), wanted=pa.table({"identity_id": pa.array(ids, pa.int64())}))[
        "profile_id"
    ].to_numpy()


@cache
def _placed() -> Table:
    return table("identity_profile").select("identity_id", "profile_id")


@cache
def _wanted_placed() -> Table:
    return _placed().semi_join(wanted_ids(), "identity_id")


@cache
def _wanted_profiles() -> Table:
    return table("identity_profile").semi_join(wanted_ids(), "identity_id").select("profile_id").distinct()


@cache
def _stated() -> Table:
    """Return the expression of the identities with a person record that came or ended in the table ``range``."""
    record = table("person_record")
    fresh = record.filter(within(record.batch) | within(record.until_batch))
    return fresh.filter(fresh.identity_id.notnull()).select("identity_id").distinct()


def _size(reader: Reader) -> int:
    return int(reader.read(table("identity").aggregate(rows=ibis._.count()))["rows"][0].as_py())


def _refused_rows(refused: tuple[Refused, ...]) -> pa.Table:
    return pa.table(
        {
            "a": pa.array([link.a for link in refused], pa.int64()),
            "b": pa.array([link.b for link in refused], pa.int64()),
            "reason": pa.array([link.reason for link in refused], pa.string()),
            "refused": pa.array([link.refused for link in refused], pa.string()),
        }
    )
