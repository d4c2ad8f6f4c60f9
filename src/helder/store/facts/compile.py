"""From an Ibis expression to SQL of an engine, remembered: compiling one rule takes about 14 ms."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

import ibis
from ibis.config import Config
from ibis.expr.operations import Node
from ibis.expr.types import Expr


def compiled(expr: Expr, dialect: str) -> str:
    """Return the SQL of ``expr`` (unbound) in ``dialect`` (``duckdb`` or ``pyspark``)."""
    return _compiled(expr.op(), dialect)


@lru_cache(maxsize=4096)
def _compiled(node: Node, dialect: str) -> str:
    if dialect == "pyspark" and ibis.options.pyspark is None:
        ibis.options.pyspark = _Spark()
    return str(ibis.to_sql(node.to_expr(), dialect=dialect))


class _Spark(Config):
    """What Ibis asks of its Spark backend while it compiles; the backend itself is loaded only where Spark is used."""

    treat_nan_as_null: bool = False


def moment_sql(at: datetime, dialect: str) -> str:
    """Return a naive UTC moment as the literal that ``compiled`` writes, so that one can take the place of another."""
    if dialect == "duckdb":
        seconds = at.second + at.microsecond / 1e6
        return f"MAKE_TIMESTAMP({at.year}, {at.month}, {at.day}, {at.hour}, {at.minute}, {seconds})"
    return f"CAST('{at.isoformat()}' AS TIMESTAMP)"
