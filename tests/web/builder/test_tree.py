"""A rule through the form that shows it and back; changes of its tree."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helder.errors import InvalidInput
from helder.intelligence.segments.parse import parse
from helder.intelligence.segments.rule import nodes as rule_nodes
from helder.web.builder.edit import edited
from helder.web.builder.keys import free_key
from helder.web.builder.leaf import made
from helder.web.builder.tree import Node, from_form, from_rule, nodes, to_rule, to_text
from helder.web.forms import Form

LEAVES = [
    {"attribute": "city", "op": "in", "value": ["Utrecht", "Gent"]},
    {"attribute": "email", "op": "set"},
    {"attribute": "last_seen", "op": "in_last", "value": "3 weeks"},
    {"behaviour": "Order Completed", "op": "at_least", "times": 2, "in_last": "90 days",
     "where": [{"field": "title", "op": "is", "value": "tuin"}]},
    {"behaviour": "Email Sent", "op": "never"},
    {"sequence": "A", "then_not": "B", "within": "24 hours", "in_last": "30 days"},
    {"aggregate": "order", "measure": "sum", "field": "amount", "op": "more_than", "value": 12.5,
     "since": "2026-01-01"},
    {"live": "erp", "object": "workshop_order", "measure": "count", "op": "is", "value": 0},
    {"permission": "events", "by": "email", "title": "tuin"},
    {"membership": "loyal"},
]  # fmt: skip
RULES = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.builds(
        lambda match, rules: {match: rules}, st.sampled_from(["all", "any", "none"]), st.lists(inner, max_size=4)
    ),
    max_leaves=12,
)


def form_of(root: Node) -> Form:
    """Return what the browser sends of a tree whose controls nobody touched."""
    fields: list[tuple[str, str]] = []

    def put(node: Node) -> None:
        if node.kind == "group":
            fields.extend([("t", f"open:{node.id}"), (f"{node.id}.match", node.match)])
            for child in node.children:
                put(child)
            fields.append(("t", f"close:{node.id}"))
            return
        fields.append(("t", f"leaf:{node.id}"))
        fields.append((f"{node.id}.json", msgspec.json.encode(node.raw).decode()))
        fields.append((f"{node.id}.negated", "yes" if node.negated else ""))

    put(root)
    return Form(tuple(fields))


def meaning(text: str) -> object:
    """Return a rule with a group around it, as the builder keeps it."""
    raw = msgspec.json.decode(text)
    return parse(raw if next(iter(raw)) in ("all", "any", "none") else {"all": [raw]})


@given(RULES)
def test_the_form_is_the_rule(raw: dict[str, object]) -> None:
    """Whatever a rule says, the form that shows it says the same: nothing is lost that has no control."""
    text = msgspec.json.encode(raw).decode()
    root = from_form(form_of(from_rule(text)))
    wrapped = next(iter(raw)) == "none" and len(raw["none"]) == 1 and root.match == "all"  # pyrefly: ignore[bad-argument-type] - a group
    expected = parse({"all": [raw]}) if wrapped else meaning(text)
    assert parse(to_text(root)) == expected


@given(RULES)
def test_each_node_has_the_path_of_its_answer(raw: dict[str, object]) -> None:
    """The paths by which counts are told are those that the engine uses."""
    root = from_rule(msgspec.json.encode(raw).decode())
    rule, paths = to_rule(root)
    assert set(paths.values()) <= {path for path, _ in rule_nodes(parse(rule))}
    assert len(set(paths.values())) == len(paths) == len(list(nodes(root)))


def test_controls_change_what_they_show() -> None:
    """A number with a comma, another unit, another comparison; what is not understood stays as it was."""
    leaf = {"aggregate": "order", "measure": "count", "op": "at_least", "value": 1, "in_last": "30 days"}
    fields = [("t", "open:g"), ("t", "leaf:n1"), ("n1.json", msgspec.json.encode(leaf).decode()), ("n1.value", "2,5")]
    fields += [
        ("n1.measure", "sum:amount"),
        ("n1.op", "more_than"),
        ("n1.n", "8"),
        ("n1.unit", "weeks"),
        ("t", "close:g"),
    ]
    changed = {
        "aggregate": "order",
        "measure": "sum",
        "field": "amount",
        "op": "more_than",
        "value": 2.5,
        "in_last": "8 weeks",
    }
    assert from_form(Form(tuple(fields))).children[0].raw == changed
    odd = Form(tuple((key, "x" if key == "n1.value" else value) for key, value in fields))
    assert from_form(odd).children[0].raw["value"] == 1
    ever = Form(tuple((key, "" if key == "n1.unit" else value) for key, value in fields))
    assert "in_last" not in from_form(ever).children[0].raw


def test_a_rule_without_its_value_is_not_asked_yet() -> None:
    """It stays on the sheet and in the draft, and is left out of the question."""
    root = from_rule('{"all": [{"attribute": "city", "op": "is", "value": ""}, {"attribute": "email", "op": "set"}]}')
    rule, _ = to_rule(root)
    assert rule == {"all": [{"attribute": "email", "op": "set"}]}
    assert "city" in to_text(root)


def test_changes_of_the_tree() -> None:
    """Add, leave out, copy, wrap, move and remove do what they say, and name the node to look at."""
    root = from_rule('{"all": []}')
    first = edited(root, f"add:{root.id}:attribute:city")
    second = edited(root, f"add:{root.id}:behaviour:Order Completed")
    assert edited(root, f"up:{second}") == second
    assert [child.id for child in root.children] == [second, first]
    edited(root, f"negate:{first}")
    copy = edited(root, f"copy:{first}")
    assert root.children[2].negated
    group = edited(root, f"wrap:{copy}")
    assert root.children[2].children[0].id == copy
    assert edited(root, f"remove:{group}") == first
    assert to_rule(root)[0] == {
        "all": [made("behaviour", "Order Completed"), {"none": [{"attribute": "city", "op": "set"}]}]
    }
    assert edited(root, "remove:gone") == ""
    with pytest.raises(InvalidInput):
        edited(root, "explode:n1")


def test_a_proposal_narrows_an_any_group() -> None:
    """What was there becomes one part of an *all* group, beside the proposal."""
    root = from_rule('{"any": [{"attribute": "email", "op": "set"}]}')
    edited(root, f'sharpen:{root.id}:{{"permission": "events", "by": "email"}}')
    expected = {"all": [{"any": [{"attribute": "email", "op": "set"}]}, {"permission": "events", "by": "email"}]}
    assert to_rule(root)[0] == expected
    assert len({node.id for node in nodes(root)}) == 4


def test_a_key_is_made_of_the_name() -> None:
    """Letters and digits; taken ones and words of our own addresses are passed over."""
    assert free_key("Trouwe kopers: één & twee!", []) == "trouwe-kopers-een-twee"
    assert free_key("New", []) == "new-2"
    assert free_key("Loyal", ["loyal", "loyal-2"]) == "loyal-3"
    assert free_key("مرحبا", []) == "segment" or free_key("مرحبا", [])
