"""Rejected events: which there are, why, what they held, and sending them again. For engineers: it is personal data."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.datastructures import State as AppState
from litestar.params import Parameter

from helder.api.caller import caller_of, needs
from helder.clock import aware, stored
from helder.collect.rejects.again import Report
from helder.collect.rejects.kept import Counted
from helder.collect.rejects.reading import Reject
from helder.errors import InvalidInput

AnyRequest = Request[Any, Any, Any]
_LARGEST = 2**62
Number = Annotated[int, Parameter(ge=0, le=_LARGEST)]
Name = Annotated[str, Parameter(max_length=200)]


class RejectOut(msgspec.Struct, frozen=True):
    """One rejected event, without what it held."""

    number: str
    source: str
    reason: str
    detail: str
    received_at: datetime
    message_id: str
    sent_again_at: datetime | None


class RejectsOut(msgspec.Struct, frozen=True):
    """One page of rejected events, newest first."""

    rejects: list[RejectOut]
    next: str | None
    """Give it as ``before`` for the next page; null on the last one."""


class WholeRejectOut(RejectOut, frozen=True):
    """One rejected event."""

    body: str
    """What came, cut off at 32 KB."""


class SendAgainIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which rejected events to send again: those numbered, or those of a source or with a reason that were not yet."""

    numbers: list[str] = []
    source: str = ""
    reason: str = ""
    since: datetime | None = None


@get("/v1/rejects", tags=["rejects"], guards=[needs("engineer")], summary="Rejected events")
async def reject_list(
    state: AppState,
    source: Name = "",
    reason: Name = "",
    since: datetime | None = None,
    open: bool = False,  # noqa: A002 - the name of the parameter in the query
    before: Annotated[int, Parameter(ge=0, le=_LARGEST, description="`next` of the page before.")] = 0,
    limit: Annotated[int, Parameter(ge=1, le=1_000)] = 100,
) -> RejectsOut:
    """Return rejected events, newest first, page by page, without what they held."""
    wanted = {"source": source, "reason": reason, "since": _naive(since), "open": open}
    call = state["api"].worker.call
    found: list[Reject] = await call("rejects_list", expect=list[Reject], wanted=wanted, limit=limit, before=before)
    more = len(found) == limit
    return RejectsOut([RejectOut(*_told(each)) for each in found], str(found[-1].number) if more else None)


@get("/v1/rejects/count", tags=["rejects"], guards=[needs("viewer")], summary="How many events were rejected")
async def reject_count(
    state: AppState, source: Name = "", reason: Name = "", since: datetime | None = None
) -> list[Counted]:
    """Count rejected events by source and reason."""
    wanted = {"source": source, "reason": reason, "since": _naive(since)}
    found: list[Counted] = await state["api"].worker.call("rejects_count", expect=list[Counted], wanted=wanted)
    return [msgspec.structs.replace(each, first=aware(each.first), last=aware(each.last)) for each in found]


@get("/v1/rejects/{number:int}", tags=["rejects"], guards=[needs("engineer")], summary="One rejected event")
async def reject_by_number(request: AnyRequest, state: AppState, number: Number) -> WholeRejectOut:
    """Return one rejected event with what it held. The reading is noted in the audit trail."""
    actor = f"key:{caller_of(request).name}"
    found: Reject = await state["api"].worker.call("rejects_show", expect=Reject, number=number, actor=actor)
    return WholeRejectOut(*_told(found), body=found.body or "")


@post(
    "/v1/rejects/send-again",
    tags=["rejects"],
    guards=[needs("engineer")],
    status_code=200,
    summary="Send rejected events again",
)
async def reject_send_again(request: AnyRequest, state: AppState, data: SendAgainIn) -> Report:
    """Send rejected events again, after a mapping or a tracking plan was mended; to do so twice is harmless."""
    if not (data.numbers or data.source or data.reason or data.since):
        raise InvalidInput("say which: numbers, source, reason or since")
    wanted = {
        "source": data.source,
        "reason": data.reason,
        "since": _naive(data.since),
        "open": not data.numbers,
        "numbers": [_number(each) for each in data.numbers],
    }
    actor = f"key:{caller_of(request).name}"
    call = state["api"].worker.call
    report: Report = await call("rejects_send_again", expect=Report, wanted=wanted, actor=actor, timeout=300.0)
    return report


def _told(reject: Reject) -> tuple[str, str, str, str, datetime, str, datetime | None]:
    """Return the fields that are told of every rejected event."""
    sent = None if reject.sent_again_at is None else aware(reject.sent_again_at)
    number, at, message_id = str(reject.number), aware(reject.at), reject.message_id or ""
    return number, reject.source, reject.reason, reject.detail, at, message_id, sent


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:20]) <= _LARGEST and len(text) <= 20):
        raise InvalidInput("numbers are those that the list gives")
    return int(text)


def _naive(moment: datetime | None) -> datetime | None:
    """Return a moment as the stores hold it; one without a zone is UTC."""
    if moment is None or moment.tzinfo is None:
        return moment
    try:
        return stored(moment)
    except OverflowError as error:
        raise InvalidInput("since is a moment between the years 1 and 9999") from error
