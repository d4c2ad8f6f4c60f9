"""Numbers that follow while a page is open: server-sent events (WHATWG HTML, 9.2)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import msgspec
from litestar import get
from litestar.response import Stream

from helder.web.app import AnyRequest, Pages, pages_of
from helder.web.reader import SESSION_COOKIE, needs, reader_of
from helder.web.translate import Translator

EVERY_SECONDS = 2.0
_TURNS = 60
"""Looks after which the stream ends; the browser then asks anew, and who may look is decided again."""
_ending = asyncio.Event()


def end_streams() -> None:
    """End all streams, so that stopping the server need not wait for pages that stay open."""
    _ending.set()


@get("/live/segments", include_in_schema=False, guards=[needs("viewer")], sync_to_thread=False)
def segments(request: AnyRequest) -> Stream:
    """Send the sizes of all segments whenever one changes."""
    token = request.cookies.get(SESSION_COOKIE, "") if reader_of(request).user else ""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}
    told = _told(pages_of(request), reader_of(request).t, token)
    return Stream(told, media_type="text/event-stream", headers=headers)


async def _told(pages: Pages, t: Translator, token: str) -> AsyncIterator[bytes]:
    """Yield an event whenever a size changed, as long as the session of ``token`` (when there is one) lives."""
    before = b""
    for _ in range(_TURNS):
        if token and await asyncio.to_thread(pages.sessions.who, token, pages.clock()) is None:
            return
        sizes = await asyncio.to_thread(_sizes, pages, t)
        if sizes != before:
            before = sizes
            yield b"event: sizes\ndata: " + sizes + b"\n\n"
        else:
            yield b": still here\n\n"
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(_ending.wait(), EVERY_SECONDS)
            return


def _sizes(pages: Pages, t: Translator) -> bytes:
    """Return the size of each segment by its key, as the reader writes numbers."""
    found = {each.key: t.number(len(pages.online.members(each.id))) for each in pages.segments.all()}
    return msgspec.json.encode(found)
