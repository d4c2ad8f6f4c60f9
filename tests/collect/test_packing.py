"""Entries of the inbox, smaller."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helder.collect.packing import LONGEST, PACKED_FROM, Damaged, packed, unpacked


@given(st.binary(max_size=200), st.integers(1, 60))
def test_what_was_packed_comes_back(piece: bytes, times: int) -> None:
    """Any MessagePack comes back byte for byte; none begins with the mark of what is packed."""
    body = b"\x92" + piece * times
    assert unpacked(packed(body)) == body


def test_repetition_is_what_goes() -> None:
    """A long body that repeats itself gets much smaller, a short one stays as it is."""
    assert len(packed(b"\x92" + b"page viewed " * 1000)) < 1_000
    short = b"\x92" + b"x" * (PACKED_FROM - 2)
    assert packed(short) == short


@given(st.data())
def test_damage_is_noticed_or_harmless(data: st.DataObject) -> None:
    """Whatever became of the bytes, it is one error and not a crash, an endless loop, or gigabytes."""
    whole = packed(b"\x92" + b"page viewed " * 200)
    at = data.draw(st.integers(1, len(whole) - 1))
    broken = whole[:at] + data.draw(st.binary(max_size=8)) + whole[at + data.draw(st.integers(0, 8)) :]
    with suppress(Damaged):
        assert len(unpacked(broken)) <= LONGEST


def test_a_length_that_cannot_be_is_not_believed() -> None:
    """Four damaged bytes do not make it ask for gigabytes of memory."""
    with pytest.raises(Damaged):
        unpacked(b"\xc1\xff\xff\xff\xff" + b"x" * 20)
