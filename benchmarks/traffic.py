"""Requests to the web process at a steady rate, over a few kept connections: raw sockets and bytes made beforehand.

The rate is kept whatever the answers do (open loop): a server that falls behind sees its queue grow, and every request
is timed from the moment it was due, so that waiting counts.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence

import httptools
import msgspec


class Requests:
    """A few connections to one server; each has one request under way at a time."""

    def __init__(self, port: int, connections: int) -> None:
        """Talk to ``port`` of this machine."""
        self._port, self._size = port, connections
        self._idle: deque[_Connection] = deque()
        self._waiting: deque[tuple[bytes, asyncio.Future[float | None]]] = deque()
        self.failed = 0
        """Answers that were not 200."""

    async def open(self) -> None:
        """Connect."""
        loop = asyncio.get_running_loop()
        for _ in range(self._size):
            _, made = await loop.create_connection(lambda: _Connection(self), "127.0.0.1", self._port)
            self._idle.append(made)

    def close(self) -> None:
        """Hang up; every connection is idle."""
        for each in self._idle:
            each.close()

    def send(self, request: bytes) -> asyncio.Future[float | None]:
        """Send a request once a connection is free; the future gives the moment of its answer, if it was 200."""
        done: asyncio.Future[float | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, done))
        self.advance()
        return done

    def free(self, connection: _Connection, status: int) -> None:
        """Take a connection back whose request was answered."""
        self.failed += status != 200
        self._idle.append(connection)
        self.advance()

    def advance(self) -> None:
        """Send what waits over the connections that are idle."""
        while self._waiting and self._idle:
            self._idle.popleft().ask(*self._waiting.popleft())


class _Connection(asyncio.Protocol):
    def __init__(self, requests: Requests) -> None:
        self._requests = requests
        self._done: asyncio.Future[float | None] | None = None
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(exc or ConnectionResetError("the server hung up"))

    def ask(self, request: bytes, done: asyncio.Future[float | None]) -> None:
        self._done = done
        self._transport.write(request)  # type: ignore[attr-defined] - a transport of a stream

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """Called by the parser: the whole answer is there."""
        status = self._parser.get_status_code()
        self._parser = httptools.HttpResponseParser(self)
        if self._done is not None and not self._done.done():
            self._done.set_result(time.time() if status == 200 else None)
        self._requests.free(self, status)

    def close(self) -> None:
        """Hang up."""
        self._transport.close()


async def steadily(rate: float, seconds: float, act: Callable[[int, float], None]) -> None:
    """Call ``act`` with a number and the moment that it was due, ``rate`` times a second for ``seconds``."""
    begun, number = time.time(), 0
    while number < rate * seconds:
        while number < rate * seconds and begun + number / rate <= time.time():
            act(number, begun + number / rate)
            number += 1
        await asyncio.sleep(0.002)


def post(path: str, body: object, write_key: str) -> bytes:
    """Return a POST of JSON, with the write key."""
    said = base64.b64encode(f"{write_key}:".encode()).decode()
    text = msgspec.json.encode(body)
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Basic {said}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(text)}\r\n\r\n".encode() + text


def get(path: str, key: str) -> bytes:
    """Return a GET with an API key."""
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n\r\n".encode()


def percentile(values: Iterable[float], share: float) -> float:
    """Return the value that ``share`` (0 to 1) of ``values`` do not exceed."""
    ordered: Sequence[float] = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def said(values: Sequence[float]) -> str:
    """Return the percentiles of seconds, as milliseconds in words."""
    parts = (f"p{share:g} {percentile(values, share / 100) * 1000:.0f}" for share in (50, 90, 95, 99, 99.9))
    return f"{', '.join(parts)}, most {max(values) * 1000:.0f} ms of {len(values):,}"
