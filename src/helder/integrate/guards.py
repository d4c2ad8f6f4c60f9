"""Guards against shared keys: which keys join people, judged over all their links.

A family's address, an office's telephone, ``info@``, a computer at home: such a key says that people know each other,
not that they are one. Why the rules are as they are: ``docs/decisions/identity-guards.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

import msgspec
import numpy as np

from helder.integrate.evidence import DECIDED, Evidence, Flags, Ints
from helder.integrate.names import NameKey, compatible

LOGIN = 80
"""Least strength of a log-in."""
NAMED = 85
"""Strength of the link between two accounts that share a contested key and a full name."""
CROWDED = 10
"""More accounts than this on one key: it joins nobody."""
CROWDED_BROWSER = 2
"""More log-ins than this on one browser or device: it joins nobody."""

Anchor = tuple[int, str, tuple[NameKey, ...]]
"""(place, kind, names) of an account."""


class Verdicts(msgspec.Struct, frozen=True):
    """What becomes of keys and links."""

    crowded: Flags
    """By identity: a key that touches too many accounts."""
    contested: Flags
    """By identity: a key on which people with different names meet."""
    refused: Flags
    """By link: refused for itself, though its key is not."""
    joined: tuple[tuple[int, int], ...]
    """Pairs of accounts that share a contested key and a full name."""


def judge(evidence: Evidence, crowd: int = CROWDED) -> Verdicts:
    """Return the verdict on every key, by all its links except those that a person decided."""
    size = len(evidence.ids)
    crowded, contested = np.zeros(size, bool), np.zeros(size, bool)
    refused = np.zeros(len(evidence.links), bool)
    joined: list[tuple[int, int]] = []
    keys, accounts, places = _touching(evidence)
    counts = np.bincount(keys, minlength=size)
    browsers = _of_kinds(evidence, "anonymous:", "device")
    crowded |= ~browsers & (counts > crowd)
    for key, members in _doubtful(evidence, keys, accounts, places, (counts > 1) & ~crowded):
        if browsers[key]:
            _judge_browser(evidence, key, members, (crowded, contested, refused))
            continue
        anchors = [_anchor(evidence, account) for account, _ in members]
        if any(not may_be_one(one, other) for one, other in combinations(anchors, 2)):
            contested[key] = True
            joined += same_names(anchors)
    return Verdicts(crowded, contested, refused, tuple(sorted(set(joined))))


def may_be_one(one: Anchor, other: Anchor) -> bool:
    """Tell whether two accounts that share a key may be one person's, by their names.

    Accounts whose names are not known may be one when they are of different sources: then nothing speaks against it.
    Two of one source are two people unless their names say that they are one.
    """
    if one[2] and other[2]:
        return named_alike(one, other)
    return one[1] != other[1]


def named_alike(one: Anchor, other: Anchor) -> bool:
    """Tell whether any two names on the records of two accounts may be one person's."""
    return any(compatible(a, b) for a in one[2] for b in other[2])


def same_names(anchors: Sequence[Anchor]) -> Iterator[tuple[int, int]]:
    """Yield pairs among accounts on a contested key that have one name: they are one person all the same.

    Accounts that may each be one with each other are joined. Where that is ambiguous (J. may be Jan and may be Joke)
    the equal full names are, and a lesser name only with the one full name that it fits.
    """
    named = [anchor for anchor in anchors if anchor[2]]
    for group in _alike(named):
        if all(named_alike(one, other) for one, other in combinations(group, 2)):
            yield from _chain(group)
        else:
            yield from _unambiguous(group)


def _unambiguous(group: Sequence[Anchor]) -> Iterator[tuple[int, int]]:
    full: dict[tuple[tuple[int, int], ...], list[Anchor]] = {}
    lesser: list[Anchor] = []
    for anchor in group:
        if all(name.first for name in anchor[2]):
            full.setdefault(tuple((name.surname, name.first) for name in anchor[2]), []).append(anchor)
        else:
            lesser.append(anchor)
    for same in full.values():
        yield from _chain(same)
    for anchor in lesser:
        fits = [same for same in full.values() if any(named_alike(anchor, other) for other in same)]
        if len(fits) == 1:
            yield from _chain([fits[0][0], anchor])


