"""Which messages were seen before: retries of a client carry the same messageId.

A message is remembered as 64 bits of MD5 (RFC 1321) of its source and id: eight bytes each, and the chance that a new
message is taken for one of a hundred million others is one in 180 thousand million. MD5 is not asked to withstand an
attacker here: who has the write key can send what they like. It is the one hash that the facts engine can compute as
well, which makes remembering after a start quick.

The newest are in a set; a full set becomes a sorted array of its day, and arrays of a like size are merged, so that a
lookup goes through few of them (a log-structured merge tree, O'Neil et al. 1996, in memory).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from hashlib import md5

import numpy as np
from numpy.typing import NDArray

_SET_FULL = 200_000


def message_key(source: str, message_id: str) -> int:
    """Return the 64-bit key that a message is remembered by."""
    return int.from_bytes(md5(f"{source}\0{message_id}".encode(), usedforsecurity=False).digest()[8:], "little")


class Duplicates:
    """The messages of the last days. For one thread."""

    def __init__(self, days: int = 7) -> None:
        """Remember for ``days`` days, at least."""
        self._window = timedelta(days=days)
        self._newest: dict[date, set[int]] = {}
        self._sorted: dict[date, list[NDArray[np.uint64]]] = {}

    def __len__(self) -> int:
        """Return how many messages are remembered."""
        return sum(map(len, self._newest.values())) + sum(len(array) for day in self._sorted.values() for array in day)

    def fresh(self, keys: Sequence[int]) -> list[bool]:
        """Tell for each key whether it is its first time, here and among those before it in ``keys``."""
        known = self._found(keys)
        seen = list(self._newest.values())
        answers: list[bool] = []
        here: set[int] = set()
        for key, old in zip(keys, known, strict=True):
            answers.append(not old and key not in here and not any(key in day for day in seen))
            here.add(key)
        return answers

    def add(self, keys: Iterable[int], received_at: datetime) -> None:
        """Remember ``keys``, received at ``received_at`` (naive UTC), and forget what lies before the window."""
        day = received_at.date()
        newest = self._newest.setdefault(day, set())
        newest.update(keys)
        if len(newest) >= _SET_FULL:
            self._sort(day)
        self._forget(received_at)

    def fill(self, day: date, keys: NDArray[np.uint64]) -> None:
        """Remember the messages of a day after a start."""
        if len(keys):
            self._sorted.setdefault(day, []).append(np.sort(keys))

    def _found(self, keys: Sequence[int]) -> list[bool]:
        """Tell for each key whether a sorted array holds it."""
        wanted = np.fromiter(keys, np.uint64, len(keys))
        found = np.zeros(len(keys), bool)
        for array in (array for day in self._sorted.values() for array in day):
            places = np.minimum(np.searchsorted(array, wanted), len(array) - 1)
            found |= array[places] == wanted
        answers: list[bool] = found.tolist()
        return answers

    def _sort(self, day: date) -> None:
        """Turn the set of ``day`` into a sorted array, and merge arrays until each is twice the next."""
        keys = self._newest.pop(day)
        arrays = self._sorted.setdefault(day, [])
        arrays.append(np.sort(np.fromiter(keys, np.uint64, len(keys))))
        while len(arrays) > 1 and len(arrays[-2]) < 2 * len(arrays[-1]):
            last, before = arrays.pop(), arrays.pop()
            arrays.append(np.sort(np.concatenate((before, last)), kind="stable"))

    def _forget(self, now: datetime) -> None:
        """Drop the days that ended before the window began."""
        first = (now - self._window).date()
        for kept in (self._newest, self._sorted):
            for day in [day for day in kept if day < first]:
                del kept[day]
