"""The front door over real sockets, served by Granian in its own process."""

from __future__ import annotations

import base64
import gzip
import json
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.api.conftest import Door

from helder.collect.dialects.dialect import MAX_BODY

CLIENTS = Path(__file__).parents[1] / "data/clients/requests.jsonl"


def basic(key: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}


def track(**more: object) -> dict[str, Any]:
    return {"event": "Seen", "anonymousId": "a1", "messageId": str(uuid4()), **more}


def recorded() -> list[dict[str, Any]]:
    return [json.loads(line) for line in CLIENTS.read_text("utf-8").splitlines()]


@pytest.mark.parametrize(
    "request_", recorded(), ids=lambda request_: request_["path"] + request_["headers"]["user-agent"][:24]
)
def test_recorded_requests_of_sdks_are_taken(door: Door, request_: dict[str, Any]) -> None:
    """Each SDK's request, with its own headers and gzip and only the key changed, is answered as it needs."""
    body = json.dumps(request_["body"]).encode()
    headers = {**request_["headers"], **basic(door.key)}
    before = len(door.events()) + len(door.rejected())
    sent = gzip.compress(body) if request_["gzip"] else body
    answer = door.http.post(request_["path"], content=sent, headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert len(door.events()) + len(door.rejected()) - before == len(request_["body"].get("batch", [0]))


@pytest.mark.parametrize("way", ["basic", "bearer", "header", "header with secret", "body", "body, as text"])
def test_a_write_key_may_come_in_each_way(door: Door, way: str) -> None:
    """Basic user name, Bearer, X-Write-Key, and the field writeKey, whatever the content type."""
    headers = {
        "basic": basic(door.key),
        "bearer": {"Authorization": f"Bearer {door.key}"},
        "header": {"X-Write-Key": door.key},
        "header with secret": {"X-Write-Key": f"{door.key}:secret"},
        "body, as text": {"Content-Type": "text/plain"},
    }.get(way, {})
    body = track(**({"writeKey": door.key} if "body" in way else {}))
    assert door.http.post("/v1/track", content=json.dumps(body), headers=headers).status_code == 200
    assert body["messageId"] in {event.message_id for event in door.events()}


def test_a_success_is_already_on_disk(door: Door) -> None:
    """When the answer comes, another process reads the event: nothing waits in memory."""
    for _ in range(20):
        body = track()
        assert door.http.post("/v1/track", json=body, headers=basic(door.key)).status_code == 200
        assert body["messageId"] == door.events()[-1].message_id


@pytest.mark.parametrize(
    ("key", "code"), [("", "unknown-write-key"), ("nope", "unknown-write-key"), ("\u00e9", "unknown-write-key")]
)
def test_without_a_good_key_nothing_is_taken(door: Door, key: str, code: str) -> None:
    """401, in the shape that SDKs can read."""
    before = len(door.events())
    answer = door.http.post("/v1/track", json=track(), headers=basic(key))
    assert answer.status_code == 401
    assert answer.json()["code"] == code
    assert answer.json()["message"]
    assert len(door.events()) == before


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "malformed"),
        (b"{", "malformed"),
        (b'{"event": "E"', "malformed"),
        (b"\xff\xfe", "malformed"),
        (b'{"event":"\xff","userId":"1"}', "malformed"),
        (b'{"event":"E","userId":"1","properties":{"a":"\x00"}}', "malformed"),
        (b"[" * 10_000, "malformed"),
        (b'{"properties":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_001, "malformed"),
        (b'{"properties":' + b'{"a":' * 10_000 + b"1" + b"}" * 10_001, "too-large"),
        (b'{"event":"E"}', "no-identity"),
        (b'{"userId":"1"}', "no-name"),
        (b'{"x":"' + b"y" * MAX_BODY + b'"}', "too-large"),
        (gzip.compress(b"x" * 100_000_000), "too-large"),
        (gzip.compress(b'{"event":"E","userId":"1"}')[:-12], "malformed"),
        (b"\x1f\x8b\x08nonsense", "malformed"),
        (b"\x1f\x8b" + zlib.compress(b"{}"), "malformed"),
    ],
    ids=lambda value: value[:12].hex() if isinstance(value, bytes) else value,
)
def test_what_cannot_be_read_is_a_400_with_a_code(door: Door, body: bytes, code: str) -> None:
    """Broken JSON, invalid text, deep nesting, too much, gzip bombs and broken gzip."""
    answer = door.http.post("/v1/track", content=body, headers=basic(door.key))
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert door.http.get("/healthz").status_code == 200


def test_bytes_after_the_gzip_are_refused_by_size_only(door: Door) -> None:
    """A whole gzip followed by something is read up to its end."""
    body = gzip.compress(json.dumps(track()).encode()) + b"trailing"
    assert door.http.post("/v1/track", content=body, headers=basic(door.key)).status_code == 200


