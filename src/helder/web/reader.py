"""Who looks: their name, role, language and theme; and what keeps out those who may not."""

from __future__ import annotations

import hmac
from typing import Any, ClassVar
from urllib.parse import urlsplit

import msgspec
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from helder.access.entrance import admits
from helder.access.keys import ROLES, Role
from helder.access.users import User
from helder.errors import Denied, HelderError
from helder.web.app import AnyRequest, Pages
from helder.web.translate import LANGUAGES, Translator, preferred

SESSION_COOKIE, LINK_COOKIE = "helder_login", "helder_session"
LANGUAGE_COOKIE, THEME_COOKIE = "helder_lang", "helder_theme"
THEMES = ("light", "dark")
LINK_ROLE: Role = "marketer"
"""What whoever came by the printed link may do: they run this machine, and have no account yet."""

_WITHOUT = ("/sign-in", "/welcome")
"""Forms that are filled in by whoever has no session yet, or another one."""

Connection = ASGIConnection[Any, Any, Any, Any]


class NotSignedIn(HelderError):
    """The page is for those who signed in."""

    code: ClassVar[str] = "not-signed-in"


class Forged(HelderError):
    """A form came from elsewhere, or from a page that was opened before signing in: open the page anew."""

    code: ClassVar[str] = "forged-form"


class Reader(msgspec.Struct, frozen=True):
    """Whoever looks at a page."""

    t: Translator
    theme: str
    """light, dark, or empty: as the machine is set."""
    role: Role | None = None
    """None for whoever has not come in."""
    user: User | None = None
    """None for whoever came by the printed link."""
    csrf: str = ""
    """What their forms carry."""

    @property
    def actor(self) -> str:
        """How the audit trail names them."""
        return self.user.actor if self.user else "link"

    def may(self, role: Role) -> bool:
        """Tell whether their role is ``role`` or a greater one."""
        return self.role is not None and ROLES.index(self.role) >= ROLES.index(role)


def reader_of(connection: Connection) -> Reader:
    """Return who looks; asked once a request."""
    found: Reader | None = connection.scope["state"].get("helder_reader")
    if found is None:
        found = connection.scope["state"]["helder_reader"] = _reader(connection)
    return found


def needs(role: Role) -> Any:  # a guard, as Litestar types it
    """Return a guard that lets in whose role is ``role`` or a greater one."""

    def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
        reader = reader_of(connection)
        if reader.role is None:
            raise NotSignedIn("sign in to see this page")
        if not reader.may(role):
            raise Denied(f"this needs the role {role}; yours is {reader.role}")

    return guard


async def refuse_forgery(request: AnyRequest) -> None:
    """Refuse a form that comes from another site, or (from somebody who is in) carries the wrong proof.

    Source: OWASP Cross-Site Request Forgery Prevention; ``Sec-Fetch-Site`` is set by every browser since 2023.
    """
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    if not _same_site(request):
        raise Forged("this form was sent from another site")
    reader = reader_of(request)
    if reader.csrf and request.url.path not in _WITHOUT:
        given = (await request.form()).get("csrf")
        if not isinstance(given, str) or not hmac.compare_digest(given.encode(), reader.csrf.encode()):
            raise Forged("this page was opened before you signed in, or too long ago; open it anew and try again")


def language_of(connection: Connection, user: User | None, default: str) -> str:
    """Return the reader's language: as just chosen, as chosen before, as the browser asks, or the company's."""
    chosen = connection.query_params.get("lang") or (user.language if user else "")
    chosen = chosen or connection.cookies.get(LANGUAGE_COOKIE) or ""
    if chosen in LANGUAGES:
        return chosen
    return preferred(connection.headers.get("accept-language", ""), default)


def is_secure(connection: Connection) -> bool:
    """Tell whether the browser speaks TLS, with us or with the proxy before us: cookies then stay within it."""
    return "https" in (connection.url.scheme, connection.headers.get("x-forwarded-proto", ""))


def _reader(connection: Connection) -> Reader:
    pages: Pages = connection.app.state.pages
    now = pages.clock()
    token, link = connection.cookies.get(SESSION_COOKIE, ""), connection.cookies.get(LINK_COOKIE, "")
    user = pages.sessions.who(token, now)
    t = Translator(language_of(connection, user, pages.settings.language), pages.settings.zone)
    theme = (user.theme if user else "") or connection.cookies.get(THEME_COOKIE, "")
    theme = theme if theme in THEMES else ""
    if user is not None:
        return Reader(t, theme, user.role, user, pages.sessions.csrf(token))
    if admits(link, pages.key, now, "session"):
        return Reader(t, theme, LINK_ROLE, None, pages.sessions.csrf(link))
    return Reader(t, theme)


def _same_site(request: AnyRequest) -> bool:
    """Tell whether a request was made by a page of ours, or by no page at all."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")
