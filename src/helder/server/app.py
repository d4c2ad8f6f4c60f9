"""The one ASGI application: events and what their clients fetch go straight to ``collect``, the rest to Litestar."""

from __future__ import annotations

from typing import Any

from helder.api.collect import Collect
from helder.api.collect.asgi import Receive, Scope, Send
from helder.api.collect.documents import Documents


class App:
    """Mounts the front door for events beside the rest."""

    def __init__(self, collect: Collect, documents: Documents, rest: Any) -> None:
        """Send requests for ``collect`` and ``documents`` there, and all others to ``rest``."""
        self._collect, self._documents, self._rest = collect, documents, rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and self._collect.takes(scope["path"]):
            await self._collect(scope, receive, send)
        elif scope["type"] == "http" and self._documents.takes(scope["path"]):
            await self._documents(scope, receive, send)
        else:
            await self._rest(scope, receive, send)
