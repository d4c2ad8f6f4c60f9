"""The rules of who is who, read one after another over plain sets: an oracle for grouping, slow and without arrays."""

from __future__ import annotations

from itertools import combinations

from helder.integrate.names import NameKey, compatible

Pair = tuple[int, int]


def plain_profiles(
    rows: list[tuple[int, str, int]],
    links: list[tuple[int, int, str, int]],
    cuts: list[Pair],
    names: dict[int, list[NameKey]],
) -> dict[int, int]:
    """Return identity → profile."""
    kind = {row[0]: row[1] for row in rows}
    seen = {row[0]: row[2] for row in rows}
    best: dict[Pair, int] = {}
    for a, b, _, strength in links:
        pair = (min(a, b), max(a, b))
        best[pair] = max(best.get(pair, 0), strength)
    kept = dict(best)
    for key in kind:
        judged = {pair: strength for pair, strength in best.items() if key in pair and strength < 100}
        for pair, strength in _judge(key, kind, judged, names).items():
            if strength is None:
                kept.pop(pair, None)
            elif pair not in kept or kept[pair] < strength:
                kept[pair] = strength
    parts = _components(kind, kept)
    profile: dict[int, int] = {}
    for part in parts:
        for cluster in _split(part, kind, kept, cuts, names):
            oldest = min(cluster, key=lambda one: (seen[one], one))
            profile.update(dict.fromkeys(cluster, oldest))
    return profile


def _judge(
    key: int, kind: dict[int, str], judged: dict[Pair, int], names: dict[int, list[NameKey]]
) -> dict[Pair, int | None]:
    """Return links to drop (None) and to add because of ``key``; accounts are never judged."""
    if _account(kind[key]):
        return {}
    other = {pair: pair[0] if pair[1] == key else pair[1] for pair in judged}
    accounts = {pair: one for pair, one in other.items() if _account(kind[one])}
    drop: dict[Pair, int | None] = dict.fromkeys(judged)
    if kind[key].startswith(("anonymous:", "device")):
        logins = {one for pair, one in accounts.items() if judged[pair] >= 80}
        deciding = logins or set(accounts.values())
        if len(deciding) > 2 or not _all_fit(deciding, kind, names):
            return drop
        return {
            pair: None
            for pair, one in accounts.items()
            if logins and one not in logins and not all(_fit(one, login, kind, names) for login in logins)
        }
    if len(set(accounts.values())) > 10:
        return drop
    if _all_fit(set(accounts.values()), kind, names):
        return {}
    for pair in _same_name(set(accounts.values()), names):
        drop[pair] = 85
    return drop


def _same_name(accounts: set[int], names: dict[int, list[NameKey]]) -> set[Pair]:
    """Return the pairs on a contested key that are one person by their names."""
    alike = {
        (a, b)
        for a, b in combinations(sorted(one for one in accounts if names.get(one)), 2)
        if any(compatible(n, m) for n in names[a] for m in names[b])
    }
    found: set[Pair] = set()
    for part in _components(dict.fromkeys(one for pair in alike for one in pair), dict.fromkeys(alike, 1)):
        if all(pair in alike for pair in combinations(sorted(part), 2)):
            found |= set(combinations(sorted(part), 2))
            continue
        full = {one: {(n.surname, n.first) for n in names[one]} for one in part if all(n.first for n in names[one])}
        found |= {(a, b) for a, b in combinations(sorted(full), 2) if full[a] == full[b]}
        for one in part - set(full):
            fits = {frozenset(full[other]) for other in full if (min(one, other), max(one, other)) in alike}
            if len(fits) == 1:
                match = min(other for other in full if frozenset(full[other]) in fits)
                found.add((min(one, match), max(one, match)))
    return found


def _split(
    part: set[int], kind: dict[int, str], links: dict[Pair, int], cuts: list[Pair], names: dict[int, list[NameKey]]
) -> list[set[int]]:
    """Return the clusters of a component: itself when sound, else built strongest link first."""
    parted = {frozenset(cut) for cut in cuts}

    def clash(one: int, other: int) -> bool:
        both = _account(kind[one]) and _account(kind[other])
        return both and kind[one] == kind[other] and not _fit(one, other, kind, names)

    pairs = list(combinations(part, 2))
    if not any(frozenset(pair) in parted or clash(*pair) for pair in pairs):
        return [part]
    clusters = [{one} for one in part]
    inside = [pair for pair in links if pair[0] in part]
    for a, b in sorted(inside, key=lambda pair: (-links[pair], pair)):
        one = next(cluster for cluster in clusters if a in cluster)
        other = next(cluster for cluster in clusters if b in cluster)
        if one is other:
            continue
        across = [(x, y) for x in one for y in other]
        cut = any(frozenset(pair) in parted for pair in across)
        if cut or (links[a, b] < 100 and any(clash(*pair) for pair in across)):
            continue
        clusters.remove(other)
        one |= other
    return clusters


def _components(nodes: dict[int, object], links: dict[Pair, int]) -> list[set[int]]:
    left = set(nodes)
    parts: list[set[int]] = []
    while left:
        part = {left.pop()}
        while more := {x for pair in links for x in pair if set(pair) & part} - part:
            part |= more
        left -= part
        parts.append(part)
    return parts


def _account(kind: str) -> bool:
    return kind.startswith(("customer:", "subscriber:", "user:"))


def _fit(one: int, other: int, kind: dict[int, str], names: dict[int, list[NameKey]]) -> bool:
    if names.get(one) and names.get(other):
        return any(compatible(n, m) for n in names[one] for m in names[other])
    return kind[one] != kind[other]


def _all_fit(accounts: set[int], kind: dict[int, str], names: dict[int, list[NameKey]]) -> bool:
    return all(_fit(one, other, kind, names) for one, other in combinations(sorted(accounts), 2))
