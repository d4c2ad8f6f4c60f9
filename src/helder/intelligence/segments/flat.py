"""From the expression of a leaf's rows to what it asks of each row of one table: conditions, and columns.

Leaves are written as filters and selections, one over another, of one table; some put two of those together. Laid flat
they can be asked side by side, many at once: see ``together``.
"""

from __future__ import annotations

from typing import Any

import ibis.expr.operations as ops
import msgspec
from ibis.expr.types import Table


class Flat(msgspec.Struct, frozen=True):
    """Rows of one table: those for which all ``conditions`` are true, each with ``values``.

    Both are in terms of the table itself. Rows that are alike are not made one.
    """

    table: ops.UnboundTable
    conditions: tuple[ops.Value, ...]
    values: dict[str, ops.Value]


class NotFlat(Exception):
    """The rows are made in a way that is not known here; they are asked alone."""


def flat(rows: Table) -> list[Flat]:
    """Return the parts that ``rows`` are made of.

    Raises:
        NotFlat: when they are no selection of rows of tables.
    """
    return _parts(rows.op())


def _parts(node: Any) -> list[Flat]:
    match node:
        case ops.UnboundTable():
            return [Flat(node, (), {name: ops.Field(node, name) for name in node.schema})]
        case ops.Union():
            return [*_parts(node.left), *_parts(node.right)]
        case ops.Distinct():
            return _parts(node.parent)
        case ops.Filter():
            return [_filtered(part, node) for part in _parts(node.parent)]
        case ops.Project():
            return [_projected(part, node.parent, node.values) for part in _parts(node.parent)]
        case ops.Aggregate() if all(isinstance(each, ops.CountStar) for each in node.metrics.values()):
            # Rows counted by identity: each row counts for one.
            ones = {name: ops.Literal(1, "int64") for name in node.metrics}
            return [_projected(part, node.parent, {**node.groups, **ones}) for part in _parts(node.parent)]
        case _:
            raise NotFlat(type(node).__name__)


def _filtered(part: Flat, node: ops.Filter) -> Flat:
    conditions = tuple(_said_of(part, node.parent, each) for each in node.predicates)
    return Flat(part.table, (*part.conditions, *conditions), part.values)


def _projected(part: Flat, relation: ops.Relation, values: dict[str, ops.Value]) -> Flat:
    return Flat(part.table, part.conditions, {name: _said_of(part, relation, each) for name, each in values.items()})


def _said_of(part: Flat, relation: ops.Relation, value: ops.Value) -> ops.Value:
    """Return ``value``, which speaks of the columns of ``relation``, in terms of the table."""
    return value.replace({ops.Field(relation, name): each for name, each in part.values.items()})
