"""One scalar out of a JSON text column: the only expression that Ibis cannot say alike for both engines.

DuckDB and Spark both give a scalar as its text (``"tuin"`` → ``tuin``, ``12.5`` → ``12.5``, ``true`` → ``true``) and a
JSON null, or a key that is not there, as null; their functions and path syntax differ.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import StringColumn


@ibis.udf.scalar.builtin(name="json_extract_string")
def _duckdb(json: str, path: str) -> str:  # pyrefly: ignore - the body is the engine's
    """DuckDB: json_extract_string(json, '$."key"')."""


@ibis.udf.scalar.builtin(name="get_json_object")
def _spark(json: str, path: str) -> str:  # pyrefly: ignore - the body is the engine's
    """Spark: get_json_object(json, "$['key']")."""


def json_text(column: StringColumn, key: str, dialect: str) -> StringColumn:
    """Return the scalar under ``key`` of the JSON object in ``column``, as text; null where there is none.

    Args:
        column: a column of JSON objects.
        key: a key of the object itself, taken literally (dots and spaces are part of it).
        dialect: ``duckdb`` or ``pyspark``.
    """
    if dialect == "pyspark":
        return _spark(column, "$['" + key.replace("'", "\\'") + "']")
    return _duckdb(column, '$."' + key.replace('"', '\\"') + '"')
