"""Which events are followed, against looking at every pair."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from helder.intelligence.segments.following import followed

EVENTS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9), st.booleans()), max_size=14)


@given(EVENTS, st.integers(0, 5))
def test_an_event_is_followed_by_a_later_one_in_time(events: list[tuple[int, int, bool]], within: int) -> None:
    """An event is followed when another of its profile lies after it, and no later than the time allows."""
    ordinals, at = (np.array([each[place] for each in events], np.int64) for place in (0, 1))
    begins = np.array([each[2] for each in events], np.bool_)
    expected = [
        any(not b and who == one and t < moment <= t + within for who, moment, b in events)
        for one, t, begin in events
        if begin
    ]
    assert followed(ordinals, at, begins, timedelta(microseconds=within)).tolist() == expected
