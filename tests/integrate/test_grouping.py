from __future__ import annotations

import random
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helder.integrate.evidence import evidence
from helder.integrate.grouping import Groups, group
from helder.integrate.names import NameKey, name_key

KEY = b"k" * 32
Row = tuple[int, str, int]
LinkRow = tuple[int, int, str, int]


def named(full: str) -> NameKey:
    return name_key("", "", "", full, KEY)


JAN, PIET, J = named("Jan de Vries"), named("Piet Bakker"), name_key("J.", "de", "Vries", "", KEY)
JOKE = named("Joke de Vries")
E, P, E2 = 1, 2, 3
"""Ids of an e-mail address, a telephone number, another address."""
SHOP, SHOP2, ERP, ERP2, NEWS = 10, 11, 20, 21, 30
ANON, DEVICE = 40, 50
KINDS = {
    E: "email", E2: "email", P: "phone", SHOP: "customer:shop", SHOP2: "customer:shop", ERP: "customer:erp",
    ERP2: "customer:erp", NEWS: "subscriber:news", ANON: "anonymous:site", DEVICE: "device",
}  # fmt: skip


def solve(
    links: list[tuple[int, int] | LinkRow],
    names: dict[int, list[NameKey]] | None = None,
    cuts: list[tuple[int, int]] | None = None,
    kinds: dict[int, str] | None = None,
) -> Groups:
    known = kinds or KINDS
    rows = [(key, kind, key) for key, kind in known.items()]
    full: list[LinkRow] = [link if len(link) == 4 else (*link, "same_record", 90) for link in links]
    return group(evidence(rows, full, cuts or [], names))


def together(groups: Groups, *ids: int) -> bool:
    profile = dict(zip(groups.ids.tolist(), groups.profile.tolist(), strict=True))
    return len({profile[key] for key in ids}) == 1


def codes(groups: Groups) -> set[str]:
    return {link.refused for link in groups.refused}


def test_a_shared_address_joins_records_of_two_sources() -> None:
    """Records of two sources with one address and one name are one person, whose profile is the member seen first."""
    groups = solve([(SHOP, E), (ERP, E)], {SHOP: [JAN], ERP: [JAN]})
    assert together(groups, SHOP, ERP, E)
    assert set(groups.profile[np.isin(groups.ids, [SHOP, ERP, E])]) == {E}
    assert groups.refused == ()


def test_duplicates_in_one_source_are_joined_when_their_names_agree() -> None:
    """Two customer numbers of one shop with one address are one person only if they bear one name."""
    assert together(solve([(SHOP, E), (SHOP2, E)], {SHOP: [JAN], SHOP2: [J]}), SHOP, SHOP2)
    assert not together(solve([(SHOP, E), (SHOP2, E)], {SHOP: [JAN], SHOP2: [PIET]}), SHOP, SHOP2)
    assert not together(solve([(SHOP, E), (SHOP2, E)]), SHOP, SHOP2)


def test_a_family_address_joins_nobody_but_those_of_one_name() -> None:
    """On a contested address the accounts with the same full name are joined, and the address itself is nobody's."""
    groups = solve([(SHOP, E), (SHOP2, E), (ERP, E), (ERP2, E)], {SHOP: [JAN], SHOP2: [PIET], ERP: [JAN], ERP2: [PIET]})
    assert together(groups, SHOP, ERP)
    assert together(groups, SHOP2, ERP2)
    assert not together(groups, SHOP, SHOP2)
    assert not any(together(groups, E, other) for other in (SHOP, SHOP2, ERP, ERP2))
    assert codes(groups) == {"shared_key"}


def test_an_initial_that_fits_two_fits_nobody() -> None:
    """J. de Vries on an address of Jan and Joke de Vries is neither, as far as one can tell."""
    groups = solve([(SHOP, E), (SHOP2, E), (ERP, E)], {SHOP: [JAN], SHOP2: [JOKE], ERP: [J]})
    assert not together(groups, ERP, SHOP)
    assert not together(groups, ERP, SHOP2)
    alone = solve([(SHOP, E), (SHOP2, E), (ERP, E)], {SHOP: [JAN], SHOP2: [PIET], ERP: [J]})
    assert together(alone, ERP, SHOP)


