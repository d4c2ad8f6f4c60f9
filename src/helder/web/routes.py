"""All pages and what they are made up with, as one router."""

from __future__ import annotations

from pathlib import Path

from litestar import Router
from litestar.exceptions import HTTPException
from litestar.static_files import create_static_files_router

from helder.web import assets
from helder.web.pages import (
    building,
    customer,
    customers,
    design,
    door,
    entry,
    find,
    live,
    me,
    people,
    result,
    segments,
)
from helder.web.problems import http_problem, not_signed_in, problem
from helder.web.reader import NotSignedIn, refuse_forgery

PAGES = (
    entry.enter,
    door.sign_in_form,
    door.sign_in,
    door.sign_out,
    door.welcome_form,
    door.welcome,
    me.show,
    me.prefer,
    me.rename,
    me.change_password,
    me.sign_out_everywhere,
    find.find,
    customers.show,
    customer.show,
    customer.why,
    customer.merge,
    customer.split,
    customer.undo,
    people.settings,
    people.show,
    people.invite,
    people.withdraw,
    people.reset,
    people.change_role,
    people.shut,
    people.audit,
    live.segments,
    segments.show,
    segments.versions,
    segments.export,
    segments.duplicate,
    segments.restore,
    segments.archive,
    building.new,
    building.show,
    building.preview,
    building.edit,
    building.save,
    building.forget,
    building.ask,
    result.show,
    result.mail,
)


def routes(*, development: bool = False) -> Router:
    """Return the router of the pages; they find a ``Pages`` as ``app.state.pages``.

    Args:
        development: whether the gallery of components is shown at ``/design``.
    """
    folder = Path(__file__).parent / "static"
    static = create_static_files_router(path="/static", directories=[folder], include_in_schema=False)
    pages = Router(
        "/",
        route_handlers=[*PAGES, *((design.gallery,) if development else ())],
        before_request=refuse_forgery,
        exception_handlers={NotSignedIn: not_signed_in, HTTPException: http_problem, Exception: problem},
    )
    return Router("/", route_handlers=[pages, static, assets.asset])
