"""One change of the tree: add, leave out, copy, wrap, move, remove; each names the node that gets the focus."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from helder.errors import InvalidInput
from helder.web.builder.leaf import made
from helder.web.builder.tree import Node, fresh_name, named_anew, nodes


def edited(root: Node, operation: str) -> str:
    """Change ``root`` as ``operation`` says (``add:n1:attribute:city``, ``remove:n4``…).

    Returns:
        The name of the node to look at now; empty when there is none.

    Raises:
        InvalidInput: when the operation is unknown. One on a node that is gone changes nothing.
    """
    what, _, rest = operation.partition(":")
    act = _ACTS.get(what)
    if act is None:
        raise InvalidInput("this page is of another version; open it anew")
    name, _, more = rest.partition(":")
    found = next((node for node in nodes(root) if node.id == name), None)
    return act(root, found, more) if found is not None else ""


def _add(root: Node, group: Node, more: str) -> str:
    kind, _, key = more.partition(":")
    new = Node(fresh_name(root), kind, raw=made(kind, key)) if kind != "group" else _any_group(root)
    group.children.append(new)
    return new.id


def _any_group(root: Node) -> Node:
    return Node(fresh_name(root), "group", match="any", children=[])


def _remove(root: Node, node: Node, _more: str) -> str:
    parent = _parent(root, node)
    if parent is None:
        return ""
    at = parent.children.index(node)
    parent.children.remove(node)
    left = parent.children[at : at + 1] or parent.children[-1:]
    return left[0].id if left else parent.id


def _copy(root: Node, node: Node, _more: str) -> str:
    parent = _parent(root, node)
    if parent is None:
        return ""
    copy = named_anew(node, root)
    parent.children.insert(parent.children.index(node) + 1, copy)
    return copy.id


def _negate(_root: Node, node: Node, _more: str) -> str:
    if node.kind == "group":
        node.match = "any" if node.match == "none" else "none"
    else:
        node.negated = not node.negated
    return node.id


def _wrap(root: Node, node: Node, _more: str) -> str:
    parent = _parent(root, node)
    if parent is None:
        return ""
    group = _any_group(root)
    parent.children[parent.children.index(node)] = group
    group.children = [node]
    return group.id


def _move(step: int) -> Callable[[Node, Node, str], str]:
    def move(root: Node, node: Node, _more: str) -> str:
        parent = _parent(root, node)
        if parent is None:
            return ""
        at = parent.children.index(node)
        to = max(0, min(len(parent.children) - 1, at + step))
        parent.children.insert(to, parent.children.pop(at))
        return node.id

    return move


def _sharpen(root: Node, group: Node, more: str) -> str:
    """Add a rule that was proposed."""
    try:
        raw = msgspec.json.decode(more)
    except msgspec.DecodeError as error:
        raise InvalidInput("this page is of another version; open it anew") from error
    negated = "none" in raw
    leaf = raw["none"][0] if negated else raw
    if group.match != "all":
        inner = Node(fresh_name(root), "group", match=group.match, children=group.children)
        group.match, group.children = "all", [inner]
    new = Node(fresh_name(root), next(iter(leaf)), raw=leaf, negated=negated)
    group.children.append(new)
    return new.id


def _parent(root: Node, node: Node) -> Node | None:
    return next((each for each in nodes(root) if any(child is node for child in each.children)), None)


_ACTS: dict[str, Callable[[Node, Node, str], str]] = {
    "add": _add,
    "remove": _remove,
    "copy": _copy,
    "negate": _negate,
    "wrap": _wrap,
    "up": _move(-1),
    "down": _move(1),
    "sharpen": _sharpen,
}
