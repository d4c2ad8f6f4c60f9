"""Whether a request is of a browser in a data centre: a step of the door, free when no networks are given."""

from __future__ import annotations

import msgspec

from helder.api.collect.asgi import Headers, Scope
from helder.api.collect.request import Request
from helder.collect.networks import Networks, kept_out


class Visitors(msgspec.Struct, frozen=True):
    """Who of those that browse is a person, by the address that they come from."""

    networks: Networks | None = None
    header: bytes = b""
    """Header in which the proxy before Helder gives the visitor's address; empty: the connection's own."""

    def keep_out(self, request: Request) -> None:
        """Reject what a browser in a data centre sent. Servers send from there too, but say that they are servers."""
        if self.networks is None or not request.headers.get(b"user-agent", b"").startswith(b"Mozilla/"):
            return
        if self.networks.holds(self._address(request.scope, request.headers)):
            request.entry = kept_out(request.entry)

    def _address(self, scope: Scope, headers: Headers) -> str:
        """Return the visitor's address; of several in a header the last counts, which the nearest proxy added."""
        if self.header:
            return headers.get(self.header, b"").decode("latin-1").rpartition(",")[2].strip()
        client = scope.get("client") or ("", 0)
        return str(client[0])
