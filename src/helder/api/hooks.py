"""Calls of other systems: ``POST /v1/hook/{name}``, signed as the hook's definition says.

A call that was signed right is answered 200 whatever becomes of its events: the sender could mend nothing by sending it
again. What is not signed right is counted, and kept without its body.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from litestar import Request, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from helder.access.keys import TRUSTED_SECONDS, WriteKey
from helder.api.app import Api
from helder.api.collect.request import Request as Incoming
from helder.clock import Clock, stopwatch, stored
from helder.collect.dialects.dialect import MAX_BODY
from helder.collect.dialects.hook import hook_dialect
from helder.collect.dialects.paths import Route
from helder.collect.event import Entry, Rejection
from helder.collect.hooks.definition import Hook
from helder.collect.hooks.saved import read_hooks
from helder.collect.hooks.signature import Doubt, doubt
from helder.collect.plan.check import checked
from helder.collect.plan.saved import newest_body
from helder.errors import HelderError, InvalidInput, NotFound
from helder.store.state import State

_TOLD: Mapping[Doubt, str] = {
    "bad_signature": "the signature of this call is missing or not made with the hook's secret",
    "stale": "this call was signed too long ago, or its sender's clock is wrong",
}


class NotSigned(HelderError):
    """A call of another system is not signed with the hook's secret, or too long ago."""

    code: ClassVar[str] = "not-signed"


class Hooks:
    """The hooks of state, read anew every few seconds. Safe to share between threads."""

    def __init__(self, state: State, ticker: Callable[[], float] = stopwatch) -> None:
        """Read from ``state``; ``ticker`` gives seconds and only goes forward."""
        self._state, self._ticker = state, ticker
        self._held: tuple[float, dict[str, tuple[Hook, WriteKey]]] = (0.0, {})

    def find(self, name: str) -> tuple[Hook, WriteKey]:
        """Return a hook, and what its calls may: all that a server may, held to the tracking plan of the source.

        Raises:
            NotFound: when there is none of that name.
        """
        until, found = self._held
        if until < self._ticker():
            found = {key: (each.hook, self._allowed(each.hook.source)) for key, each in read_hooks(self._state).items()}
            self._held = (self._ticker() + TRUSTED_SECONDS, found)
        if name not in found:
            raise NotFound("there is no hook of this name; `helder hook list` shows those there are")
        return found[name]

    def _allowed(self, source: str) -> WriteKey:
        with self._state.read() as connection:
            plan = newest_body(connection, source)
        return WriteKey(source, plan=None if plan is None else checked(*plan))


def hook_route(api: Api, clock: Clock) -> ControllerRouterHandler:
    """Return the route ``/v1/hook/{name}``."""
    hooks = Hooks(api.state)

    @post("/v1/hook/{name:str}", status_code=200, tags=["events"], request_max_body_size=MAX_BODY)
    async def hook_call(request: Request[Any, Any, Any], name: FromPath[str]) -> dict[str, bool]:
        """A call of another system, signed as the hook's definition says."""
        hook, key = await asyncio.to_thread(hooks.find, name)
        body = await request.body()
        why = doubt(hook.signature, dict(request.headers), body, clock())
        if why is not None:
            await _refuse(api, hook, why, clock)
        route = Route(hook_dialect(hook), hook.hook)
        headers: dict[bytes, bytes] = dict(request.scope["headers"])
        incoming = Incoming(dict(request.scope), headers, route, body, key)
        await api.collect.take_in(incoming)
        if incoming.whole and incoming.entry.rejected[0].reason != "not_mapped":
            raise InvalidInput(incoming.entry.rejected[0].detail)
        return {"success": True}

    return hook_call


async def _refuse(api: Api, hook: Hook, why: Doubt, clock: Clock) -> None:
    """Keep that a call came which is not believed, but nothing of what it says, and raise."""
    rejection = Rejection(reason=why, detail=f"hook {hook.hook}: {_TOLD[why]}", source=hook.source, at=stored(clock()))
    await api.inbox.append_async(Entry([], [rejection]))
    api.collect.counts[why] += 1
    raise NotSigned(_TOLD[why])
