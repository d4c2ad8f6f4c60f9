"""What is shown when a page cannot be: to sign in, or what went wrong and what to do, never a traceback."""

from __future__ import annotations

import logging
from typing import Any

from litestar import Response
from litestar.exceptions import HTTPException

from helder.errors import Conflict, Denied, HelderError, InvalidInput, NotFound, Unavailable, place
from helder.web.app import AnyRequest
from helder.web.pages.door import sign_in_page
from helder.web.reader import Forged, NotSignedIn, reader_of
from helder.web.render import page
from helder.web.translate import Translator

_log = logging.getLogger("helder.web")
_STATUS: dict[type[HelderError], int] = {
    Denied: 403,
    Forged: 403,
    NotFound: 404,
    Conflict: 409,
    InvalidInput: 422,
    Unavailable: 503,
}


def not_signed_in(request: AnyRequest, _error: NotSignedIn) -> Response[str]:
    """Show where to sign in, at the address that was asked for; a part of an open page leads there."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    response = sign_in_page(request, wanted if request.method == "GET" else "/")
    if request.headers.get("hx-request") == "true":
        response.headers["HX-Refresh"] = "true"
    return response


def problem(request: AnyRequest, error: Exception) -> Response[str]:
    """Show what went wrong."""
    known = isinstance(error, HelderError)
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)
    if not known or status == 500:
        _log.error("page failed", extra={"error": type(error).__name__, "where": place(error)})

    def values(t: Translator) -> dict[str, str]:
        heading, text = _said(t, status)
        return {"heading": heading, "text": text, "detail": str(error) if known else ""}

    inside = reader_of(request).role is not None
    return page(request, "problem.html" if inside else "outside_message.html", values, status)


def http_problem(request: AnyRequest, error: HTTPException) -> Response[Any]:
    """Show what Litestar itself refuses: an address that is none, a number that is none."""
    return problem(request, NotFound("") if error.status_code < 500 else error)


def _said(t: Translator, status: int) -> tuple[str, str]:
    """Return heading and text for a status."""
    said = {
        403: (t.gettext("This is not for your role"), t.gettext("Ask an administrator when you need it.")),
        404: (t.gettext("This is not here"), t.gettext("It never was, or it is no more.")),
        409: (t.gettext("Somebody else was first"), t.gettext("Look at what it is now, and try again.")),
        422: (t.gettext("This cannot be done"), t.gettext("What was asked does not fit.")),
        503: (t.gettext("Not available right now"), t.gettext("Nothing is lost. Try again in a moment.")),
    }
    again = t.gettext("This is our fault, and it stands in the log. Nothing that was saved is lost.")
    return said.get(status, (t.gettext("Something went wrong"), again))
