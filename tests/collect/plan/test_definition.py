"""Tracking plans are read, and what is wrong with one is said."""

from __future__ import annotations

import pytest

from helder.collect.plan.definition import Plan, Planned, Property, read_plan
from helder.errors import InvalidInput

TEXT = """
source = "site"
mode = "enforce"

[event."Order Completed"]
server_only = true
[event."Order Completed".property]
total = "number"
order_id = { type = "text", required = true }

[page.property]
path = "text"
"""


def test_a_plan_is_read_whole() -> None:
    """Events, their properties in short and long form, and another kind of call."""
    order = Planned({"total": "number", "order_id": Property("text", required=True)}, server_only=True)
    page = Planned({"path": "text"})
    assert read_plan(TEXT) == Plan(source="site", mode="enforce", event={"Order Completed": order}, page=page)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("source = ", "not valid TOML"),
        ("mode = 'observe'", "source"),
        ("source = 'site'\nmode = 'strict'", "mode"),
        ("source = 'site'\n[event.A.property]\nx = 'string'", "event"),
        ("source = 'site'\n[event.A]\nproperties = 1", "properties"),
        ("source = 'The site'", "key of a source"),
        ("source = 'site'\n[event.'']", "has a name"),
        ("source = 'site'\n[event.A.property]\n'a\"b' = 'text'", "no quotes"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    """The message names the place, or shows what it should be."""
    with pytest.raises(InvalidInput, match=said):
        read_plan(text)
