"""One request on its way through the door."""

from __future__ import annotations

from msgspec import Struct

from helder.access.keys import WriteKey
from helder.api.collect.asgi import Headers, Scope
from helder.collect.dialects.paths import Route
from helder.collect.event import Entry


class Request(Struct):
    """What is known of a request; each step of the door adds what it finds out."""

    scope: Scope
    headers: Headers
    route: Route
    body: bytes = b""
    """Decompressed."""
    key: WriteKey = WriteKey("")
    entry: Entry = Entry([])
    """What it holds: events, and what was refused of it."""
    whole: bool = False
    """It could not be read as a whole, so that ``entry`` holds one rejection and nothing else."""

    def query(self) -> str:
        """Return the query of the address, as it came."""
        return str(self.scope.get("query_string", b"").decode("latin-1"))
