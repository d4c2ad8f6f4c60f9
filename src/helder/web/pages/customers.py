"""All customers: found as one types, or listed by a segment; those that the reader looked at last come first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from litestar import Response, get
from sqlalchemy import select

from helder.clock import aware
from helder.errors import NotFound
from helder.store.projections.records import StoredProfile
from helder.store.tables.definitions import audit
from helder.web.app import AnyRequest, pages_of
from helder.web.reader import needs, reader_of
from helder.web.render import page, part, wants_part
from helder.web.translate import Translator

SHOWN = 25
"""People on the list; more words find fewer."""
_LOOKED_BACK = 400
"""Lines of the audit trail that are looked through for who was looked at last."""


class Person(msgspec.Struct, frozen=True):
    """One line of the list."""

    id: int
    name: str
    initials: str
    hue: int
    known_by: str
    city: str
    seen: str


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


def people_of(request: AnyRequest, t: Translator, ids: Sequence[int]) -> list[Person]:
    """Return the lines of ``ids`` in their order; those who are gone are left out."""
    pages = pages_of(request)
    found = {each.profile_id: each for each in pages.online.profiles(ids)}
    return [_person(request, t, found[each]) for each in ids if each in found]


def name_of(t: Translator, stored: StoredProfile) -> str:
    """Return what somebody is called: by name, else by what is known of them."""
    parts = (stored.first_name, stored.infix, stored.last_name)
    return " ".join(filter(None, parts)) or stored.display_name or stored.email or t.gettext("No name known")


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


def _person(request: AnyRequest, t: Translator, stored: StoredProfile) -> Person:
    name = name_of(t, stored)
    pages = pages_of(request)
    known_by: str = stored.email or stored.phone or _number(pages.online.identities(stored.profile_id))
    seen = t.since(aware(stored.last_seen), pages.clock()) if stored.last_seen else ""
    return Person(stored.profile_id, name, t.initials(name), stored.profile_id % 5, known_by, stored.city or "", seen)


def _number(identities: Sequence[Any]) -> str:
    """Return a customer number, when there is one."""
    return next((each.value for each in identities if each.kind.startswith(("customer:", "loyalty"))), "")
