"""The pages as Litestar route handlers: templates, static files, and the headers that keep them safe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Request, Response

from helder.clock import Clock
from helder.settings import Settings
from helder.web.translate import LANGUAGES, Translator, preferred
from helder.worker.client import AsyncClient

AnyRequest: TypeAlias = Request[Any, Any, Any]

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content security policy of every page: nothing from elsewhere, no inline script or style."""

MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'"
"""Policy of a mail that is looked at: its own styles, and nothing that loads, runs or leads away."""

_environment = Environment(
    loader=PackageLoader("helder.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Pages(msgspec.Struct, frozen=True):
    """What the pages work with."""

    settings: Settings
    key: bytes
    """The installation's secret."""
    clock: Clock
    worker: AsyncClient


def translator(request: AnyRequest) -> Translator:
    """Return the translator for the reader."""
    settings = _pages(request).settings
    return Translator(language_of(request, settings.language), settings.zone)


def page(
    request: AnyRequest, template: str, values: Callable[[Translator], Mapping[str, object]], status: int = 200
) -> Response[str]:
    """Return ``template`` filled for the reader's language, with the safety headers.

    Args:
        request: whose language, and choice of it, counts.
        template: under ``templates/``.
        values: given the reader's translator, what the template is filled with.
        status: HTTP status.
    """
    t = translator(request)
    text = _environment.get_template(template).render(
        t=t, _=t.gettext, ngettext=t.ngettext, languages=LANGUAGES, **values(t)
    )
    response = Response(
        text, status_code=status, media_type="text/html; charset=utf-8", headers=safety_headers(PAGE_POLICY)
    )
    if request.query_params.get("lang") in LANGUAGES:
        response.set_cookie("helder_lang", t.language, max_age=31_536_000, httponly=True, samesite="lax")
    return response


def _pages(request: AnyRequest) -> Pages:
    return request.app.state.pages


def language_of(request: AnyRequest, default: str) -> str:
    """Return the reader's language: as just chosen, as chosen before, as the browser asks, or the company's."""
    chosen = request.query_params.get("lang") or request.cookies.get("helder_lang") or ""
    if chosen in LANGUAGES:
        return chosen
    return preferred(request.headers.get("accept-language", ""), default)


def safety_headers(policy: str) -> dict[str, str]:
    """Return the headers of every page (OWASP Secure Headers)."""
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
