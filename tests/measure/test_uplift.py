"""The interval of a difference, against the figures that were published and against an independent calculation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import norm

from helder.measure.uplift import Share, uplift, wilson

# Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 10, 95%.
PUBLISHED = [
    ((56, 70), (48, 80), 0.0524, 0.3339),
    ((9, 10), (3, 10), 0.1705, 0.8090),
    ((6, 7), (2, 7), 0.0582, 0.8062),
    ((5, 56), (0, 29), -0.0381, 0.1926),
    ((0, 10), (0, 20), -0.1611, 0.2775),
    ((0, 10), (0, 10), -0.2775, 0.2775),
    ((10, 10), (0, 20), 0.6791, 1.0000),
    ((10, 10), (0, 10), 0.6075, 1.0000),
]
shares = st.integers(1, 500).flatmap(lambda people: st.builds(Share, st.integers(0, people), st.just(people)))


@pytest.mark.parametrize(("mailed", "held", "low", "high"), PUBLISHED)
def test_the_interval_is_the_published_one(
    mailed: tuple[int, int], held: tuple[int, int], low: float, high: float
) -> None:
    """All eight examples of the paper come out to four decimals."""
    found = uplift(Share(*mailed), Share(*held))
    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


@given(share=shares, confidence=st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_wilson_solves_the_score_equation(share: Share, confidence: float) -> None:
    """The ends are where the score test equals the quantile, found by a root finder instead of a formula."""
    z = float(norm.ppf((1 + confidence) / 2))
    p, n = share.value, share.people

    def distance(truth: float) -> float:
        return (p - truth) ** 2 * n - z * z * truth * (1 - truth)

    low, high = wilson(share, confidence)
    if share.hits:
        assert low == pytest.approx(brentq(distance, 1e-12, p - 1e-9), abs=1e-7)
    if share.hits < n:
        assert high == pytest.approx(brentq(distance, p + 1e-9, 1 - 1e-12), abs=1e-7)
    assert 0 <= low <= p <= high <= 1


@given(mailed=shares, held=shares)
def test_the_other_way_round_is_the_mirror(mailed: Share, held: Share) -> None:
    """Exchanging the groups turns the sign and nothing else, and the difference lies within its interval."""
    there, back = uplift(mailed, held), uplift(held, mailed)
    assert there is not None
    assert back is not None
    assert (there.difference, there.low, there.high) == pytest.approx((-back.difference, -back.high, -back.low))
    assert -1 <= there.low <= there.difference <= there.high <= 1
    assert there.conclusive == back.conclusive


CAMPAIGNS = [(0.22, 0.08, 900, 100), (0.1, 0.1, 400, 40), (0.02, 0.01, 500, 500)]


@pytest.mark.parametrize(("p", "q", "n", "m"), CAMPAIGNS)
def test_the_interval_holds_the_truth_as_often_as_it_says(p: float, q: float, n: int, m: int) -> None:
    """Over 3,000 simulated campaigns the 95% interval covers the true difference in 93.5% to 97.5% of them."""
    draw = np.random.default_rng(7)
    hits, held = draw.binomial(n, p, 3000), draw.binomial(m, q, 3000)
    found = [uplift(Share(int(a), n), Share(int(b), m)) for a, b in zip(hits, held, strict=True)]
    covered = sum(each is not None and each.low <= p - q <= each.high for each in found)
    assert 0.935 <= covered / 3000 <= 0.975


def test_an_interval_with_zero_in_it_is_inconclusive() -> None:
    """Twice as many of few is not enough; the same shares of many are."""
    few, many = uplift(Share(6, 50), Share(3, 50)), uplift(Share(600, 5000), Share(300, 5000))
    assert few is not None
    assert many is not None
    assert (few.conclusive, many.conclusive) == (False, True)


def test_nobody_to_compare_with_is_no_uplift() -> None:
    """Without a holdout, or with nobody else, there is no difference rather than a wrong one."""
    assert uplift(Share(5, 10), Share(0, 0)) is None
    assert uplift(Share(0, 0), Share(5, 10)) is None


@pytest.mark.parametrize("share", [Share(3, 2), Share(-1, 2)])
def test_more_hits_than_people_is_refused(share: Share) -> None:
    """A share above one is a defect upstream, and not something to calculate with."""
    with pytest.raises(ValueError, match="is no share"):
        uplift(share, Share(1, 2))


def test_an_interval_of_nothing_is_refused() -> None:
    """Nobody has no share, and certainty has no interval."""
    with pytest.raises(ValueError, match="needs people"):
        wilson(Share(0, 0))
    with pytest.raises(ValueError, match="confidence"):
        wilson(Share(1, 2), 1.0)
