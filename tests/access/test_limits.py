"""Token buckets: what they let through, and that the wait they tell is true."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from helder.access.limits import Bucket


class Ticker:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@given(
    rate=st.floats(0.01, 1000),
    burst=st.integers(1, 500),
    steps=st.lists(st.tuples(st.floats(0, 20), st.integers(1, 2500)), min_size=1, max_size=30),
)
def test_never_more_than_the_rate_and_one_burst(rate: float, burst: int, steps: list[tuple[float, int]]) -> None:
    """Before the last request that was let in, no more than rate × time + burst came through."""
    ticker = Ticker()
    bucket, through, begun = Bucket(rate, burst, ticker), 0, ticker()
    for pause, events in steps:
        ticker.seconds += pause
        if bucket.wait() == 0:
            assert through <= rate * (ticker() - begun) + burst + 1e-6
            bucket.take(events)
            through += events


@given(rate=st.floats(0.01, 1000), burst=st.integers(1, 500), events=st.integers(1, 5000))
def test_after_the_wait_the_next_is_let_in(rate: float, burst: int, events: int) -> None:
    """Not before a second less than that, when the wait is longer than a second."""
    ticker = Ticker()
    bucket = Bucket(rate, burst, ticker)
    assert bucket.wait() == 0
    bucket.take(events)
    seconds = bucket.wait()
    if seconds > 1:
        ticker.seconds += seconds - 1.01
        assert bucket.wait() > 0
        ticker.seconds += 1.01
    else:
        ticker.seconds += seconds
    assert bucket.wait() == 0
