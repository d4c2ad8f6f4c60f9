"""Counting a profile's rows and comparing the count, or another measure, with a condition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from ibis.expr.types import Table

from helder.intelligence.segments.conditions import Operand, truth
from helder.intelligence.segments.index import Bitmap, Ids
from helder.intelligence.segments.moments import Moments
from helder.intelligence.segments.rule import NEGATIVE, Condition
from helder.intelligence.segments.setting import Question


def counted(rows: Table, test: Condition, moments: Moments) -> Question:
    """Ask for the profiles of whose ``rows`` (with identity_id) the number meets ``test``."""
    rows = rows.select("identity_id")
    if _asks_existence(test):
        return Question(rows.distinct(), complement=holds(test, 0))
    # Counted by identity first: far fewer rows go on to their profiles.
    by_identity = rows.group_by("identity_id").aggregate(n=rows.count())
    return Question(by_identity, _summed(test, moments), complement=holds(test, 0), counted=test)


def meeting(test: Condition, totals: Ids) -> Bitmap:
    """Return which of ``totals`` (whole numbers from zero) meet ``test``."""
    few, places = np.unique(totals, return_inverse=True)
    return np.fromiter((holds(test, int(each)) for each in few), np.bool_, len(few))[places]


def _summed(test: Condition, moments: Moments) -> Callable[[Table], Table]:
    """Return how counts by identity become the profiles whose total meets ``test``."""

    def finish(mapped: Table) -> Table:
        totals = mapped.group_by("profile_id").aggregate(measure=mapped.n.sum())
        return compared(totals, "number", test, moments, nothing=0)

    return finish


def compared(measured: Table, kind: str, test: Condition, moments: Moments, nothing: float | None) -> Table:
    """Return the profiles of ``measured`` that meet ``test``; or those that do not, where having no rows meets it.

    Args:
        measured: (profile_id, measure), one row a profile that has rows at all.
        kind: kind of the measure, as of an operand.
        test: what it is compared with.
        moments: the moments of the question.
        nothing: the measure of a profile without rows (null when it has none).
    """
    found = truth(Operand(measured.measure, kind), test, moments)
    return measured.filter(~found if holds(test, nothing) else found).select("profile_id")


def holds(test: Condition, value: float | None) -> bool:
    """Return whether ``test`` holds of a number, or of nothing at all."""
    positive = NEGATIVE.get(test.op, test.op)
    compare = _HOLDS.get(positive)
    found = value is not None and (compare(value, test.value) if compare else positive == "set")
    return not found if test.op in NEGATIVE else found


def _asks_existence(test: Condition) -> bool:
    """Return whether a count meets ``test`` exactly when there is something, or exactly when there is nothing."""
    return len({holds(test, n) for n in (1, 2, 3, 10**15)}) == 1 and holds(test, 0) != holds(test, 1)


_HOLDS: dict[str, Callable[[float, Any], bool]] = {
    "is": lambda number, value: number == value,
    "in": lambda number, value: number in value,
    "at_least": lambda number, value: number >= value,
    "at_most": lambda number, value: number <= value,
    "more_than": lambda number, value: number > value,
    "less_than": lambda number, value: number < value,
    "between": lambda number, value: value[0] <= number <= value[1],
}
