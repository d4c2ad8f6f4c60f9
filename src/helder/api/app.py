"""The HTTP API for machines, as a Litestar application."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Litestar, Request, Response
from litestar.datastructures import State as AppState
from litestar.exceptions import HTTPException
from litestar.types import ControllerRouterHandler

from helder.access.keys import Keys
from helder.api.collect import Collect
from helder.api.errors import RETRY_AFTER, Problem, problem_of
from helder.collect.inbox import Inbox
from helder.store.state import State
from helder.worker.client import AsyncClient


class Api(msgspec.Struct):
    """What the handlers work with."""

    inbox: Inbox
    state: State
    keys: Keys
    collect: Collect
    worker: AsyncClient


def rest_app(api: Api, handlers: Sequence[ControllerRouterHandler] = ()) -> Litestar:
    """Return the application of everything but collecting.

    Args:
        api: what its handlers work with.
        handlers: more routes, such as the pages.
    """
    from helder.api.health import healthz, metrics, readyz

    return Litestar(
        route_handlers=[healthz, readyz, metrics, *handlers],
        state=AppState({"api": api}),
        exception_handlers={HTTPException: _http_problem, Exception: _problem},
        logging_config=None,
    )


def _problem(_request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """Answer an error that Helder or a defect raised."""
    status, problem = problem_of(error)
    return _answer(status, problem)


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
