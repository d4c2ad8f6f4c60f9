"""From JSON to a rule. Every error names the node and says how to mend it.

The shape of a node is told by its first key: ``all``, ``any``, ``none``, ``attribute``, ``behaviour``, ``sequence``,
``aggregate``, ``live``, ``permission`` or ``membership``. Reference: ``docs/reference/rules.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo
from typing import Any, cast, get_args

import msgspec

from helder.intelligence.segments.fault import nearest, refuse
from helder.intelligence.segments.parse_values import COUNTINGS, condition, keys, span, test, text, whole, window
from helder.intelligence.segments.rule import (
    Aggregate,
    Attribute,
    Behaviour,
    Condition,
    Counting,
    Group,
    Leaf,
    Live,
    Match,
    Measure,
    Membership,
    Permission,
    Rule,
    Sequence,
)

DEEPEST = 20
"""Groups within groups; a person cannot read more, and a crafted rule may not exhaust the stack."""
MOST = 500
"""Nodes of one rule."""

MEASURES: tuple[str, ...] = get_args(Measure)
_NUMERIC = ("is", "is_not", "at_least", "at_most", "more_than", "less_than", "between")


def parse(source: str | bytes | Mapping[str, Any], zone: tzinfo = UTC) -> Rule:
    """Return the rule that ``source`` says.

    Args:
        source: JSON text, or the object it stands for.
        zone: the company's time zone, for dates without a time.

    Raises:
        RuleError: naming the node and how to mend it.
    """
    return _Parser(zone).rule(source)


class _Parser:
    """One parse: the zone, and how many nodes were seen."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self.seen = 0

    def rule(self, source: str | bytes | Mapping[str, Any]) -> Rule:
        """Parse the root, which may be text."""
        if isinstance(source, str | bytes):
            try:
                source = msgspec.json.decode(source)
            except msgspec.DecodeError as error:
                refuse("rule", f"this is not JSON: {error}.")
        return self.node(source, "rule", 0)

    def node(self, raw: object, path: str, depth: int) -> Rule:
        """Parse one node."""
        self.seen += 1
        if self.seen > MOST:
            refuse(path, f"a rule has at most {MOST} nodes; make segments of parts and use their membership.")
        if depth > DEEPEST:
            refuse(path, f"groups may lie at most {DEEPEST} deep; make a segment of a part and use its membership.")
        if not isinstance(raw, dict):
            refuse(path, f'a rule is an object such as {{"all": […]}}, not {_kind(raw)}.')
        node = cast("dict[str, Any]", raw)
        kind = self.kind(node, path)
        if kind in _GROUPS:
            return self.group(node, cast("Match", kind), path, depth)
        return _LEAVES[kind](self, node, path)

    def kind(self, node: dict[str, Any], path: str) -> str:
        """Return the one key that tells what the node is."""
        found = [key for key in (*_GROUPS, *_LEAVES) if key in node]
        if len(found) > 1:
            refuse(path, f"a node is one thing, not {' and '.join(found)} at once; put them in a group.")
        if found:
            return found[0]
        hint = nearest(next(iter(node), ""), (*_GROUPS, *_LEAVES))
        refuse(path, f"no kind of rule is named here; use one of {', '.join((*_GROUPS, *_LEAVES))}. {hint}".rstrip())

    def group(self, node: dict[str, Any], match: Match, path: str, depth: int) -> Group:
        """Parse a group and what is in it."""
        keys(node, (match,), path)
        children = node[match]
        if not isinstance(children, list):
            refuse(f"{path}.{match}", f"must be a list of rules, not {_kind(children)}.")
        rules = (self.node(child, f"{path}.{match}[{n}]", depth + 1) for n, child in enumerate(children))
        return Group(match=match, rules=tuple(rules))

    def attribute(self, node: dict[str, Any], path: str) -> Leaf:
        """Parse a comparison of a field of the golden record."""
        keys(node, ("attribute", "op", "value"), path)
        field = text(node["attribute"], f"{path}.attribute")
        return Attribute(test=test(field, node, path, self.zone))

    def behaviour(self, node: dict[str, Any], path: str) -> Leaf:
        """Parse how often an event was done."""
        keys(node, ("behaviour", "op", "times", "in_last", "since", "until", "where"), path)
        op = node.get("op", "at_least")
        if op not in COUNTINGS:
            refuse(f"{path}.op", f"{op!r} is not one of {', '.join(COUNTINGS)}.")
        if op == "never" and "times" in node:
            refuse(f"{path}.times", "'never' has no number of times; leave it out, or use at_most.")
        times = whole(node.get("times", 1), f"{path}.times", least=0)
        return Behaviour(
            event=text(node["behaviour"], f"{path}.behaviour"),
            op=cast("Counting", op),
            times=0 if op == "never" else times,
            window=window(node, path, self.zone),
            where=self.where(node, path),
        )

    def sequence(self, node: dict[str, Any], path: str) -> Leaf:
        """Parse A then (not) B within a span."""
        known = ("sequence", "then", "then_not", "within", "in_last", "since", "until", "where", "then_where")
        keys(node, known, path)
        if ("then" in node) == ("then_not" in node):
            refuse(path, "a sequence has either then or then_not: the event that did or did not follow.")
        if "within" not in node:
            refuse(f"{path}.within", 'is missing; say within how long, such as "24 hours".')
        follow = "then_not" if "then_not" in node else "then"
        return Sequence(
            first=text(node["sequence"], f"{path}.sequence"),
            then=text(node[follow], f"{path}.{follow}"),
            within=span(node["within"], f"{path}.within"),
            negated=follow == "then_not",
            window=window(node, path, self.zone),
            where=self.where(node, path),
            then_where=self.where(node, path, "then_where"),
        )

    def aggregate(self, node: dict[str, Any], path: str) -> Leaf:
        """Parse a measure over an object of the facts."""
        keys(node, ("aggregate", *_AGGREGATE), path)
        return self.measured(node, text(node["aggregate"], f"{path}.aggregate"), path)

    def live(self, node: dict[str, Any], path: str) -> Leaf:
        """Parse a measure over an object of a live source."""
        keys(node, ("live", "object", *_AGGREGATE), path)
        if "object" not in node:
            refuse(f"{path}.object", "is missing; name the object of the live source that is asked about.")
        name = text(node["object"], f"{path}.object")
        return Live(source=text(node["live"], f"{path}.live"), question=self.measured(node, name, path))

    def measured(self, node: dict[str, Any], name: str, path: str) -> Aggregate:
        """Parse what an aggregate and a live leaf share."""
        measure = node.get("measure", "count")
        if measure not in MEASURES:
            hint = nearest(str(measure), MEASURES)
            refuse(f"{path}.measure", f"{measure!r} is not one of {', '.join(MEASURES)}. {hint}".rstrip())
        return Aggregate(
            object=name,
            measure=cast("Measure", measure),
            test=self.measure_test(node, measure, path),
            window=window(node, path, self.zone),
            where=self.where(node, path),
        )

    def measure_test(self, node: dict[str, Any], measure: str, path: str) -> Condition:
        """Parse what the measure is compared with."""
        if measure in ("count", "days"):
            if "field" in node:
                refuse(f"{path}.field", f"{measure} counts records and has no field; leave it out.")
            node = _counted(node)
        elif "field" not in node:
            refuse(f"{path}.field", f"is missing; name the field to take the {measure} of.")
        field = text(node["field"], f"{path}.field") if "field" in node else ""
        made = test(field, node, path, self.zone)
        if measure in ("count", "days", "sum", "average") and made.op not in _NUMERIC:
            refuse(f"{path}.op", f"{made.op!r} does not compare numbers; use one of {', '.join(_NUMERIC)}.")
        return made

    def permission(self, node: dict[str, Any], path: str) -> Leaf:
        """Parse permission for a purpose by a channel."""
        keys(node, ("permission", "by", "title"), path)
        return Permission(
            purpose=text(node["permission"], f"{path}.permission"),
            channel=text(node.get("by", "email"), f"{path}.by"),
            title=text(node["title"], f"{path}.title") if "title" in node else "",
        )

    def membership(self, node: dict[str, Any], path: str) -> Leaf:
        """Parse membership of another segment."""
        keys(node, ("membership",), path)
        return Membership(segment=text(node["membership"], f"{path}.membership"))

    def where(self, node: dict[str, Any], path: str, key: str = "where") -> tuple[Condition, ...]:
        """Parse the conditions on the rows that count."""
        raw = node.get(key, [])
        if not isinstance(raw, list):
            refuse(f"{path}.{key}", "must be a list of conditions.")
        return tuple(condition(each, f"{path}.{key}[{n}]", self.zone) for n, each in enumerate(raw))


_GROUPS = ("all", "any", "none")
_AGGREGATE = ("measure", "field", "op", "value", "in_last", "since", "until", "where")
_LEAVES: dict[str, Callable[[_Parser, dict[str, Any], str], Leaf]] = {
    "attribute": _Parser.attribute,
    "behaviour": _Parser.behaviour,
    "sequence": _Parser.sequence,
    "aggregate": _Parser.aggregate,
    "live": _Parser.live,
    "permission": _Parser.permission,
    "membership": _Parser.membership,
}


def _counted(node: dict[str, Any]) -> dict[str, Any]:
    """Return a count's node with its everyday words (never, exactly, nothing at all) in the words of comparisons."""
    op = node.get("op", "at_least")
    value = node.get("value", 1) if op == "at_least" else node.get("value")
    if op == "never":
        return {**node, "op": "is", "value": 0}
    return {**node, "op": "is" if op == "exactly" else op, "value": value}


def _kind(raw: object) -> str:
    """Return what a JSON value is, for a message."""
    kinds: dict[type, str] = {list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"}
    return "nothing" if raw is None else kinds.get(type(raw), "an object")
