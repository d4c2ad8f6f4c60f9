"""Settings: who may come in and what they may do; and the audit trail, who did what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect

from helder.access.keys import ROLES, Role
from helder.errors import Conflict, InvalidInput
from helder.govern.audit import read_audit
from helder.web.app import AnyRequest, pages_of
from helder.web.flash import Flash
from helder.web.forms import Form, read_form
from helder.web.known import who_did
from helder.web.reader import needs, reader_of
from helder.web.render import done, page
from helder.web.translate import Translator

_MOST = 200
_guards = [needs("admin")]


@get("/settings", include_in_schema=False, guards=[needs("engineer")], sync_to_thread=False)
def settings(request: AnyRequest) -> Response[Any]:
    """Lead to the first page of the settings that the reader may see."""
    return Redirect("/settings/people" if reader_of(request).may("admin") else "/settings/audit")


@get("/settings/people", include_in_schema=False, guards=_guards, sync_to_thread=False)
def show(request: AnyRequest) -> Response[str]:
    """Show everybody, and the invitations that wait."""
    return _people(request)


@post("/settings/people/invite", include_in_schema=False, guards=_guards)
async def invite(request: AnyRequest) -> Response[Any]:
    """Make a link for somebody new; it is shown this once."""
    form, pages, reader = await read_form(request), pages_of(request), reader_of(request)
    email = form.text("email")
    if "@" not in email:
        return _people(request, error="this is no e-mail address", email=email)
    try:
        token = pages.invitations.invite(email, _role(form), pages.clock(), reader.actor)
    except Conflict as error:
        return _people(request, error=str(error), email=email)
    return _people(request, link=f"{pages.settings.address}/welcome?token={token}", whom=email)


@post("/settings/people/withdraw", include_in_schema=False, guards=_guards)
async def withdraw(request: AnyRequest) -> Response[Any]:
    """End an invitation."""
    form, pages, reader = await read_form(request), pages_of(request), reader_of(request)
    pages.invitations.withdraw(form.text("digest"), pages.clock(), reader.actor)
    return done(request, "/settings/people", Flash(reader.t.gettext("The invitation is withdrawn.")))


@post("/settings/people/reset", include_in_schema=False, guards=_guards)
async def reset(request: AnyRequest) -> Response[Any]:
    """Make a link for a new password; it is shown this once."""
    form, pages, reader = await read_form(request), pages_of(request), reader_of(request)
    who = pages.users.get(_number(form))
    token = pages.invitations.reset(who.id, pages.clock(), reader.actor)
    return _people(request, link=f"{pages.settings.address}/welcome?token={token}", whom=who.email)


@post("/settings/people/role", include_in_schema=False, guards=_guards)
async def change_role(request: AnyRequest) -> Response[Any]:
    """Give somebody another role; it holds from their next click."""
    form, pages, reader = await read_form(request), pages_of(request), reader_of(request)
    who = pages.users.get(_number(form))
    try:
        before = pages.users.change_role(who.id, _role(form), pages.clock(), reader.actor)
    except Conflict as error:
        return done(request, "/settings/people", Flash(reader.t.gettext(str(error)), "bad"))
    said = reader.t.gettext("%(name)s is %(role)s now.") % {"name": who.name, "role": reader.t.role(_role(form))}
    undo = Flash(said, undo="/settings/people/role", values={"id": str(who.id), "role": before})
    return done(request, "/settings/people", undo)


@post("/settings/people/shut", include_in_schema=False, guards=_guards)
async def shut(request: AnyRequest) -> Response[Any]:
    """Shut somebody out at once, or (``back``) let them in again."""
    form, pages, reader = await read_form(request), pages_of(request), reader_of(request)
    who, t = pages.users.get(_number(form)), reader.t
    if form.text("back") == "yes":
        pages.users.enable(who.id, pages.clock(), reader.actor)
        return done(request, "/settings/people", Flash(t.gettext("%(name)s may come in again.") % {"name": who.name}))
    try:
        pages.users.disable(who.id, pages.clock(), reader.actor)
    except Conflict as error:
        return done(request, "/settings/people", Flash(t.gettext(str(error)), "bad"))
    said = t.gettext("%(name)s is shut out.") % {"name": who.name}
    undo = Flash(said, undo="/settings/people/shut", values={"id": str(who.id), "back": "yes"})
    return done(request, "/settings/people", undo)


@get("/settings/audit", include_in_schema=False, guards=[needs("engineer")], sync_to_thread=True)
def audit(request: AnyRequest, subject: str = "") -> Response[str]:
    """Show who did what, the newest first."""
    pages = pages_of(request)

    def values(t: Translator) -> Mapping[str, object]:
        entries = read_audit(pages.state, subject.strip()[:200], _MOST)
        names = {each.actor: who_did(pages.users, t, each.actor) for each in entries}
        return {"entries": [(each, names[each.actor]) for each in entries], "subject": subject, "most": _MOST}

    return page(request, "settings/audit.html", values)


def _people(request: AnyRequest, *, error: str = "", email: str = "", link: str = "", whom: str = "") -> Response[str]:
    pages = pages_of(request)

    def values(t: Translator) -> Mapping[str, object]:
        return {
            "people": pages.users.all(),
            "waiting": pages.invitations.waiting(pages.clock()),
            "roles": [(role, t.role(role)) for role in ROLES],
            "error": t.gettext(error) if error else "",
            "email": email,
            "link": link,
            "whom": whom,
        }

    return page(request, "settings/people.html", values, 422 if error else 200)


def _role(form: Form) -> Role:
    try:
        return msgspec.convert(form.text("role"), Role)
    except msgspec.ValidationError as error:
        raise InvalidInput("there is no such role") from error


def _number(form: Form) -> int:
    text = form.text("id")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 15 else 0
