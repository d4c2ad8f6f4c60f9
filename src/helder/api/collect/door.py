"""The way in for events, one step after the other."""

from __future__ import annotations

import logging
import secrets
from collections import Counter

from helder.access.keys import Keys
from helder.api.collect import validation
from helder.api.collect.asgi import Receive, Scope, Send, answer
from helder.api.collect.auth import shown_key
from helder.api.collect.body import Room, unpacked, whole_body
from helder.api.collect.cors import JSON, allow
from helder.api.collect.refused import Refused, refuse
from helder.api.collect.request import Request
from helder.api.collect.rights import check_rights, hold_to_plan
from helder.api.collect.visitors import Visitors
from helder.api.errors import problem_of
from helder.clock import Clock, stored, system_clock
from helder.collect.dialects.paths import ROUTES
from helder.collect.event import Entry, Rejection
from helder.collect.inbox import Inbox
from helder.collect.item import Received
from helder.collect.parse import parse
from helder.errors import place

_log = logging.getLogger("helder.collect")


class Collect:
    """The ASGI application behind the paths of ``ROUTES``."""

    def __init__(
        self,
        inbox: Inbox,
        keys: Keys,
        clock: Clock = system_clock,
        visitors: Visitors = Visitors(),  # noqa: B008 - frozen
    ) -> None:
        """Put requests with a write key of ``keys`` into ``inbox``; ``visitors`` tells which browsers are no people."""
        self._inbox, self._keys, self._clock, self._visitors = inbox, keys, clock, visitors
        self._room = Room()
        self._stem, self._requests = secrets.token_hex(6), 0
        self.counts: Counter[str] = Counter()
        """Since the start: accepted events, and rejected ones by reason."""

    def takes(self, path: str) -> bool:
        """Tell whether requests to ``path`` are for this door."""
        return path.rstrip("/") in ROUTES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] == "OPTIONS":
            return await allow(send)
        route = ROUTES[scope["path"].rstrip("/")]
        try:
            said = await self._take(Request(scope, dict(scope["headers"]), route), receive)
        except Refused as refusal:
            return await refuse(send, refusal.status, refusal.problem, refusal.seconds)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets JSON it understands
            status, problem = problem_of(error)
            _log.warning("request failed", extra={"error": type(error).__name__, "where": place(error)})
            return await refuse(send, status, problem)
        return await answer(send, 200, said, JSON)

    async def _take(self, request: Request, receive: Receive) -> bytes:
        """Let a request in step by step; each step goes on or raises. What it holds is durable when this returns.

        Returns:
            The body of the answer.
        """
        _only_post(request)
        await self._read(request, receive)
        self._admit(request)
        await self.take_in(request)
        if request.route.kind == validation.KIND:
            return validation.said_of(request.entry)
        _tell(request)
        return request.route.dialect.success

    async def take_in(self, request: Request) -> None:
        """Let in what was read, and of which the key is known: the steps that all doors share.

        What it holds is durable when this returns; ``request.entry`` says what became of it.
        """
        check_rights(request)
        self._understand(request)
        self._visitors.keep_out(request)
        hold_to_plan(request)
        if request.route.kind != validation.KIND:
            await self._keep(request)

    async def _read(self, request: Request, receive: Receive) -> None:
        """Read the body, whole and unpacked."""
        most = request.route.dialect.limits.body
        request.body = unpacked(await whole_body(request.headers, receive, most, self._room), most)

    def _admit(self, request: Request) -> None:
        """Find out what the write key allows."""
        key = self._keys.write_key(shown_key(request))
        if key is None:
            raise Refused(401, "unknown-write-key", "the write key is missing, unknown or revoked")
        request.key = key

    def _understand(self, request: Request) -> None:
        """Turn the body into events, and rejections for what cannot be one."""
        self._requests += 1
        received = Received(
            source=request.key.source,
            at=stored(self._clock()),
            request_id=f"{self._stem}-{self._requests}",
            user_agent=request.headers.get(b"user-agent", b"").decode("latin-1"),
            query=request.query(),
        )
        parsed = parse(request.body, request.route.kind, received, request.route.dialect)
        request.whole = isinstance(parsed, Rejection)
        request.entry = Entry([], [parsed]) if isinstance(parsed, Rejection) else Entry(parsed.events, parsed.rejected)

    async def _keep(self, request: Request) -> None:
        """Put what was read into the inbox, what is refused included."""
        entry = request.entry
        if entry.events or entry.rejected:
            await self._inbox.append_async(entry)
        self.counts["accepted"] += len(entry.events)
        self.counts.update(rejection.reason for rejection in entry.rejected)


def _only_post(request: Request) -> None:
    if request.scope["method"] != "POST":
        raise Refused(405, "method-not-allowed", "events are sent with POST")


def _tell(request: Request) -> None:
    """Refuse a request whose all was refused, with the reason, unless it is a batch that could be read.

    A bot is not told that it is known.
    """
    if request.entry.events or (request.route.kind == "batch" and not request.whole):
        return
    for rejection in request.entry.rejected:
        if rejection.reason not in {"bot", "data_centre"}:
            raise Refused(400, rejection.reason.replace("_", "-"), rejection.detail)
