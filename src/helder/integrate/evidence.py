"""What is known about who is who, as arrays: the input of grouping."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from helder.integrate.identifiers import is_anchor, is_shareable
from helder.integrate.names import NameKey

Ints: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]
DECIDED = 100
"""Strength of a link that a person decided."""
SAME_NAME = "same_name"
"""Reason of the link between two accounts that share a contested key and a name."""


class Links(msgspec.Struct, frozen=True):
    """Links between identities, by place in ``Evidence.ids``; each pair once, with its strongest reason."""

    a: Ints
    b: Ints
    strength: Ints
    reason: Ints
    """Place in ``Evidence.reasons``."""

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.a)

    def where(self, kept: Flags | Ints) -> Links:
        """Return the links chosen by ``kept``."""
        return Links(self.a[kept], self.b[kept], self.strength[kept], self.reason[kept])


class Names(msgspec.Struct, frozen=True, dict=True):
    """Names on the records of accounts: rows in order of place, distinct."""

    place: Ints
    surname: Ints
    first: Ints
    initial: Ints
    near: Sequence[str]

    def of(self, place: int) -> tuple[NameKey, ...]:
        """Return the names of the account at ``place``."""
        starts = self._starts
        if place + 1 >= len(starts):
            return ()
        return tuple(
            NameKey(int(self.surname[row]), int(self.first[row]), int(self.initial[row]), self.near[row])
            for row in range(int(starts[place]), int(starts[place + 1]))
        )

    @cached_property
    def _starts(self) -> Ints:
        """Row at which the names of each place start: millions of accounts are looked at one by one."""
        last = int(self.place[-1]) if len(self.place) else -1
        return np.searchsorted(self.place, np.arange(last + 2))

    def plain(self, size: int) -> Ints:
        """Return (surname, first, initial) by place for accounts with one name; zeros for all others."""
        found = np.zeros((size, 3), np.int64)
        count = np.bincount(self.place, minlength=size)
        single = count[self.place] == 1
        for at, column in enumerate((self.surname, self.first, self.initial)):
            found[self.place[single], at] = column[single]
        return found


class Evidence(msgspec.Struct, frozen=True):
    """Identities, what joins them, what parts them, and the names that corroborate."""

    ids: Ints
    """Identity ids, ascending."""
    kind: Ints
    """Place of each identity's kind in ``kinds``."""
    kinds: tuple[str, ...]
    first_seen: Ints
    """Microseconds since 1970, by identity."""
    links: Links
    reasons: tuple[str, ...]
    """In order of the alphabet; ``same_name`` is always among them."""
    cuts: frozenset[tuple[int, int]]
    """Pairs of places (lesser first) that a person said are two."""
    names: Names

    @property
    def anchors(self) -> Flags:
        """Which identities are accounts of one person in one source."""
        return np.array([is_anchor(kind) for kind in self.kinds], bool)[self.kind]

    @property
    def shareable(self) -> Flags:
        """Which identities several people may share."""
        return np.array([is_shareable(kind) for kind in self.kinds], bool)[self.kind]

    def kind_of(self, place: int) -> str:
        """Return the kind of the identity at ``place``."""
        return self.kinds[int(self.kind[place])]


def strongest(links: Links) -> Links:
    """Return links with ``a < b``, each pair once: the strongest, of equals that with the first reason by alphabet."""
    one, other = np.minimum(links.a, links.b), np.maximum(links.a, links.b)
    apart = one != other
    one, other, strength, reason = one[apart], other[apart], links.strength[apart], links.reason[apart]
    order = _by_pair(one, other, strength, reason)
    one, other = one[order], other[order]
    first = np.ones(len(one), bool)
    first[1:] = (one[1:] != one[:-1]) | (other[1:] != other[:-1])
    kept = order[first]
    return Links(one[first], other[first], strength[kept], reason[kept])


def _by_pair(one: Ints, other: Ints, strength: Ints, reason: Ints) -> Ints:
    """Return the order by pair, then strongest first, then by reason: as one number each, which sorts much faster."""
    if not len(one):
        return np.zeros(0, np.int64)
    size, weight = int(other.max()) + 1, (DECIDED - strength) * (int(reason.max()) + 1) + reason
    weights = int(weight.max()) + 1
    if size * size * weights >= 2**63 or strength.max() > DECIDED:
        return np.lexsort((reason, -strength, other, one))
    return np.argsort((one * size + other) * weights + weight, kind="stable")


def evidence(
    identities: Sequence[tuple[int, str, int]],
    links: Iterable[tuple[int, int, str, int]],
    cuts: Iterable[tuple[int, int]] = (),
    names: Mapping[int, Sequence[NameKey]] | None = None,
) -> Evidence:
    """Return evidence from plain rows: for tests and small questions.

    Args:
        identities: (id, kind, first seen in microseconds).
        links: (id, id, reason, strength).
        cuts: (id, id).
        names: by identity id.
    """
    rows = sorted({row[0]: row for row in identities}.values())
    kinds = tuple(sorted({row[1] for row in rows}))
    place = {row[0]: at for at, row in enumerate(rows)}
    found = list(links)
    reasons = tuple(sorted({SAME_NAME, *(row[2] for row in found)}))
    named = sorted((place[key], name) for key, values in (names or {}).items() for name in set(values))
    return Evidence(
        ids=_ints(row[0] for row in rows),
        kind=_ints(kinds.index(row[1]) for row in rows),
        kinds=kinds,
        first_seen=_ints(row[2] for row in rows),
        links=strongest(
            Links(
                _ints(place[row[0]] for row in found),
                _ints(place[row[1]] for row in found),
                _ints(row[3] for row in found),
                _ints(reasons.index(row[2]) for row in found),
            )
        ),
        reasons=reasons,
        cuts=frozenset((min(place[a], place[b]), max(place[a], place[b])) for a, b in cuts),
        names=Names(
            _ints(at for at, _ in named),
            _ints(name.surname for _, name in named),
            _ints(name.first for _, name in named),
            _ints(name.initial for _, name in named),
            [name.near for _, name in named],
        ),
    )


def _ints(values: Iterable[int]) -> Ints:
    return np.fromiter(values, np.int64)
