"""Channels: each a folder, found by its entry point in the group ``helder.channels``."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Protocol

from helder.errors import NotFound

GROUP = "helder.channels"


class Channel(Protocol):
    """A way to reach people."""

    key: str
    """As it stands in the outbox and in consents: ``email``."""


def channel(key: str) -> Channel:
    """Return the channel called ``key``.

    Raises:
        NotFound: when no installed package offers it.
    """
    found = entry_points(group=GROUP, name=key)
    if not found:
        raise NotFound(f"there is no channel {key!r}")
    loaded: Channel = next(iter(found)).load()
    return loaded
