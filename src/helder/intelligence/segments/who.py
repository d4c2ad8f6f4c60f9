"""Who is who from one round to the next: a large index, and beside it the few identities that moved since.

To copy the index of a million profiles for the five new visitors of a tenth of a second would take most of that.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from helder.intelligence.segments.index import Ids, ProfileIndex, among, column, index_of, read_index
from helder.store.facts.protocol import Facts, Reader
from helder.store.facts.schema import table

MOST_MOVED = 50_000
"""Identities beside the index; with more of them they are put into it."""


def _nobody() -> Ids:
    return np.empty(0, np.int64)


@dataclass(frozen=True, eq=False)
class Who:
    """Identities and their profiles at one batch. It does not change: what comes after is another."""

    base: ProfileIndex
    batch: int
    identities: Ids = field(default_factory=_nobody)
    """Those that came, or went over to another profile, since ``base``; ascending."""
    profiles: Ids = field(default_factory=_nobody)
    """The profile of each of ``identities``."""
    emptied: Ids = field(default_factory=_nobody)
    """Profiles of ``base`` that lost their last identity."""
    gone: Ids = field(default_factory=_nobody)
    """Profiles that lost their last identity since ``origin``, in that order: it only grows."""
    origin: object = field(default_factory=object)
    """Stands for the reading of everything that this goes back to."""

    def __len__(self) -> int:
        """Return the number of identities."""
        fresh = np.count_nonzero(self.base.identities.places(self.identities) < 0)
        return len(self.base.identities.ids) + int(fresh)

    def profiles_of(self, identities: Ids) -> Ids:
        """Return the profile of each of ``identities``; -1 where there is none."""
        ordinals = self.base.ordinals_by_identity(identities)
        found = np.full(len(identities), -1, np.int64)
        found[ordinals >= 0] = self.base.profiles.take(ordinals[ordinals >= 0])
        at, there = among(self.identities, identities)
        found[there] = self.profiles[at[there]]
        return found

    def part(self, profile_ids: Ids) -> ProfileIndex:
        """Return an index of these profiles alone; ids that are no profile (any more) are left out."""
        wanted = np.unique(profile_ids)
        identities, profiles = self.base.pairs(wanted)
        stay = ~among(self.identities, identities)[1]
        came = np.isin(self.profiles, wanted)
        return index_of(
            np.concatenate([identities[stay], self.identities[came]]),
            np.concatenate([profiles[stay], self.profiles[came]]),
        )

    def missing(self, profile_ids: Ids) -> Ids:
        """Return those of ``profile_ids`` that are no profile (any more)."""
        there = self.base.ordinals(profile_ids) >= 0
        there &= ~among(self.emptied, profile_ids)[1]
        return profile_ids[~(there | among(self._came, profile_ids)[1])]

    def moved_on(self, identities: Ids, profiles: Ids) -> Who:
        """Return who is who after ``identities`` came, or went over, to ``profiles``."""
        before = np.unique(self.profiles_of(identities))
        before = before[before >= 0]
        kept = ~np.isin(self.identities, identities)
        everyone = np.concatenate([self.identities[kept], identities])
        order = np.argsort(everyone, kind="stable")
        after = replace(
            self, identities=everyone[order], profiles=np.concatenate([self.profiles[kept], profiles])[order]
        )
        lost = np.setdiff1d(before, after.part(before).profiles)
        emptied = np.union1d(self.emptied, lost)
        return replace(after, emptied=emptied, gone=np.concatenate([self.gone, lost]))

    def put_together(self) -> Who:
        """Return the same with everyone in the index."""
        base = self.base.patched(self.identities, self.profiles)
        return Who(base, self.batch, gone=self.gone, origin=self.origin)

    @cached_property
    def _came(self) -> Ids:
        """The profiles that those who moved have now, ascending."""
        return np.unique(self.profiles)


def caught_up(who: Who, facts: Facts, reader: Reader) -> Who:
    """Return ``who`` as ``reader`` sees it: with what moved since, or read anew when that does not account for all."""
    batch = reader.last_batch()
    if batch <= who.batch:
        return who
    fresh = facts.added("identity_profile", who.batch, batch)
    sure = fresh is not None
    if fresh is None:
        rows = table("identity_profile")
        fresh = reader.read(rows.filter(rows.batch > who.batch).select("identity_id", "profile_id"))
    if fresh.num_rows:
        who = who.moved_on(column(fresh, "identity_id"), column(fresh, "profile_id"))
    if not sure and _number(reader) != len(who):  # erasure takes rows away without a trace among the new ones
        return read_who(reader)
    who = replace(who, batch=batch)
    return who.put_together() if len(who.identities) > MOST_MOVED else who


def _number(reader: Reader) -> int:
    """Return how many identities there are."""
    rows = table("identity_profile")
    return int(reader.read(rows.aggregate(rows=rows.count())).column("rows")[0].as_py())


def read_who(reader: Reader) -> Who:
    """Read all of who is who."""
    return Who(read_index(reader), reader.last_batch())
