"""What a watched process is at, in memory that outlives it; and the one clock that all of them read."""

from __future__ import annotations

import mmap
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

PLACES = ("", "receive", "resolve", "project", "refresh", "advance", "deliver", "upkeep", "collect", "send")
"""Where a process can be: nowhere, in a stage, at the upkeep of the facts, writing the inbox, or handing mails over."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Watch:
    """A page shared with one process: the place it is at, whether it writes there, and how long that took last."""

    def __init__(self, path: Path) -> None:
        self._page = _page(path)

    @property
    def place(self) -> str:
        """Where the process is, once it has begun to write there; also after its death."""
        return PLACES[self._page[0]] if self._page[1] else ""

    @property
    def visits(self) -> int:
        """How often it has been anywhere: grows while it is well."""
        return int(struct.unpack_from("<Q", self._page, 8)[0])

    def seconds(self, place: str) -> float:
        """Return how long the last visit to ``place`` took from the first write on."""
        return float(struct.unpack_from("<d", self._page, 16 + 8 * PLACES.index(place))[0])

    @contextmanager
    def at(self, place: str) -> Iterator[None]:
        """Be at ``place`` for a while."""
        self._begun = 0.0
        self._page[0] = PLACES.index(place)
        try:
            yield
        finally:
            if self._page[1]:
                struct.pack_into("<d", self._page, 16 + 8 * PLACES.index(place), time.monotonic() - self._begun)
            self._page[1] = self._page[0] = 0
            struct.pack_into("<Q", self._page, 8, self.visits + 1)

    def begin(self) -> None:
        """Say that from here on a death leaves work half done."""
        if self._page[0] and not self._page[1]:
            self._begun = time.monotonic()
            self._page[1] = 1

    def clear(self) -> None:
        """Forget a process that died."""
        self._page[0] = self._page[1] = 0
        struct.pack_into("<Q", self._page, 8, 0)


class SharedClock:
    """A clock that stands still until it is set, for every process alike: so two runs write the same moments."""

    def __init__(self, path: Path) -> None:
        self._page = _page(path)

    def __call__(self) -> datetime:
        return _EPOCH + timedelta(microseconds=struct.unpack_from("<q", self._page)[0])

    def set(self, moment: datetime) -> None:
        struct.pack_into("<q", self._page, 0, (moment - _EPOCH) // timedelta(microseconds=1))


def beginning(watch: Watch, real: Callable[..., object], thread: str) -> Callable[..., object]:
    """Return ``real``, noting on ``watch`` that writing begins when the thread called ``thread`` calls it."""
    import threading

    def begun(*values: object, **named: object) -> object:
        if threading.current_thread().name == thread:
            watch.begin()
        return real(*values, **named)

    return begun


def _page(path: Path) -> mmap.mmap:
    if not path.exists():
        path.write_bytes(bytes(mmap.PAGESIZE))
    with path.open("r+b") as file:
        return mmap.mmap(file.fileno(), mmap.PAGESIZE)
