"""The SQL that a live source is asked with: compiled once from an expression, ids in one bound parameter."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache

import ibis
import sqlglot
from ibis.expr.operations import Node
from ibis.expr.types import Expr
from sqlglot import exp

# How each engine reads a list of ids from one parameter.
_LISTS = {
    "sqlite": "SELECT value FROM JSON_EACH(?)",
    "postgres": "SELECT UNNEST(CAST(? AS TEXT[]))",
    "mysql": "SELECT value FROM JSON_TABLE(?, '$[*]' COLUMNS (value VARCHAR(255) PATH '$')) AS ids",
}
_COMPARED = (exp.GTE, exp.GT, exp.LTE, exp.LT, exp.EQ, exp.NEQ)
_LITERAL = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?")


def live_sql(expr: Expr, dialect: str, *, restricted: bool = False, styles: tuple[tuple[str, str], ...] = ()) -> str:
    """Return the SQL of ``expr``.

    Args:
        expr: unbound, over one table of the source; ``key`` names the column of the source's own key.
        dialect: sqlite, postgres or mysql.
        restricted: only rows whose key is in the one bound parameter.
        styles: (column, strftime pattern) of moments that the source keeps as text.
    """
    return _sql(expr.op(), dialect, restricted, styles)


@lru_cache(maxsize=1024)
def _sql(node: Node, dialect: str, restricted: bool, styles: tuple[tuple[str, str], ...]) -> str:
    tree = sqlglot.parse_one(str(ibis.to_sql(node.to_expr(), dialect=dialect)), read=dialect)
    if styles:
        _write_moments(tree, dict(styles))
    if restricted:
        _restrict(tree, dialect)
    return tree.sql(dialect=dialect)


def _restrict(tree: exp.Expr, dialect: str) -> None:
    """Add the condition on the key where the table itself is read, so that the source can use its index."""
    inner = next(select for select in tree.find_all(exp.Select) if isinstance(select.args["from_"].this, exp.Table))
    key = next(column for column in inner.expressions if column.alias_or_name == "key").unalias()
    listed = sqlglot.parse_one(_LISTS[dialect], read=dialect)
    inner.where(exp.In(this=key.copy(), query=exp.Subquery(this=listed)), copy=False)


def _write_moments(tree: exp.Expr, styles: dict[str, str]) -> None:
    """Write the moments that columns are compared with as the source writes them."""
    for compared in tree.find_all(*_COMPARED):
        column, literal = compared.this, compared.expression
        if isinstance(column, exp.Column) and column.name in styles and _is_moment(literal):
            up = isinstance(compared, exp.GTE | exp.LT)
            literal.replace(exp.Literal.string(written(literal.this, styles[column.name], up=up)))


def _is_moment(literal: exp.Expression) -> bool:
    return isinstance(literal, exp.Literal) and bool(_LITERAL.fullmatch(literal.this))


def written(text: str, pattern: str, *, up: bool) -> str:
    """Return the moment ``text`` in ``pattern``, rounded to what the pattern can say.

    Args:
        text: ISO, naive UTC.
        pattern: of strftime.
        up: round up (for ``>=`` and ``<``) or down (for ``>`` and ``<=``): then the comparison stays exact.
    """
    at = datetime.fromisoformat(text)
    if "%f" not in pattern:
        unit = timedelta(seconds=1) if "%S" in pattern else timedelta(days=1)
        floor = at.replace(microsecond=0) if "%S" in pattern else datetime(at.year, at.month, at.day)  # noqa: DTZ001 - naive UTC
        at = floor + unit if up and at != floor else floor
    return at.strftime(pattern)
