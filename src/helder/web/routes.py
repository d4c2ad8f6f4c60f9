"""All pages and what they are made up with, as one router."""

from __future__ import annotations

from pathlib import Path

from litestar import Router
from litestar.static_files import create_static_files_router

from helder.web.pages import entry, result


def routes() -> Router:
    """Return the router of the pages; they find a ``Pages`` as ``app.state.pages``."""
    folder = Path(__file__).parent / "static"
    static = create_static_files_router(path="/static", directories=[folder], include_in_schema=False)
    return Router("/", route_handlers=[entry.enter, result.show, result.mail, static])
