"""The way in: the printed address is exchanged for a cookie, and left behind."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.response import Redirect

from helder.access.entrance import LASTS, admits, entrance
from helder.web.app import AnyRequest, Pages, page
from helder.web.translate import Translator

_COOKIE = "helder_session"


@get("/enter", include_in_schema=False, sync_to_thread=False)
def enter(request: AnyRequest, code: str = "") -> Response[Any]:
    """Let in whoever comes with a good code."""
    pages: Pages = request.app.state.pages
    now = pages.clock()
    if not admits(code, pages.key, now):
        return refused(request)
    session = entrance(pages.key, now, "session")
    response = Redirect("/", headers={"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"})
    age = int(LASTS.total_seconds())
    secure = request.url.scheme == "https"
    response.set_cookie(_COOKIE, session, max_age=age, httponly=True, samesite="lax", secure=secure)
    return response


def is_inside(request: AnyRequest) -> bool:
    """Tell whether the reader came in by ``enter`` and may see customers' data."""
    pages: Pages = request.app.state.pages
    return admits(request.cookies.get(_COOKIE, ""), pages.key, pages.clock(), "session")


def refused(request: AnyRequest) -> Response[str]:
    """Return the page for who has not come in, or too long ago."""

    def words(t: Translator) -> dict[str, str]:
        return {
            "heading": t.gettext("Open Helder by its own link"),
            "text": t.gettext(
                "This page shows customers' data, so it opens only by the link that Helder printed when it was "
                "started. That link is good for twelve hours; run helder open for a new one."
            ),
        }

    return page(request, "message.html", words, status=403)