def _alike(anchors: Sequence[Anchor]) -> list[list[Anchor]]:
    """Return the groups of accounts that hang together by names that may be one person's."""
    groups: list[list[Anchor]] = []
    for anchor in anchors:
        near = [group for group in groups if any(named_alike(anchor, other) for other in group)]
        groups = [group for group in groups if group not in near]
        groups.append(sorted([anchor, *(other for group in near for other in group)]))
    return groups


def _chain(group: Sequence[Anchor]) -> Iterator[tuple[int, int]]:
    for one, other in pairwise(group):
        yield min(one[0], other[0]), max(one[0], other[0])


def _judge_browser(
    evidence: Evidence, key: int, members: list[tuple[int, int]], verdicts: tuple[Flags, Flags, Flags]
) -> None:
    """Judge a browser or device: log-ins decide; a signed link says less and yields to them."""
    crowded, contested, refused = verdicts
    strength = evidence.links.strength
    logins = [_anchor(evidence, account) for account, link in members if strength[link] >= LOGIN]
    others = [(_anchor(evidence, account), link) for account, link in members if strength[link] < LOGIN]
    judged = logins or [anchor for anchor, _ in others]
    if len(judged) > CROWDED_BROWSER:
        crowded[key] = True
    elif any(not may_be_one(one, other) for one, other in combinations(judged, 2)):
        contested[key] = True
    elif logins:
        for anchor, link in others:
            refused[link] = any(not may_be_one(anchor, login) for login in logins)


def _touching(evidence: Evidence) -> tuple[Ints, Ints, Ints]:
    """Return (key, account, link) of every link between a key and an account, but those that a person decided."""
    links, anchors = evidence.links, evidence.anchors
    made = links.strength < DECIDED
    forth = np.flatnonzero(made & ~anchors[links.a] & anchors[links.b])
    back = np.flatnonzero(made & anchors[links.a] & ~anchors[links.b])
    keys = np.concatenate([links.a[forth], links.b[back]])
    accounts = np.concatenate([links.b[forth], links.a[back]])
    return keys, accounts, np.concatenate([forth, back])


def _doubtful(
    evidence: Evidence, keys: Ints, accounts: Ints, places: Ints, several: Flags
) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Yield (key, its (account, link)s) of the shareable keys whose accounts do not all bear one full name."""
    chosen = several[keys] & evidence.shareable[keys]
    keys, accounts, places = keys[chosen], accounts[chosen], places[chosen]
    order = np.lexsort((accounts, keys))
    keys, accounts, places = keys[order], accounts[order], places[order]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]]) if len(keys) else np.zeros(0, np.int64)
    plain = one_name(evidence.names.plain(len(evidence.ids)), accounts, starts)
    plain &= ~_of_kinds(evidence, "anonymous:", "device")[keys[starts]]
    ends = np.r_[starts[1:], len(keys)] if len(starts) else starts
    for start, end in zip(starts[~plain].tolist(), ends[~plain].tolist(), strict=True):
        yield int(keys[start]), list(zip(accounts[start:end].tolist(), places[start:end].tolist(), strict=True))


def one_name(plain: Ints, accounts: Ints, starts: Ints) -> Flags:
    """Tell of each run of ``accounts`` (beginning at ``starts``) whether all surely bear one and the same name.

    One surname, one initial, one first name among those that have one: any two of them may be one person's.

    Args:
        plain: (surname, first, initial) by place, zeros where unknown (``Names.plain``).
        accounts: places, run after run.
        starts: where each run begins.
    """
    if not len(starts):
        return np.zeros(0, bool)
    found = plain[accounts]
    known = np.where(found == 0, np.iinfo(np.int64).max, found)
    lowest, highest = np.minimum.reduceat(known, starts, axis=0), np.maximum.reduceat(found, starts, axis=0)
    same = lowest == highest
    missing = np.minimum.reduceat(found, starts, axis=0)[:, [0, 2]] == 0
    return np.asarray(same[:, 0] & same[:, 2] & (same[:, 1] | (highest[:, 1] == 0)) & ~missing.any(axis=1))


def _of_kinds(evidence: Evidence, *starts: str) -> Flags:
    return np.array([kind.startswith(starts) for kind in evidence.kinds], bool)[evidence.kind]


def _anchor(evidence: Evidence, place: int) -> Anchor:
    return place, evidence.kind_of(place), evidence.names.of(place)
