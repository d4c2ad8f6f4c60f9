"""Who is who: from links, cuts and names to profiles. Pure, and independent of the order in which things became known.

1. Every shared key is judged over all its links (``guards``); refused ones join nobody.
2. What remains is parted into connected components.
3. A component that holds a cut pair, or accounts that cannot be one person's, is built again link by link, strongest
   first; a link that would join what must stay apart is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import msgspec
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from helder.integrate.evidence import DECIDED, SAME_NAME, Evidence, Ints, Links, strongest
from helder.integrate.guards import NAMED, Anchor, Verdicts, judge, may_be_one, one_name
from helder.integrate.identifiers import is_anchor

_MOST = 60
"""Accounts in a component beyond which it is built link by link without looking at every pair first."""


class Refused(msgspec.Struct, frozen=True, order=True):
    """A link that was not followed, and why."""

    a: int
    b: int
    """Identity ids, the lesser first."""
    reason: str
    """Why there was a link."""
    refused: str
    """crowded_key | shared_key | cut | two_customers"""


class Groups(msgspec.Struct, frozen=True):
    """The outcome."""

    ids: Ints
    profile: Ints
    """Profile id by identity, as ``ids``: the member seen first."""
    refused: tuple[Refused, ...]
    """Sorted."""
    followed: Links
    """Links that passed the guards, by place: what components are made of."""


def group(evidence: Evidence) -> Groups:
    """Return the profile of every identity."""
    verdicts = judge(evidence)
    links = evidence.links
    why = _refusals(evidence, verdicts)
    followed = _with_joined(evidence, links.where(why == 0), verdicts)
    refused = [_refused(evidence, links, at, _CODES[int(why[at])]) for at in np.flatnonzero(why).tolist()]
    labels = _components(len(evidence.ids), followed)
    apart = _apart(evidence)
    for members, inside in _unsound(evidence, followed, labels):
        refused += _rebuild(evidence, followed.where(inside), members, (labels, apart))
    return Groups(evidence.ids, _oldest(evidence, labels), tuple(sorted(set(refused))), followed)


_CODES = ("", "crowded_key", "shared_key")


def _refusals(evidence: Evidence, verdicts: Verdicts) -> Ints:
    """Return, by link, why it is refused (place in ``_CODES``); a person's decision never is."""
    links = evidence.links
    why = np.where(verdicts.refused, 2, 0)
    why[verdicts.contested[links.a] | verdicts.contested[links.b]] = 2
    why[verdicts.crowded[links.a] | verdicts.crowded[links.b]] = 1
    why[links.strength >= DECIDED] = 0
    return why


def _with_joined(evidence: Evidence, links: Links, verdicts: Verdicts) -> Links:
    """Return ``links`` with the pairs that share a contested key and a name."""
    if not verdicts.joined:
        return links
    pairs = np.array(verdicts.joined, np.int64)
    reason = evidence.reasons.index(SAME_NAME)
    return strongest(
        Links(
            np.r_[links.a, pairs[:, 0]],
            np.r_[links.b, pairs[:, 1]],
            np.r_[links.strength, np.full(len(pairs), NAMED)],
            np.r_[links.reason, np.full(len(pairs), reason)],
        )
    )


def _refused(evidence: Evidence, links: Links, at: int, code: str) -> Refused:
    a, b = int(evidence.ids[links.a[at]]), int(evidence.ids[links.b[at]])
    return Refused(a, b, evidence.reasons[int(links.reason[at])], code)


def _components(size: int, links: Links) -> Ints:
    """Return the number of the component of every identity."""
    matrix = coo_array((np.ones(len(links), np.int8), (links.a, links.b)), shape=(size, size))
    return connected_components(matrix, directed=False)[1].astype(np.int64)


