"""Retries are told from new messages."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collect.conftest import RECEIVED_AT, Stores

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


@given(keys=st.sets(st.integers(0, 2**64 - 1), max_size=30), more=st.lists(st.integers(0, 2**64 - 1), max_size=9))
def test_a_restart_remembers(keys: set[int], more: list[int]) -> None:
    """Filled with the keys of a day, it knows those and no others."""
    duplicates = Duplicates()
    duplicates.fill(RECEIVED_AT.date(), np.fromiter(keys, np.uint64, len(keys)))
    asked = [*keys, *dict.fromkeys(more)]
    assert duplicates.fresh(asked) == [False] * len(keys) + [key not in keys for key in dict.fromkeys(more)]


@pytest.mark.parametrize("name", ["m1", "", "é😀", "x" * 99, "with \\ and 'quotes'"])
def test_the_facts_make_the_same_keys(stores: Stores, name: str) -> None:
    """The engine's own way to the key of a message gives what the code gives."""
    row = {"source": ["site"], "message_id": [name], "received_at": pa.array([RECEIVED_AT], pa.timestamp("us"))}
    with stores.facts.write() as batch:
        batch.append("event_tail", pa.table(row))
    with stores.facts.reader() as reader:
        day = {"since": RECEIVED_AT, "until": RECEIVED_AT + timedelta(days=1)}
        assert reader.statement("message_keys", day).column("key").to_pylist() == [message_key("site", name)]
        assert reader.statement("message_keys", {**day, "since": day["until"]}).num_rows == 0


@given(st.lists(st.integers(0, 50), max_size=60))
def test_recent_remembers_the_younger_half_at_least(keys: list[int]) -> None:
    """Of a memory of ten, the last five different keys are always known."""
    recent: Recent[int] = Recent(10)
    for key in keys:
        recent.add([key])
    newest = list(dict.fromkeys(reversed(keys)))[:5]
    assert all(key in recent for key in newest)
