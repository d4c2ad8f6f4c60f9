"""From an Ibis expression to SQL of an engine, remembered: compiling one rule takes about 14 ms."""

from __future__ import annotations

from functools import lru_cache

import ibis
from ibis.expr.operations import Node
from ibis.expr.types import Expr


def compiled(expr: Expr, dialect: str) -> str:
    """Return the SQL of ``expr`` (unbound) in ``dialect`` (``duckdb`` or ``pyspark``)."""
    return _compiled(expr.op(), dialect)


@lru_cache(maxsize=4096)
def _compiled(node: Node, dialect: str) -> str:
    return str(ibis.to_sql(node.to_expr(), dialect=dialect))
