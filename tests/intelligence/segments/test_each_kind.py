"""One kind of leaf at a time: in a drawn tree a fine point of one leaf is easily hidden by the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.intelligence import oracle
from tests.intelligence.worlds import (
    NOW,
    SOFT,
    aggregates,
    attribute,
    aware,
    behaviour,
    engine_of,
    fill,
    permission,
    sequence,
    worlds,
)

from helder.intelligence.segments.parse import parse
from helder.store.facts.duckdb.engine import DuckDbFacts

KINDS = {
    "attribute": attribute,
    "behaviour": behaviour,
    "sequence": sequence,
    "aggregate": aggregates(),
    "permission": permission,
}


@pytest.fixture(scope="module")
def facts() -> Iterator[DuckDbFacts]:
    """Facts that each example fills anew."""
    made = DuckDbFacts(":memory:", threads=1)
    yield made
    made.close()


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), world=worlds())
def test_each_kind_of_leaf_is_its_plain_reading(facts: DuckDbFacts, kind: str, data: st.DataObject, world: Any) -> None:
    """Many leaves of one kind, asked of one company, each give the profiles that the independent reading gives."""
    fill(facts, world)
    engine = engine_of(facts)
    for rule in data.draw(st.lists(KINDS[kind], min_size=4, max_size=8)):
        found = engine.members(parse(rule), aware(NOW)).tolist()
        assert found == sorted(oracle.members(rule, world, NOW, SOFT)), rule
