"""Drafts of segments when requests overtake one another: over HTTP, each sent when the test says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import pytest

from helder.access.sessions import Sessions
from helder.clock import system_clock
from helder.settings import secret_key
from helder.web.pages.building import LEAP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Workspace

RULE = '{"all": [{"attribute": "city", "op": "is", "value": "Gent"}]}'


class Sheet:
    """A page of the builder that is open: what its form holds."""

    def __init__(self, http: httpx.Client, address: str) -> None:
        self._http = http
        self.fields = self._read(http.get(address).text)

    def posted(self, what: str, **more: str) -> httpx.Response:
        """Send the form as it was when the page was opened, with other values for some fields."""
        fields = [(name, more.pop(name, value)) for name, value in self.fields]
        sent: dict[str, list[str]] = {}
        for name, value in (*fields, *more.items()):
            sent.setdefault(name, []).append(value)
        return self._http.post(f"/segments/{what}", data=sent, headers={"HX-Request": "true"})

    def _read(self, page: str) -> list[tuple[str, str]]:
        form = page[page.index('<form id="sheet"') :]
        tags = re.findall(r"<input [^>]*>", form[: form.index("</form>")])
        named = [(re.search(r' name="([^"]*)"', tag), re.search(r' value="([^"]*)"', tag)) for tag in tags]
        return [(name[1], value[1].replace("&#34;", '"') if value else "") for name, value in named if name]


@pytest.fixture
def http(workspace: Workspace) -> Iterator[httpx.Client]:
    """A marketer who is in."""
    token = Sessions(workspace.state, secret_key(workspace.data)).begin(2, system_clock())
    with httpx.Client(base_url=workspace.base, timeout=20, cookies={"helder_login": token}) as client:
        yield client


@pytest.fixture
def address(workspace: Workspace, request: pytest.FixtureRequest) -> str:
    """A segment of the test's own."""
    key = request.function.__name__.replace("_", "-")
    workspace.client.call("segment_save", key=key, name="As saved", rule=RULE)
    return f"/segments/{key}"


def kept(http: httpx.Client, address: str) -> tuple[str, int]:
    """Return the name and the number of rules that somebody finds who opens the builder now."""
    page = http.get(address).text
    found = re.search(r'name="name" value="([^"]*)"', page)
    assert found
    return found[1], page.count('name="t" value="leaf:')


def test_a_late_preview_leaves_the_newer_draft(http: httpx.Client, address: str) -> None:
    """An answer to typing that arrives after a change of the tree is refused, also when it was sent after it."""
    sheet = Sheet(http, address)
    edit = sheet.posted("edit", name="Typed", change="2", op="add:n1:attribute:email")
    assert edit.status_code == 200
    assert f'name="change" value="{2 + LEAP}"' in edit.text
    for number in (1, 2, 3):
        assert sheet.posted("preview", name="Older", change=str(number)).status_code == 204
    assert kept(http, address) == ("Typed", 2)
    assert sheet.posted("preview", name="Newer", change=str(3 + LEAP)).status_code == 200
    assert kept(http, address) == ("Newer", 1)


def test_previews_in_another_order(http: httpx.Client, address: str) -> None:
    """Of two answers to typing the one that was typed last holds, whichever arrives first."""
    sheet = Sheet(http, address)
    assert sheet.posted("preview", name="Second", change="2").status_code == 200
    assert sheet.posted("preview", name="First", change="1").status_code == 204
    assert kept(http, address) == ("Second", 1)


@pytest.mark.parametrize("what", ["save", "forget"])
def test_a_late_preview_brings_no_draft_back(http: httpx.Client, address: str, what: str) -> None:
    """What was saved or thrown away stays so when an answer to typing arrives after it."""
    sheet = Sheet(http, address)
    assert sheet.posted("preview", name="Typed", change="1").status_code == 200
    assert sheet.posted(what, name="Typed", change="2").status_code in {200, 303}
    assert sheet.posted("preview", name="Late", change="2").status_code == 204
    assert kept(http, address) == ("Typed" if what == "save" else "As saved", 1)
    assert Sheet(http, address).posted("preview", name="Anew", change="1").status_code == 200
    assert kept(http, address)[0] == "Anew"


def test_of_two_openings_the_last_to_arrive_holds(http: httpx.Client, address: str) -> None:
    """A page that is opened anew is not held back by what an older one counted."""
    old, new = Sheet(http, address), Sheet(http, address)
    assert old.posted("preview", name="Old", change="70").status_code == 200
    assert new.posted("preview", name="New", change="1").status_code == 200
    assert kept(http, address)[0] == "New"
