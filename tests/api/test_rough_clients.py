"""Clients that are slow, broken or hostile, at the real server: they are cut off, and nobody else notices."""

from __future__ import annotations

import json
import socket
import statistics
import time
from contextlib import ExitStack, suppress
from typing import Any
from uuid import uuid4

import pytest
from tests.api.conftest import Door

from helder.api.collect.body import BODY_SECONDS
from helder.server.web import HEADER_BYTES, HEADER_SECONDS


def track(**more: Any) -> dict[str, Any]:
    return {"event": "E", "userId": "7", "messageId": str(uuid4()), **more}


def send(door: Door, body: Any) -> tuple[int, str]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = door.http.post("/v1/track", content=content, headers={"X-Write-Key": door.key})
    return answer.status_code, answer.json().get("code", "")


def head(door: Door, *lines: str, method: str = "POST") -> bytes:
    return "\r\n".join([f"{method} /v1/track HTTP/1.1", "Host: x", f"X-Write-Key: {door.key}", *lines, "", ""]).encode()


def test_hundreds_of_half_sent_requests_hold_up_nobody_and_are_cut_off(door: Door) -> None:
    """Slowloris: 200 heads and 200 bodies that never end. Others are served meanwhile, and all of them are closed."""
    begun = time.monotonic()
    with ExitStack() as stack:
        slow = []
        for number in range(400):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", door.port), timeout=30))
            half = head(door, "Content-Length: 400000") + b'{"event":' if number % 2 else head(door)[:-2]
            connection.sendall(half)
            slow.append(connection)
        took = []
        for _ in range(50):
            at = time.monotonic()
            assert send(door, track())[0] == 200
            took.append(time.monotonic() - at)
        assert statistics.median(took) < 1
        answers = [_until_closed(connection) for connection in slow]
        assert time.monotonic() - begun < max(BODY_SECONDS, HEADER_SECONDS) + 15
    assert all(b"408 " in answer for answer in answers[1::2])
    assert not any(b" 200 " in answer for answer in answers)


def _until_closed(connection: socket.socket) -> bytes:
    """Return what comes until the server closes; a reset is a close."""
    got = b""
    with suppress(ConnectionResetError, TimeoutError):
        while chunk := connection.recv(4096):
            got += chunk
    return got


def exchange(door: Door, data: bytes, *, close: bool = False) -> bytes:
    """Send bytes as they are; return what comes until the server closes, or is silent for a while."""
    with socket.create_connection(("127.0.0.1", door.port), timeout=1) as connection:
        try:
            connection.sendall(data)
            if close:
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            return b""  # it was cut off while it was still sending
        return _until_closed(connection)


def test_a_body_that_is_refused_unread_is_answered_all_the_same(door: Door) -> None:
    """A client that is still sending when it is refused gets its 400, not a reset connection."""
    with socket.create_connection(("127.0.0.1", door.port), timeout=10) as connection:
        connection.sendall(head(door, "Content-Length: 1200000"))
        for _ in range(12):
            connection.sendall(b"x" * 100_000)
            time.sleep(0.01)
        assert b"too-large" in connection.recv(65_536)


def test_a_half_closed_connection_counts_as_gone(door: Door) -> None:
    """A client that closes its side is promised nothing; when it sends again, its event is there."""
    body = json.dumps(track()).encode()
    whole = head(door, f"Content-Length: {len(body)}", "Connection: close") + body
    answer = exchange(door, whole, close=True)
    assert answer == b"" or b"200 OK" in answer
    assert b"200 OK" in exchange(door, whole)
    assert door.events()[-1].message_id == json.loads(body)["messageId"]


@pytest.mark.parametrize(
    "shape",
    [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "Content-Length: +5\r\n\r\nhello",
        "Content-Length: 5, 6\r\n\r\nhello",
        "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        "Content-Length: 0x5\r\n\r\nhello",
        "X: a\r\n b: folded\r\nContent-Length: 5\r\n\r\nhello",
        "X: a\rContent-Length: 5\r\n\r\nhello",
        "Transfer-Encoding: chunked\r\n\r\n5;x=\ny\r\nhello\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n",
        "Content-Length: 99999999999999999999999\r\n\r\nhello",
        "X\x00: a\r\n\r\n",
        ": empty\r\n\r\n",
    ],
)
def test_lengths_that_can_be_read_in_two_ways_take_nothing(door: Door, shape: str) -> None:
    """No event is kept, no second request is found inside the first, and the next client is served."""
    before = len(door.events())
    answer = exchange(
        door, f"POST /v1/track HTTP/1.1\r\nHost: x\r\nX-Write-Key: {door.key}\r\n{shape}".encode("latin-1")
    )
    assert b'{"success":true}' not in answer
    assert b'"alive"' not in answer
    assert b" 500 " not in answer
    assert len(door.events()) == before
    assert send(door, track())[0] == 200


