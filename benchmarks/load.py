"""Sends events over HTTP as fast as a server takes them, and notes how long each answer took.

A program of its own, so that its work is not the server's: ``python benchmarks/load.py PORT KEY CONNECTIONS SECONDS
SIZE`` sends requests of ``SIZE`` events (1: single calls) over that many connections that stay open, each with its next
request as soon as the last was answered. It prints one JSON object: ``events``, ``requests``, ``refused``, ``seconds``,
and the latencies ``p50``, ``p95``, ``p99`` and ``worst`` in milliseconds. Requests are prepared bytes in which only the
message ids change, and answers are read no further than needed, so that a core is left for the server.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import sys
import time
from array import array
from pathlib import Path
from typing import cast

import msgspec
import numpy as np
import uvloop

HERE = Path(__file__).resolve()
WARM_SECONDS = 1.0
_MARK = b"MESSAGE-ID-MESSAGE-ID"


class Load(msgspec.Struct, frozen=True):
    """What was sent, and how it was answered."""

    requests: int
    events: int
    refused: int
    seconds: float
    p50: float
    p95: float
    p99: float
    worst: float


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What to send."""

    port: int
    key: str
    connections: int = 64
    seconds: float = 10.0
    size: int = 1
    """Events in a request; 1 is a single call."""


def send(wish: Wish) -> Load:
    """Send in a process of its own; return what came of it."""
    command = [sys.executable, str(HERE), msgspec.json.encode(wish).decode()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the load ended with {done.returncode}: {done.stderr[-2000:]}")
    return msgspec.json.decode(done.stdout, type=Load)


def main(text: str) -> None:
    """Send what ``text`` (a ``Wish`` as JSON) says, and print what came of it."""
    wish = msgspec.json.decode(text, type=Wish)
    print(msgspec.json.encode(uvloop.run(_sent(wish))).decode())


async def _sent(wish: Wish) -> Load:
    loop = asyncio.get_running_loop()
    sender = _Sender(wish)
    for _ in range(wish.connections):
        await loop.create_connection(lambda: _Connection(sender), "127.0.0.1", wish.port)
    await asyncio.sleep(WARM_SECONDS)
    sender.begin()
    began = time.perf_counter()
    await asyncio.sleep(wish.seconds)
    seconds, latencies = time.perf_counter() - began, np.array(sender.latencies) * 1000
    answered, refused = sender.answered, sender.refused
    p50, p95, p99 = (float(each) for each in np.percentile(latencies, (50, 95, 99)))
    return Load(answered, answered * wish.size, refused, seconds, p50, p95, p99, float(latencies.max()))


class _Sender:
    """What all connections share: the next request, and the count."""

    def __init__(self, wish: Wish) -> None:
        self._pieces = request_bytes(wish).split(_MARK)
        self._stem = f"{os.getpid():08x}{time.time_ns() & 0xFFFF:04x}"
        self._number = 0
        self.begin()

    def begin(self) -> None:
        """Count from here on."""
        self.latencies, self.answered, self.refused = array("d"), 0, 0

    def next(self) -> bytes:
        """Return a request whose message ids were never used."""
        pieces = self._pieces
        made = bytearray(pieces[0])
        for piece in pieces[1:]:
            self._number += 1
            made += b"%s%09x" % (self._stem.encode(), self._number)
            made += piece
        return bytes(made)


class _Connection(asyncio.Protocol):
    """One connection: sends, waits, notes, sends."""

    def __init__(self, sender: _Sender) -> None:
        self._sender = sender
        self._answer = b""
        self._began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        """Take an answer; both servers end theirs with the body, which may come in a packet of its own."""
        self._answer += data
        if not self._answer.endswith(b"}"):
            return
        sender = self._sender
        sender.latencies.append(time.perf_counter() - self._began)
        if self._answer.startswith(b"HTTP/1.1 200"):
            sender.answered += 1
        else:
            sender.refused += 1
        self._answer = b""
        self._send()

    def _send(self) -> None:
        if not self._transport.is_closing():
            self._began = time.perf_counter()
            self._transport.write(self._sender.next())


def request_bytes(wish: Wish) -> bytes:
    """Return a request with a mark where message ids go."""
    events = [_event(number) for number in range(wish.size)]
    body = events[0] if wish.size == 1 else {"batch": events, "sentAt": "2026-11-24T10:00:01.000Z"}
    text = json.dumps(body).encode()
    path = "/v1/track" if wish.size == 1 else "/v1/batch"
    basic = base64.b64encode(f"{wish.key}:".encode()).decode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{wish.port}\r\nAuthorization: Basic {basic}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
    )
    return head.encode() + text


def _event(number: int) -> dict[str, object]:
    """Return a page view as analytics-next sends it, some 700 bytes."""
    return {
        "type": "track",
        "event": "Article Read",
        "anonymousId": f"anon-{number % 1000:07}",
        "messageId": _MARK.decode(),
        "timestamp": "2026-11-24T10:00:00.000Z",
        "properties": {"article_id": f"A{number}", "section": "tuin", "words": 840, "premium": False},
        "context": {
            "locale": "nl-NL",
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "library": {"name": "analytics.js", "version": "next-1.84.0"},
            "page": {
                "url": f"https://tuin.lentehof.example/artikel/{number}",
                "path": f"/artikel/{number}",
                "title": "Fruitbomen snoeien in de winter",
                "referrer": "https://www.lentehof.example/",
            },
        },
    }


if __name__ == "__main__":
    main(sys.argv[1])
