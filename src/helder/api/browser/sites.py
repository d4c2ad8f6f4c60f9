"""Which hosts are the company's own sites: those of its web sources, read anew every few seconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from helder.access.keys import TRUSTED_SECONDS
from helder.clock import stopwatch
from helder.integrate.definitions import read_definitions
from helder.store.state import State


class Sites:
    """The hosts of web sources. Safe to share between threads."""

    def __init__(self, state: State, ticker: Callable[[], float] = stopwatch) -> None:
        """Read sources from ``state``; ``ticker`` gives seconds and only goes forward."""
        self._state, self._ticker = state, ticker
        self._held: tuple[float, Mapping[str, tuple[str, ...]]] = (0.0, {})

    def own(self, source: str, url: str) -> bool:
        """Tell whether an origin or address is on a host of ``source``, by HTTP or HTTPS, whatever its port."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        return parts.scheme in {"http", "https"} and (parts.hostname or "") in self._hosts().get(source, ())

    def others(self, source: str) -> tuple[str, ...]:
        """Return the hosts of all other web sources."""
        return tuple(sorted({host for key, hosts in self._hosts().items() if key != source for host in hosts}))

    def _hosts(self) -> Mapping[str, tuple[str, ...]]:
        until, hosts = self._held
        if until < self._ticker():
            found = read_definitions(self._state)
            hosts = {key: each.mapping.hosts for key, each in found.items() if each.mapping.hosts}
            self._held = (self._ticker() + TRUSTED_SECONDS, hosts)
        return hosts
