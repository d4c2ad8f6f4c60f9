"""Which events are followed by another of the same profile within a time."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from helder.intelligence.segments.index import Bitmap, Ids


def followed(ordinals: Ids, at: Ids, begins: Bitmap, within: timedelta) -> Bitmap:
    """Tell for each event that ``begins`` whether one that does not lies in ``(t, t + within]`` of the same profile.

    Args:
        ordinals: the profile of each event.
        at: its moment in microseconds.
        begins: whether it may be followed (else it may follow).
        within: the time.
    """
    # One number a (profile, moment), in that order: moments by rank, so that both fit.
    moments, ranks = np.unique(at, return_inverse=True)
    keys = ordinals.astype(np.int64) * len(moments) + ranks
    later = np.flatnonzero(~begins)
    later = later[np.argsort(keys[later], kind="stable")]
    after = np.searchsorted(keys[later], keys[begins], side="right")
    there = after < len(later)
    next_one = later[after[there]]
    found = np.zeros(len(after), np.bool_)
    near = at[next_one] - at[begins][there] <= within // timedelta(microseconds=1)
    found[there] = (ordinals[next_one] == ordinals[begins][there]) & near
    return found
