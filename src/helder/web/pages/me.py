"""The reader's own account: how it looks, the password, where they are signed in."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post

from helder.access.users import User
from helder.errors import InvalidInput, NotFound
from helder.web.app import AnyRequest, pages_of
from helder.web.flash import Flash
from helder.web.forms import read_form
from helder.web.pages.door import inside
from helder.web.reader import LANGUAGE_COOKIE, SESSION_COOKIE, THEME_COOKIE, THEMES, needs, reader_of
from helder.web.render import done, page
from helder.web.translate import LANGUAGES, Translator

_YEAR = 31_536_000
_guards = [needs("viewer")]


@get("/me", include_in_schema=False, guards=_guards, sync_to_thread=False)
def show(request: AnyRequest) -> Response[str]:
    """Show the account."""
    return _account(request)


@post("/me/prefer", include_in_schema=False, guards=_guards)
async def prefer(request: AnyRequest) -> Response[Any]:
    """Keep a language or a theme, for this browser and for the account."""
    form, reader = await read_form(request), reader_of(request)
    given = dict(form.fields)
    language = given.get("language") if given.get("language") in LANGUAGES else None
    theme = given.get("theme") if given.get("theme") in (*THEMES, "") else None
    if reader.user is not None and (language is not None or theme is not None):
        pages_of(request).users.prefer(reader.user.id, language=language, theme=theme)
    response = done(request, inside(form.text("back")))
    for cookie, value in ((LANGUAGE_COOKIE, language), (THEME_COOKIE, theme)):
        if value is not None:
            response.set_cookie(cookie, value, max_age=_YEAR, httponly=True, samesite="lax")
    return response


@post("/me/name", include_in_schema=False, guards=_guards)
async def rename(request: AnyRequest) -> Response[Any]:
    """Change what the reader is called."""
    form, user, pages, t = await read_form(request), _user(request), pages_of(request), reader_of(request).t
    try:
        pages.users.rename(user.id, form.text("name"), pages.clock(), user.actor)
    except InvalidInput as error:
        return _account(request, {"name": t.gettext(str(error))}, 422)
    return done(request, "/me", Flash(t.gettext("Your name is changed.")))


@post("/me/password", include_in_schema=False, guards=_guards)
async def change_password(request: AnyRequest) -> Response[Any]:
    """Set a new password; everywhere else the reader is signed out."""
    form, user, pages, t = await read_form(request), _user(request), pages_of(request), reader_of(request).t
    given = (form.text("password_old"), form.text("password_new"))
    token = request.cookies.get(SESSION_COOKIE, "")
    try:
        await asyncio.to_thread(pages.sessions.change_password, user.id, *given, pages.clock(), token)
    except InvalidInput as error:
        which = "password_old" if "present" in str(error) else "password_new"
        return _account(request, {which: t.gettext(str(error))}, 422)
    return done(request, "/me", Flash(t.gettext("Your password is changed, and you are signed out everywhere else.")))


@post("/me/sign-out-everywhere", include_in_schema=False, guards=_guards)
async def sign_out_everywhere(request: AnyRequest) -> Response[Any]:
    """End all the reader's sessions, this one too."""
    user, pages = _user(request), pages_of(request)
    pages.sessions.end_all(user.id, pages.clock())
    response = done(request, "/sign-in")
    response.delete_cookie(SESSION_COOKIE)
    return response


def _user(request: AnyRequest) -> User:
    user = reader_of(request).user
    if user is None:
        raise NotFound("you came in by the printed link, which has no account")
    return user


def _account(request: AnyRequest, errors: Mapping[str, str] | None = None, status: int = 200) -> Response[str]:
    user, pages = _user(request), pages_of(request)

    def values(t: Translator) -> Mapping[str, object]:
        count = pages.sessions.count(user.id, pages.clock())
        return {"user": user, "errors": errors or {}, "sessions": count, "role_name": t.role(user.role)}

    return page(request, "me/show.html", values, status)