def test_bare_line_feeds_are_one_request_at_most(door: Door) -> None:
    """RFC 9112, section 2.2 lets a server end a line at a bare LF: what comes of it is one whole request, or none."""
    body = json.dumps(track()).encode()
    raw = head(door, f"Content-Length: {len(body)}", "Connection: close").replace(b"\r\n", b"\n") + body
    assert exchange(door, raw).count(b"HTTP/1.1 ") <= 1


@pytest.mark.parametrize("flood", [[f"X-{number}: 1" for number in range(5_000)], ["X: " + "y" * 2 * HEADER_BYTES]])
def test_a_flood_of_headers_is_refused(door: Door, flood: list[str]) -> None:
    """Too many, or too large: an error at once, nothing kept."""
    before = len(door.events())
    body = json.dumps(track()).encode()
    answer = exchange(door, head(door, *flood, f"Content-Length: {len(body)}") + body)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
    assert len(door.events()) == before
    assert send(door, track())[0] == 200


@pytest.mark.parametrize(
    ("more", "kept"),
    [
        ({"timestamp": "1600-01-01T00:00:00Z"}, True),
        ({"timestamp": "2200-01-01T00:00:00Z"}, True),
        ({"timestamp": "2200-01-01T00:00:00Z", "sentAt": "2200-01-01T00:00:05Z"}, True),
        ({"timestamp": "0001-01-01T00:00:00+14:00", "sentAt": "9999-12-31T23:59:59-14:00"}, True),
        ({"timestamp": 1e300}, True),
        ({"properties": {"k" * 30_000: 1}}, True),
        ({"properties": {"k" * 1_000_000: 1}}, False),
        ({"properties": {"x": "y" * 32_700}}, False),
        ({"properties": {"x": "\ud83d"}}, True),
        ({"properties": {"x": "\x00"}}, True),
        ({"properties": []}, False),
        ({"properties": "text"}, False),
        ({"context": 5}, False),
        ({"userId": {"a": 1}}, False),
        ({"userId": ["7"]}, False),
        ({"userId": True}, False),
        ({"userId": 10**400}, True),
        ({"userId": "null"}, False),
        ({"userId": "undefined"}, False),
        ({"userId": "0"}, False),
        ({"userId": 0}, False),
        ({"userId": ""}, False),
        ({"userId": " \t"}, False),
        ({"messageId": "m" * 100}, False),
        ({"event": None}, False),
        ({"event": 5}, True),
    ],
    ids=lambda value: json.dumps(value)[:40] if isinstance(value, dict) else str(value),
)
def test_odd_values_are_kept_mended_or_refused_and_never_a_fault(
    door: Door, more: dict[str, Any], *, kept: bool
) -> None:
    """Whatever a field holds, the answer is success or a 400 with code and message."""
    body = track(**more)
    status, code = send(door, body)
    assert (status == 200) == kept, (status, code)
    assert kept or code
    newest = door.events()[-1]
    assert (newest.message_id == body["messageId"]) == kept
    if kept:
        assert newest.at.year >= 2026


def test_a_batch_at_its_bounds(door: Door) -> None:
    """2,500 events are taken, 2,501 are one rejection; an event of 32 KB is taken, one of a byte more is not."""
    small = {"type": "track", "event": "E", "userId": "7"}
    for count, status in ((2_500, 200), (2_501, 400)):
        answer = door.http.post("/v1/batch", json={"batch": [small] * count}, headers={"X-Write-Key": door.key})
        assert answer.status_code == status
    assert door.rejected()[-1].reason == "too_many"
    shell = len(json.dumps({**small, "properties": {"x": ""}}, separators=(",", ":")))
    for size, reason in ((32 * 1024, None), (32 * 1024 + 1, "too_large")):
        before = len(door.rejected())
        item = {**small, "properties": {"x": "y" * (size - shell)}}
        body = json.dumps({"batch": [item]}, separators=(",", ":"))
        assert door.http.post("/v1/batch", content=body, headers={"X-Write-Key": door.key}).status_code == 200
        assert [each.reason for each in door.rejected()[before:]] == [reason] * bool(reason)
