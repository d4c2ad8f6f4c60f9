"""Browsers in data centres, at the door."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from helder.access.keys import Keys
from helder.api.collect.door import Collect
from helder.api.collect.visitors import Visitors
from helder.collect.inbox import Inbox
from helder.collect.networks import Networks
from helder.store.migrations import upgrade
from helder.store.state import open_state

NOW = datetime(2026, 11, 24, tzinfo=UTC)
CENTRES = Networks("192.0.2.0/24", "centres.txt")
BROWSER, SERVER = "Mozilla/5.0 (X11; Linux x86_64)", "analytics-python/2.4"
PROXY = Visitors(CENTRES, b"x-forwarded-for")


@pytest.mark.parametrize(
    ("visitors", "address", "agent", "forwarded", "kept"),
    [
        (Visitors(CENTRES), "192.0.2.7", BROWSER, "", ["data_centre"]),
        (Visitors(CENTRES), "198.51.100.7", BROWSER, "", []),
        (Visitors(CENTRES), "192.0.2.7", SERVER, "", []),
        (Visitors(CENTRES), "198.51.100.7", BROWSER, "192.0.2.7", []),
        (PROXY, "127.0.0.1", BROWSER, "198.51.100.7, 192.0.2.7", ["data_centre"]),
        (PROXY, "127.0.0.1", BROWSER, "192.0.2.7, 198.51.100.7", []),
        (Visitors(), "192.0.2.7", BROWSER, "", []),
    ],
    ids=["data centre", "home", "server", "header not trusted", "proxy", "forged before the proxy", "off"],
)
def test_a_browser_in_a_data_centre_is_kept_out(
    tmp_path: Path, visitors: Visitors, address: str, agent: str, forwarded: str, kept: list[str]
) -> None:
    """It hears success, as a bot does; what it sent is counted, and in no profile."""
    state, inbox = open_state(tmp_path / "state.db"), Inbox(tmp_path / "inbox.db")
    upgrade(state)
    keys = Keys(state)
    keys.add_write_key("site", NOW, "wk")
    collect = Collect(inbox, keys, lambda: NOW, visitors)
    body = json.dumps({"writeKey": "wk", "event": "X", "anonymousId": "a", "messageId": "m"}).encode()
    headers = [(b"user-agent", agent.encode()), (b"x-forwarded-for", forwarded.encode())]
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/track", "headers": headers, "client": (address, 5000)}
    asyncio.run(collect(scope, receive, send))
    ((_, entry),) = inbox.read(0, 10)
    inbox.close()
    state.close()
    assert said[0]["status"] == 200
    assert [each.reason for each in entry.rejected] == kept
    assert (len(entry.events), collect.counts["data_centre"]) == (1 - len(kept), len(kept))
