"""The way in for whoever runs this machine: the printed address is exchanged for a cookie, and left behind."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.response import Redirect

from helder.access.entrance import LASTS, admits, entrance
from helder.web.app import AnyRequest, pages_of
from helder.web.reader import LINK_COOKIE, is_secure
from helder.web.render import page
from helder.web.translate import Translator


@get("/enter", include_in_schema=False, sync_to_thread=False)
def enter(request: AnyRequest, code: str = "") -> Response[Any]:
    """Let in whoever comes with a good code."""
    pages = pages_of(request)
    now = pages.clock()
    if not admits(code, pages.key, now):
        return page(request, "outside_message.html", _refused, status=403)
    session = entrance(pages.key, now, "session")
    response = Redirect("/", headers={"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"})
    age = int(LASTS.total_seconds())
    response.set_cookie(LINK_COOKIE, session, max_age=age, httponly=True, samesite="lax", secure=is_secure(request))
    return response


def _refused(t: Translator) -> dict[str, str]:
    return {
        "heading": t.gettext("This link no longer works"),
        "text": t.gettext("A link that Helder printed is good for twelve hours; run helder open for a new one."),
    }
