"""Rejected events and tracking plans over HTTP: a web process, a worker, and keys of two roles."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.api.conftest import Door

from helder.access.allowance import Allowance
from helder.access.keys import TRUSTED_SECONDS, Keys
from helder.govern.audit import read_audit
from helder.store.state import open_state

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SECRET = "jan@geheim.example"


def ask(door: Door, headers: dict[str, str], path: str, **more: Any) -> Any:
    answer = door.http.get(path, headers=headers, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def until(what: Any) -> Any:
    """Return what comes out of ``what`` once that is something."""
    for _ in range(200):
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come")


def track(name: str, message: str, **properties: Any) -> dict[str, Any]:
    return {"event": name, "userId": SECRET, "messageId": message, "properties": properties}


def test_a_rejected_event_is_seen_and_sent_again(door: Door, engineer: dict[str, str]) -> None:
    """From a plan that is enforced, over the rejection, to a mended plan and the event in its place."""
    plan: dict[str, Any] = {"mode": "enforce", "event": {"Bought": {"property": {"total": "number"}}}}
    saved = door.http.put("/v1/plans/site", json=plan, headers=engineer)
    assert (saved.status_code, saved.json()["version"]) == (200, 1)
    time.sleep(TRUSTED_SECONDS + 0.2)  # the door knows a changed plan after at most this long
    write = {"Authorization": f"Bearer {door.key}"}
    refused = door.http.post("/v1/track", json=track("Bought", "w1", total="12"), headers=write)
    assert (refused.status_code, refused.json()["code"]) == (400, "wrong-type")
    batch = {"batch": [{**track("Bought", "w2", total=12), "type": "track"}, {**track("Sold", "w3"), "type": "track"}]}
    assert door.http.post("/v1/batch", json=batch, headers=write).status_code == 200
    found = until(lambda: (f := ask(door, engineer, "/v1/rejects", params={"source": "site"}))["rejects"][1:] and f)
    assert [(each["reason"], each["message_id"]) for each in found["rejects"][:2]] == [
        ("not_in_plan", "w3"),
        ("wrong_type", "w1"),
    ]
    assert SECRET not in str(found)
    number = found["rejects"][1]["number"]
    assert SECRET in ask(door, engineer, f"/v1/rejects/{number}")["body"]
    counts = ask(door, {"Authorization": f"Bearer {door.reader}"}, "/v1/rejects/count", params={"reason": "wrong_type"})
    assert [(each["rejected"], each["open"]) for each in counts] == [(1, 1)]
    violations = ask(door, engineer, "/v1/plans/site/violations", params={"days": 1})
    assert {(each["event"], each["property"], each["events"]) for each in violations} == {
        ("Bought", "total", 1),
        ("Sold", "", 1),
    }

    again = {"source": "site", "reason": "wrong_type"}
    assert door.http.post("/v1/rejects/send-again", json=again, headers=engineer).json() == {
        "sent": 0,
        "still": {"wrong_type": 1},
    }
    plan["event"]["Bought"]["property"]["total"] = "text"
    assert door.http.put("/v1/plans/site", json=plan, headers=engineer).json()["version"] == 2
    for times in (1, 0):
        report = door.http.post("/v1/rejects/send-again", json=again, headers=engineer).json()
        assert report == {"sent": times, "still": {}}
    assert door.http.put("/v1/plans/site", json={"mode": "off"}, headers=engineer).status_code == 200


def test_who_may_not_see_them_does_not(door: Door, engineer: dict[str, str]) -> None:
    """What was rejected is for engineers; whoever reads one is in the audit trail; nothing of it is in the logs."""
    viewer = {"Authorization": f"Bearer {door.reader}"}
    for path in ("/v1/rejects", "/v1/rejects/1"):
        assert door.http.get(path).status_code == 401
        assert door.http.get(path, headers=viewer).status_code == 403
    assert door.http.post("/v1/rejects/send-again", json={"source": "site"}, headers=viewer).status_code == 403
    assert door.http.put("/v1/plans/site", json={}, headers=viewer).status_code == 403
    state = open_state(door.data / "state.db")
    trail = [(each.actor, each.action) for each in read_audit(state)]
    state.close()
    assert ("key:engineer", "reject.read") in trail
    assert ("key:engineer", "plan.save") in trail
    assert ("key:engineer", "reject.send_again") in trail
    for log in ("web.log", "worker.log"):
        assert SECRET not in (door.data / log).read_text("utf-8")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/rejects/send-again", {}),
        ("/v1/rejects/send-again", {"numbers": ["x"]}),
        ("/v1/rejects/send-again", {"everything": True}),
        ("/v1/rejects/send-again", {"source": "a\0b"}),
        ("/v1/rejects/send-again", {"since": "0001-01-01T00:00:00+14:00"}),
    ],
)
def test_what_is_not_meant_is_refused(door: Door, engineer: dict[str, str], path: str, body: dict[str, Any]) -> None:
    """Nothing is sent again by accident: an empty choice is not everything."""
    assert door.http.post(path, json=body, headers=engineer).status_code == 400


def test_a_plan_that_is_wrong_is_told(door: Door, engineer: dict[str, str]) -> None:
    """The answer names the place; an unknown source has no plan."""
    answer = door.http.put("/v1/plans/site", json={"mode": "strict"}, headers=engineer)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-input")
    assert "mode" in answer.json()["message"]
    assert door.http.get("/v1/plans/none", headers=engineer).status_code == 404


def keyed(door: Door, **allows: Any) -> str:
    state = open_state(door.data / "state.db")
    key = Keys(state).add_write_key("site", NOW, allows=Allowance(**allows))
    state.close()
    return key


def test_a_key_is_held_to_its_origins_and_its_use(door: Door) -> None:
    """403 with code and message, readable for the page; nothing is kept."""
    key = keyed(door, use="page", origins=("https://shop.example", "https://*.news.example"))
    before = len(door.events())

    def status(origin: str | None, path: str = "/v1/track") -> tuple[int, str]:
        headers = {"X-Write-Key": key, **({"Origin": origin} if origin else {})}
        body = {"event": "E", "userId": "1"} if path == "/v1/track" else {"batch": []}
        answer = door.http.post(path, json=body, headers=headers)
        assert answer.headers["access-control-allow-origin"] == "*"
        return answer.status_code, answer.json().get("code", "")

    assert status("https://shop.example") == status("https://www.news.example") == (200, "")
    for wrong in ("https://shop.example.evil.example", "http://shop.example", "https://news.example", "null", None):
        assert status(wrong) == (403, "origin-not-allowed")
    assert status("https://shop.example", "/v1/import") == (403, "wrong-use")
    assert len(door.events()) == before + 2
    server = keyed(door, use="server")
    shown = door.http.post("/v1/t", json={}, headers={"X-Write-Key": server, "Origin": "https://shop.example"})
    assert (shown.status_code, shown.json()["code"]) == (403, "wrong-use")


def test_a_key_that_sends_too_fast_is_told_when_to_go_on(door: Door) -> None:
    """429, and Retry-After is true: after that long the same request is taken."""
    key = keyed(door, events_per_second=2.0, burst=3)
    send = {"json": {"batch": [{**track("E", ""), "type": "track"}] * 4}, "headers": {"X-Write-Key": key}}
    assert door.http.post("/v1/batch", **send).status_code == 200
    answer = door.http.post("/v1/batch", **send)
    assert (answer.status_code, answer.json()["code"]) == (429, "too-fast")
    seconds = int(answer.headers["retry-after"])
    assert seconds == 1
    time.sleep(seconds)
    assert door.http.post("/v1/batch", **send).status_code == 200
