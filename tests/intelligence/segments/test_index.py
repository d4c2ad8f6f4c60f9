"""The index of profiles, and the last choice of each identity, against dictionaries."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from tests.intelligence.worlds import NOW, aware, engine_of

from helder.intelligence.segments.choices import last_choices
from helder.intelligence.segments.index import MANY, ProfileIndex, SortedIds, index_of
from helder.intelligence.segments.parse import parse
from helder.store.facts.duckdb.engine import DuckDbFacts

small = st.integers(0, 30)
large = st.integers(0, 2**63 - 1)
ids = st.one_of(st.lists(small, unique=True), st.lists(large, unique=True, max_size=200))


@given(ids, st.lists(st.one_of(small, large)))
def test_an_id_is_found_where_it_stands(known: list[int], wanted: list[int]) -> None:
    """Ids that lie evenly, ids that do not, the greatest and none at all are found, or are not there."""
    places = {each: place for place, each in enumerate(sorted(known))}
    asked = np.array([*known, *wanted, 2**63 - 1], np.int64)
    found = SortedIds(np.array(sorted(known), np.int64)).places(asked)
    assert found.tolist() == [places.get(each, -1) for each in asked.tolist()]


def test_ids_that_lie_evenly_are_stepped_to() -> None:
    """A hundred thousand keyed hashes take the fast way, and give what a search gives."""
    chance = np.random.default_rng(1)
    known = SortedIds(np.unique(chance.integers(0, 2**63 - 1, 100_000)))
    asked = np.append(chance.choice(known.ids, MANY), chance.integers(0, 2**63 - 1, 5_001))
    assert known._even
    assert (
        known.places(asked).tolist()
        == np.where(known._searched(asked) < len(known.ids), known._searched(asked), -1).tolist()
    )
    assert not SortedIds(np.arange(1_000))._even


@given(st.dictionaries(small, st.integers(100, 105)), st.lists(st.one_of(small, st.integers(100, 110))))
def test_profiles_and_identities(of: dict[int, int], wanted: list[int]) -> None:
    """Each identity has the ordinal of its profile, and a part of an index is the index of a part."""
    index = of_pairs(of)
    profiles = sorted(set(of.values()))
    assert index.profiles.tolist() == profiles
    asked = np.array([*of, *wanted], np.int64)
    assert index.ordinals_by_identity(asked).tolist() == [
        profiles.index(of[each]) if each in of else -1 for each in asked.tolist()
    ]
    part = index.part(np.array(wanted, np.int64))
    kept = {identity: profile for identity, profile in of.items() if profile in wanted}
    assert part.profiles.tolist() == sorted(set(kept.values()))
    assert dict(zip(part.identities.ids.tolist(), part.profiles[part.ordinals_of].tolist(), strict=True)) == kept


@given(st.dictionaries(small, st.integers(100, 105)), st.dictionaries(small, st.integers(100, 110)))
def test_a_patched_index_is_the_index_of_the_pairs_after(of: dict[int, int], moved: dict[int, int]) -> None:
    """Identities that came, and identities that went over to another profile, end in the index that reading gives."""
    patched = of_pairs(of).patched(np.array(list(moved), np.int64), np.array(list(moved.values()), np.int64))
    anew = of_pairs({**of, **moved})
    for mine, theirs in ((patched.identities.ids, anew.identities.ids), (patched.profiles, anew.profiles)):
        assert mine.tolist() == theirs.tolist()
    assert patched.ordinals_of.tolist() == anew.ordinals_of.tolist()


def of_pairs(of: dict[int, int]) -> ProfileIndex:
    return index_of(np.array(list(of), np.int64), np.array(list(of.values()), np.int64))


@given(st.lists(st.tuples(st.integers(-1, 5), st.integers(0, 3), st.booleans())))
def test_the_last_choice_counts(choices: list[tuple[int, int, bool]]) -> None:
    """Of each identity the latest choice, of two at one moment the one against; what has no profile says nothing."""
    last: dict[int, tuple[int, bool]] = {}
    for identity, at, against in choices:
        last[identity] = max(last.get(identity, (at, against)), (at, against))
    columns = [np.array(each) for each in zip(*choices, strict=True)] or [np.empty(0, np.int64)] * 2 + [
        np.empty(0, bool)
    ]
    agreed, refused = last_choices(*columns)
    assert sorted(agreed.tolist()) == sorted(i for i, (_, against) in last.items() if i >= 0 and not against)
    assert sorted(refused.tolist()) == sorted(i for i, (_, against) in last.items() if i >= 0 and against)


def test_an_engine_takes_changes_in_and_reads_anew_after_an_erasure() -> None:
    """A merge, a newcomer and an erased person are all seen by the next question."""
    facts = DuckDbFacts(":memory:", threads=1)
    engine, all_of = engine_of(facts), parse({"all": []})
    of = {identity: identity // 2 for identity in range(200)}
    seen = []
    for moved, gone in (({}, []), ({7: 50, 500: 9000}, []), ({}, [11]), ({12: 50, 13: 50}, [])):
        of = {i: p for i, p in {**of, **moved}.items() if i not in gone}
        fresh = moved or of
        with facts.write() as batch:
            batch.delete("identity_profile", "identity_id", pa.array([*fresh, *gone], pa.int64()))
            if moved or not seen:
                batch.append(
                    "identity_profile", pa.table({"identity_id": list(fresh), "profile_id": list(fresh.values())})
                )
            elif gone:
                batch.append("identity_profile", pa.table({"identity_id": list(of), "profile_id": list(of.values())}))
        seen.append(engine.members(all_of, aware(NOW)).tolist())
        assert seen[-1] == sorted(set(of.values()))
    facts.close()
