"""From a template to an answer: in the reader's language, with the safety headers, and with what was just done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response
from litestar.response import Redirect

from helder.web.app import PAGE_POLICY, AnyRequest, pages_of, safety_headers
from helder.web.assets import ASSETS
from helder.web.flash import FLASH_COOKIE, Flash, flashed, signed
from helder.web.navigation import PLACES
from helder.web.reader import LANGUAGE_COOKIE, Reader, reader_of
from helder.web.translate import LANGUAGES, Translator

_HERE = Path(__file__).parent
_YEAR = 31_536_000
_kept: dict[tuple[str, str], Environment] = {}


def page(
    request: AnyRequest, template: str, values: Callable[[Translator], Mapping[str, object]], status: int = 200
) -> Response[str]:
    """Return ``template`` filled for the reader, as a whole page.

    Args:
        request: whose reader counts.
        template: under ``templates/``.
        values: given the reader's translator, what the template is filled with.
        status: HTTP status.
    """
    reader = reader_of(request)
    flash = flashed(request.cookies.get(FLASH_COOKIE, ""), pages_of(request).key)
    response = _answer(request, template, {**values(reader.t), "flash": flash}, status)
    if FLASH_COOKIE in request.cookies:
        response.delete_cookie(FLASH_COOKIE)
    if request.query_params.get("lang") in LANGUAGES:
        _remember(response, LANGUAGE_COOKIE, reader.t.language)
        if reader.user is not None and reader.user.language != reader.t.language:
            pages_of(request).users.prefer(reader.user.id, language=reader.t.language)
    return response


def part(request: AnyRequest, template: str, values: Mapping[str, object], status: int = 200) -> Response[str]:
    """Return ``template`` filled for the reader, as a part of a page that is there already."""
    return _answer(request, template, values, status)


def done(request: AnyRequest, to: str, flash: Flash | None = None) -> Response[Any]:
    """Return to a page after something was done, which that page then tells."""
    response = Redirect(to, status_code=303)
    if flash is not None:
        sealed = signed(flash, pages_of(request).key)
        response.set_cookie(FLASH_COOKIE, sealed, max_age=60, httponly=True, samesite="lax")
    return response


def wants_part(request: AnyRequest) -> bool:
    """Tell whether the page that is open asks for a part of itself."""
    return request.headers.get("hx-request") == "true"


def environment(t: Translator) -> Environment:
    """Return the templates, speaking as ``t`` does; kept by language and zone."""
    found = _kept.get((t.language, str(t.zone)))
    if found is None:
        found = _kept[t.language, str(t.zone)] = Environment(
            loader=FileSystemLoader([_HERE / "templates", _HERE]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        # Macros find their words here, so that importing one needs no context.
        speaking: dict[str, Any] = {"t": t, "_": t.gettext, "ngettext": t.ngettext}
        found.globals |= speaking
        shown: dict[str, Any] = {"languages": LANGUAGES, "assets": ASSETS}
        found.globals |= shown
    return found


def _answer(request: AnyRequest, template: str, values: Mapping[str, object], status: int) -> Response[str]:
    reader = reader_of(request)
    shown = {"reader": reader, "csrf": reader.csrf, "places": _places(reader), "path": request.url.path, **values}
    text = environment(reader.t).get_template(template).render(shown)
    return Response(
        text, status_code=status, media_type="text/html; charset=utf-8", headers=safety_headers(PAGE_POLICY)
    )


def _places(reader: Reader) -> list[tuple[str, str, str]]:
    return [(place.path, place.glyph, reader.t.gettext(place.label)) for place in PLACES if reader.may(place.role)]


def _remember(response: Response[Any], cookie: str, value: str) -> None:
    response.set_cookie(cookie, value, max_age=_YEAR, httponly=True, samesite="lax")
