from __future__ import annotations

from datetime import date, datetime

import pytest

from helder.errors import InvalidInput
from helder.govern.catalogue import base_catalogue
from helder.govern.goals import parse_goal, read_goals, save_goal
from helder.store.state import State

TEXT = """
key = "workshops"
label = {nl = "Workshops vol", en = "Fill the workshops"}
target = 400
unit = {nl = "plaatsen", en = "places"}
by = 2026-12-15
object = "workshop_order"
measure = "places"
max_cost = 4.0
needs = ["event.name", "workshop_order.places", "Workshop Registration Started"]
nice = ["person.postcode"]
"""


def test_a_goal_is_read_and_kept(state: State, now: datetime) -> None:
    """A goal says how much, of what, by when, at what cost, and which data it needs; it is read back the same."""
    goal = parse_goal(TEXT, base_catalogue())
    assert (goal.target, goal.by, goal.max_cost) == (400, date(2026, 12, 15), 4.0)
    save_goal(state, goal, now)
    save_goal(state, goal, now)
    assert read_goals(state) == {"workshops": goal}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("workshop_order.places", "workshop_order.chairs", "workshop_order.chairs"),
        ('object = "workshop_order"', 'object = "holiday"', "holiday"),
        ("target = 400", 'target = "many"', "target"),
        ("by = 2026-12-15", "by = ", "TOML"),
    ],
)
def test_what_is_wrong_in_a_goal_is_named(old: str, new: str, told: str) -> None:
    """A goal that names unknown data, or is no goal, is refused with the name of what is wrong."""
    with pytest.raises(InvalidInput) as caught:
        parse_goal(TEXT.replace(old, new), base_catalogue(), "goal.toml")
    assert told in str(caught.value) or told == "TOML"
    assert "goal.toml" in str(caught.value)
