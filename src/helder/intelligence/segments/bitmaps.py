"""Bitmaps of leaves at moments, kept for the next question."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime

import msgspec

from helder.intelligence.segments.index import Bitmap

KEPT = 256 << 20
"""Bytes of bitmaps that are kept."""


class Moment(msgspec.Struct, frozen=True):
    """What an answer is of: a facts batch and a time (naive UTC)."""

    batch: int
    now: datetime


class Bitmaps:
    """The least recently used go first. Shared between threads."""

    def __init__(self, most: int = KEPT) -> None:
        """Keep at most ``most`` bytes."""
        self._most = most
        self._size = 0
        self._kept: OrderedDict[tuple[bytes, Moment], Bitmap] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, leaf: bytes, moment: Moment) -> Bitmap | None:
        """Return the bitmap of a leaf (by its fingerprint) at a moment, when it was kept."""
        with self._lock:
            found = self._kept.get((leaf, moment))
            if found is not None:
                self._kept.move_to_end((leaf, moment))
            return found

    def put(self, leaf: bytes, moment: Moment, bitmap: Bitmap) -> None:
        """Keep a bitmap."""
        with self._lock:
            if (leaf, moment) not in self._kept:
                self._kept[leaf, moment] = bitmap
                self._size += bitmap.nbytes
            while self._size > self._most:
                self._size -= self._kept.popitem(last=False)[1].nbytes

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._kept.clear()
            self._size = 0
