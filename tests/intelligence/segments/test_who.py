"""Who is who from round to round, against dictionaries."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from helder.intelligence.segments.index import index_of
from helder.intelligence.segments.who import Who

PAIRS = st.dictionaries(st.integers(1, 12), st.integers(101, 106), max_size=12)


def ints(values: object) -> np.ndarray:
    return np.array(list(values), np.int64)  # type: ignore[call-overload] - any iterable of ints


@given(PAIRS, st.lists(st.tuples(PAIRS, st.booleans()), max_size=5))
def test_who_moved_is_who_is_who(before: dict[int, int], moves: list[tuple[dict[int, int], bool]]) -> None:
    """After any moves everyone has the profile they moved to last, and who lost everybody is told as gone."""
    who, of = Who(index_of(ints(before), ints(before.values())), 1), dict(before)
    everybody = ints(range(1, 13))
    for moved, put_together in moves:
        seen = len(who.gone)
        there = set(of.values())
        of |= moved
        who = who.moved_on(ints(moved), ints(moved.values()))
        who = who.put_together() if put_together else who
        assert set(who.gone[seen:].tolist()) == there - set(of.values())
        assert who.profiles_of(everybody).tolist() == [of.get(each, -1) for each in everybody.tolist()]
        profiles = ints(range(101, 107))
        assert who.missing(profiles).tolist() == [each for each in profiles.tolist() if each not in of.values()]
        part = who.part(ints([101, 103]))
        assert part.identities.ids.tolist() == sorted(each for each, at in of.items() if at in (101, 103))
        assert len(who) == len(of)
