"""What the pages work with, and the headers that keep them safe."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec
from litestar import Request

from helder.access.drafts import Drafts
from helder.access.invitations import Invitations
from helder.access.keys import Keys
from helder.access.sessions import Sessions
from helder.access.trail import Trail
from helder.access.users import Users
from helder.clock import Clock
from helder.intelligence.segments.definitions import Segments
from helder.settings import Settings
from helder.store.projections.online import Online
from helder.store.state import State
from helder.worker.client import AsyncClient

AnyRequest: TypeAlias = Request[Any, Any, Any]

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content security policy of every page: nothing from elsewhere, no inline script or style."""

MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'"
"""Policy of a mail that is looked at: its own styles, and nothing that loads, runs or leads away."""


class Pages(msgspec.Struct, frozen=True):
    """What the pages work with."""

    settings: Settings
    key: bytes
    """The installation's secret."""
    clock: Clock
    worker: AsyncClient
    state: State
    online: Online
    segments: Segments
    keys: Keys
    trail: Trail
    users: Users
    sessions: Sessions
    invitations: Invitations
    drafts: Drafts


def pages_of(request: AnyRequest) -> Pages:
    """Return what the pages of this application work with."""
    return request.app.state.pages


def safety_headers(policy: str) -> dict[str, str]:
    """Return the headers of every page (OWASP Secure Headers)."""
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Cache-Control": "no-store",
    }
