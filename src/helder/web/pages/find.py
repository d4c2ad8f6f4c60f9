"""Finding anything: pages, people, segments and things to do; the palette of ⌘K and a page of its own."""

from __future__ import annotations

import msgspec
from litestar import Response, get

from helder.web.app import AnyRequest, pages_of
from helder.web.navigation import ACTIONS, PLACES, Place
from helder.web.persons import people_of
from helder.web.reader import needs, reader_of
from helder.web.render import page, part, wants_part

_MOST = 6


class Found(msgspec.Struct, frozen=True):
    """Something that was found."""

    to: str
    label: str
    glyph: str
    detail: str = ""


@get("/find", include_in_schema=False, guards=[needs("viewer")], sync_to_thread=False)
def find(request: AnyRequest, q: str = "") -> Response[str]:
    """Show what ``q`` finds."""
    words = " ".join(q.split())[:200]
    found = [(heading, things) for heading, things in _found(request, words) if things]
    if wants_part(request):
        return part(request, "find/found.html", {"found": found, "q": words})
    return page(request, "find/show.html", lambda _t: {"found": found, "q": words})


def _found(request: AnyRequest, words: str) -> list[tuple[str, list[Found]]]:
    t = reader_of(request).t
    return [
        (t.gettext("Pages"), _places(request, PLACES, words)),
        (t.gettext("Customers"), _people(request, words)),
        (t.gettext("Segments"), _segments(request, words)),
        (t.gettext("Do"), _places(request, ACTIONS, words)),
    ]


def _places(request: AnyRequest, places: tuple[Place, ...], words: str) -> list[Found]:
    reader = reader_of(request)
    named = [(reader.t.gettext(place.label), place) for place in places if reader.may(place.role)]
    return [Found(place.path, label, place.glyph) for label, place in named if words.lower() in label.lower()]


def _segments(request: AnyRequest, words: str) -> list[Found]:
    named = [each for each in pages_of(request).segments.all() if words.lower() in each.name.lower()]
    return [Found(f"/segments/{each.key}", each.name, "blend") for each in named[:_MOST]]


def _people(request: AnyRequest, words: str) -> list[Found]:
    reader = reader_of(request)
    if not words or not reader.may("marketer"):
        return []
    people = people_of(request, reader.t, pages_of(request).online.find(words, _MOST))
    return [Found(f"/customers/{each.id}", each.name, "user-round", each.known_by) for each in people]
