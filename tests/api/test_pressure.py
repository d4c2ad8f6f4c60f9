"""What the front door answers when the house behind it is in trouble."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from helder.access.keys import WriteKey
from helder.api.collect import Collect
from helder.api.collect.body import Room
from helder.collect.event import Entry
from helder.collect.inbox import InboxFull, InboxUnwritable


class Trouble:
    """Stands for the inbox and the keys; the inbox fails with ``error`` when there is one."""

    def __init__(self, error: Exception | None) -> None:
        self._error = error
        self.kept: list[Entry] = []

    async def append_async(self, entry: Entry) -> None:
        if self._error is not None:
            raise self._error
        self.kept.append(entry)

    def write_key(self, _key: str) -> WriteKey:
        return WriteKey("site")


def answer(
    trouble: Trouble, messages: list[dict[str, Any]], room: Room | None = None, **scope: Any
) -> tuple[int, dict[str, str], Any]:
    """Send one request to the door; return status, headers and the JSON of the body."""
    sent: list[dict[str, Any]] = []
    waiting = iter(messages)

    async def receive() -> dict[str, Any]:
        return next(waiting)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    door = Collect(trouble, trouble)  # pyrefly: ignore[bad-argument-type] - a stand-in for both
    door._room = room or door._room
    request = {"type": "http", "method": "POST", "path": "/v1/track", "headers": [], **scope}
    asyncio.run(door(request, receive, send))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, json.loads(sent[1]["body"])


def body(*parts: bytes) -> list[dict[str, Any]]:
    return [
        {"type": "http.request", "body": part, "more_body": number < len(parts)} for number, part in enumerate(parts, 1)
    ]


EVENT = b'{"event":"E","userId":"1"}'


@pytest.mark.parametrize(
    ("error", "status", "code", "retry"),
    [
        (InboxFull("too much"), 429, "inbox-full", "1"),
        (InboxUnwritable("disk full"), 503, "inbox-unwritable", "5"),
        (RuntimeError("jan@example.nl"), 500, "internal", None),
    ],
)
def test_trouble_is_told_so_that_clients_try_again(error: Exception, status: int, code: str, retry: str | None) -> None:
    """429 and 503 with the time to wait, readable for browsers; a defect is a 500 that tells nothing of its text."""
    found, headers, problem = answer(Trouble(error), body(EVENT))
    assert (found, problem["code"], headers.get("retry-after")) == (status, code, retry)
    assert headers["access-control-expose-headers"] == "Retry-After"
    assert headers["content-type"] == "application/json"
    assert "jan@" not in str(problem)


def test_a_body_in_pieces_is_put_together() -> None:
    """However a request is cut up on its way, it is one body."""
    trouble = Trouble(None)
    status, _, _ = answer(trouble, body(EVENT[:3], EVENT[3:9], b"", EVENT[9:]))
    assert status == 200
    assert [event.name for entry in trouble.kept for event in entry.events] == ["E"]


def test_a_client_that_goes_away_leaves_nothing() -> None:
    """A connection that ends within the body is no request."""
    trouble = Trouble(None)
    status, _, problem = answer(trouble, [*body(EVENT[:9], b"")[:1], {"type": "http.disconnect"}])
    assert (status, problem["code"], trouble.kept) == (400, "malformed", [])


def test_a_body_without_end_is_cut_off() -> None:
    """It is refused as soon as it is too large, whatever it said of its length."""
    pieces = iter(body(*[b"x" * 65_536] * 1000))
    taken: list[int] = []

    def counted() -> Any:
        for piece in pieces:
            taken.append(1)
            yield piece

    status, _, problem = answer(Trouble(None), counted())
    assert (status, problem["code"]) == (400, "too-large")
    assert len(taken) < 10


def test_bodies_that_come_slowly_do_not_fill_the_memory() -> None:
    """What is coming in at once has bounds: beyond them a request is refused with 429, and room comes back."""
    room = Room(150_000)
    large = body(*[b"x" * 50_000] * 4)
    status, headers, problem = answer(Trouble(None), large, room=room)
    assert (status, problem["code"], headers["retry-after"]) == (429, "inbox-full", "1")
    for _ in range(2):
        padded = body(b'{"batch":[', b" " * 100_000, EVENT, b"]}")
        assert answer(Trouble(None), padded, room=room, path="/v1/batch")[0] == 200


def test_a_length_that_is_too_large_is_refused_unread() -> None:
    """Nothing of the body is waited for."""
    status, _, problem = answer(Trouble(None), [], headers=[(b"content-length", b"999999999")])
    assert (status, problem["code"]) == (400, "too-large")
