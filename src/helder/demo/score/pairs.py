"""Precision and recall of who-is-who, over pairs of identities, by counting instead of enumerating."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

import msgspec

Key = TypeVar("Key", bound=Hashable)


class IdentityScore(msgspec.Struct, frozen=True):
    """How well identities were put together.

    A pair is two identities that each belong to exactly one true person. ``precision``: of the pairs in one profile,
    the share that is one person. ``recall``: of the pairs that a path of usable keys connects, the share in one
    profile. ``recall_all``: the same over all pairs of one person. ``f1``: of precision and recall.
    """

    precision: float
    recall: float
    recall_all: float
    f1: float
    pairs_found: int
    pairs_connected: int
    pairs_true: int


def pairs(groups: Iterable[Hashable]) -> int:
    """Return how many pairs stand in the same group, given each member's group."""
    return sum(n * (n - 1) // 2 for n in Counter(groups).values())


def ratio(part: int, whole: int) -> float:
    """Return a share; of nothing, nothing is wrong."""
    return part / whole if whole else 1.0


def identity_score(
    owner: Mapping[Key, int], component: Mapping[Key, Hashable], profile: Mapping[Key, Hashable]
) -> IdentityScore:
    """Score a grouping.

    Args:
        owner: identity → its one true person.
        component: identity → the group that usable keys connect it with; identities of one group have one owner.
        profile: identity → the profile that it was put in; one that is missing stands alone. Identities without
            an owner are left out.
    """
    placed = {each: ("in", profile[each]) if each in profile else ("alone", each) for each in owner}
    found = pairs(placed.values())
    right = pairs((placed[each], owner[each]) for each in owner)
    connected = pairs(component.get(each, ("alone", each)) for each in owner)
    kept = pairs((component.get(each, ("alone", each)), placed[each]) for each in owner)
    true = pairs(owner.values())
    precision, recall = ratio(right, found), ratio(kept, connected)
    return IdentityScore(
        precision=precision, recall=recall, recall_all=ratio(right, true),
        f1=2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        pairs_found=found, pairs_connected=connected, pairs_true=true,
    )  # fmt: skip
