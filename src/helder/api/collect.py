"""The front door for events: plain ASGI, so that a request costs little more than its parsing and its fsync.

Speaks Segment's HTTP tracking API; see ``docs/reference/events.md``.
"""

from __future__ import annotations

import base64
import binascii
import logging
import secrets
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import msgspec

from helder.access.keys import Keys, WriteKey
from helder.api.errors import RETRY_AFTER, Problem, problem_of
from helder.clock import Clock, stored, system_clock
from helder.collect.event import Entry, Rejection
from helder.collect.inbox import Inbox
from helder.collect.item import Received
from helder.collect.parse import MAX_BODY, parse
from helder.errors import place

Scope: TypeAlias = dict[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[dict[str, Any]]]
Send: TypeAlias = Callable[[dict[str, Any]], Awaitable[None]]
Headers: TypeAlias = Mapping[bytes, bytes]

KINDS: Mapping[str, str] = {
    **{f"/v1/{kind}": kind for kind in ("track", "identify", "page", "screen", "group", "alias", "batch")},
    "/v1/t": "track",
    "/v1/i": "identify",
    "/v1/p": "page",
    "/v1/s": "screen",
    "/v1/g": "group",
    "/v1/a": "alias",
    "/v1/b": "batch",
    "/v1/import": "batch",
}
"""Path → kind of call. The short ones are analytics-next's."""

_CORS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Retry-After"),
]
_PREFLIGHT = [
    *_CORS,
    (b"access-control-allow-methods", b"POST, OPTIONS"),
    (b"access-control-allow-headers", b"authorization, content-type, x-retry-count, anonymousid, x-write-key"),
    (b"access-control-max-age", b"86400"),
]
_JSON = [(b"content-type", b"application/json"), *_CORS]
_SUCCESS = b'{"success":true}'
_log = logging.getLogger("helder.collect")


class Refused(Exception):
    """A request that is answered with a status and a problem."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """Say what to answer."""
        super().__init__(message)
        self.status, self.problem = status, Problem(code, message)


class Collect:
    """The ASGI application behind the paths of ``KINDS``."""

    def __init__(self, inbox: Inbox, keys: Keys, clock: Clock = system_clock) -> None:
        """Put requests with a write key of ``keys`` into ``inbox``."""
        self._inbox, self._keys, self._clock = inbox, keys, clock
        self._stem, self._requests = secrets.token_hex(6), 0
        self.counts: Counter[str] = Counter()
        """Since the start: accepted events, and rejected ones by reason."""

    def takes(self, path: str) -> bool:
        """Tell whether requests to ``path`` are for this door."""
        return path.rstrip("/") in KINDS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] == "OPTIONS":
            return await _answer(send, 200, b"", _PREFLIGHT)
        try:
            await self._take(scope, receive)
        except Refused as refusal:
            return await _refuse(send, refusal.status, refusal.problem)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets JSON it understands
            status, problem = problem_of(error)
            _log.warning("request failed", extra={"error": type(error).__name__, "where": place(error)})
            return await _refuse(send, status, problem)
        return await _answer(send, 200, _SUCCESS, _JSON)

    async def _take(self, scope: Scope, receive: Receive) -> None:
        """Read the request and keep what it holds; it is durable when this returns."""
        if scope["method"] != "POST":
            raise Refused(405, "method-not-allowed", "events are sent with POST")
        headers: Headers = dict(scope["headers"])
        body = _unpacked(await _body(headers, receive))
        key = self._keys.write_key(_write_key(headers, body))
        if key is None:
            raise Refused(401, "unknown-write-key", "the write key is missing, unknown or revoked")
        kind = KINDS[scope["path"].rstrip("/")]
        parsed = parse(body, kind, self._received(key, headers))
        entry = Entry([], [parsed]) if isinstance(parsed, Rejection) else Entry(parsed.events, parsed.rejected)
        await self._keep(entry)
        if isinstance(parsed, Rejection) or kind != "batch":
            _tell(entry.rejected)

    async def _keep(self, entry: Entry) -> None:
        """Put what was read into the inbox, what is refused included."""
        if entry.events or entry.rejected:
            await self._inbox.append_async(entry)
        self.counts["accepted"] += len(entry.events)
        self.counts.update(rejection.reason for rejection in entry.rejected)

    def _received(self, key: WriteKey, headers: Headers) -> Received:
        self._requests += 1
        return Received(
            source=key.source,
            at=stored(self._clock()),
            request_id=f"{self._stem}-{self._requests}",
            user_agent=headers.get(b"user-agent", b"").decode("latin-1"),
        )


def _tell(rejected: list[Rejection]) -> None:
    """Refuse a request whose all was refused, with the reason; a bot is not told that it is known."""
    for rejection in rejected:
        if rejection.reason != "bot":
            raise Refused(400, rejection.reason.replace("_", "-"), rejection.detail)


async def _body(headers: Headers, receive: Receive) -> bytes:
    """Return the body, refusing one that is too large before it fills the memory."""
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and int(length) > MAX_BODY:
        raise _too_large()
    message = await receive()
    if not message.get("more_body"):
        return _checked(message.get("body", b""))
    chunks = bytearray(message.get("body", b""))
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "malformed", "the connection ended before the request did")
        chunks += _checked(message.get("body", b""), len(chunks))
    return bytes(chunks)


def _checked(chunk: bytes, before: int = 0) -> bytes:
    if before + len(chunk) > MAX_BODY:
        raise _too_large()
    return chunk


def _too_large() -> Refused:
    return Refused(400, "too-large", f"a request holds at most {MAX_BODY // 1024} KB")


def _unpacked(body: bytes) -> bytes:
    """Return the body without gzip, known by its first bytes: clients send it under any content type."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(body, MAX_BODY + 1)
    except zlib.error as error:
        raise Refused(400, "malformed", f"the gzip of the request is broken: {error}") from error
    if len(plain) > MAX_BODY or unpacker.unconsumed_tail:
        raise _too_large()
    if not unpacker.eof:
        raise Refused(400, "malformed", "the gzip of the request ends too early")
    return plain


class _Keyed(msgspec.Struct, rename="camel"):
    write_key: str = ""


_keyed = msgspec.json.Decoder(_Keyed)


def _write_key(headers: Headers, body: bytes) -> str:
    """Return the write key: Basic (as user name), Bearer, X-Write-Key, else the field writeKey of the body."""
    scheme, _, value = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if scheme.lower() == "basic" and (key := _user_name(value)):
        return key
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    if named := headers.get(b"x-write-key"):
        return named.decode("latin-1").partition(":")[0]
    try:
        return _keyed.decode(body).write_key
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


def _user_name(credentials: str) -> str:
    try:
        return base64.b64decode(credentials, validate=True).decode("utf-8").partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


async def _refuse(send: Send, status: int, problem: Problem) -> None:
    retry = RETRY_AFTER.get(status)
    headers = [*_JSON, (b"retry-after", retry.encode())] if retry else _JSON
    await _answer(send, status, msgspec.json.encode(problem), headers)


async def _answer(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})
