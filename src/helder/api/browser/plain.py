"""Pages without script: ``GET /v1/pixel.gif`` and ``POST /v1/form``. Both end in the same events as any call.

Neither sets a cookie by itself, since a page without script cannot say what its visitor agreed to: ``keep=1`` in the
address does, where the page knows. A picture that is fetched ahead of need, or by a program, is no visit.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request, Response, post, route
from litestar.types import ControllerRouterHandler

from helder.access.keys import WriteKey
from helder.api.app import Api
from helder.api.browser.ahead import fetched_ahead
from helder.api.browser.sites import Sites
from helder.api.browser.visit import held_id, kept
from helder.api.caller import UnknownKey
from helder.api.collect.request import Request as Incoming
from helder.collect.dialects.dialect import MAX_ITEM
from helder.collect.dialects.form import TRAP, batch, form_calls, pixel_call
from helder.collect.dialects.paths import Route
from helder.collect.dialects.segment import SEGMENT
from helder.errors import InvalidInput

PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_Any = Request[Any, Any, Any]


class Hit(msgspec.Struct, frozen=True):
    """What a page without script says."""

    key: WriteKey
    shown: str
    """The write key as it was shown."""
    fields: Mapping[str, str]
    headers: Mapping[str, str]
    """Of the answer: they keep a new id."""


def plain_routes(api: Api, sites: Sites, *, secure: bool) -> list[ControllerRouterHandler]:
    """Return the routes; ``secure`` when cookies must never travel without HTTPS."""
    return [_pixel(api, secure=secure), _form(api, sites, secure=secure)]


def _pixel(api: Api, *, secure: bool) -> ControllerRouterHandler:
    @route("/v1/pixel.gif", http_method=["GET", "HEAD"], include_in_schema=False, media_type="image/gif")
    async def pixel(request: _Any) -> Response[bytes]:
        if request.method == "HEAD" or fetched_ahead(request.headers):
            return Response(PIXEL, media_type="image/gif", headers=_HEADERS)
        hit = await _hit(api, request, dict(request.query_params), secure=secure)
        await _take(api, request, hit, [pixel_call(hit.fields, _context(request), secrets.token_hex(16))])
        return Response(PIXEL, media_type="image/gif", headers=hit.headers)

    return pixel


def _form(api: Api, sites: Sites, *, secure: bool) -> ControllerRouterHandler:
    @post("/v1/form", include_in_schema=False, status_code=303, request_max_body_size=MAX_ITEM)
    async def form(request: _Any) -> Response[str]:
        filled = {name: value for name, value in (await request.form()).multi_items() if isinstance(value, str)}
        # What the page's maker wrote into the address goes before what was filled in.
        hit = await _hit(api, request, {**filled, **request.query_params}, secure=secure)
        target = await asyncio.to_thread(_next, sites, request, hit)
        if filled.get(TRAP):
            api.collect.counts["bot"] += 1
        else:
            await _take(api, request, hit, form_calls(hit.fields, _context(request), secrets.token_hex(16)))
        if not target:
            return Response("OK", status_code=200, media_type="text/plain", headers=hit.headers)
        return Response("", status_code=303, headers={**hit.headers, "Location": target})

    return form


async def _hit(api: Api, request: _Any, fields: Mapping[str, str], *, secure: bool) -> Hit:
    """Return what the page says, with the browser's id from its cookie when it says none.

    Raises:
        UnknownKey: when the field ``key`` is no write key in use.
    """
    shown = fields.get("key", "")
    key = await asyncio.to_thread(api.keys.write_key, shown)
    if key is None:
        raise UnknownKey("the write key (key=) is missing, unknown or revoked")
    held = held_id(request.headers.get("cookie", ""), key.source)
    if fields.get("anonymousId") or not (held or fields.get("keep") == "1"):
        return Hit(key, shown, fields, _HEADERS)
    known = held or secrets.token_hex(16)
    cookie = {"Set-Cookie": kept(key.source, known, secure=secure)}
    return Hit(key, shown, {**fields, "anonymousId": known}, {**_HEADERS, **cookie})


def _next(sites: Sites, request: _Any, hit: Hit) -> str:
    """Return where to go on to: the field ``next``, else the page of the form; empty when that is not told.

    Raises:
        InvalidInput: when ``next`` is on no host of the source: nobody can lead people elsewhere by our address.
    """
    wanted, page = hit.fields.get("next", ""), request.headers.get("referer", "")
    if wanted and not sites.own(hit.key.source, wanted):
        raise InvalidInput("next is not on a host of this source; add the host to hosts in its mapping file")
    return wanted or (page if sites.own(hit.key.source, page) else "")


def _context(request: _Any) -> dict[str, Any]:
    """Return what is known of the page and the browser."""
    page = request.headers.get("referer", "")
    context: dict[str, Any] = {"userAgent": request.headers.get("user-agent", ""), "library": {"name": "helder"}}
    return {**context, "page": {"url": page}} if page else context


async def _take(api: Api, request: _Any, hit: Hit, calls: list[dict[str, Any]]) -> None:
    """Let calls in by the steps of the front door."""
    headers: dict[bytes, bytes] = dict(request.scope["headers"])
    body = batch(hit.shown, calls)
    await api.collect.take_in(Incoming(dict(request.scope), headers, Route(SEGMENT, "batch"), body, hit.key))
