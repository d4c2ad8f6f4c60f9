"""One stylesheet and one script for all pages, put together at start from the files beside the templates.

A file a component is what a person reads; one file is what a browser fetches fastest. Each is called by its content, so
that browsers may keep it for ever.
"""

from __future__ import annotations

import gzip
from hashlib import sha256
from pathlib import Path

import msgspec
from litestar import Response, get

from helder.errors import NotFound
from helder.web.app import AnyRequest

_HERE = Path(__file__).parent
_FIRST = ("static/css/tokens.css", "static/css/fonts.css", "static/css/base.css")


class Asset(msgspec.Struct, frozen=True):
    """A file as it is sent."""

    media_type: str
    plain: bytes
    packed: bytes
    name: str
    """With the beginning of its hash: ``app.1a2b3c4d5e6f.css``."""


def _asset(kind: str, media_type: str, parts: list[str]) -> Asset:
    plain = "\n".join(parts).encode()
    name = f"app.{sha256(plain).hexdigest()[:12]}.{kind}"
    return Asset(media_type, plain, gzip.compress(plain, 9, mtime=0), name)


def _style() -> Asset:
    files = [_HERE / name for name in _FIRST] + sorted(_HERE.glob("parts/*/*.css"))
    files += sorted(_HERE.glob("templates/*/*.css"))
    return _asset("css", "text/css; charset=utf-8", [file.read_text("utf-8") for file in files])


def _script() -> Asset:
    """Return all scripts, each in a block of its own so that their names stay apart."""
    files = sorted(_HERE.glob("parts/*/*.js")) + sorted(_HERE.glob("templates/*/*.js"))
    return _asset("js", "text/javascript; charset=utf-8", [f"{{\n{file.read_text('utf-8')}}}" for file in files])


_style_asset, _script_asset = _style(), _script()
_BY_NAME = {each.name: each for each in (_style_asset, _script_asset)}
ASSETS = {"style": f"/assets/{_style_asset.name}", "script": f"/assets/{_script_asset.name}"}
"""Addresses, for the templates."""


@get("/assets/{name:str}", include_in_schema=False, sync_to_thread=False)
def asset(request: AnyRequest, name: str) -> Response[bytes]:
    """Send the stylesheet or the script."""
    found = _BY_NAME.get(name)
    if found is None:
        raise NotFound("there is no such file (any more); load the page anew")
    packs = "gzip" in request.headers.get("accept-encoding", "")
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if packs:
        headers["Content-Encoding"] = "gzip"
    return Response(found.packed if packs else found.plain, media_type=found.media_type, headers=headers)
