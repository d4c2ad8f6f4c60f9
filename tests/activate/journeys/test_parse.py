"""A journey as people write it, and what is said when it is wrong."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helder.activate.journeys.graph import END, Branch, Email, Given, Holdout, Journey, Wait
from helder.activate.journeys.parse import parse, parse_json, parse_toml, restored, stored
from helder.errors import InvalidInput

HEAD = 'key = "k"\nname = "K"\n[enter]\nsegment = "s"\n'
EXAMPLE = Path(__file__).resolve().parents[3] / "examples/workshop-campaign/journey.toml"


def test_the_example_that_is_shipped_can_be_read() -> None:
    """The workshop campaign has its holdout, its mail with values, and its goal."""
    journey = parse_toml(EXAMPLE.read_text("utf-8"))
    assert [type(step) for step in journey.steps] == [Holdout, Email]
    mail = journey.steps[1]
    assert isinstance(mail, Email)
    title = Given(event="Workshop Registration Started", property="title", default="je workshop")
    assert mail.values["workshop"]["title"] == title
    assert (journey.holdout, journey.goal.event) == (10, "Workshop Registration Completed")


def test_names_become_numbers() -> None:
    """A branch leads to steps by their ids, and a step without a word about it to the following one."""
    journey = parse_toml(
        HEAD
        + '[[step]]\ntype = "branch"\nsegment = "x"\nthen = "late"\n[[step]]\ntype = "wait"\nhours = 1\nnext = "end"\n'
        '[[step]]\nid = "late"\ntype = "wait"\ndays = 1\nminutes = 30\n'
    )
    assert journey.steps == (
        Branch(segment="x", then=2, otherwise=1),
        Wait(seconds=3600, next=END),
        Wait(seconds=88200, next=END),
    )


def test_json_of_the_same_shape_says_the_same() -> None:
    """What the screens send is read like the file that people write."""
    text = '{"key": "k", "name": "K", "enter": {"segment": "s"}, "step": [{"type": "wait", "hours": 1}]}'
    assert parse_json(text) == parse_toml(HEAD + '[[step]]\ntype = "wait"\nhours = 1\n')


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ('type = "wait"', "step 1 (wait): say how long in seconds, minutes, hours, days"),
        ('type = "wait"\nhours = "two"', "step 1 (wait): say how long"),
        ('type = "wait"\nhours = -1', "step 1 (wait): a wait is at least 0 seconds"),
        ('type = "wait"\ndays = 401', "at most 400 days"),
        ('type = "wait"\nhours = nan', "step 1 (wait): a wait is at least 0 seconds"),
        ('type = "wait"\nhours = 1\nnext = "nowhere"', "step 1 (wait): leads to 'nowhere', and no step has that id"),
        ('id = "a"\ntype = "wait"\nhours = 1\nnext = "a"', "step 1 (a): leads back to 'a'"),
        ('id = "end"\ntype = "wait"\nhours = 1', "step 1: the id 'end' is taken"),
        ('id = "mail"\ntype = "email"\ntemplate = "t"', "step 1 (mail): Object missing required field `purpose`"),
        ('type = "email"\ntemplate = "t"\npurpose = 3', "step 1 (email), purpose: Expected `str`, got `int`"),
        ('type = "sms"', "step 1 (sms), type: Invalid value 'sms'"),
        ('type = "wait"\nhours = 1\ncolour = "red"', "step 1 (wait): Object contains unknown field `colour`"),
    ],
)
def test_a_fault_names_the_node(step: str, said: str) -> None:
    """The message begins with the step as its writer knows it."""
    with pytest.raises(InvalidInput) as caught:
        parse_toml(HEAD + "[[step]]\n" + step)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("key = ", "not valid TOML"),
        ('key = "k"\nname = "K"', "missing required field `enter`"),
        (HEAD + "again_after_days = 'x'", "enter.again_after_days: Expected `int | null`"),
        ("step = 3\n" + HEAD, "step: must be a list of tables"),
    ],
)
def test_a_fault_in_the_whole_is_named(text: str, said: str) -> None:
    """What is wrong outside the steps is named as well."""
    with pytest.raises(InvalidInput) as caught:
        parse_toml(text)
    assert said in str(caught.value)


def test_json_that_is_none_is_refused() -> None:
    """A body that is no JSON is an error of the caller, and not a crash."""
    with pytest.raises(InvalidInput, match="not valid JSON"):
        parse_json(b"{")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "id", "next", "hours", "x"]), inner)
    ),
    max_leaves=8,
)


@given(written=st.dictionaries(st.sampled_from(["key", "name", "enter", "goal", "step", "steps", "x"]), JSON))
def test_anything_is_either_read_or_refused(written: dict[str, object]) -> None:
    """Whatever is sent, the answer is a journey or an error that says what is wrong."""
    with suppress(InvalidInput):
        assert isinstance(parse(written), Journey)


def test_what_is_kept_is_what_was_written() -> None:
    """A journey comes back from the database as it went in."""
    journey = parse_toml(EXAMPLE.read_text("utf-8"))
    assert restored(stored(journey)) == journey
