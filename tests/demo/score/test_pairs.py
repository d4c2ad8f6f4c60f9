from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helder.demo.score.pairs import identity_score

IDENTITIES = st.integers(0, 14)


@given(
    owner=st.dictionaries(IDENTITIES, st.integers(0, 4), max_size=15),
    profile=st.dictionaries(IDENTITIES, st.integers(0, 5), max_size=15),
    data=st.data(),
)
def test_counting_equals_looking_at_every_pair(
    owner: dict[int, int], profile: dict[int, int], data: st.DataObject
) -> None:
    """The counts agree with an enumeration of all pairs of identities that have one owner."""
    halves = {each: (person, data.draw(st.integers(0, 1))) for each, person in owner.items()}
    found = right = connected = kept = true = 0
    for a, b in combinations(owner, 2):
        together = a in profile and b in profile and profile[a] == profile[b]
        found += together
        true += owner[a] == owner[b]
        right += together and owner[a] == owner[b]
        connected += halves[a] == halves[b]
        kept += together and halves[a] == halves[b]
    score = identity_score(owner, halves, profile)
    assert (score.pairs_found, score.pairs_true, score.pairs_connected) == (found, true, connected)
    assert score.precision == pytest.approx(right / found if found else 1)
    assert score.recall == pytest.approx(kept / connected if connected else 1)
    assert score.recall_all == pytest.approx(right / true if true else 1)


def test_a_wrong_merge_costs_precision_and_a_missed_one_recall() -> None:
    """Two people in one profile, and one person in two."""
    owner = {"a1": 1, "a2": 1, "b1": 2, "b2": 2}
    groups = {"a1": "a", "a2": "a", "b1": "b", "b2": "b"}
    merged = identity_score(owner, groups, dict.fromkeys(owner, "p"))
    assert (merged.precision, merged.recall) == (pytest.approx(2 / 6), 1.0)
    parted = identity_score(owner, groups, {"a1": "p", "a2": "p", "b1": "q", "b2": "r"})
    assert (parted.precision, parted.recall, parted.f1) == (1.0, 0.5, pytest.approx(2 / 3))


def test_identities_of_nobody_count_for_nothing() -> None:
    """Crawlers and shared addresses in a profile are neither right nor wrong."""
    score = identity_score({"a": 1}, {"a": "g"}, {"a": "p", "bot": "p", "info@": "p"})
    assert (score.pairs_found, score.precision) == (0, 1.0)
