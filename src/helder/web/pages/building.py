"""Building a segment: the page, the answer to every change, saving with versions, and drafts that keep themselves."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response, get, post

from helder.access.drafts import Change
from helder.errors import InvalidInput
from helder.intelligence.segments.definitions import Segment
from helder.web.app import AnyRequest, pages_of
from helder.web.builder.choices import choices_of
from helder.web.builder.edit import edited
from helder.web.builder.keys import free_key, rows_of
from helder.web.builder.panel import Panel, panel_of
from helder.web.builder.tree import Node, from_form, from_rule, nodes, to_text
from helder.web.flash import Flash
from helder.web.forms import Form, read_form
from helder.web.persons import people_of
from helder.web.reader import needs, reader_of
from helder.web.render import done, page, part, wants_part
from helder.web.translate import Translator

NEW = '{"all": []}'
_MOST_PAST = 20
LEAP = 1_000
"""How much the number of changes grows with one of the tree. The page counts what is done in it one by one; what is
typed while the new tree is under way is typed into the old one, and must stay older than it."""
_guards = [needs("marketer")]


class Sheet(msgspec.Struct, frozen=True):
    """What is being worked on."""

    key: str
    """Empty for a segment that was never saved."""
    name: str
    based_on: int
    """Version that the work began from; 0 for something new."""
    root: Node
    past: tuple[str, ...] = ()
    """The rule as it was before each of the last changes, oldest first."""
    who: str = ""
    """Profile that is asked about."""
    look: str = ""
    """Node that gets the focus."""
    change: Change = Change()
    """Which change this is, of which opening of the page."""

    @property
    def subject(self) -> str:
        """How drafts call it."""
        return f"segment:{self.key}"

    @property
    def incomplete(self) -> bool:
        """Whether a part says too little to be asked."""
        return any(not node.complete for node in nodes(self.root))


class Kept(msgspec.Struct, frozen=True):
    """A draft of a segment."""

    name: str
    rule: str


@get("/segments/new", include_in_schema=False, guards=_guards)
async def new(request: AnyRequest, rule: str = "", name: str = "") -> Response[str]:
    """Show an empty builder, or the draft that was left."""
    return await _shown(request, _opened(request, None, rule or NEW, name))


@get("/segments/{key:str}", include_in_schema=False, guards=[needs("viewer")])
async def show(request: AnyRequest, key: str, who: str = "") -> Response[str]:
    """Show the builder with a segment, or with the draft of it that was left."""
    saved = pages_of(request).segments.get(key)
    text = next(row.rule for row in rows_of(pages_of(request), key) if row.version == saved.version)
    sheet = _opened(request, saved, text, saved.name)
    return await _shown(request, msgspec.structs.replace(sheet, who=who))


@post("/segments/preview", include_in_schema=False, guards=_guards)
async def preview(request: AnyRequest) -> Response[Any]:
    """Answer a change of a control: the numbers, the words, and how to take the change back."""
    return await _changed(request, _sheet(await read_form(request)), "segments/preview.html")


@post("/segments/edit", include_in_schema=False, guards=_guards)
async def edit(request: AnyRequest) -> Response[Any]:
    """Answer a change of the tree: the whole builder."""
    form = await read_form(request)
    sheet, operation = _sheet(form), form.text("op")
    changed = _dragged(request, sheet) if operation == "moved" else _operated(sheet, operation)
    return await _changed(request, _leapt(changed), "segments/edited.html")


@post("/segments/save", include_in_schema=False, guards=_guards)
async def save(request: AnyRequest) -> Response[Any]:
    """Save what is being worked on as the next version."""
    form, pages, reader = await read_form(request), pages_of(request), reader_of(request)
    sheet, t = _leapt(_sheet(form)), reader_of(request).t
    if not sheet.name or sheet.incomplete:
        said = (
            t.gettext("Give it a name first.") if not sheet.name else t.gettext("Fill in the rules that miss a value.")
        )
        return await _shown(request, sheet, fault=said, status=422)
    key = sheet.key or free_key(sheet.name, [each.key for each in pages.segments.all()])
    version = next((each.version for each in pages.segments.all() if each.key == sheet.key), 0)
    if version != sheet.based_on and form.text("over") != str(version):
        return await _shown(request, sheet, newer=version, status=409)
    try:
        made = {"key": key, "name": sheet.name, "rule": to_text(sheet.root), "actor": reader.actor}
        await pages.worker.call("segment_save", **made)
    except InvalidInput as error:
        return await _shown(request, sheet, fault=str(error), status=422)
    pages.drafts.close(reader.actor, sheet.subject, pages.clock(), sheet.change)
    back = {"key": key, "version": str(version)} if version else {}
    undo = "/segments/restore" if version else ""
    return done(request, f"/segments/{key}", Flash(t.gettext("The segment is saved."), undo=undo, values=back))


@post("/segments/ask", include_in_schema=False, guards=_guards)
async def ask(request: AnyRequest) -> Response[Any]:
    """Ask about somebody by name, address or number: the sheet again, with why they are in it or not."""
    form, pages = await read_form(request), pages_of(request)
    words = form.text("asked")
    found = pages.online.find(words, 2) if words else []
    sheet = msgspec.structs.replace(_sheet(form), who=str(found[0]) if found else words)
    if not wants_part(request):
        return await _shown(request, sheet)
    return part(request, "segments/edited.html", await _filled(request, sheet))


@post("/segments/forget", include_in_schema=False, guards=_guards)
async def forget(request: AnyRequest) -> Response[Any]:
    """Throw the draft away."""
    sheet, pages, reader = _leapt(_sheet(await read_form(request))), pages_of(request), reader_of(request)
    pages.drafts.close(reader.actor, sheet.subject, pages.clock(), sheet.change)
    key = sheet.key
    return done(request, f"/segments/{key}" if key else "/segments", Flash(reader.t.gettext("The draft is gone.")))


def _opened(request: AnyRequest, saved: Segment | None, text: str, name: str) -> Sheet:
    """Return a sheet with the draft that was left, else with what is saved."""
    key, version = (saved.key, saved.version) if saved else ("", 0)
    kept = pages_of(request).drafts.get(reader_of(request).actor, f"segment:{key}")
    if kept is None:
        return Sheet(key, name, version, from_rule(text), change=_opening())
    draft = msgspec.json.decode(kept.body, type=Kept)
    return Sheet(
        key, draft.name, kept.based_on, from_rule(draft.rule), past=(text,) if saved else (), change=_opening()
    )


def _sheet(form: Form) -> Sheet:
    return Sheet(
        form.text("key"),
        form.text("name")[:200],
        _number(form.text("based_on")),
        from_form(form),
        tuple(form.texts("past")[-_MOST_PAST:]),
        form.text("who"),
        change=Change(form.text("sheet")[:40], _number(form.text("change"))),
    )


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) <= 15 else 0


def _opening() -> Change:
    """Return the first change of a page that is opened now."""
    return Change(secrets.token_urlsafe(9))


def _leapt(sheet: Sheet) -> Sheet:
    """Return the sheet as newer than all that its page still holds."""
    change = msgspec.structs.replace(sheet.change, number=sheet.change.number + LEAP)
    return msgspec.structs.replace(sheet, change=change)


def _operated(sheet: Sheet, operation: str) -> Sheet:
    """Return the sheet after one operation; a change of the tree can be taken back."""
    what, _, rest = operation.partition(":")
    if what == "why":
        return msgspec.structs.replace(sheet, who=rest)
    if what == "undo":
        earlier = from_rule(sheet.past[-1]) if sheet.past else sheet.root
        return msgspec.structs.replace(sheet, root=earlier, past=sheet.past[:-1])
    if not what:
        return sheet
    before = to_text(sheet.root)
    look = edited(sheet.root, operation)
    return msgspec.structs.replace(sheet, past=(*sheet.past, before)[-_MOST_PAST:], look=look)


async def _changed(request: AnyRequest, sheet: Sheet, template: str) -> Response[Any]:
    """Keep a change and answer with a part of the page; nothing is answered to one that a newer has overtaken."""
    if not wants_part(request):
        # Without script the whole page comes back, and going back to an earlier one is a change as any.
        reopened = msgspec.structs.replace(sheet, change=_opening())
        _keep(request, reopened)
        return await _shown(request, reopened)
    if not _keep(request, sheet):
        return Response(None, status_code=204)
    return part(request, template, await _filled(request, sheet))


def _dragged(request: AnyRequest, sheet: Sheet) -> Sheet:
    """Return the sheet whose form was dragged into another order; before it was as kept, or saved, last."""
    pages = pages_of(request)
    saved = pages.segments.get(sheet.key) if sheet.key else None
    text = rows_of(pages, sheet.key)[0].rule if saved else NEW
    before = to_text(_opened(request, saved, text, sheet.name).root)
    return msgspec.structs.replace(sheet, past=(*sheet.past, before)[-_MOST_PAST:])


def _keep(request: AnyRequest, sheet: Sheet) -> bool:
    """Keep the draft: a session that ends loses nothing. Tell whether it was the newest."""
    pages, body = pages_of(request), msgspec.json.encode(Kept(sheet.name, to_text(sheet.root))).decode()
    return pages.drafts.keep(reader_of(request).actor, sheet.subject, body, sheet.based_on, pages.clock(), sheet.change)


async def _shown(
    request: AnyRequest, sheet: Sheet, *, fault: str = "", newer: int = 0, status: int = 200
) -> Response[str]:
    filled = await _filled(request, sheet)
    return page(request, "segments/build.html", lambda _t: {**filled, "fault": fault, "newer": newer}, status)


async def _filled(request: AnyRequest, sheet: Sheet) -> Mapping[str, object]:
    t = reader_of(request).t
    choices = choices_of(pages_of(request), t, sheet.key)
    panel = await panel_of(request, sheet.root, choices, sheet.who)
    saved = _saved_size(request, sheet.key)
    kept = pages_of(request).drafts.get(reader_of(request).actor, sheet.subject)
    total = panel.preview.total if panel.preview else None
    return {
        "sheet": sheet,
        "choices": choices,
        "panel": panel,
        "change": None if saved is None or total is None else total - saved,
        "drafted": kept is not None,
        "asked": _asked(request, t, panel, sheet.who),
        "may_change": reader_of(request).may("marketer"),
    }


def _saved_size(request: AnyRequest, key: str) -> int | None:
    pages = pages_of(request)
    number = next((each.id for each in pages.segments.all() if each.key == key), None) if key else None
    return None if number is None else len(pages.online.members(number))


def _asked(request: AnyRequest, t: Translator, panel: Panel, who: str) -> str:
    """Return the name of the person who is asked about; empty when nobody is, or they are not found."""
    if panel.why is None or not who:
        return ""
    return next((each.name for each in people_of(request, t, [panel.why.profile_id])), who)