def _unsound(evidence: Evidence, links: Links, labels: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Yield (members, links) of each component that holds a cut pair, or accounts that cannot be one person's."""
    bad = {int(labels[a]) for a, b in evidence.cuts if labels[a] == labels[b]}
    accounts = np.flatnonzero(evidence.anchors)
    accounts = accounts[np.argsort(labels[accounts], kind="stable")]
    of = labels[accounts]
    starts = np.flatnonzero(np.r_[True, of[1:] != of[:-1]]) if len(of) else np.zeros(0, np.int64)
    ends = np.r_[starts[1:], len(of)] if len(of) else starts
    doubtful = (ends - starts > 1) & ~one_name(evidence.names.plain(len(evidence.ids)), accounts, starts)
    for start, end in zip(starts[doubtful].tolist(), ends[doubtful].tolist(), strict=True):
        if int(of[start]) not in bad and _clash(evidence, accounts[start:end]):
            bad.add(int(of[start]))
    yield from zip(_runs(labels, sorted(bad)), _runs(labels[links.a], sorted(bad)), strict=True)


def _runs(labels: Ints, wanted: list[int]) -> list[Ints]:
    """Return, for each label in ``wanted``, the places that bear it."""
    if not wanted:
        return []
    order = np.argsort(labels, kind="stable")
    bounds = np.searchsorted(labels[order], np.array([[label, label + 1] for label in wanted]))
    return [order[start:end] for start, end in bounds.tolist()]


def _clash(evidence: Evidence, accounts: Ints) -> bool:
    """Tell whether two of the accounts of a component cannot be one person's."""
    if len(accounts) > _MOST:
        return True
    anchors = [_anchor(evidence, place) for place in accounts.tolist()]
    return any(_two(one, other) for one, other in combinations(anchors, 2))


def _two(one: Anchor, other: Anchor) -> bool:
    """Tell whether two accounts in one component are two people: of one source, and not named alike."""
    return one[1] == other[1] and not may_be_one(one, other)


def _anchor(evidence: Evidence, place: int) -> Anchor:
    return place, evidence.kind_of(place), evidence.names.of(place)


class _Cluster:
    """Identities that were joined so far."""

    def __init__(self, place: int, anchor: Anchor | None, apart: set[int]) -> None:
        self.members = [place]
        self.anchors = [anchor] if anchor else []
        self.apart = apart


def _apart(evidence: Evidence) -> dict[int, set[int]]:
    """Return, for each identity that was cut, from which."""
    apart: dict[int, set[int]] = {}
    for a, b in evidence.cuts:
        apart.setdefault(a, set()).add(b)
        apart.setdefault(b, set()).add(a)
    return apart


def _rebuild(
    evidence: Evidence, links: Links, members: Ints, shared: tuple[Ints, dict[int, set[int]]]
) -> list[Refused]:
    """Join the members of one component anew, strongest link first, refusing what must stay apart.

    Args:
        evidence: all of it.
        links: those within the component.
        members: of the component.
        shared: the labels of all identities, in which the members get new ones; and who is cut from whom.

    Returns:
        The links refused.
    """
    labels, apart = shared
    clusters = {
        place: _Cluster(place, _account(evidence, place), set(apart.get(place, ()))) for place in members.tolist()
    }
    refused: list[Refused] = []
    for at in _strongest_first(evidence, links):
        one, other = clusters[int(links.a[at])], clusters[int(links.b[at])]
        if one is other:
            continue
        code = _obstacle(one, other, decided=int(links.strength[at]) >= DECIDED)
        if code:
            refused.append(_refused(evidence, links, at, code))
        else:
            _merge(one, other, clusters)
    for cluster in {id(cluster): cluster for cluster in clusters.values()}.values():
        # A label of no other component: places are below len(ids), and so are the labels of components.
        labels[cluster.members] = len(labels) + min(cluster.members)
    return refused


def _account(evidence: Evidence, place: int) -> Anchor | None:
    return _anchor(evidence, place) if is_anchor(evidence.kind_of(place)) else None


def _strongest_first(evidence: Evidence, links: Links) -> list[int]:
    """Return the order in which links apply: by strength, then by the keyed ids, which favour nobody."""
    return np.lexsort((evidence.ids[links.b], evidence.ids[links.a], -links.strength)).tolist()


def _obstacle(one: _Cluster, other: _Cluster, *, decided: bool) -> str:
    """Return why two clusters must stay apart; empty when nothing parts them."""
    if not one.apart.isdisjoint(other.members) or not other.apart.isdisjoint(one.members):
        return "cut"
    if decided:
        return ""
    return "two_customers" if any(_two(a, b) for a in one.anchors for b in other.anchors) else ""


def _merge(one: _Cluster, other: _Cluster, clusters: dict[int, _Cluster]) -> None:
    """Add the smaller cluster to the larger."""
    if len(one.members) < len(other.members):
        one, other = other, one
    one.members += other.members
    one.anchors += other.anchors
    one.apart |= other.apart
    for place in other.members:
        clusters[place] = one


def _oldest(evidence: Evidence, labels: Ints) -> Ints:
    """Return the profile id of every identity: the member of its group seen first, of equals the least id."""
    order = np.lexsort((evidence.ids, evidence.first_seen, labels))
    grouped = labels[order]
    first = np.ones(len(order), bool)
    first[1:] = grouped[1:] != grouped[:-1]
    oldest = np.empty(int(labels.max()) + 1 if len(labels) else 0, np.int64)
    oldest[grouped[first]] = evidence.ids[order[first]]
    return oldest[labels]
