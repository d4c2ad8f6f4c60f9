"""All segments: how many people, how that changes, what uses them; their versions, putting away and export."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Stream
from sqlalchemy import select

from helder.clock import aware, stored
from helder.govern import audit
from helder.intelligence.segments.definitions import Segment
from helder.store.tables.definitions import segment
from helder.store.tables.journeys import journey, journey_version
from helder.web.app import AnyRequest, Pages, pages_of, safety_headers
from helder.web.builder.keys import free_key, rows_of
from helder.web.flash import Flash
from helder.web.forms import read_form
from helder.web.known import who_did
from helder.web.reader import needs, reader_of
from helder.web.render import done, page
from helder.web.translate import Translator

_CHUNK = 2_000
_WEEK = timedelta(days=7)


class Line(msgspec.Struct, frozen=True):
    """One segment on the list."""

    key: str
    name: str
    people: int
    share: float
    came: int
    left: int
    used_by: list[str]
    fresh: str


class Version(msgspec.Struct, frozen=True):
    """One version of a segment."""

    number: int
    by: str
    at: datetime
    words: str
    present: bool


@get("/segments", include_in_schema=False, guards=[needs("viewer")], sync_to_thread=True)
def show(request: AnyRequest, q: str = "") -> Response[str]:
    """Show all segments, or those with ``q`` in their name."""
    pages, words = pages_of(request), q.strip().lower()

    def values(t: Translator) -> Mapping[str, object]:
        total, used = pages.online.count("profile"), _used(pages)
        found = [each for each in pages.segments.all() if words in each.name.lower()]
        drafts = [each.subject for each in pages.drafts.all(reader_of(request).actor)]
        lines = [_line(pages, t, each, total, used) for each in found]
        return {"lines": lines, "q": q, "total": total, "drafts": drafts, "any": bool(pages.segments.all())}

    return page(request, "segments/list.html", values)


@get("/segments/{key:str}/versions", include_in_schema=False, guards=[needs("viewer")])
async def versions(request: AnyRequest, key: str) -> Response[str]:
    """Show the versions of a segment, each in words."""
    pages, t = pages_of(request), reader_of(request).t
    found = pages.segments.get(key)
    made = [await _version(request, t, row, found) for row in rows_of(pages, key)]
    return page(request, "segments/versions.html", lambda _t: {"segment": found, "versions": made})


@post("/segments/restore", include_in_schema=False, guards=[needs("marketer")])
async def restore(request: AnyRequest) -> Response[Any]:
    """Make an earlier version the present one, as a new version."""
    form, pages, reader = await read_form(request), pages_of(request), reader_of(request)
    key, number = form.text("key"), form.text("version")
    found = pages.segments.get(key)
    rule = next((row.rule for row in rows_of(pages, key) if str(row.version) == number), None)
    if rule is not None:
        await pages.worker.call("segment_save", key=key, name=found.name, rule=rule, actor=reader.actor)
        pages.drafts.drop(reader.actor, f"segment:{key}")
    said = reader.t.gettext("Version %(n)s is the present one again.") % {"n": number}
    undo = Flash(said, undo="/segments/restore", values={"key": key, "version": str(found.version)})
    return done(request, f"/segments/{key}", undo)


@post("/segments/duplicate", include_in_schema=False, guards=[needs("marketer")])
async def duplicate(request: AnyRequest) -> Response[Any]:
    """Save a copy under a new name, and go there."""
    form, pages, reader = await read_form(request), pages_of(request), reader_of(request)
    found = pages.segments.get(form.text("key"))
    name = reader.t.gettext("%(name)s (copy)") % {"name": found.name}
    key = free_key(name, [each.key for each in pages.segments.all()])
    made = {"key": key, "name": name, "rule": rows_of(pages, found.key)[0].rule, "actor": reader.actor}
    await pages.worker.call("segment_save", **made)
    undo = Flash(reader.t.gettext("This is the copy."), undo="/segments/archive", values={"key": key})
    return done(request, f"/segments/{key}", undo)


@post("/segments/archive", include_in_schema=False, guards=[needs("marketer")])
async def archive(request: AnyRequest) -> Response[Any]:
    """Put a segment away, or (``back``) take it out again."""
    form, pages, reader = await read_form(request), pages_of(request), reader_of(request)
    key, back = form.text("key"), form.text("back") == "yes"
    with pages.state.write() as connection:
        mine = segment.update().where(segment.c.key == key)
        connection.execute(mine.values(archived_at=None if back else stored(pages.clock())))
        action = "segment.unarchived" if back else "segment.archived"
        audit.append(connection, audit.Entry(pages.clock(), reader.actor, action, f"segment:{key}"))
    if back:
        return done(request, f"/segments/{key}", Flash(reader.t.gettext("The segment is back.")))
    said = reader.t.gettext("The segment is put away.")
    return done(request, "/segments", Flash(said, undo="/segments/archive", values={"key": key, "back": "yes"}))


@get("/segments/{key:str}/export.csv", include_in_schema=False, guards=[needs("marketer")], sync_to_thread=False)
def export(request: AnyRequest, key: str) -> Stream:
    """Send everybody in the segment as CSV; who did so is noted."""
    pages = pages_of(request)
    found = pages.segments.get(key)
    pages.trail.note(reader_of(request).actor, "segment.exported", f"segment:{key}")
    named = {"Content-Disposition": f'attachment; filename="{key}.csv"', **safety_headers("default-src 'none'")}
    return Stream(_csv(pages, found), media_type="text/csv; charset=utf-8", headers=named)


def _csv(pages: Pages, found: Segment) -> Iterator[bytes]:
    """Yield the lines, some thousands of people at a time; no cell can be taken for a formula (OWASP CSV injection)."""
    fields = ("profile_id", "email", "phone", "first_name", "infix", "last_name", "city", "country")
    yield (",".join(fields) + "\r\n").encode()
    ids = pages.online.members(found.id)
    for start in range(0, len(ids), _CHUNK):
        text = io.StringIO()
        writer = csv.writer(text)
        for each in pages.online.profiles(ids[start : start + _CHUNK]):
            writer.writerow([_harmless(getattr(each, name)) for name in fields])
        yield text.getvalue().encode()


def _harmless(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(("=", "@", "\t", "\r")) else text


def _line(pages: Pages, t: Translator, each: Segment, total: int, used: dict[str, list[str]]) -> Line:
    people = len(pages.online.members(each.id))
    came, left = pages.online.moved(each.id, stored(pages.clock() - _WEEK))
    state = pages.online.member_state(each.id)
    fresh = t.since(aware(state.computed_at), pages.clock()) if state else ""
    share = people / total if total else 0
    return Line(each.key, each.name, people, share, came, left, used.get(each.key, []), fresh)


def _used(pages: Pages) -> dict[str, list[str]]:
    """Return the names of the journeys that name each segment, by its key."""
    newest = select(journey.c.name, journey_version.c.body).join_from(
        journey, journey_version, journey.c.id == journey_version.c.journey_id
    )
    with pages.state.read() as connection:
        rows = connection.execute(newest.where(journey.c.status != "ended")).all()
    found: dict[str, list[str]] = {}
    for row in rows:
        for key in _named(msgspec.json.decode(row.body)):
            if row.name not in found.setdefault(key, []):
                found[key].append(row.name)
    return found


def _named(body: object) -> Iterator[str]:
    """Yield the keys of the segments that a journey names, wherever in it."""
    if isinstance(body, dict):
        if isinstance(body.get("segment"), str) and body["segment"]:
            yield body["segment"]
        for value in body.values():
            yield from _named(value)
    elif isinstance(body, list):
        for value in body:
            yield from _named(value)


async def _version(request: AnyRequest, t: Translator, row: Any, found: Segment) -> Version:
    pages = pages_of(request)
    words = await pages.worker.call("segment_words", expect=str, rule=row.rule, language=t.language)
    by = who_did(pages.users, t, row.created_by)
    return Version(row.version, by, aware(row.created_at), words, row.version == found.version)
