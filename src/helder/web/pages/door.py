"""Signing in and out, and making an account by a link."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from helder.access.invitations import Invitation
from helder.access.lockout import TooManyAttempts
from helder.access.sessions import LASTS
from helder.errors import Conflict, Denied, HelderError, InvalidInput, NotFound
from helder.web.app import AnyRequest, pages_of
from helder.web.forms import read_form
from helder.web.reader import LINK_COOKIE, SESSION_COOKIE, is_secure
from helder.web.render import done, page
from helder.web.translate import Translator

_PROXY = ("127.0.0.1", "::1")
"""A proxy on this machine stands for everybody, so that it is nobody who could be shut out."""


def sign_in_page(request: AnyRequest, to: str, error: str = "", email: str = "", status: int = 403) -> Response[str]:
    """Return the page to sign in on; ``to`` is where the reader wanted to go."""
    pages = pages_of(request)

    def values(t: Translator) -> Mapping[str, object]:
        shown = {"next": to, "error": t.gettext(error) if error else "", "email": email}
        return {**shown, "nobody": not pages.users.any(), "company": pages.settings.company}

    return page(request, "door/sign_in.html", values, status)


@get("/sign-in", include_in_schema=False, sync_to_thread=False)
def sign_in_form(request: AnyRequest) -> Response[str]:
    """Show the page to sign in on."""
    return sign_in_page(request, "/", status=200)


@post("/sign-in", include_in_schema=False)
async def sign_in(request: AnyRequest) -> Response[Any]:
    """Let in whoever gives the right address and password."""
    form, pages = await read_form(request), pages_of(request)
    email, to = form.text("email"), inside(form.text("next"))
    address = "" if not request.client or request.client.host in _PROXY else request.client.host
    try:
        token = await asyncio.to_thread(pages.sessions.sign_in, email, form.text("password"), address, pages.clock())
    except (Denied, TooManyAttempts) as error:
        status = 429 if isinstance(error, TooManyAttempts) else 403
        return sign_in_page(request, to, str(error), email, status)
    return _let_in(request, token, to)


@post("/sign-out", include_in_schema=False)
async def sign_out(request: AnyRequest) -> Response[Any]:
    """End the session; the cookie is worth nothing from now on."""
    pages_of(request).sessions.end(request.cookies.get(SESSION_COOKIE, ""))
    response = done(request, "/sign-in")
    response.delete_cookie(SESSION_COOKIE)
    response.delete_cookie(LINK_COOKIE)
    return response


@get("/welcome", include_in_schema=False, sync_to_thread=False)
def welcome_form(request: AnyRequest, token: str = "") -> Response[str]:
    """Show the page on which a link is used."""
    return _welcome(request, token)


@post("/welcome", include_in_schema=False)
async def welcome(request: AnyRequest) -> Response[Any]:
    """Make the account, or set the new password, and let its owner in."""
    form, pages = await read_form(request), pages_of(request)
    given = (form.text("token"), form.text("name"), form.text("password"))
    try:
        who = await asyncio.to_thread(pages.invitations.accept, *given, pages.clock(), form.text("email"))
    except (InvalidInput, Conflict) as error:
        return _welcome(request, given[0], str(error), form.text("name"), form.text("email"))
    except NotFound:
        return _welcome(request, given[0])
    return _let_in(request, pages.sessions.begin(who.id, pages.clock()), "/")


def inside(address: str) -> str:
    """Return ``address`` when it leads to a page of ours, else the first page: no form leads elsewhere."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else "/"


def _let_in(request: AnyRequest, token: str, to: str) -> Response[Any]:
    response = Redirect(to, status_code=303)
    age, secure = int(LASTS.total_seconds()), is_secure(request)
    response.set_cookie(SESSION_COOKIE, token, max_age=age, httponly=True, samesite="lax", secure=secure)
    return response


def _welcome(request: AnyRequest, token: str, error: str = "", name: str = "", email: str = "") -> Response[str]:
    """Return the page of a link: a form, or why it is of no use."""
    pages = pages_of(request)
    found: Invitation | None = None
    try:
        found = pages.invitations.look(token, pages.clock())
    except HelderError as problem:
        error = str(problem)
    status = 404 if found is None else 422 if error else 200

    def values(t: Translator) -> Mapping[str, object]:
        heading, text = _said(t, found, pages.settings.company)
        shown = {"heading": heading, "text": text, "usable": found is not None, "token": token, "name": name}
        kind = found.kind if found else ""
        links = {code: f"/welcome?token={token}&lang={code}" for code in ("nl", "en")}
        mail = (found.email if found else "") or email
        said = t.gettext(error) if error else ""
        return {**shown, "kind": kind, "email": mail, "error": said, "language_links": links}

    response = page(request, "door/welcome.html", values, status)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _said(t: Translator, found: Invitation | None, company: str) -> tuple[str, str]:
    """Return the heading of a link's page and what it is for."""
    if found is None:
        used = t.gettext("It was used already, or it is too old. Ask an administrator for a new one.")
        return t.gettext("This link no longer works"), used
    if found.kind == "first":
        return t.gettext("Welcome to Helder"), t.gettext(
            "Make the first account. It is an administrator's: you can invite the others afterwards."
        )
    if found.kind == "reset":
        return t.gettext("A new password"), t.gettext("For %(email)s.") % {"email": found.email}
    invited = t.gettext("%(company)s invites %(email)s to work in Helder.")
    return t.gettext("Make your account"), invited % {"company": company, "email": found.email}
