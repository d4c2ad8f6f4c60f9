from __future__ import annotations

import asyncio
import base64
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from helder.demo.company import Company
from helder.demo.company.layout import WRITE_KEYS
from helder.demo.faults import DemoFault
from helder.demo.traffic import Sent, send

NOW = datetime(2026, 11, 24, 10, 5, tzinfo=UTC)
Handler = Callable[[str, dict[str, str], bytes], tuple[int, str] | None]


@asynccontextmanager
async def collector(answer: Handler) -> AsyncIterator[str]:
    """A tiny HTTP server; the handler gives status and Retry-After, or None to hang up without an answer."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := (await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b""):
            lines = head.decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
            body = await reader.readexactly(int(headers["content-length"]))
            found = answer(lines[0].split(" ")[1], headers, body)
            if found is None:
                break
            retry = f"Retry-After: {found[1]}\r\n" if found[1] else ""
            writer.write(f"HTTP/1.1 {found[0]} X\r\n{retry}Content-Length: 2\r\n\r\n{{}}".encode())
            if headers.get("x-close"):
                break
        writer.close()

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(guarded, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def play(company: Company, answer: Handler) -> Sent:
    """Send a company's events to a collector that answers so."""

    async def run() -> Sent:
        async with collector(answer) as base:
            return await send(company, base, lambda: NOW, connections=3)

    return asyncio.run(run())


def events_of(path: str, body: bytes) -> list[dict[str, str]]:
    """Return the events of a request, each with the moment at which its sender says it was sent."""
    found = json.loads(body)
    events = found["batch"] if path == "/v1/batch" else [found]
    return [{**each, "sentAt": found["sentAt"]} for each in events]


def test_every_event_arrives_once_with_its_sites_key(small: Company) -> None:
    """All message ids come in, at least one in twenty alone, and every request bears the write key of a site."""
    got: list[dict[str, str]] = []
    paths: Counter[str] = Counter()
    keys: set[str] = set()

    def answer(path: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        got.extend(events_of(path, body))
        paths[path] += 1
        keys.add(base64.b64decode(headers["authorization"].removeprefix("Basic ")).decode())
        return 200, ""

    sent = play(small, answer)
    assert sent.events == len(got) == len({each["messageId"] for each in got}) == small.events
    assert sent.requests == paths.total()
    assert sent.singles == paths.total() - paths["/v1/batch"]
    assert sent.singles >= 0.05 * sent.events
    assert {"/v1/page", "/v1/track", "/v1/identify"} < set(paths)
    assert keys == {f"{key}:" for key in WRITE_KEYS}


def test_the_true_moment_follows_from_timestamp_and_moment_of_sending(small: Company) -> None:
    """Whatever a browser's clock says, received - (sentAt - timestamp) lies in the past two months."""
    moments: list[datetime] = []

    def answer(path: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        for each in events_of(path, body):
            age = datetime.fromisoformat(each["sentAt"]) - datetime.fromisoformat(each["timestamp"])
            moments.append(NOW - age)
        return 200, ""

    play(small, answer)
    assert NOW - timedelta(days=61) < min(moments)
    assert max(moments) < NOW


def test_what_is_refused_for_now_is_sent_again_with_the_same_ids(small: Company) -> None:
    """429, 503 and a connection that breaks lose nothing and double nothing at the sender."""
    taken: Counter[str] = Counter()
    calls = 0

    def answer(path: str, headers: dict[str, str], body: bytes) -> tuple[int, str] | None:
        nonlocal calls
        calls += 1
        if calls % 7 == 0:
            return None
        if calls % 5 == 0:
            return (429, "0") if calls % 2 else (503, "0.001")
        taken.update(each["messageId"] for each in events_of(path, body))
        return 200, ""

    sent = play(small, answer)
    assert len(taken) == small.events
    assert set(taken.values()) == {1}
    assert sent.retried > 0
    assert calls == sent.requests + sent.retried


def test_a_collector_that_never_takes_an_event_is_a_fault(small: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """After many tries the sender gives up loudly instead of losing the event."""
    monkeypatch.setattr("helder.demo.http.LONGEST_PAUSE", 0.001)
    with pytest.raises(ExceptionGroup) as raised:
        play(small, lambda path, headers, body: (503, "0"))
    assert raised.group_contains(DemoFault, match="answered 503")


def test_an_event_that_is_refused_for_good_is_a_fault(small: Company) -> None:
    """A 400 says that the demo company writes bad events: nothing to pass over."""
    with pytest.raises(ExceptionGroup) as raised:
        play(small, lambda path, headers, body: (400, ""))
    assert raised.group_contains(DemoFault, match="answered 400")
