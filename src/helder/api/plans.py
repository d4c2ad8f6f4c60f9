"""Tracking plans: which events a source may send, and what did not fit."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, get, put
from litestar.datastructures import State as AppState
from litestar.params import Parameter

from helder.api.caller import caller_of, needs
from helder.clock import aware, system_clock
from helder.collect.plan.definition import plan_of
from helder.collect.plan.saved import SavedPlan, read_plans, read_saved, save_plan
from helder.collect.rejects.kept import Shortfall

AnyRequest = Request[Any, Any, Any]


class PlanOut(msgspec.Struct, frozen=True):
    """A version of a tracking plan."""

    source: str
    version: int
    mode: str
    """off, observe or enforce."""
    saved_at: datetime
    saved_by: str
    plan: dict[str, Any]
    """See the reference of tracking plans; what is left out is as it is by itself."""


@get("/v1/plans", tags=["plans"], guards=[needs("viewer")], sync_to_thread=True, summary="All tracking plans")
def plan_list(state: AppState) -> list[PlanOut]:
    """Return the newest version of every tracking plan."""
    return [_plan(each) for each in read_plans(state["api"].state)]


@get(
    "/v1/plans/{source:str}", tags=["plans"], guards=[needs("viewer")], sync_to_thread=True, summary="One tracking plan"
)
def plan_by_source(state: AppState, source: str, version: Annotated[int, Parameter(ge=0, le=1_000_000)] = 0) -> PlanOut:
    """Return a version of the tracking plan of a source, the newest when none is asked for."""
    return _plan(read_saved(state["api"].state, source, version))


@put(
    "/v1/plans/{source:str}",
    tags=["plans"],
    guards=[needs("engineer")],
    sync_to_thread=True,
    summary="Save a tracking plan",
)
def plan_save(request: AnyRequest, state: AppState, source: str, data: dict[str, Any]) -> PlanOut:
    """Save a tracking plan as the next version; the same once more is no new version."""
    plan = plan_of({**data, "source": source})
    return _plan(save_plan(state["api"].state, plan, system_clock(), f"key:{caller_of(request).name}"))


@get("/v1/plans/{source:str}/violations", tags=["plans"], guards=[needs("viewer")], summary="What did not fit a plan")
async def plan_violations(
    state: AppState, source: str, days: Annotated[int, Parameter(ge=0, le=365)] = 7
) -> list[Shortfall]:
    """Count the events of the last days that did not fit, taken or not."""
    call = state["api"].worker.call
    found: list[Shortfall] = await call("plan_shortfalls", expect=list[Shortfall], source=source, days=days)
    return [msgspec.structs.replace(each, last_day=aware(each.last_day)) for each in found]


def _plan(saved: SavedPlan) -> PlanOut:
    body: dict[str, Any] = msgspec.to_builtins(saved.plan)
    return PlanOut(saved.plan.source, saved.version, saved.plan.mode, saved.saved_at, saved.saved_by, body)
