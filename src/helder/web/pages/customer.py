"""One customer: who it is, what they did, where each value came from, and who decided that it is one person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post

from helder.activate.worth import Worth
from helder.errors import HelderError, InvalidInput, NotFound
from helder.integrate.view import ProfileView, ViewedIdentity
from helder.intelligence.segments.answer import Why
from helder.web.app import AnyRequest, pages_of
from helder.web.flash import Flash
from helder.web.forms import read_form
from helder.web.known import consents, decisions, kind_label, link_words, messages, source_names
from helder.web.reader import needs, reader_of
from helder.web.render import done, page, part, wants_part
from helder.web.story import KINDS, story
from helder.web.translate import Translator

AT_ONCE = 25
"""Entries of the timeline that are added at a time."""
_guards = [needs("marketer")]


@get("/customers/{number:int}", include_in_schema=False, guards=_guards)
async def show(request: AnyRequest, number: int, kind: str = "", upto: int = AT_ONCE) -> Response[Any]:
    """Show the person; ``kind`` filters the timeline, of which ``upto`` entries are shown."""
    pages = pages_of(request)
    person = await pages.worker.call("profile_show", expect=ProfileView, who=str(number))
    if person.profile_id != number:
        return done(request, f"/customers/{person.profile_id}")
    kind, upto = kind if kind in KINDS else "", max(AT_ONCE, min(upto, 2_000))
    if wants_part(request) and request.headers.get("hx-target", "").endswith("#timeline"):
        return part(request, "customers/timeline.html", _timeline(request, reader_of(request).t, person, kind, upto))
    pages.trail.note(reader_of(request).actor, "profile.read", f"profile:{number}")
    worth = await pages.worker.call("profile_worth", expect=list[Worth], profile_id=number)

    def values(t: Translator) -> Mapping[str, object]:
        return {**_values(request, t, person, worth), **_timeline(request, t, person, kind, upto)}

    return page(request, "customers/show.html", values)


@get("/customers/{number:int}/why/{key:str}", include_in_schema=False, guards=_guards)
async def why(request: AnyRequest, number: int, key: str) -> Response[str]:
    """Tell why the person is in a segment, or is not, node by node."""
    pages = pages_of(request)
    segment = pages.segments.get(key)
    told = await pages.worker.call("segment_why", expect=Why, key=key, who=str(number))

    def values(_t: Translator) -> Mapping[str, object]:
        rows = [(each.path.count("."), each) for each in told.verdicts]
        return {"segment": segment, "told": told, "rows": rows, "number": number}

    if wants_part(request):
        return part(request, "customers/why.html", values(reader_of(request).t))
    return page(request, "customers/why_page.html", values)


@post("/customers/{number:int}/merge", include_in_schema=False, guards=_guards)
async def merge(request: AnyRequest, number: int) -> Response[Any]:
    """Decide that this person and another are one."""
    form, t = await read_form(request), reader_of(request).t
    both = (str(number), form.text("other"))
    try:
        await _decide(request, "profile_merge", both, form.text("reason"))
    except (NotFound, InvalidInput) as error:
        text = t.gettext("They were not joined: nobody else is found by what you typed.")
        return done(request, f"/customers/{number}", Flash(text if isinstance(error, NotFound) else str(error), "bad"))
    return done(request, f"/customers/{number}", _undoable(request, t.gettext("They are one person now."), both))


@post("/customers/{number:int}/split", include_in_schema=False, guards=_guards)
async def split(request: AnyRequest, number: int) -> Response[Any]:
    """Decide that two identities of this person are not one person's."""
    form, t = await read_form(request), reader_of(request).t
    both = (form.text("first"), form.text("second"))
    await _decide(request, "profile_split", both, form.text("reason"))
    return done(request, f"/customers/{number}", _undoable(request, t.gettext("They are kept apart now."), both))


@post("/decisions/undo", include_in_schema=False, guards=_guards)
async def undo(request: AnyRequest) -> Response[Any]:
    """Take back a decision on who is who."""
    form, pages, reader = await read_form(request), pages_of(request), reader_of(request)
    both = {"first": form.text("first"), "second": form.text("second")}
    await pages.worker.call("profile_undo", **both, actor=reader.actor)
    await _settled(request)
    back = form.text("back")
    to = f"/customers/{back}" if back.isdigit() else "/customers"
    return done(request, to, Flash(reader.t.gettext("The decision is taken back.")))


async def _decide(request: AnyRequest, question: str, both: tuple[str, str], reason: str) -> None:
    if not both[1]:
        raise NotFound("nobody is named")
    actor = reader_of(request).actor
    await pages_of(request).worker.call(question, first=both[0], second=both[1], reason=reason, actor=actor)
    await _settled(request)


async def _settled(request: AnyRequest) -> None:
    """Wait until the decision shows; when the worker is busy, it shows a moment later."""
    try:
        await pages_of(request).worker.call("settle", seconds=4.0)
    except HelderError:
        return


def _undoable(request: AnyRequest, text: str, both: tuple[str, str]) -> Flash:
    back = request.path_params.get("number", "")
    return Flash(text, undo="/decisions/undo", values={"first": both[0], "second": both[1], "back": str(back)})


def _values(request: AnyRequest, t: Translator, person: ProfileView, worth: list[Worth]) -> Mapping[str, object]:
    pages = pages_of(request)
    ids = [each.identity_id for each in person.identities]
    named = {each.id: each for each in pages.segments.all()}
    segments = [named[each] for each in pages.online.segments_of(person.profile_id) if each in named]
    shown = {each.field: each.value for each in person.values}
    return {
        "person": person,
        "sources": source_names(pages.state, t),
        "name": person.name or shown.get("email") or t.gettext("No name known"),
        "shown": shown,
        "worth": worth,
        "consents": consents(pages.state, t, person),
        "segments": segments,
        "identities": _identities(request, t, person),
        "links": [link_words(pages.state, t, each) for each in person.links],
        "decisions": decisions(pages.state, pages.users, t, ids),
        "messages": messages(pages.state, ids),
    }


def _identities(
    request: AnyRequest, t: Translator, person: ProfileView
) -> list[tuple[str, ViewedIdentity, list[tuple[str, str]]]]:
    """Return each identity with its label, and the others that it may be kept apart from."""
    named = [(kind_label(pages_of(request).state, t, each.kind), each) for each in person.identities]
    options = [(f"{each.kind} {each.value}", t.labelled(label, each.value)) for label, each in named]
    return [(label, each, [*options[:n], *options[n + 1 :]]) for n, (label, each) in enumerate(named)]


def _timeline(request: AnyRequest, t: Translator, person: ProfileView, kind: str, upto: int) -> dict[str, object]:
    days, left, kinds = story(pages_of(request).state, t, person.timeline, kind, upto)
    return {
        "days": days,
        "left": left,
        "kinds": kinds,
        "kind": kind,
        "next_upto": upto + AT_ONCE,
        "number": person.profile_id,
    }
