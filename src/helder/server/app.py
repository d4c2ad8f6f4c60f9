"""The one ASGI application: events go straight to ``collect``, everything else to Litestar."""

from __future__ import annotations

from typing import Any

from helder.api.collect import Collect
from helder.api.collect.asgi import Receive, Scope, Send


class App:
    """Mounts the front door for events beside the rest."""

    def __init__(self, collect: Collect, rest: Any) -> None:
        """Send requests for ``collect`` there, and all others to ``rest``."""
        self._collect, self._rest = collect, rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and self._collect.takes(scope["path"]):
            await self._collect(scope, receive, send)
        else:
            await self._rest(scope, receive, send)
