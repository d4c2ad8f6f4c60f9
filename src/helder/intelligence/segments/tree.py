"""Boolean algebra over the leaves' answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from helder.errors import InvalidInput
from helder.intelligence.segments.index import Bitmap
from helder.intelligence.segments.rule import Group, Leaf, Live, Membership, Rule

Answers = Callable[[Leaf], Bitmap | None]
"""Gives the bitmap of a leaf; null when it cannot be known now."""

Lookup = Callable[[str], Rule]
"""Gives the rule of a segment by its key."""


def combine(rule: Rule, size: int, answers: Answers) -> Bitmap | None:
    """Return for which of ``size`` profiles ``rule`` holds; null when a leaf of it cannot be known."""
    return each_node(rule, size, answers)["rule"]


def each_node(rule: Rule, size: int, answers: Answers, path: str = "rule") -> dict[str, Bitmap | None]:
    """Return the bitmap of every node by its path, parents after their children."""
    if not isinstance(rule, Group):
        return {path: answers(rule)}
    found: dict[str, Bitmap | None] = {}
    children: list[Bitmap | None] = []
    for position, child in enumerate(rule.rules):
        inner = f"{path}.{rule.match}[{position}]"
        found.update(each_node(child, size, answers, inner))
        children.append(found[inner])
    found[path] = _joined(rule, size, children)
    return found


def _joined(group: Group, size: int, children: list[Bitmap | None]) -> Bitmap | None:
    """Return all, any or none of ``children``. One that is unknown makes the group unknown: never a wrong number."""
    start = np.full(size, group.match == "all", np.bool_)
    for child in children:
        if child is None:
            return None
        start = start & child if group.match == "all" else start | child
    return ~start if group.match == "none" else start


def expanded(rule: Rule, lookup: Lookup, within: tuple[str, ...] = ()) -> Rule:
    """Return ``rule`` with every membership replaced by the rule of that segment.

    Raises:
        InvalidInput: when segments refer to each other in a circle.
        NotFound: from ``lookup``, when there is no such segment.
    """
    if isinstance(rule, Group):
        return Group(rule.match, tuple(expanded(child, lookup, within) for child in rule.rules))
    if not isinstance(rule, Membership):
        return rule
    if rule.segment in within:
        circle = " → ".join((*within, rule.segment))
        raise InvalidInput(f"segments refer to each other in a circle: {circle}. Take one of the memberships out.")
    return expanded(lookup(rule.segment), lookup, (*within, rule.segment))


def asks_live(rule: Rule) -> bool:
    """Return whether an expanded rule asks a live source."""
    return any(isinstance(leaf, Live) for leaf in plain_leaves(rule))


def without_live(rule: Rule) -> Rule:
    """Return what an expanded rule asks besides its live sources, where that narrows the answer: a wider rule."""
    if not isinstance(rule, Group) or rule.match != "all":
        return rule
    return Group("all", tuple(child for child in rule.rules if not asks_live(child)))


def plain_leaves(rule: Rule) -> Iterator[Leaf]:
    """Yield the leaves of an expanded rule."""
    if isinstance(rule, Group):
        for child in rule.rules:
            yield from plain_leaves(child)
    else:
        yield rule
