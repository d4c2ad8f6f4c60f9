"""Who is held out: the same for ever, as many as was asked, and different for each journey."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from helder.activate.journeys.holdout import held_out

KEY = b"k" * 32


def test_as_many_are_held_out_as_was_asked() -> None:
    """Of 20,000 people 10% are held out, within what chance allows, whatever their ids look like."""
    for ids in (range(20_000), range(0, 20_000 << 40, 1 << 40)):
        held = sum(held_out("j", each, 10, KEY) for each in ids)
        assert binomtest(held, 20_000, 0.1).pvalue > 0.001


@given(identity=st.integers(0, 2**63 - 1), journey=st.text(min_size=1, max_size=20), percent=st.floats(0, 100))
def test_the_answer_never_changes(identity: int, journey: str, percent: float) -> None:
    """Asked again it is the same, and who is held out of a small part is held out of a greater one."""
    first = held_out(journey, identity, percent, KEY)
    assert held_out(journey, identity, percent, KEY) == first
    assert not first or held_out(journey, identity, 100, KEY)
    assert not held_out(journey, identity, 0, KEY)


def test_each_journey_leaves_others_out() -> None:
    """Two journeys share about 1% of the people when each holds out 10%, not all of them."""
    both = sum(held_out("a", each, 10, KEY) and held_out("b", each, 10, KEY) for each in range(20_000))
    assert binomtest(both, 20_000, 0.01).pvalue > 0.001
