"""Profiles and segments over HTTP, with keys of every role."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import Any

import httpx
import pyarrow as pa
import pytest
from tests.api.conftest import Door

from helder.access.keys import ROLES, Keys, Role
from helder.govern.audit import read_audit
from helder.intelligence.segments.definitions import Segments
from helder.settings import secret_key
from helder.store.keys import identity_id
from helder.store.projections.online import Online
from helder.store.state import open_state

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
PROFILE = 2**62 + 1
RULE = '{"attribute": "city", "op": "is", "value": "Zwolle"}'


@pytest.fixture(scope="module")
def filled(door: Door) -> Door:
    """The web process over projections with one person, Jan, who is in one of two segments."""
    key = secret_key(door.data)
    online = Online(door.data / "online.db")
    kinds = {"email": "jan@example.nl", "customer:shop": "7"}
    ids = {kind: identity_id(kind, value, key) for kind, value in kinds.items()}
    identity = {"identity_id": list(ids.values()), "kind": list(kinds), "value": list(kinds.values())}
    online.append("identity", pa.table(identity))
    online.append("identity_profile", pa.table({"identity_id": list(ids.values()), "profile_id": [PROFILE] * 2}))
    seen = pa.array([NOW.replace(tzinfo=None)], pa.timestamp("us"))
    online.append("profile", pa.table({"profile_id": [PROFILE], "first_name": ["Jan"], "last_seen": seen}))
    state = open_state(door.data / "state.db")
    segments = Segments(state)
    saved = [segments.save(name, name.title(), RULE, NOW, "test") for name in ("zwolle", "assen")]
    online.apply_members(saved[0].id, 1, [PROFILE, 5, 6], [], NOW.replace(tzinfo=None))
    online.close()
    state.close()
    return door


def asking(door: Door, role: Role, name: str = "crm") -> httpx.Client:
    state = open_state(door.data / "state.db")
    key = Keys(state).add_api_key(name, role, NOW)
    state.close()
    return httpx.Client(base_url=door.http.base_url, headers={"Authorization": f"Bearer {key}"}, timeout=10)


@pytest.mark.parametrize(
    "path",
    [f"/v1/profiles/{PROFILE}", "/v1/profiles/email/JAN@example.nl", "/v1/profiles/customer:shop/7"],
)
def test_a_person_is_found_by_any_identity(filled: Door, path: str) -> None:
    """By profile id, and by an identity as any source writes it: record, identities and segments."""
    with asking(filled, "marketer") as http:
        answer = http.get(path)
    assert answer.status_code == 200
    found = answer.json()
    assert found["profile_id"] == str(PROFILE)
    assert (found["first_name"], found["city"], found["last_seen"]) == ("Jan", None, "2026-11-24T10:00:00Z")
    assert found["segments"] == ["zwolle"]
    assert {"kind": "email", "value": "jan@example.nl"} in found["identities"]


@pytest.mark.parametrize("path", ["/v1/profiles/9", "/v1/profiles/email/nobody@example.nl", "/v1/profiles/email/none"])
def test_nobody_is_a_404_without_the_value(filled: Door, path: str) -> None:
    """The answer does not repeat what was asked: it may be an address."""
    with asking(filled, "marketer") as http:
        answer = http.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert "nobody@" not in answer.text


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("path", "least"),
    [
        (f"/v1/profiles/{PROFILE}", "marketer"),
        ("/v1/segments", "viewer"),
        ("/v1/segments/zwolle", "viewer"),
        ("/v1/segments/zwolle/members", "marketer"),
    ],
)
def test_each_role_sees_what_it_may(filled: Door, role: Role, path: str, least: Role) -> None:
    """A lesser role is denied with 403; without a key it is 401."""
    with asking(filled, role) as http:
        answer = http.get(path)
    may = ROLES.index(role) >= ROLES.index(least)
    assert answer.status_code == (200 if may else 403)
    assert may or answer.json()["code"] == "denied"
    for header in ({}, {"Authorization": "Bearer nope"}, {"Authorization": "Basic Og=="}):
        answer = filled.http.get(path, headers=header)
        assert (answer.status_code, answer.json()["code"]) == (401, "unknown-key")


def test_a_write_key_reads_nothing(filled: Door) -> None:
    """What a browser holds opens no profile."""
    answer = filled.http.get("/v1/segments", headers={"Authorization": f"Bearer {filled.key}"})
    assert answer.status_code == 401


def test_reading_a_person_is_noted(filled: Door) -> None:
    """The trail says which key read which profile, and holds nothing of the person."""
    with asking(filled, "marketer", "callcentre") as http:
        http.get("/v1/profiles/email/jan@example.nl")
    state = open_state(filled.data / "state.db")
    for _ in range(50):
        noted = [each for each in read_audit(state) if each.actor == "key:callcentre"]
        if noted:
            break
        time.sleep(0.1)
    state.close()
    assert [(each.action, each.subject) for each in noted] == [("profile.read", f"profile:{PROFILE}")]
    assert "jan@" not in str(noted)


def test_segments_are_listed_with_their_size(filled: Door) -> None:
    """Both segments, the one whose members were never computed too."""
    with asking(filled, "viewer") as http:
        listed = {each["key"]: each for each in http.get("/v1/segments").json()}
        one = http.get("/v1/segments/zwolle").json()
    assert (listed["zwolle"]["members"], listed["assen"]["members"]) == (3, 0)
    assert one == listed["zwolle"]


def test_members_come_page_by_page(filled: Door) -> None:
    """Every member once, in order, whatever the size of a page; a bad page is a 400."""
    with asking(filled, "marketer") as http:
        for size in (1, 2, 3, 10):
            seen: list[str] = []
            after: str | None = "-1"
            while after is not None:
                page = http.get("/v1/segments/zwolle/members", params={"limit": size, "after": after}).json()
                seen += page["profile_ids"]
                after = page["next"]
            assert seen == ["5", "6", str(PROFILE)]
        for bad in ({"limit": 0}, {"limit": 10**9}, {"after": "x"}):
            answer = http.get("/v1/segments/zwolle/members", params=bad)
            assert (answer.status_code, answer.json()["code"]) == (400, "invalid-input")


def test_a_count_needs_the_worker(filled: Door) -> None:
    """Without it the answer is that it cannot be told now, with the time to try again: never a number."""
    with asking(filled, "viewer") as http:
        answer = http.post("/v1/segments/count", json={"rule": {}})
        wrong = http.post("/v1/segments/count", json={"regel": {}})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"]
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid-input")


def operations(document: dict[str, Any]) -> set[tuple[str, str]]:
    return {(method, path) for path, item in document["paths"].items() for method in item}


def test_the_api_is_described(door: Door) -> None:
    """The OpenAPI document tells of collecting, profiles and segments, and leaves out pages and mail links."""
    document = door.http.get("/schema/openapi.json").json()
    found = operations(document)
    assert {("post", "/v1/batch"), ("get", "/v1/profiles/{profile_id}"), ("post", "/v1/segments/count")} <= found
    assert not [path for _, path in found if path.startswith(("/t/", "/enter", "/static"))]


def test_the_description_is_shown_without_the_internet(door: Door) -> None:
    """The page holds every operation, and nothing in it is fetched from elsewhere."""
    page = door.http.get("/schema").text
    for method, path in operations(door.http.get("/schema/openapi.json").json()):
        assert f"<b>{method.upper()}</b> <code>{path}</code>" in page
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", page)
    assert "<script" not in page
