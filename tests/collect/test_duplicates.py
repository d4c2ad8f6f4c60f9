"""Retries are told from new messages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collect.conftest import RECEIVED_AT

from helder.collect import duplicates as duplicates_module
from helder.collect.duplicates import Duplicates, message_key
from helder.collect.recent import Recent


@pytest.fixture(autouse=True, scope="module")
def small_sets() -> None:
    """Let sets fill up soon, so that sorted arrays and their merging are in play."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates_module, "_SET_FULL", 5)
        yield


@given(batches=st.lists(st.lists(st.integers(0, 30), max_size=12), max_size=12))
def test_only_the_first_of_each_message_is_fresh(batches: list[list[int]]) -> None:
    """A plain set is the oracle: over any batches, fresh means never seen before, in the batch too."""
    duplicates, oracle = Duplicates(), set()
    for batch in batches:
        answers = duplicates.fresh(batch)
        expected = []
        for key in batch:
            expected.append(key not in oracle)
            oracle.add(key)
        assert answers == expected
        duplicates.add([key for key, new in zip(batch, answers, strict=True) if new], RECEIVED_AT)
    assert len(duplicates) == len(oracle)


@pytest.mark.usefixtures("small_sets")
def test_a_message_is_forgotten_after_the_window() -> None:
    """Seven days after its receipt a message still counts as seen; after eight it does not, and memory is freed."""
    duplicates = Duplicates(days=7)
    duplicates.add(range(20), RECEIVED_AT)
    duplicates.add([100], RECEIVED_AT + timedelta(days=7))
    assert duplicates.fresh([3]) == [False]
    duplicates.add([101], RECEIVED_AT + timedelta(days=8, hours=1))
    assert duplicates.fresh([3, 100]) == [True, False]
    assert len(duplicates) == 2


def test_a_restart_remembers() -> None:
    """Filled from the messages of the facts, it knows the same as before."""
    duplicates = Duplicates()
    duplicates.fill(("site", f"m{number}", RECEIVED_AT) for number in range(50))
    keys = [message_key("site", "m7"), message_key("site", "m99"), message_key("other", "m7")]
    assert duplicates.fresh(keys) == [False, True, True]


@given(st.lists(st.integers(0, 50), max_size=60))
def test_recent_remembers_the_younger_half_at_least(keys: list[int]) -> None:
    """Of a memory of ten, the last five different keys are always known."""
    recent: Recent[int] = Recent(10)
    for key in keys:
        recent.add([key])
    newest = list(dict.fromkeys(reversed(keys)))[:5]
    assert all(key in recent for key in newest)
