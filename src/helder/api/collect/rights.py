"""What the write key allows and what the tracking plan says: two steps of the door, free when neither is set."""

from __future__ import annotations

from helder.access import rights
from helder.api.collect.refused import Refused
from helder.api.collect.request import Request
from helder.collect.plan.holding import held
from helder.errors import Denied


def check_rights(request: Request) -> None:
    """Refuse a request that its write key does not allow."""
    key = request.key
    if not key.limited:
        return
    origin = request.headers.get(b"origin", b"").decode("latin-1")
    try:
        rights.check_rights(key, request.scope["path"].rstrip("/"), origin)
    except Denied as error:
        raise Refused(403, error.code, str(error)) from error
    except rights.TooFast as error:
        raise Refused(429, error.code, str(error), error.seconds) from error


def hold_to_plan(request: Request) -> None:
    """Count what does not fit the tracking plan, and reject it when the plan is enforced; take what the key spends."""
    key, entry = request.key, request.entry
    if key.bucket is not None:
        key.bucket.take(max(1, len(entry.events) + len(entry.rejected)))
    if key.plan is not None:
        request.entry = held(entry, key.plan, from_page=key.use == "page")
