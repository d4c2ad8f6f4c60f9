"""What recipients' mail programs ask for: ``/t/o`` opened, ``/t/c`` click, ``/t/u`` unsubscribe, ``/t/p`` choices.

GET and HEAD of the pages change nothing; only POST does (RFC 8058). The pages are plain HTML without script, so that
they work in any browser, and they do not say whose mail it was. A link that a scanner follows, or that a browser
fetches ahead, is no click.
"""

from __future__ import annotations

import asyncio
import base64
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, Template
from litestar import Request, Response, Router, get, post, route
from litestar.enums import MediaType
from litestar.params import FromPath, FromQuery
from litestar.types import ControllerRouterHandler

from helder.activate.tracking import Page, Tracking
from helder.api.browser.ahead import fetched_ahead
from helder.clock import Clock
from helder.collect.enrich import is_crawler
from helder.settings import Settings

_PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_QUIET = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
_HEADERS = {
    **_QUIET,
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "X-Frame-Options": "DENY",
}
_Any = Request[Any, Any, Any]


def track_routes(tracking: Tracking, settings: Settings, clock: Clock) -> Router:
    """Return the routes under ``/t``."""
    pages = _Pages(settings)
    handlers: list[ControllerRouterHandler] = [
        _opened(tracking, clock),
        _clicked(tracking, pages, clock),
        *_unsubscribe(tracking, pages, clock),
        *_preferences(tracking, pages, clock),
    ]
    return Router(path="/t", route_handlers=handlers, include_in_schema=False)


def _opened(tracking: Tracking, clock: Clock) -> ControllerRouterHandler:
    @route("/o/{token:str}", http_method=["GET", "HEAD"], name="track_opened", status_code=200, media_type="image/gif")
    async def opened(request: _Any, token: FromPath[str]) -> Response[bytes]:
        if request.method == "GET" and not fetched_ahead(request.headers):
            await asyncio.to_thread(tracking.opened, token, clock())
        return Response(_PIXEL, media_type="image/gif", headers=_QUIET)

    return opened


def _clicked(tracking: Tracking, pages: _Pages, clock: Clock) -> ControllerRouterHandler:
    @route("/c/{token:str}", http_method=["GET", "HEAD"], name="track_clicked", status_code=200)
    async def clicked(request: _Any, token: FromPath[str], to: FromQuery[str] = "") -> Response[str]:
        if request.method == "HEAD":
            return Response("", headers=_QUIET)
        person = not (fetched_ahead(request.headers) or is_crawler(request.headers.get("user-agent", "")))
        target = await asyncio.to_thread(tracking.clicked, token, to, clock(), person=person)
        if target is None:
            return pages.gone()
        return Response("", status_code=302, headers={**_QUIET, "Location": target})

    return clicked


def _unsubscribe(tracking: Tracking, pages: _Pages, clock: Clock) -> list[ControllerRouterHandler]:
    @route("/u/{token:str}", http_method=["GET", "HEAD"], name="track_unsubscribe", status_code=200)
    async def ask(token: FromPath[str]) -> Response[str]:
        return pages.show("unsubscribe", await asyncio.to_thread(tracking.looked, "u", token, clock()))

    @post("/u/{token:str}", name="track_unsubscribed", status_code=200)
    async def do(token: FromPath[str]) -> Response[str]:
        page = await asyncio.to_thread(tracking.looked, "u", token, clock())
        await asyncio.to_thread(tracking.unsubscribed, "u", token, clock())
        return pages.show("unsubscribed", page)

    return [ask, do]


def _preferences(tracking: Tracking, pages: _Pages, clock: Clock) -> list[ControllerRouterHandler]:
    @get("/p/{token:str}", name="track_preferences", status_code=200)
    async def ask(token: FromPath[str]) -> Response[str]:
        return pages.show("preferences", await asyncio.to_thread(tracking.looked, "p", token, clock()))

    @post("/p/{token:str}", name="track_chosen", status_code=200)
    async def do(request: _Any, token: FromPath[str]) -> Response[str]:
        form = await request.form()
        agreed = frozenset(str(each) for each in form.getall("agreed", []))
        await asyncio.to_thread(tracking.chosen, token, agreed, clock())
        return pages.show("chosen", await asyncio.to_thread(tracking.looked, "p", token, clock()))

    return [ask, do]


class _Pages:
    """The pages, in the company's language."""

    def __init__(self, settings: Settings) -> None:
        self._company = settings.company
        self._language = settings.language

    def show(self, what: str, page: Page | None) -> Response[str]:
        """Answer with a page, or with the one for a link that is not ours."""
        if page is None:
            return self.gone()
        return self._answer(what, page, 200)

    def gone(self) -> Response[str]:
        """Answer to a link that was not made here, or that has ended."""
        return self._answer("gone", None, 404)

    def _answer(self, what: str, page: Page | None, status: int) -> Response[str]:
        text = _template().render(what=what, page=page, company=self._company, language=self._language)
        return Response(text, status_code=status, media_type=MediaType.HTML, headers=_HEADERS)


@cache
def _template() -> Template:
    return Environment(loader=PackageLoader("helder.api"), autoescape=True).get_template("track.html")
