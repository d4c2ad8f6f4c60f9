"""All profiles in order, and the identities of each, in memory: what bitmaps and small tables are made with."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from helder.store.facts.protocol import Reader
from helder.store.facts.schema import table

Ids = NDArray[np.int64]
Bitmap = NDArray[np.bool_]


class ProfileIndex:
    """Profiles by ordinal: the position of a profile_id in the sorted array of all."""

    def __init__(self, identities: Ids, profiles_of: Ids) -> None:
        """Index the pairs (identity, profile) of ``identity_profile``."""
        order = np.argsort(profiles_of, kind="stable")
        self.identities = identities[order]
        """Identities, those of one profile together, profiles in order."""
        self.profiles, starts = np.unique(profiles_of[order], return_index=True)
        """Sorted profile ids; the position of each is its ordinal."""
        self.starts = np.append(starts, len(order)).astype(np.int64)

    def __len__(self) -> int:
        """Return the number of profiles."""
        return len(self.profiles)

    def ordinals(self, profile_ids: Ids) -> Ids:
        """Return the ordinals of ``profile_ids``; ids that are no profile (any more) are left out."""
        if not len(self.profiles):
            return np.empty(0, np.int64)
        found = np.searchsorted(self.profiles, profile_ids)
        found[found == len(self.profiles)] = 0
        return found[self.profiles[found] == profile_ids]

    def has(self, profile_ids: Ids) -> Bitmap:
        """Return of each of ``profile_ids`` whether it is a profile (still)."""
        if not len(self.profiles):
            return np.zeros(len(profile_ids), np.bool_)
        found = np.searchsorted(self.profiles, profile_ids)
        found[found == len(self.profiles)] = 0
        return self.profiles[found] == profile_ids

    def bitmap(self, profile_ids: Ids) -> Bitmap:
        """Return one bool a profile: whether it is among ``profile_ids``."""
        bitmap = np.zeros(len(self.profiles), np.bool_)
        bitmap[self.ordinals(profile_ids)] = True
        return bitmap

    def identities_of(self, ordinals: Ids) -> tuple[Ids, Ids]:
        """Return the identities of these profiles, and the profile id of each."""
        begin, sizes = self.starts[ordinals], np.diff(self.starts)[ordinals]
        offsets = np.repeat(begin - np.append(0, np.cumsum(sizes)[:-1]), sizes) + np.arange(sizes.sum())
        return self.identities[offsets], np.repeat(self.profiles[ordinals], sizes)


def read_index(reader: Reader) -> ProfileIndex:
    """Read all of ``identity_profile``."""
    rows = reader.read(table("identity_profile").select("identity_id", "profile_id"))
    return ProfileIndex(column(rows, "identity_id"), column(rows, "profile_id"))


def column(rows: pa.Table, name: str) -> NDArray[Any]:
    """Return a column of an answer as an array."""
    return rows.column(name).to_numpy()
