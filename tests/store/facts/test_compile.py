"""Tests of compiling: every table for both engines, and Spark's SQL as Spark reads it."""

from __future__ import annotations

import pytest
import sqlglot
from sqlglot import exp

from helder.store.facts.compile import compiled
from helder.store.facts.schema import SCHEMAS, table


@pytest.mark.parametrize("dialect", ["duckdb", "pyspark"])
@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_table_compiles(name: str, dialect: str) -> None:
    """A question to each table is SQL that the engine's own grammar takes, with that table and those columns in it."""
    rows = table(name)
    column = rows.columns[0]
    text = compiled(rows.filter(rows[column].notnull()).select(column).distinct(), dialect)
    (tree,) = sqlglot.parse(text, read="spark" if dialect == "pyspark" else dialect)
    assert tree is not None
    assert {found.name for found in tree.find_all(exp.Table)} == {name}
    assert column in {found.name for found in tree.find_all(exp.Column)}


def test_names_that_are_words_of_the_language_are_quoted() -> None:
    """``at`` and ``type`` are words of SQL: they are quoted in each engine's own way."""
    rows = table("event")
    expr = rows.select(rows["at"], rows["type"])
    assert '"at"' in compiled(expr, "duckdb")
    assert "`at`" in compiled(expr, "pyspark")


def test_the_same_question_is_compiled_once() -> None:
    """Compiling takes milliseconds, so the SQL of an equal expression is the very same object."""

    def ask() -> str:
        rows = table("orders")
        return compiled(rows.group_by("identity_id").aggregate(n=rows.count()), "duckdb")

    assert ask() is ask()
