"""From a rejection back to events: the same reading as at the door, after what was wrong has been mended. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from helder.collect.dialects.dialect import Dialect
from helder.collect.dialects.hook import HOOK
from helder.collect.dialects.paths import DIALECTS
from helder.collect.dialects.segment import SEGMENT
from helder.collect.event import Rejection
from helder.collect.item import Received
from helder.collect.parse import Parsed, parse
from helder.collect.posted import Posted

_dialects = {dialect.name: dialect for dialect in DIALECTS}
_encode = msgspec.json.Encoder().encode


class Reject(msgspec.Struct, frozen=True, kw_only=True):
    """One rejection as the facts keep it."""

    number: int
    source: str
    reason: str
    detail: str
    at: datetime
    """When it was received (naive UTC)."""
    message_id: str | None = ""
    body: str | None = ""
    posted: str | None = ""
    sent_again_at: datetime | None = None
    """When it was last sent again; None when it was not."""


def read_again(reject: Reject, hook: Callable[[str], Dialect | None] = lambda _name: None) -> Parsed | Rejection:
    """Return what a rejection says, read as the door reads now: received when it was, under its own messageId.

    One without a messageId gets one from its number, so that sending it again twice is harmless.

    Args:
        reject: the rejection.
        hook: returns how calls to a hook are read now; None when there is no such hook any more.
    """
    posted = msgspec.json.decode(reject.posted or "{}", type=Posted)
    received = Received(
        source=reject.source, at=reject.at, request_id=f"reject-{reject.number}", user_agent=posted.agent
    )
    body = (reject.body or "").encode()
    if posted.whole:
        found = hook(posted.kind) if posted.dialect == HOOK else _dialects.get(posted.dialect)
        return parse(body, posted.kind, received, found or SEGMENT)
    batch: dict[str, object] = {"batch": [msgspec.Raw(bytes(posted.item) or body)], "context": posted.context}
    if posted.sent is not None:
        batch["sentAt"] = posted.sent.isoformat()
    return parse(_encode(batch), "batch", received)