def test_late_evidence_unjoins() -> None:
    """An address that joined two records joins nobody any more once a third name turns up on it."""
    before = solve([(SHOP, E), (NEWS, E)], {SHOP: [JAN]})
    after = solve([(SHOP, E), (NEWS, E), (ERP, E)], {SHOP: [JAN], ERP: [PIET]})
    assert together(before, SHOP, NEWS)
    assert not together(after, SHOP, NEWS)


def test_ten_thousand_people_on_one_address_stay_apart() -> None:
    """A key with more accounts than the limit joins nobody, and every link to it is kept as refused."""
    people = list(range(1000, 11_000))
    kinds = {E: "email", **{one: f"customer:{one % 5}" for one in people}}
    groups = solve([(E, one) for one in people], kinds=kinds)
    assert len(set(groups.profile.tolist())) == 10_001
    assert len(groups.refused) == 10_000
    assert codes(groups) == {"crowded_key"}


def test_a_computer_at_home_joins_neither_of_two_people() -> None:
    """Two people logged in on one browser: it is neither's. One person with two accounts keeps it."""
    logins: list[LinkRow] = [(ANON, SHOP, "login", 80), (ANON, SHOP2, "login", 80)]
    apart = solve([*logins], {SHOP: [JAN], SHOP2: [PIET]})
    assert not together(apart, SHOP, ANON)
    assert not together(apart, SHOP, SHOP2)
    assert together(solve([*logins], {SHOP: [JAN], SHOP2: [J]}), SHOP, SHOP2, ANON)


def test_a_signed_link_yields_to_a_log_in() -> None:
    """A forwarded mail opened on someone else's browser does not make them one person."""
    links: list[LinkRow] = [(ANON, SHOP, "login", 80), (ANON, NEWS, "signed_link", 70)]
    groups = solve([*links], {SHOP: [JAN], NEWS: [PIET]})
    assert together(groups, ANON, SHOP)
    assert not together(groups, ANON, NEWS)
    assert codes(groups) == {"shared_key"}
    assert together(solve([*links], {SHOP: [JAN], NEWS: [JAN]}), ANON, SHOP, NEWS)


def test_a_shared_device_never_joins_two_accounts_of_one_source() -> None:
    """The weakest link of a chain between two customers of one source is refused."""
    other = 41
    kinds = {**KINDS, other: "anonymous:other"}
    links: list[tuple[int, int] | LinkRow] = [
        (ANON, SHOP, "login", 80), (other, SHOP2, "login", 80),
        (ANON, DEVICE, "device", 50), (other, DEVICE, "device", 50),
    ]  # fmt: skip
    groups = solve(links, {SHOP: [JAN], SHOP2: [PIET]}, kinds=kinds)
    assert together(groups, ANON, SHOP)
    assert together(groups, other, SHOP2)
    assert not together(groups, SHOP, SHOP2)
    assert codes(groups) == {"two_customers"}


def test_a_cut_always_wins() -> None:
    """Two identities that a person cut apart are never in one profile, whatever joins them."""
    links: list[tuple[int, int] | LinkRow] = [(SHOP, E), (ERP, E), (SHOP, ERP, "decision", 100)]
    groups = solve(links, {SHOP: [JAN], ERP: [JAN]}, cuts=[(SHOP, ERP)])
    assert not together(groups, SHOP, ERP)
    assert "cut" in codes(groups)


def test_a_decision_joins_what_the_guards_keep_apart() -> None:
    """Two customers of one source whom a person joined are one, and a contested key may be given to one of them."""
    names = {SHOP: [JAN], SHOP2: [PIET]}
    contested: list[tuple[int, int] | LinkRow] = [(SHOP, E), (SHOP2, E)]
    assert together(solve([*contested, (SHOP, SHOP2, "decision", 100)], names), SHOP, SHOP2)
    given_to_one = solve([*contested, (SHOP, E, "decision", 100)], names)
    assert together(given_to_one, SHOP, E)
    assert not together(given_to_one, SHOP2, E)


