"""Serves ``helder.js``: one readable file, packed once at start, that browsers and proxies may keep for an hour."""

from __future__ import annotations

import gzip
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

import msgspec
from litestar import Request, Response, get

_HEADERS = {
    "Cache-Control": "public, max-age=3600, stale-while-revalidate=86400",
    "Content-Type": "text/javascript; charset=utf-8",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
    # Any site may load it, also one that checks it by its hash (SRI needs CORS).
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


class Script(msgspec.Struct, frozen=True):
    """The file in both forms."""

    plain: bytes
    packed: bytes
    etag: str


@cache
def script() -> Script:
    """Return the file, packed as it is served."""
    plain = (files("helder.api.browser") / "helder.js").read_bytes()
    return Script(plain, gzip.compress(plain, 9, mtime=0), f'W/"{sha256(plain).hexdigest()[:20]}"')


@get("/helder.js", include_in_schema=False)
async def helder_js(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Return the browser client."""
    found = script()
    headers = {**_HEADERS, "ETag": found.etag}
    if request.headers.get("if-none-match") == found.etag:
        return Response(b"", status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.packed, headers={**headers, "Content-Encoding": "gzip"})
    return Response(found.plain, headers=headers)
