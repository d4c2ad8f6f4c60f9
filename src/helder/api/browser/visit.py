"""Who a browser is: ``POST /v1/visit`` keeps its anonymous id in a cookie that the server sets.

Browsers end what scripts store after seven days (WebKit's tracking prevention); a cookie from the site's own server
stays. So the collector is reached at a host name of the site (``events.shop.example`` for ``shop.example``), and the
cookie is that host's: no script reads it, other hosts do not get it, and one source does not see another's. Only pages
of the source's own ``hosts`` get an answer; see ``docs/decisions/browser-client.md``.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Mapping
from http.cookies import SimpleCookie
from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.types import ControllerRouterHandler

from helder.access.keys import Keys, WriteKey
from helder.activate.links import Links
from helder.api.browser.sites import Sites
from helder.api.caller import UnknownKey
from helder.clock import Clock
from helder.errors import Denied, InvalidInput
from helder.integrate.identifiers import Identifiers

LONGEST = 2_000
"""Bytes of a request: it holds a key and an id."""
KEPT_SECONDS = 400 * 86_400
"""Browsers keep no cookie for longer (RFC 6265bis); every visit of a new day renews it."""
_ID = re.compile(r"[A-Za-z0-9_.:-]{8,64}")


class Ask(msgspec.Struct, rename="camel"):
    """What ``helder.js`` asks."""

    write_key: str = ""
    anonymous_id: str = ""
    """The browser's own, for when it has no cookie yet."""
    fresh: bool = False
    """Somebody else begins to use the browser: a cookie that is there is replaced."""
    forget: bool = False
    """Consent was withdrawn: the cookie ends."""


class Visit(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """What it hears."""

    anonymous_id: str = ""
    sites: tuple[str, ...] = ()
    """Host names of the company's other sites, whose links are to carry ``word``."""
    word: str = ""
    """Signed; says to those sites which browser comes. It holds for an hour and says nothing to anyone else."""


class Visits(msgspec.Struct, frozen=True, kw_only=True):
    """What answering needs."""

    keys: Keys
    sites: Sites
    identifiers: Identifiers
    links: Links
    clock: Clock
    secure: bool
    """Whether Helder is reached by HTTPS: then its cookies never travel without."""

    def answer(self, key: WriteKey, ask: Ask, held: str) -> Visit:
        """Return who a browser is.

        Args:
            key: whose site it is on.
            ask: what it says.
            held: the id in its cookie; empty when it has none.
        """
        said = ask.anonymous_id if _ID.fullmatch(ask.anonymous_id) else secrets.token_hex(16)
        known = said if ask.fresh or not held else held
        others = self.sites.others(key.source)
        identity = self.identifiers.identity(f"anonymous:{key.source}", known) if others else None
        word = self.links.crossing(identity.id, secrets.randbits(60), self.clock()) if identity else ""
        return Visit(known, others, word)


def cookie_name(source: str) -> str:
    """Return the name of the cookie of a source's visitors."""
    return f"helder_{source}"


def held_id(cookies: str, source: str) -> str:
    """Return the anonymous id in a Cookie header; empty when there is none that can be one."""
    found = SimpleCookie(cookies).get(cookie_name(source))
    return found.value if found is not None and _ID.fullmatch(found.value) else ""


def kept(source: str, anonymous_id: str, *, secure: bool) -> str:
    """Return the Set-Cookie header that keeps an id; an empty one ends the cookie."""
    age = KEPT_SECONDS if anonymous_id else 0
    parts = [f"{cookie_name(source)}={anonymous_id}", f"Max-Age={age}", "Path=/v1", "HttpOnly", "SameSite=Lax"]
    return "; ".join([*parts, *(["Secure"] if secure else [])])


def visit_route(visits: Visits) -> ControllerRouterHandler:
    """Return the route ``/v1/visit``."""

    @post("/v1/visit", status_code=200, include_in_schema=False)
    async def visit(request: Request[Any, Any, Any]) -> Response[Visit]:
        ask = _ask(await request.body())
        key = await asyncio.to_thread(visits.keys.write_key, ask.write_key)
        if key is None:
            raise UnknownKey("the write key is missing, unknown or revoked; `helder key list` shows those there are")
        origin = request.headers.get("origin", "")
        if not await asyncio.to_thread(visits.sites.own, key.source, origin):
            raise Denied(f"the source {key.source} has no host like this page's; add it to hosts in its mapping file")
        headers = {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Credentials": "true",
            "Vary": "Origin",
            "Cache-Control": "no-store",
        }
        if ask.forget:
            return _answer(Visit(), headers, kept(key.source, "", secure=visits.secure))
        held = held_id(request.headers.get("cookie", ""), key.source)
        found = await asyncio.to_thread(visits.answer, key, ask, held)
        return _answer(found, headers, kept(key.source, found.anonymous_id, secure=visits.secure))

    return visit


def _ask(body: bytes) -> Ask:
    """Return what is asked: JSON under any content type, as text/plain needs no preflight."""
    try:
        return msgspec.json.decode(body[: LONGEST + 1], type=Ask)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput("this is no JSON object with writeKey and anonymousId") from error


def _answer(visit: Visit, headers: Mapping[str, str], cookie: str) -> Response[Visit]:
    return Response(visit, headers={**headers, "Set-Cookie": cookie}, media_type="application/json")