def test_a_bad_item_is_a_success_and_kept(door: Door) -> None:
    """Sending it again would not help, so the sender hears success; the reason is in the inbox."""
    ids = [str(uuid4()), str(uuid4())]
    body = {"batch": [{**track(messageId=ids[0]), "type": "track"}, {"type": "nonsense", "messageId": ids[1]}]}
    assert door.http.post("/v1/batch", json=body, headers=basic(door.key)).status_code == 200
    assert ids[0] in {event.message_id for event in door.events()}
    assert [(each.reason, each.message_id) for each in door.rejected()][-1] == ("unknown_type", ids[1])


def test_a_preflight_allows_what_sdks_send(door: Door) -> None:
    """Browsers ask before they send; all headers of the known SDKs are allowed."""
    answer = door.http.options(
        "/v1/t", headers={"Origin": "https://x.example", "Access-Control-Request-Method": "POST"}
    )
    assert answer.status_code == 200
    allowed = answer.headers["access-control-allow-headers"]
    for header in ("authorization", "content-type", "x-retry-count", "anonymousid", "x-write-key"):
        assert header in allowed
    taken = door.http.post("/v1/t", json=track(), headers={**basic(door.key), "Origin": "https://x.example"})
    assert taken.headers["access-control-expose-headers"] == "Retry-After"


@pytest.mark.parametrize(("method", "status"), [("GET", 405), ("PUT", 405), ("DELETE", 405)])
def test_only_post_sends_events(door: Door, method: str, status: int) -> None:
    """Another method is told so."""
    answer = door.http.request(method, "/v1/track", headers=basic(door.key))
    assert (answer.status_code, answer.json()["code"]) == (status, "method-not-allowed")


def test_many_at_once_are_all_kept_once(door: Door) -> None:
    """Five hundred requests over sixteen connections: every accepted event is there exactly once."""
    bodies = [track() for _ in range(500)]

    def send(body: dict[str, Any]) -> int:
        return door.http.post("/v1/track", json=body, headers=basic(door.key)).status_code

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(send, bodies)) == {200}
    kept = [event.message_id for event in door.events()]
    assert all(kept.count(body["messageId"]) == 1 for body in bodies)


def test_a_request_that_ends_half_way_leaves_nothing(door: Door) -> None:
    """A client that goes away within its body is not taken half, and the next request is served."""
    before = len(door.events())
    head = f"POST /v1/track HTTP/1.1\r\nHost: x\r\nAuthorization: {basic(door.key)['Authorization']}\r\n"
    door.raw(head.encode() + b"Content-Length: 500\r\n\r\n" + b'{"event":')
    time.sleep(0.1)
    assert len(door.events()) == before
    assert door.http.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "Content-Length: -1\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nZZ\r\n\r\n",
    ],
)
def test_smuggling_shapes_take_nothing(door: Door, head: str) -> None:
    """Requests whose length can be read in two ways get an error or no answer, and never a second answer of success."""
    before = len(door.events())
    answer = door.raw(f"POST /v1/track HTTP/1.1\r\nHost: x\r\n{head}".encode())
    assert b'{"success":true}' not in answer
    assert answer.count(b'"alive"') == 0
    assert len(door.events()) == before
    assert door.http.get("/healthz").status_code == 200


def test_unknown_paths_are_a_json_404(door: Door) -> None:
    """Everything else is answered in the same shape."""
    answer = door.http.post("/v2/whatever", json={})
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_figures_say_what_came_in(door: Door) -> None:
    """/metrics counts accepted and rejected events by reason, and parses as Prometheus' text."""
    from prometheus_client.parser import text_string_to_metric_families

    def figures() -> dict[str, float]:
        families = text_string_to_metric_families(door.http.get("/metrics").text)
        return {
            sample.name + sample.labels.get("reason", ""): sample.value for each in families for sample in each.samples
        }

    before = figures()
    door.http.post("/v1/track", json=track(), headers=basic(door.key))
    door.http.post("/v1/track", json={"event": "E"}, headers=basic(door.key))
    after = figures()
    assert after["helder_events_accepted_total"] - before["helder_events_accepted_total"] == 1
    gone = "helder_events_rejected_totalno_identity"
    assert after[gone] - before.get(gone, 0) == 1
    assert after["helder_up"] == 0


def test_readiness_says_what_is_missing(door: Door) -> None:
    """Without a worker the answer is 503 and names it; the inbox and the state are ready."""
    answer = door.http.get("/readyz")
    assert answer.status_code == 503
    parts = answer.json()
    assert parts["inbox"] == parts["state"] == "ready"
    assert "worker" in parts["worker"]


def test_the_log_holds_nothing_of_people(door: Door) -> None:
    """Addresses, ids and keys that went through are in no line of the log, and every line is JSON."""
    secret = "jan.van.den.berg@geheim.example"
    door.http.post("/v1/identify", json={"userId": secret, "traits": {"email": secret}}, headers=basic(door.key))
    door.http.post("/v1/identify", content=b'{"userId":"' + secret.encode(), headers=basic(door.key))
    httpx.get(f"http://127.0.0.1:{door.port}/v1/none?who={secret}")
    lines = (door.data / "web.log").read_text("utf-8").splitlines()
    assert lines
    assert all(isinstance(json.loads(line), dict) for line in lines)
    assert not [line for line in lines if secret in line or door.key in line]
