"""One rule, one meaning: over everyone, over a few, by the plain reading, and as one expression."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from tests.intelligence import oracle
from tests.intelligence.worlds import NOW, SOFT, aware, engine_of, fill, rules, worlds

from helder.govern.catalogue import base_catalogue
from helder.intelligence.segments.compile import question
from helder.intelligence.segments.moments import Moments
from helder.intelligence.segments.parse import parse
from helder.intelligence.segments.rule import leaves
from helder.intelligence.segments.setting import Setting, whole
from helder.store.facts.duckdb.engine import DuckDbFacts
from helder.store.facts.schema import table

LAW = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
LESS = settings(LAW, max_examples=60)
MORE = settings(LAW, max_examples=1500)


@pytest.fixture(scope="module")
def facts() -> Iterator[DuckDbFacts]:
    """Facts that each example fills anew."""
    made = DuckDbFacts(":memory:", threads=1)
    yield made
    made.close()


@LAW
@given(world=worlds(), rule=rules)
def test_everyone_is_each_one_is_the_plain_reading(facts: DuckDbFacts, world: Any, rule: Any) -> None:
    """Over everyone, over any few and by an independent reading the same profiles meet a rule."""
    fill(facts, world)
    engine, tree = engine_of(facts), parse(rule)
    expected = sorted(oracle.members(rule, world, NOW, SOFT))
    event(f"{'some' if expected else 'no'} members")
    profiles = np.array(sorted({each["profile_id"] for each in world["identity_profile"]}))
    assert engine.members(tree, aware(NOW)).tolist() == expected
    assert engine.restricted(tree, profiles, aware(NOW)).tolist() == expected
    one = int(profiles[0])
    assert engine.restricted(tree, np.array([one]), aware(NOW)).tolist() == [one] * (one in expected)


@pytest.mark.slow
@MORE
@given(world=worlds(), rule=rules)
def test_everyone_is_the_plain_reading_of_many_more(facts: DuckDbFacts, world: Any, rule: Any) -> None:
    """The same law, on ten times as many companies."""
    fill(facts, world)
    engine, tree = engine_of(facts), parse(rule)
    expected = sorted(oracle.members(rule, world, NOW, SOFT))
    everyone = np.array(sorted({each["profile_id"] for each in world["identity_profile"]}))
    assert engine.members(tree, aware(NOW)).tolist() == expected
    assert engine.restricted(tree, everyone, aware(NOW)).tolist() == expected


@LESS
@given(world=worlds(), rule=rules)
def test_a_leaf_as_one_expression_is_the_leaf_in_two_steps(facts: DuckDbFacts, world: Any, rule: Any) -> None:
    """What a cluster will be asked, whole, gives the same profiles as the rows and the lookup in memory."""
    fill(facts, world)
    engine = engine_of(facts)
    setting = Setting(moments=Moments(NOW), catalogue=base_catalogue(), soft_opt_in=frozenset(SOFT))
    everyone = {each["profile_id"] for each in world["identity_profile"]}
    for _, leaf in leaves(parse(rule)):
        asked = question(leaf, setting)
        found = set(facts.read(whole(asked, table)).column("profile_id").to_pylist()) & everyone
        expected = engine.members(leaf, aware(NOW)).tolist()
        assert sorted(everyone - found if asked.complement else found) == expected


@LESS
@given(world=worlds(), rule=rules)
def test_count_is_the_number_of_members_of_every_node(facts: DuckDbFacts, world: Any, rule: Any) -> None:
    """A count has the members of each node, and of all profiles."""
    fill(facts, world)
    engine, tree = engine_of(facts), parse(rule)
    answer = engine.count(tree, aware(NOW))
    assert answer.total == answer.counts["rule"] == len(engine.members(tree, aware(NOW)))
    assert answer.base == len({each["profile_id"] for each in world["identity_profile"]})
    for path, leaf in leaves(tree):
        assert answer.counts[path] == len(engine.members(leaf, aware(NOW)))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_plain_reading_reads_numbers(value: float) -> None:
    """The oracle compares a number that stands as text with a number."""
    assert oracle.compare(str(value), {"op": "at_least", "value": 0}, NOW) == (value >= 0) or math.isclose(value, 0)
