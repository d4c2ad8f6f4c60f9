"""Whether Helder is well, for load balancers and for Prometheus."""

from __future__ import annotations

from typing import Any

from litestar import MediaType, Response, get
from litestar.datastructures import State as AppState
from sqlalchemy import text

from helder.errors import HelderError, Unavailable


@get("/healthz", tags=["health"], sync_to_thread=False, summary="Alive")
def healthz() -> dict[str, str]:
    """Tell that this process answers."""
    return {"status": "alive"}


@get("/readyz", tags=["health"], summary="Ready to work")
async def readyz(state: AppState) -> Response[dict[str, str]]:
    """Tell whether the worker, the inbox and the state can be reached; 503 when one cannot."""
    parts = {"worker": await _worker(state), "inbox": _inbox(state), "state": _state(state)}
    ready = all(value == "ready" for value in parts.values())
    return Response(parts, status_code=200 if ready else 503)


@get("/metrics", tags=["health"], media_type=MediaType.TEXT, summary="Figures for Prometheus")
async def metrics(state: AppState) -> Response[str]:
    """Return figures in Prometheus' text format."""
    from helder.api.metrics import exposition

    try:
        worker: dict[str, Any] | None = await state["api"].worker.call("status", timeout=2.0)
    except HelderError:
        worker = None
    text_body = exposition(state["api"], worker)
    return Response(text_body, media_type="text/plain; version=0.0.4")


async def _worker(state: AppState) -> str:
    try:
        await state["api"].worker.call("ping", timeout=2.0)
    except Unavailable as error:
        return str(error)
    return "ready"


def _inbox(state: AppState) -> str:
    try:
        state["api"].inbox.last()
    except Exception as error:  # noqa: BLE001 - whatever it is, the answer is that it is not ready
        return f"not readable ({type(error).__name__})"
    return "ready"


def _state(state: AppState) -> str:
    try:
        with state["api"].state.read() as connection:
            connection.execute(text("SELECT 1"))
    except Exception as error:  # noqa: BLE001 - as above
        return f"not readable ({type(error).__name__})"
    return "ready"
