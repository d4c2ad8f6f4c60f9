"""Sends events over HTTP as fast as a server takes them, and notes how long each answer took.

A program of its own, so that its work is not the server's: ``python benchmarks/load.py WISH``, where ``WISH`` is
a ``Wish`` as JSON: requests go over connections that stay open, each with its next as soon as the last was answered, or
at a rate. It prints a ``Load`` as JSON. Requests are prepared bytes in which only the
message ids change, and answers are read no further than needed, so that a core is left for the server.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import subprocess
import sys
import time
import uuid
from array import array
from pathlib import Path
from typing import cast

import msgspec
import numpy as np
import uvloop

HERE = Path(__file__).resolve()
WARM_SECONDS = 1.0
_MARK = b"TWENTY-BYTES-REQUEST"
WORDS = (
    *(
        "snoeien",
        "fruitboom",
        "winter",
        "zaaien",
        "moestuin",
        "kas",
        "compost",
        "bollen",
        "tulp",
        "roos",
        "heg",
        "gazon",
    ),
    *(
        "vijver",
        "terras",
        "recept",
        "pompoen",
        "soep",
        "brood",
        "oven",
        "kruiden",
        "basilicum",
        "wandelen",
        "pad",
        "duin",
    ),
    *("hei", "bos", "kust", "route", "kaart", "rugzak", "tent", "vuur", "seizoen", "oogst", "week", "tuinhuis"),
)
AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:VERSION.0) Gecko/20100101 Firefox/VERSION.0",
    "Mozilla/5.0 (Windows NT 10.0; x64) AppleWebKit/537.36 Chrome/VERSION.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 Chrome/VERSION.0.0.0 Mobile Safari/537.36",
)


class Load(msgspec.Struct, frozen=True):
    """What was sent, and how it was answered."""

    requests: int
    events: int
    refused: int
    seconds: float
    p50: float
    """Milliseconds, as the others below."""
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
    rate: float = 0.0
    """Requests a second over all connections; 0: each connection sends its next as soon as the last was answered. At a
    rate, an answer is late from the moment at which its request was due, also when no connection was free then."""


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
    ticking = asyncio.create_task(_ticks(sender))
    await asyncio.sleep(WARM_SECONDS)
    sender.begin()
    began = time.perf_counter()
    await asyncio.sleep(wish.seconds)
    ticking.cancel()
    seconds, latencies = time.perf_counter() - began, np.array(sender.latencies) * 1000
    answered, refused = sender.answered, sender.refused
    p50, p95, p99 = (float(each) for each in np.percentile(latencies, (50, 95, 99)))
    return Load(answered, answered * wish.size, refused, seconds, p50, p95, p99, float(latencies.max()))


async def _ticks(sender: _Sender) -> None:
    """Look every half millisecond whether a request is due."""
    while True:
        sender.tick()
        await asyncio.sleep(0.0005)


class _Sender:
    """What all connections share: the next request, when it is due, and the count."""

    def __init__(self, wish: Wish) -> None:
        self._request = request_bytes(wish)
        self._stem = f"{os.getpid():07x}{time.time_ns() & 0xFFFF:04x}"
        self._number = 0
        self._pause = 1 / wish.rate if wish.rate else 0.0
        self._due = time.perf_counter()
        self._free: list[_Connection] = []
        self.begin()

    def begin(self) -> None:
        """Count from here on."""
        self.latencies, self.answered, self.refused = array("d"), 0, 0

    def free(self, connection: _Connection) -> None:
        """Let ``connection`` send again: now, or when the next request is due."""
        if not self._pause:
            connection.send(self._next(), time.perf_counter())
        else:
            self._free.append(connection)
            self.tick()

    def tick(self) -> None:
        """Send what is due over the connections that are free."""
        while self._pause and self._free and self._due <= time.perf_counter():
            self._free.pop().send(self._next(), self._due)
            self._due += self._pause

    def _next(self) -> bytes:
        """Return a request whose message ids were never used."""
        self._number += 1
        return self._request.replace(_MARK, b"%s%09x" % (self._stem.encode(), self._number))


class _Connection(asyncio.Protocol):
    """One connection: sends, waits, notes, is free again."""

    def __init__(self, sender: _Sender) -> None:
        self._sender = sender
        self._answer = b""
        self._began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._sender.free(self)

    def send(self, request: bytes, due: float) -> None:
        """Send ``request``, whose answer is waited for since ``due``."""
        self._began = due
        if not self._transport.is_closing():
            self._transport.write(request)

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
        sender.free(self)


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
    """Return an event as analytics-next sends it, some 700 bytes, of which a batch repeats what real ones do."""
    chance = random.Random(number)
    slug = "-".join(chance.choices(WORDS, k=5))
    page = f"https://{chance.choice(('tuin', 'keuken', 'pad'))}.lentehof.example/artikel/{slug}"
    return {
        "type": "track",
        "event": chance.choice(("Article Read", "Product Viewed", "Products Searched", "Workshop Viewed")),
        "anonymousId": str(uuid.UUID(int=chance.getrandbits(128))),
        "messageId": f"{_MARK.decode()}-{number}",
        "timestamp": f"2026-11-24T09:{chance.randrange(60):02}:{chance.randrange(60):02}.{chance.randrange(1000):03}Z",
        "properties": {
            "article_id": f"A{chance.randrange(1_000_000)}",
            "section": chance.choice(WORDS),
            "words": chance.randrange(2000),
        },
        "context": {
            "locale": chance.choice(("nl-NL", "nl-BE", "en-GB")),
            "userAgent": chance.choice(AGENTS).replace("VERSION", str(chance.randrange(100, 145))),
            "library": {"name": "analytics.js", "version": "next-1.84.0"},
            "page": {
                "url": page,
                "path": page.removeprefix("https://").partition("/")[2],
                "title": " ".join(chance.choices(WORDS, k=6)),
                "referrer": f"https://www.{chance.choice(WORDS)}.example/{chance.choice(WORDS)}",
            },
        },
    }


if __name__ == "__main__":
    main(sys.argv[1])
