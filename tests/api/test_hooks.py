"""Calls of other systems at the real door."""

from __future__ import annotations

import hmac
import json
from datetime import UTC, datetime

import httpx
import pytest
from tests.api.conftest import Door

from helder.clock import system_clock
from helder.collect.hooks.saved import read_hooks, remove_hook, save_hook
from helder.errors import NotFound
from helder.govern.audit import read_audit
from helder.store.state import open_state

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SECRET = "a-long-secret"
HOOK = """
hook = "till"
source = "site"
[signature]
secret = "a-long-secret"
header = "X-Sign"
timestamp_header = "X-Time"
[[event]]
name = "Order Completed"
when = { kind = "sale" }
message_id = "no"
[event.properties]
revenue = "total"
[event.traits]
email = "mail"
"""


@pytest.fixture(scope="module")
def till(door: Door) -> Door:
    """A door that knows the hook ``till``."""
    state = open_state(door.data / "state.db")
    save_hook(state, HOOK, "till.toml", NOW, "test")
    state.close()
    return door


def call(door: Door, said: object, secret: str = SECRET, at: float | None = None) -> httpx.Response:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    moment = str(int(system_clock().timestamp() if at is None else at))
    mac = hmac.digest(secret.encode(), f"{moment}.".encode() + body, "sha256").hex()
    return door.http.post("/v1/hook/till", content=body, headers={"X-Sign": mac, "X-Time": moment})


def test_a_signed_call_becomes_events(till: Door) -> None:
    """What it says is in the inbox when the answer comes; again, it has the same message ids."""
    before = len(till.events())
    for _ in range(2):
        answer = call(till, {"kind": "sale", "no": 5, "total": "12.50", "mail": "noor@example.nl"})
        assert (answer.status_code, answer.json()) == (200, {"success": True})
    events = till.events()[before:]
    assert [(each.source, each.type, each.name) for each in events[:2]] == [
        ("site", "identify", ""), ("site", "track", "Order Completed"),
    ]  # fmt: skip
    assert events[1].value_micros == 12_500_000
    assert len({each.message_id for each in events}) == 2


@pytest.mark.parametrize(
    ("secret", "age", "reason"), [("guessed", 0, "bad_signature"), ("a-long-secret", 999, "stale")]
)
def test_a_call_that_is_not_believed_is_counted(till: Door, secret: str, age: int, reason: str) -> None:
    """It is refused, and kept with the reason but without anything of what it says."""
    before = len(till.rejected())
    answer = call(till, {"kind": "sale", "mail": "eve@example.nl"}, secret, system_clock().timestamp() - age)
    assert (answer.status_code, answer.json()["code"]) == (401, "not-signed")
    kept = till.rejected()[before:]
    assert [(each.reason, each.source, each.body) for each in kept] == [(reason, "site", "")]
    assert f'reason="{reason}"' in till.http.get("/metrics").text


def test_what_means_nothing_is_kept_with_its_reason(till: Door) -> None:
    """The sender hears success, for sending it again would not help; what is no JSON it is told."""
    assert call(till, {"kind": "refund"}).status_code == 200
    assert [each.reason for each in till.rejected()[-1:]] == ["not_mapped"]
    broken = call(till, b"{")
    assert (broken.status_code, broken.json()["code"]) == (400, "invalid-input")
    assert till.rejected()[-1].reason == "malformed"


def test_an_unknown_hook_and_a_huge_call(till: Door) -> None:
    """Both are answered with a code, and nothing is kept."""
    before = len(till.rejected())
    assert till.http.post("/v1/hook/nobody", content=b"{}").status_code == 404
    assert call(till, b"x" * (500 * 1024 + 1)).status_code == 413
    assert len(till.rejected()) == before


def test_a_hook_is_saved_again_and_removed(till: Door) -> None:
    """Saving again takes over the change; both are in the audit trail, which does not hold the secret."""
    state = open_state(till.data / "state.db")
    other = HOOK.replace('"till"', '"other"')
    save_hook(state, other, "x", NOW, "test")
    save_hook(state, other.replace('"site"', '"shop"'), "x", NOW, "test")
    assert read_hooks(state)["other"].hook.source == "shop"
    remove_hook(state, "other", NOW, "test")
    with pytest.raises(NotFound):
        remove_hook(state, "other", NOW, "test")
    trail = read_audit(state, "hook:other")
    state.close()
    assert [each.action for each in trail] == ["removed", "saved", "saved"]
    assert not [each for each in trail if "secret" in str(each)]
