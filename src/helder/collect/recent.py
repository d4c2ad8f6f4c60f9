"""What was written not long ago, so that it is not written again with every event."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Recent(Generic[Key]):
    """A set of bounded size that forgets the older half when it is full."""

    def __init__(self, size: int = 1_000_000) -> None:
        """Remember between ``size / 2`` and ``size`` keys."""
        self._half = max(1, size // 2)
        self._young: set[Key] = set()
        self._old: set[Key] = set()

    def __contains__(self, key: Key) -> bool:
        """Tell whether ``key`` was added not long ago."""
        return key in self._young or key in self._old

    def add(self, keys: Iterable[Key]) -> None:
        """Remember ``keys``."""
        self._young.update(keys)
        if len(self._young) >= self._half:
            self._old, self._young = self._young, set()
