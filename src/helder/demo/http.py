"""A lean HTTP/1.1 client over asyncio: one request at a time on a connection that is kept open.

``urllib`` and ``httpx`` cost a multiple of what the server does with an event; a demo that measures the server must not
be held up by its client.
"""

from __future__ import annotations

import asyncio
from typing import Any, Self
from urllib.parse import urlsplit

import httptools
import msgspec

from helder.demo.faults import DemoFault

PATIENCE = 30.0  # seconds until a silent server counts as gone
TRIES = 30  # of one request, before giving up
LONGEST_PAUSE = 5.0  # seconds between two tries


class Response(msgspec.Struct):
    """What a server answered; header names are in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes


class Gone(Exception):
    """The connection ended before the answer did."""


class _Wire(asyncio.Protocol):
    """Puts the bytes of one connection together into answers."""

    def __init__(self) -> None:
        """Begin without a request under way."""
        self._waiting: asyncio.Future[Response] | None = None
        self._transport: asyncio.Transport | None = None
        self._begin()

    def _begin(self) -> None:
        """Get ready for the next answer."""
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []

    @property
    def open(self) -> bool:
        """Whether a request can still be sent."""
        return self._transport is not None and not self._transport.is_closing()

    def ask(self, data: bytes) -> asyncio.Future[Response]:
        """Send a request and return the answer to come."""
        self._waiting = asyncio.get_running_loop().create_future()
        if self._transport is None or self._transport.is_closing():
            self._waiting.set_exception(Gone())
        else:
            self._transport.write(data)
        return self._waiting

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport  # type: ignore[assignment] - asyncio gives the general kind

    def data_received(self, data: bytes) -> None:
        """Feed the parser; what is no HTTP ends the connection."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who waits that no answer will come, for whatever reason."""
        del exc
        self._transport = None
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(Gone())

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header (called by the parser)."""
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        """Keep a piece of the body (called by the parser)."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Hand over the whole answer (called by the parser)."""
        answer = Response(self._parser.get_status_code(), self._headers, b"".join(self._body))
        keep = self._parser.should_keep_alive()
        self._begin()
        if not keep:
            self.close()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(answer)


class Connection:
    """One connection to one server, opened when first needed and again whenever it was lost."""

    def __init__(self, base: str) -> None:
        """Speak to ``base``, such as ``http://127.0.0.1:8700``."""
        parts = urlsplit(base)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._wire: _Wire | None = None

    async def __aenter__(self) -> Self:
        """Return itself; it connects when first used."""
        return self

    async def __aexit__(self, *error: object) -> None:
        """Hang up."""
        self.close()

    def close(self) -> None:
        """Hang up."""
        if self._wire is not None:
            self._wire.close()
        self._wire = None

    async def ask(self, method: str, path: str, headers: str = "", body: bytes = b"") -> Response:
        """Send one request, once.

        Args:
            method: such as ``GET``.
            path: path and query.
            headers: further header lines, each ended by CRLF.
            body: its bytes.

        Raises:
            Gone: when no whole answer came.
        """
        host = f"{self._host}:{self._port}"
        head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
        try:
            if self._wire is None or not self._wire.open:
                loop = asyncio.get_running_loop()
                _, self._wire = await loop.create_connection(_Wire, self._host, self._port)
            return await asyncio.wait_for(self._wire.ask(head.encode("latin-1") + body), PATIENCE)
        except (Gone, OSError, TimeoutError) as lost:
            self.close()
            raise Gone(str(lost)) from lost


def pause(answer: Response | None, attempt: int) -> float:
    """Return how many seconds to wait before the next try: what the server asks for, else ever longer."""
    asked = answer.headers.get("retry-after", "") if answer is not None else ""
    try:
        wanted = float(asked)
    except ValueError:
        wanted = 0.05 * 2**attempt
    return min(max(wanted, 0.0), LONGEST_PAUSE)


async def insist(connection: Connection, method: str, path: str, headers: str, body: Any) -> tuple[Response, int]:
    """Send a request until it is answered with something else than "later"; return the answer and the number of tries.

    Args:
        connection: to the server.
        method: such as ``POST``.
        path: path and query.
        headers: further header lines.
        body: a function that returns the bytes, called for each try.

    Raises:
        DemoFault: when the server still does not take it after many tries.
    """
    answer: Response | None = None
    for attempt in range(TRIES):
        try:
            answer = await connection.ask(method, path, headers, body())
        except Gone:
            answer = None
        if answer is not None and answer.status != 429 and answer.status < 500:
            return answer, attempt + 1
        await asyncio.sleep(pause(answer, attempt))
    seen = f"answered {answer.status}" if answer is not None else "did not answer"
    raise DemoFault(f"{method} {path.partition('?')[0]}: the server {seen} {TRIES} times; is it running, and well?")