def test_merge_then_unmerge_restores() -> None:
    """Without the decision everything is as it was before it."""
    links: list[tuple[int, int] | LinkRow] = [(SHOP, E), (ERP, E2)]
    before, merged = solve(links), solve([*links, (SHOP, ERP, "decision", 100)])
    assert together(merged, E, E2)
    assert np.array_equal(solve(links).profile, before.profile)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Row], list[LinkRow], list[tuple[int, int]], dict[int, list[NameKey]]]:
    """Small worlds of every kind of identity, with links, cuts and names."""
    kinds = draw(st.lists(st.sampled_from(sorted(set(KINDS.values()))), min_size=2, max_size=14))
    rows = [(at + 1, kind, draw(st.integers(0, 3))) for at, kind in enumerate(kinds)]
    ids = st.integers(1, len(rows))
    strengths = st.sampled_from([50, 70, 80, 90, 90, 90, 100])
    links = draw(st.lists(st.tuples(ids, ids, st.sampled_from(["same_record", "login"]), strengths), max_size=24))
    cuts = [(a, b) for a, b in draw(st.lists(st.tuples(ids, ids), max_size=3)) if a != b]
    pool = st.lists(st.sampled_from([JAN, J, PIET, JOKE]), max_size=2)
    names = {row[0]: draw(pool) for row in rows if row[1].startswith(("customer", "subscriber"))}
    return rows, [link for link in links if link[0] != link[1]], cuts, names


@given(worlds(), st.randoms())
def test_the_order_of_arrival_does_not_matter(
    world: tuple[list[Row], list[LinkRow], list[tuple[int, int]], dict[int, list[NameKey]]], chance: random.Random
) -> None:
    """Links, identities and names told in any order, and several times, give the same profiles and refusals."""
    rows, links, cuts, names = world
    groups = group(evidence(rows, links, cuts, names))
    mixed = [(b, a, reason, strength) if chance.random() < 0.5 else (a, b, reason, strength)
             for a, b, reason, strength in [*links, *links]]  # fmt: skip
    chance.shuffle(mixed)
    shuffled = chance.sample(rows, len(rows))
    turned = {key: values[::-1] * 2 for key, values in names.items()}
    again = group(evidence(shuffled, mixed, [(b, a) for a, b in reversed(cuts)], turned))
    assert np.array_equal(groups.profile, again.profile)
    assert groups.refused == again.refused


@given(worlds())
def test_what_must_stay_apart_stays_apart(
    world: tuple[list[Row], list[LinkRow], list[tuple[int, int]], dict[int, list[NameKey]]],
) -> None:
    """No profile holds a cut pair; without decisions none holds two accounts of one source that names do not join."""
    rows, links, cuts, names = world
    profile = _profiles(group(evidence(rows, links, cuts, names)))
    assert all(profile[a] != profile[b] for a, b in cuts)
    undecided = _profiles(group(evidence(rows, [link for link in links if link[3] < 100], cuts, names)))
    kind = {row[0]: row[1] for row in rows}
    for one, other in combinations([row[0] for row in rows if row[1].startswith(("customer", "subscriber"))], 2):
        if undecided[one] == undecided[other] and kind[one] == kind[other]:
            assert _may_be_one(names[one], names[other])


@given(worlds())
def test_grouping_agrees_with_a_plain_reading_of_the_rules(
    world: tuple[list[Row], list[LinkRow], list[tuple[int, int]], dict[int, list[NameKey]]],
) -> None:
    """The arrays give what a slow program gives that reads the rules one after another."""
    from tests.integrate.plain_grouping import plain_profiles

    rows, links, cuts, names = world
    assert _profiles(group(evidence(rows, links, cuts, names))) == plain_profiles(rows, links, cuts, names)


@pytest.mark.parametrize("size", [0, 1])
def test_nobody_and_one_alone(size: int) -> None:
    """An empty world has no profiles, and who stands alone is a profile."""
    groups = group(evidence([(7, "email", 0)][:size], []))
    assert groups.profile.tolist() == [7][:size]


def _profiles(groups: Groups) -> dict[int, int]:
    return dict(zip(groups.ids.tolist(), groups.profile.tolist(), strict=True))


def _may_be_one(one: list[NameKey], other: list[NameKey]) -> bool:
    from helder.integrate.names import compatible

    return any(compatible(a, b) for a in one for b in other)
