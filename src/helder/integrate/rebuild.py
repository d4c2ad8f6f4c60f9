"""Throws all derived tables away and builds them again: they must come out the same."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np

from helder.integrate.resolve import STAGE, Survival, whole_change, write_change
from helder.store.facts.protocol import Facts
from helder.store.facts.schema import DERIVED

Progress = Callable[[str, float], None]
"""Told (what, share done from 0 to 1)."""


class Rebuilt(msgspec.Struct, frozen=True):
    """What a rebuild made."""

    identities: int
    profiles: int
    refused: int


def rebuild(facts: Facts, survival: Callable[[], Survival], progress: Progress = lambda _what, _share: None) -> Rebuilt:
    """Build ``identity_profile``, ``refused_link`` and ``profile`` anew, in one batch.

    Args:
        facts: holds everything that they follow from.
        survival: gives the rules of the golden record as they are now.
        progress: told how far it is.
    """
    upto = facts.last_batch()
    progress("clear", 0.0)
    with facts.write() as batch:
        for name in sorted(DERIVED):
            batch.clear(name)
        progress("who is who", 0.1)
        change = whole_change(batch, np.zeros(0, np.int64))
        progress("golden records", 0.5)
        write_change(batch, change, survival())
        batch.move(STAGE, upto)
    progress("done", 1.0)
    return Rebuilt(len(change.ids), len(change.profiles), len(change.refused))
