"""Segments: which there are, how many are in them, who, and how many would meet a rule."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.datastructures import State as AppState
from litestar.params import Parameter

from helder.api.caller import caller_of, needs
from helder.clock import aware

AnyRequest = Request[Any, Any, Any]
MOST_MEMBERS = 10_000


class SegmentOut(msgspec.Struct, frozen=True):
    """One segment in its present version."""

    key: str
    name: str
    version: int
    members: int
    """How many people are in it."""
    computed_at: datetime | None
    """When its members were last brought up to date; null when they never were."""


class MembersOut(msgspec.Struct, frozen=True):
    """One page of the people in a segment."""

    profile_ids: list[str]
    next: str | None
    """Give it as ``after`` for the next page; null on the last one."""


class RuleIn(msgspec.Struct, frozen=True):
    """A rule to count."""

    rule: dict[str, Any]
    """See the reference of rules."""


class CountOut(msgspec.Struct, frozen=True):
    """How many people meet a rule."""

    total: int | None
    """Null when it cannot be told now."""
    unavailable_because: str
    """Why it cannot be told; empty when it can."""
    as_of: datetime | None


@get("/v1/segments", tags=["segments"], guards=[needs("viewer")], sync_to_thread=False, summary="All segments")
def segment_list(state: AppState) -> list[SegmentOut]:
    """Return the segments that are not archived."""
    return [_segment(state, each) for each in state["api"].segments.all()]


@get("/v1/segments/{key:str}", tags=["segments"], guards=[needs("viewer")], sync_to_thread=False, summary="One segment")
def segment_by_key(state: AppState, key: str) -> SegmentOut:
    """Return one segment."""
    return _segment(state, state["api"].segments.get(key))


@get(
    "/v1/segments/{key:str}/members",
    tags=["segments"],
    guards=[needs("marketer")],
    sync_to_thread=False,
    summary="The people in a segment",
)
def segment_members(
    request: AnyRequest,
    state: AppState,
    key: str,
    after: Annotated[int, Parameter(ge=-1, description="`next` of the page before.")] = -1,
    limit: Annotated[int, Parameter(ge=1, le=MOST_MEMBERS)] = 1_000,
) -> MembersOut:
    """Return profile ids, ascending, page by page. The reading is noted in the audit trail."""
    api = state["api"]
    ids = api.online.members(api.segments.get(key).id).tolist()
    begin = bisect_right(ids, after)
    page = ids[begin : begin + limit]
    api.trail.note(f"key:{caller_of(request).name}", "segment.read", f"segment:{key}")
    more = begin + limit < len(ids)
    return MembersOut([str(each) for each in page], str(page[-1]) if more else None)


@post(
    "/v1/segments/count",
    tags=["segments"],
    guards=[needs("viewer")],
    status_code=200,
    summary="How many people meet a rule",
)
async def segment_count(state: AppState, data: RuleIn) -> CountOut:
    """Count everyone who meets a rule now, without saving it."""
    rule = msgspec.json.encode(data.rule).decode()
    answer = await state["api"].worker.call("segment_count", rule=rule)
    return CountOut(answer["total"], answer.get("unavailable_because") or "", answer.get("as_of"))


def _segment(state: AppState, segment: Any) -> SegmentOut:
    """Return what is told of a segment."""
    online = state["api"].online
    computed = online.member_state(segment.id)
    return SegmentOut(
        key=segment.key,
        name=segment.name,
        version=segment.version,
        members=len(online.members(segment.id)),
        computed_at=aware(computed.computed_at) if computed else None,
    )
