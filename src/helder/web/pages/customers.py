"""All customers: found as one types, or listed by a segment; those that the reader looked at last come first."""

from __future__ import annotations

from collections.abc import Mapping

from litestar import Response, get
from sqlalchemy import select

from helder.errors import NotFound
from helder.store.tables.definitions import audit
from helder.web.app import AnyRequest, pages_of
from helder.web.persons import people_of
from helder.web.reader import needs, reader_of
from helder.web.render import page, part, wants_part
from helder.web.translate import Translator

SHOWN = 25
"""People on the list; more words find fewer."""
_LOOKED_BACK = 400
"""Lines of the audit trail that are looked through for who was looked at last."""


@get("/customers", include_in_schema=False, guards=[needs("marketer")], sync_to_thread=True)
def show(request: AnyRequest, q: str = "", segment: str = "") -> Response[str]:
    """Show who is found by ``q``, who is in a segment, or whom the reader looked at last."""
    words = " ".join(q.split())[:200]

    def values(t: Translator) -> Mapping[str, object]:
        people = people_of(request, t, _ids(request, words, segment))
        filled = {"q": words, "people": people, "shown": SHOWN, "segment": _segment_name(request, segment)}
        return {**filled, "segment_key": segment, "total": pages_of(request).online.count("profile")}

    if wants_part(request) and request.headers.get("hx-target", "").endswith("#people"):
        return part(request, "customers/people.html", values(reader_of(request).t))
    return page(request, "customers/list.html", values)


def _ids(request: AnyRequest, words: str, segment: str) -> list[int]:
    pages = pages_of(request)
    if words:
        return pages.online.find(words, SHOWN)
    if segment:
        number = next((each.id for each in pages.segments.all() if each.key == segment), None)
        if number is None:
            raise NotFound("there is no such segment (any more)")
        return [profile for profile, _ in pages.online.newest_members(number, SHOWN)]
    return _looked_at(request)


def _looked_at(request: AnyRequest) -> list[int]:
    """Return whom the reader looked at, the last one first."""
    newest = select(audit).order_by(audit.c.id.desc()).limit(_LOOKED_BACK).subquery()
    mine = select(newest.c.subject).where(newest.c.actor == reader_of(request).actor, newest.c.action == "profile.read")
    with pages_of(request).state.read() as connection:
        subjects = connection.execute(mine.order_by(newest.c.id.desc())).scalars().all()
    return [int(each.partition(":")[2]) for each in dict.fromkeys(subjects)][:10]


def _segment_name(request: AnyRequest, key: str) -> str:
    return next((each.name for each in pages_of(request).segments.all() if each.key == key), "") if key else ""
