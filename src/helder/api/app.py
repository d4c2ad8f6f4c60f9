"""The HTTP API for machines, as a Litestar application."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from litestar import Litestar, Request, Response
from litestar.datastructures import State as AppState
from litestar.exceptions import HTTPException
from litestar.types import ControllerRouterHandler

from helder.access.keys import Keys
from helder.access.trail import Trail
from helder.api.collect import Collect
from helder.api.collect.description import add_collecting
from helder.api.collect.refused import Refused
from helder.api.description import add_problems, described
from helder.api.errors import RETRY_AFTER, Problem, problem_of
from helder.api.health import healthz, metrics, readyz
from helder.api.plans import plan_by_source, plan_list, plan_save, plan_violations
from helder.api.profiles import profile_by_id, profile_by_identity
from helder.api.rejects import reject_by_number, reject_count, reject_list, reject_send_again
from helder.api.segments import segment_by_key, segment_count, segment_list, segment_members
from helder.clock import stopwatch
from helder.collect.inbox import Inbox
from helder.errors import place
from helder.integrate.identifiers import Identifiers
from helder.intelligence.segments.definitions import Segments
from helder.settings import Settings
from helder.store.projections.online import Online
from helder.store.state import State
from helder.worker.client import AsyncClient

HANDLERS: tuple[ControllerRouterHandler, ...] = (
    healthz,
    readyz,
    metrics,
    profile_by_id,
    profile_by_identity,
    segment_list,
    segment_by_key,
    segment_members,
    segment_count,
    reject_list,
    reject_count,
    reject_by_number,
    reject_send_again,
    plan_list,
    plan_by_source,
    plan_save,
    plan_violations,
)
NAMES_SECONDS = 5.0
_log = logging.getLogger("helder.api")


class Api(msgspec.Struct, kw_only=True):
    """What the handlers work with."""

    settings: Settings
    inbox: Inbox
    state: State
    online: Online
    keys: Keys
    trail: Trail
    collect: Collect
    worker: AsyncClient
    segments: Segments
    identifiers: Identifiers
    ticker: Callable[[], float] = stopwatch
    names: tuple[float, dict[int, str]] = (0.0, {})

    def segment_names(self) -> dict[int, str]:
        """Return segment id → key, read anew every few seconds: every profile shows them."""
        until, names = self.names
        if until < self.ticker():
            names = {each.id: each.key for each in self.segments.all()}
            self.names = (self.ticker() + NAMES_SECONDS, names)
        return names


def rest_app(api: Api, handlers: Sequence[ControllerRouterHandler] = ()) -> Litestar:
    """Return the application of everything but collecting.

    Args:
        api: what its handlers work with.
        handlers: more routes, such as the pages.
    """
    app = Litestar(
        route_handlers=[*HANDLERS, *handlers],
        state=AppState({"api": api}),
        exception_handlers={HTTPException: _http_problem, Refused: _refused, Exception: _problem},
        openapi_config=described(),
        logging_config=None,
    )
    add_problems(app)
    add_collecting(app)
    return app


def _problem(_request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """Answer an error that Helder or a defect raised."""
    status, problem = problem_of(error)
    if problem.code == "internal":
        _log.error("request failed", extra={"error": type(error).__name__, "where": place(error)})
    return _answer(status, problem)


def _refused(_request: Request[Any, Any, Any], refusal: Refused) -> Response[Problem]:
    """Answer what a step of the front door refused, on a way in that is beside it."""
    answer = _answer(refusal.status, refusal.problem)
    if refusal.seconds:
        answer.headers["Retry-After"] = str(refusal.seconds)
    return answer


def _http_problem(_request: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    """Answer what Litestar itself refuses: an unknown path, an argument of the wrong type."""
    codes = {400: "invalid-input", 401: "unknown-key", 403: "denied", 404: "not-found", 405: "method-not-allowed"}
    code = codes.get(error.status_code, "internal" if error.status_code >= 500 else "invalid-input")
    return _answer(error.status_code, Problem(code, error.detail if code != "internal" else "something went wrong"))


def _answer(status: int, problem: Problem) -> Response[Problem]:
    retry = RETRY_AFTER.get(status)
    return Response(
        problem,
        status_code=status,
        media_type="application/json",
        headers={"Retry-After": retry} if retry else {},
    )
