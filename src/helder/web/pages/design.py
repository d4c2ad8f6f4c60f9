"""The gallery of components, in development only: each in every state, in the theme and language that are chosen."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from litestar import Response, get

from helder.web.app import AnyRequest
from helder.web.reader import reader_of
from helder.web.render import page

_AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


class Entry(msgspec.Struct, frozen=True):
    """An example for the timeline."""

    at: datetime
    time: str
    words: str
    detail: str
    source: str
    glyph: str
    tone: str
    live: bool = False


class Day(msgspec.Struct, frozen=True):
    """A day of the example."""

    label: str
    entries: list[Entry]


@get("/design", include_in_schema=False, sync_to_thread=False)
def gallery(request: AnyRequest) -> Response[str]:
    """Show every component."""
    t = reader_of(request).t
    days = [
        Day(
            t.day(_AT),
            [
                Entry(_AT, "10:30", t.gettext("Order"), "€ 84,50", "shop", "shopping-cart", "plum"),
                Entry(_AT, "09:12", t.gettext("Consent"), "e-mail", "site", "badge-check", "good", live=True),
            ],
        )
    ]
    long = "Wilhelmina-Alexandra van der Heijden-Oudenhoven 🌷 مرحبا " * 2
    return page(request, "design/show.html", lambda _t: {"days": days, "long": long})
