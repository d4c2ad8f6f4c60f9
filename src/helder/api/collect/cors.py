"""What browsers must be told before a page of another origin may send (https://fetch.spec.whatwg.org/#http-cors-protocol)."""

from __future__ import annotations

from helder.api.collect.asgi import Send, answer

CORS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Retry-After"),
]
JSON = [(b"content-type", b"application/json"), *CORS]
PREFLIGHT = [
    *CORS,
    (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
    (b"access-control-allow-headers", b"authorization, content-type, x-retry-count, anonymousid, sentat, x-write-key"),
    (b"access-control-max-age", b"86400"),
]
"""The headers are those that the known clients set; RudderStack's browser SDK sets ``AnonymousId`` and ``SentAt``."""


async def allow(send: Send) -> None:
    """Answer a preflight."""
    await answer(send, 200, b"", PREFLIGHT)
