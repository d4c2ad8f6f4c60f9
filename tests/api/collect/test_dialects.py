"""Requests of other clients than Segment's, over real sockets: their paths, keys and answers."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from tests.api.conftest import Door

RECORDED = Path(__file__).parents[2] / "data/clients/posthog.jsonl"
PURCHASE = {"name": "purchase", "params": {"transaction_id": "T_1", "value": 30.03, "currency": "EUR"}}


def recorded() -> list[dict[str, Any]]:
    return [json.loads(line) for line in RECORDED.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("request_", recorded(), ids=["python", "node"])
def test_recorded_requests_of_posthog_are_taken(door: Door, request_: dict[str, Any]) -> None:
    """With their own headers and gzip, and only the key changed."""
    body = json.dumps({**request_["body"], "api_key": door.key}).encode()
    before = len(door.events())
    sent = gzip.compress(body) if request_["gzip"] else body
    answer = door.http.post(request_["path"], content=sent, headers=request_["headers"])
    assert (answer.status_code, answer.json()) == (200, {"status": 1})
    assert len(door.events()) - before >= len(request_["body"]["batch"])


@pytest.mark.parametrize("path", ["/e/", "/i/v0/e/", "/capture/", "/capture", "/e/?compression=gzip-js&_=1"])
def test_posthog_in_browsers_is_taken_at_each_path(door: Door, path: str) -> None:
    """Gzipped under ``text/plain``, with the token among the properties of the event."""
    event = {"event": "Seen", "properties": {"distinct_id": "a-1", "$device_id": "a-1", "token": door.key}}
    sent = gzip.compress(json.dumps([event]).encode())
    answer = door.http.post(path, content=sent, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 200
    assert (door.events()[-1].name, door.events()[-1].anonymous_id) == ("Seen", "a-1")


def test_a_single_event_that_is_wrong_is_told(door: Door) -> None:
    """As for every client: 400 with the reason."""
    answer = door.http.post("/capture/", json={"api_key": door.key, "event": "Seen"})
    assert (answer.status_code, answer.json()["code"]) == (400, "no-identity")


def test_ga4_is_taken_with_its_secret(door: Door) -> None:
    """The write key is ``api_secret``; 200 means that the event is on disk."""
    query = {"measurement_id": "G-XXXXXXXXXX", "api_secret": door.key}
    body = {"client_id": "1.2", "events": [PURCHASE]}
    answer = door.http.post("/mp/collect", params=query, json=body)
    assert answer.status_code == 200
    event = door.events()[-1]
    assert (event.name, event.anonymous_id, event.value_micros) == ("Order Completed", "1.2", 30_030_000)
    wrong = door.http.post("/mp/collect", params={**query, "api_secret": "nope"}, json=body)
    assert (wrong.status_code, wrong.json()["code"]) == (401, "unknown-write-key")


def test_ga4_says_what_is_wrong_and_keeps_nothing(door: Door) -> None:
    """The path under ``/debug`` checks a request."""
    query, before = {"api_secret": door.key}, (len(door.events()), len(door.rejected()))
    fine = door.http.post("/debug/mp/collect", params=query, json={"client_id": "1.2", "events": [PURCHASE]})
    assert fine.json() == {"validationMessages": []}
    wrong = door.http.post("/debug/mp/collect", params=query, json={"events": [PURCHASE]})
    (said,) = wrong.json()["validationMessages"]
    assert said["validationCode"] == "NO_IDENTITY"
    assert (len(door.events()), len(door.rejected())) == before


def test_ga4_has_its_own_limit(door: Door) -> None:
    """130 kB, and a message that says so."""
    answer = door.http.post("/mp/collect", params={"api_secret": door.key}, content=b"x" * (130 * 1024 + 1))
    assert (answer.status_code, answer.json()["code"]) == (400, "too-large")
    assert "130 KB" in answer.json()["message"]


@pytest.mark.parametrize("path", ["/api/s/track", "/api/s/s2s/track"])
def test_jitsu_is_taken(door: Door, path: str) -> None:
    """The key is the part of the header before the colon; in the body it is masked."""
    body = {"type": "track", "event": "Seen", "anonymousId": "a-2", "messageId": path, "writeKey": f"{door.key}:***"}
    answer = door.http.post(path, json=body, headers={"X-Write-Key": f"{door.key}:secret"})
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    assert door.events()[-1].message_id == path
    assert door.http.post(path, json={**body, "messageId": f"{path}-2"}).status_code == 200


def test_gzip_is_known_by_its_bytes(door: Door) -> None:
    """RudderStack's Node SDK sends gzipped JSON under the content type of a form."""
    body = {"batch": [{"type": "track", "event": "Seen", "userId": "u-1", "messageId": "form"}]}
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Write-Key": door.key}
    answer = door.http.post("/v1/batch", content=gzip.compress(json.dumps(body).encode()), headers=headers)
    assert answer.status_code == 200
    assert door.events()[-1].message_id == "form"
