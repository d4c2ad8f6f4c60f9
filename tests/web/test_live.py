"""Numbers that follow while a page is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from helder.access.sessions import Sessions
from helder.clock import system_clock
from helder.settings import secret_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Workspace


def events(lines: Iterator[str]) -> Iterator[str]:
    """Yield what each event tells."""
    return (line.removeprefix("data: ") for line in lines if line.startswith("data: "))


def test_sizes_are_told_as_they_change(workspace: Workspace) -> None:
    """The first event has every segment; a segment that is saved meanwhile appears in the next."""
    sessions = Sessions(workspace.state, secret_key(workspace.data))
    token = sessions.begin(1, system_clock())
    rule = '{"all": [{"attribute": "city", "op": "is", "value": "Gent"}]}'
    workspace.client.call("segment_save", key="told", name="Told", rule=rule)
    workspace.client.call("settle")
    with httpx.stream("GET", f"{workspace.base}/live/segments", cookies={"helder_login": token}, timeout=20) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        told = events(stream.iter_lines())
        assert '"told":"14"' in next(told)
        workspace.client.call("segment_save", key="told", name="Told", rule=rule.replace("Gent", "Utrecht"))
        assert '"told":"26"' in next(event for event in told if '"told":"14"' not in event)
        sessions.end(token)
        assert list(told) == []


def test_nothing_is_told_to_who_is_not_in(workspace: Workspace) -> None:
    """Without a session there is no stream."""
    assert httpx.get(f"{workspace.base}/live/segments", timeout=20).status_code == 403


@pytest.mark.parametrize("path", ["/live/segments"])
def test_a_stream_does_not_hold_the_server_up(workspace: Workspace, path: str) -> None:
    """Other requests are answered while streams are open."""
    sessions = Sessions(workspace.state, secret_key(workspace.data))
    cookies = {"helder_login": sessions.begin(1, system_clock())}
    with httpx.stream("GET", workspace.base + path, cookies=cookies, timeout=20) as stream:
        next(stream.iter_lines())
        assert httpx.get(f"{workspace.base}/sign-in", timeout=5).status_code == 200
