"""Every leaf compiles for both engines; golden pairs show what is asked.

``HELDER_GOLDEN=write`` writes ``golden/<leaf>.<dialect>.sql`` anew; a person reads the difference.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from tests.intelligence import worlds
from tests.intelligence.worlds import NOW

from helder.govern.catalogue import base_catalogue
from helder.intelligence.segments.compile import question
from helder.intelligence.segments.moments import Moments
from helder.intelligence.segments.parse import parse
from helder.intelligence.segments.plan import compiled_plan
from helder.intelligence.segments.rule import leaves
from helder.intelligence.segments.setting import Setting, whole
from helder.intelligence.segments.small import few
from helder.store.facts.compile import compiled, moment_sql
from helder.store.facts.schema import table

FOLDER = Path(__file__).parent / "golden"
LEAVES: dict[str, dict[str, Any]] = {
    "attribute": {"attribute": "city", "op": "is_not", "value": "Utrecht"},
    "behaviour_at_all": {"behaviour": "Email Sent", "op": "never", "in_last": "7 days"},
    "behaviour_twice": {
        "behaviour": "Order Completed",
        "times": 2,
        "in_last": "180 days",
        "where": [{"field": "total", "op": "at_least", "value": 10}],
    },
    "sequence": {
        "sequence": "Workshop Registration Started",
        "then_not": "Workshop Registration Completed",
        "within": "24 hours",
        "in_last": "30 days",
    },
    "aggregate_count": {
        "aggregate": "ticket",
        "op": "never",
        "where": [{"field": "kind", "value": "complaint"}, {"field": "status", "value": "open"}],
    },
    "aggregate_sum": {"aggregate": "order", "measure": "sum", "field": "amount", "op": "at_least", "value": 100},
    "aggregate_days": {"aggregate": "order", "measure": "days", "op": "at_least", "value": 3},
    "permission": {"permission": "events", "by": "email"},
}


def setting(dialect: str, **more: Any) -> Setting:
    return Setting(
        moments=Moments(NOW), catalogue=base_catalogue(), dialect=dialect, soft_opt_in=frozenset({"events"}), **more
    )


@pytest.mark.parametrize("dialect", ["duckdb", "pyspark"])
@pytest.mark.parametrize("name", LEAVES)
def test_a_leaf_is_this_sql(name: str, dialect: str) -> None:
    """The whole question of a leaf, as each engine is asked it."""
    text = compiled(whole(question(parse(LEAVES[name]), setting(dialect)), table), dialect) + "\n"  # pyrefly: ignore[bad-argument-type] - a leaf is a rule
    file = FOLDER / f"{name}.{dialect}.sql"
    if os.environ.get("HELDER_GOLDEN") == "write":
        file.write_text(text, "utf-8")
    assert text == file.read_text("utf-8")


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds.rules)
def test_every_rule_compiles_for_spark(written: Any) -> None:
    """Any leaf of any rule is SQL that Spark's grammar takes."""
    for _, leaf in leaves(parse(written)):
        asked = question(leaf, setting("pyspark"))
        assert sqlglot.parse_one(compiled(whole(asked, table), "pyspark"), read="spark")


@pytest.mark.parametrize("dialect", ["duckdb", "pyspark"])
@pytest.mark.parametrize("name", LEAVES)
def test_marks_give_the_same_sql_as_literals(name: str, dialect: str) -> None:
    """A plan asked at a moment is the text that compiling at that moment gives, for the facts and for small tables."""
    leaf = parse(LEAVES[name])
    for tables in (table, few):
        plan = compiled_plan(leaf, setting(dialect, tables=tables))
        for now in (NOW, NOW + timedelta(microseconds=1), datetime.fromisoformat("2024-02-29T23:59:59.999999")):
            at = Setting(Moments(now), base_catalogue(), dialect, tables, frozenset({"events"}))
            assert plan.rows.at(now) == compiled(question(leaf, at).rows, dialect)
            assert "9100" not in plan.rows.at(now)


@pytest.mark.parametrize("dialect", ["duckdb", "pyspark"])
@pytest.mark.parametrize(
    "at",
    [
        NOW,
        datetime.fromisoformat("2026-01-02T03:04:05.000006"),
        datetime.fromisoformat("1999-12-31T23:59:59.999999"),
        datetime.fromisoformat("2200-01-01"),
    ],
)
def test_a_moment_is_written_as_the_compiler_writes_it(at: datetime, dialect: str) -> None:
    """The literal that takes a mark's place is the one that Ibis would have written."""
    rows = table("event")
    from helder.intelligence.segments.moments import moment

    assert moment_sql(at, dialect) in compiled(rows.filter(rows["at"] > moment(at)).select("name"), dialect)
