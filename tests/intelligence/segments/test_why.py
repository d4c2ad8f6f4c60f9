"""Why somebody is in a segment: every node's verdict, with words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.intelligence.worlds import NOW, aware, engine_of, fill

from helder.errors import InvalidInput, NotFound
from helder.intelligence.segments.parse import parse
from helder.intelligence.segments.why import why
from helder.store.facts.duckdb.engine import DuckDbFacts

VIEWED = {"behaviour": "Product Viewed", "in_last": "1 days"}
LIVE = {"live": "erp", "object": "workshop_order", "op": "never"}


@pytest.fixture
def facts() -> Iterator[DuckDbFacts]:
    made = DuckDbFacts(":memory:", threads=1)
    seen = {"message_id": "1", "identity_id": 1, "type": "track", "name": "Product Viewed", "properties": "{}"}
    who = [{"identity_id": 1, "profile_id": 1}, {"identity_id": 2, "profile_id": 2}]
    fill(made, {"identity_profile": who, "event_tail": [{**seen, "at": NOW - timedelta(hours=1)}]})
    yield made
    made.close()


def test_every_node_has_its_verdict(facts: DuckDbFacts) -> None:
    """The verdicts of the nodes, parents first, say why, in both languages."""
    rule = parse({"all": [VIEWED, {"none": [{"attribute": "city", "value": "Breda"}]}]})
    found = why(engine_of(facts), rule, 1, aware(NOW))
    assert found.holds
    assert [(each.path, each.holds) for each in found.verdicts] == [
        ("rule", True),
        ("rule.all[0]", True),
        ("rule.all[1]", True),
        ("rule.all[1].none[0]", False),
    ]
    assert found.verdicts[1].words["nl"] == "in de afgelopen dag een artikel bekeken"
    assert not why(engine_of(facts), rule, 2, aware(NOW)).holds


def test_what_cannot_be_known_says_why(facts: DuckDbFacts) -> None:
    """A source that does not answer makes its node, and what contains it, unknown; the rest stays known."""
    found = why(engine_of(facts), parse({"all": [VIEWED, LIVE]}), 1, aware(NOW))
    assert [each.holds for each in found.verdicts] == [None, True, None]
    assert [each.unavailable_because for each in found.verdicts] == [
        "there is no source erp",
        "",
        "there is no source erp",
    ]


def test_nobody_is_told_as_such(facts: DuckDbFacts) -> None:
    """A profile that is not there (any more) is not found."""
    with pytest.raises(NotFound, match="no profile 7"):
        why(engine_of(facts), parse(VIEWED), 7, aware(NOW))


def test_a_circle_of_segments_is_refused(facts: DuckDbFacts) -> None:
    """Segments that refer to each other are named."""
    rules: dict[str, Any] = {"a": parse({"membership": "b"}), "b": parse({"membership": "a"})}
    with pytest.raises(InvalidInput, match="a → b → a"):
        engine_of(facts, rules.__getitem__).count(rules["b"], aware(NOW))
