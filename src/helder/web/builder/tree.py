"""A rule while it is being built: from JSON to nodes with names of their own, through the form, and back.

The form is the model: hidden fields ``t`` in the order of the document say where groups open and close and where leaves
stand, so that dragging only moves elements. What a leaf says that has no control is kept in a field ``json``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from helder.web.builder.leaf import complete, kind_of, read
from helder.web.forms import Form

GROUPS = ("all", "any", "none")
_MOST = 200


class Node(msgspec.Struct):
    """One node of the tree."""

    id: str
    kind: str
    """group, or the kind of a leaf: attribute, behaviour, sequence, aggregate, live, permission, membership."""
    match: str = "all"
    """Of a group: all, any or none."""
    raw: dict[str, Any] = {}
    """Of a leaf: its JSON."""
    negated: bool = False
    """Of a leaf: those who meet it are left out."""
    children: list[Node] = []

    @property
    def complete(self) -> bool:
        """Whether a leaf says enough to be asked."""
        return self.kind == "group" or complete(self.raw)


def from_rule(text: str) -> Node:
    """Return the tree of a rule in JSON; its root is always a group."""
    names = (f"n{number}" for number in range(1, 10_000))
    root = _node(msgspec.json.decode(text), names)
    return root if root.kind == "group" else Node("root", "group", children=[root])


def from_form(form: Form) -> Node:
    """Return the tree that a form shows, in the order of its fields."""
    root = Node("root", "group")
    open_groups: list[Node] = []
    for token in form.texts("t")[:_MOST]:
        what, _, name = token.partition(":")
        if what == "close":
            open_groups = open_groups[:-1] or open_groups
            continue
        made = _from_fields(form, what, name)
        if open_groups:
            open_groups[-1].children.append(made)
        elif what == "open":
            root = made
        if what == "open":
            open_groups.append(made)
    return root


def to_rule(root: Node) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the rule's JSON and the path of each node in it; leaves that are not complete are left out."""
    paths: dict[str, str] = {}
    return _emit(root, "rule", paths), paths


def to_text(root: Node) -> str:
    """Return the rule as JSON text, whole: also what is not complete."""
    return msgspec.json.encode(_whole(root)).decode()


def nodes(root: Node) -> Iterator[Node]:
    """Yield every node, parents first."""
    yield root
    for child in root.children:
        yield from nodes(child)


def fresh_name(root: Node) -> str:
    """Return a name that no node has yet."""
    taken = [int(node.id[1:]) for node in nodes(root) if node.id[1:].isdigit()]
    return f"n{max(taken, default=0) + 1}"


def named_anew(node: Node, root: Node) -> Node:
    """Return a copy of ``node`` whose nodes have names that ``root`` has not."""
    names = (f"n{number}" for number in range(int(fresh_name(root)[1:]), 10_000))
    return _node(_whole(node), names)


def _node(raw: dict[str, Any], names: Iterator[str]) -> Node:
    match = next((key for key in GROUPS if key in raw), "")
    if match == "none" and len(raw["none"]) == 1 and kind_of(raw["none"][0]) != "group":
        return Node(next(names), kind_of(raw["none"][0]), raw=raw["none"][0], negated=True)
    if match:
        name = next(names)
        return Node(name, "group", match=match, children=[_node(child, names) for child in raw[match]])
    return Node(next(names), kind_of(raw), raw=raw)


def _from_fields(form: Form, what: str, name: str) -> Node:
    if what == "open":
        match = form.text(f"{name}.match", "all")
        return Node(name, "group", match=match if match in GROUPS else "all", children=[])
    raw = read(form, name)
    return Node(name, kind_of(raw), raw=raw, negated=form.text(f"{name}.negated") == "yes")


def _emit(node: Node, path: str, paths: dict[str, str]) -> dict[str, Any]:
    paths[node.id] = path
    if node.kind != "group":
        return {"none": [node.raw]} if node.negated else node.raw
    shown = [child for child in node.children if child.complete]
    return {node.match: [_emit(child, f"{path}.{node.match}[{n}]", paths) for n, child in enumerate(shown)]}


def _whole(node: Node) -> dict[str, Any]:
    if node.kind != "group":
        return {"none": [node.raw]} if node.negated else node.raw
    return {node.match: [_whole(child) for child in node.children]}
