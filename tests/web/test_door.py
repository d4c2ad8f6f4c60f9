"""Coming in and going out, and who may see what: over HTTP, as a program that means no good would try."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import pytest

from helder.access.entrance import entrance
from helder.access.invitations import Invitations
from helder.access.lockout import MOST_OF_ONE
from helder.clock import system_clock
from helder.settings import secret_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Workspace

PASSWORD = "een heel lang wachtwoord"


@pytest.fixture
def http(workspace: Workspace) -> Iterator[httpx.Client]:
    """A browser without a face."""
    with httpx.Client(base_url=workspace.base, timeout=20, headers={"Accept-Language": "en"}) as client:
        yield client


def come_in(http: httpx.Client, role: str) -> str:
    """Sign in; return the proof that forms carry."""
    answer = http.post("/sign-in", data={"email": f"{role}@tuin.example", "password": PASSWORD, "next": "/me"})
    assert answer.status_code == 303, answer.text
    return proof(http.get(answer.headers["location"]).text)


def proof(page: str) -> str:
    """Return the proof of a page's forms."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found
    return found[1]


def test_every_page_carries_the_safety_headers(http: httpx.Client) -> None:
    """No inline script or style, nothing from elsewhere, no frame, no guessing of types, nothing kept."""
    answer = http.get("/sign-in")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert not re.search(r"<script(?![^>]*src=)|<style|\bstyle=|\bon[a-z]+=", answer.text)


def test_signing_in_leads_to_where_one_wanted(http: httpx.Client) -> None:
    """The page that was asked for is asked for again, and never another site's."""
    asked = http.get("/me?x=1")
    assert asked.status_code == 403
    assert 'name="next" value="/me?x=1"' in asked.text
    form = {"email": "viewer@tuin.example", "password": PASSWORD}
    for to, led in (("/me?x=1", "/me?x=1"), ("https://evil.example", "/"), ("//evil.example", "/"), ("/\\evil", "/")):
        assert http.post("/sign-in", data={**form, "next": to}).headers["location"] == led


def test_a_cookie_is_for_the_server_alone(http: httpx.Client) -> None:
    """Scripts cannot read it, other sites cannot send it, and behind TLS it stays within it."""
    form = {"email": "viewer@tuin.example", "password": PASSWORD}
    plain = http.post("/sign-in", data=form).headers["set-cookie"].lower()
    assert "httponly" in plain
    assert "samesite=lax" in plain
    safe = http.post("/sign-in", data=form, headers={"X-Forwarded-Proto": "https"}).headers["set-cookie"].lower()
    assert "secure" in safe


def test_a_wrong_password_says_no_more_than_that(http: httpx.Client) -> None:
    """Neither an account that is there nor one that is not can be told from the answer; then the door shuts."""
    told = set()
    for email in ("shut@tuin.example", "nobody@tuin.example"):
        answer = http.post("/sign-in", data={"email": email, "password": "wrong"})
        assert answer.status_code == 403
        told.add(answer.text.replace(email, ""))
    assert len(told) == 1
    for _ in range(MOST_OF_ONE):
        last = http.post("/sign-in", data={"email": "shut@tuin.example", "password": "wrong"})
    assert last.status_code == 429
    assert "quarter of an hour" in last.text


def test_a_form_from_elsewhere_is_refused(http: httpx.Client) -> None:
    """Without the proof, with another's, or sent by another site, nothing is done."""
    csrf = come_in(http, "viewer")
    right = {"theme": "dark", "back": "/me"}
    assert http.post("/me/prefer", data=right).status_code == 403
    assert http.post("/me/prefer", data={**right, "csrf": csrf[::-1]}).status_code == 403
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        assert http.post("/me/prefer", data={**right, "csrf": csrf}, headers=headers).status_code == 403
    assert http.post("/me/prefer", data={**right, "csrf": csrf}).status_code == 303


def test_a_cookie_is_worth_nothing_after_signing_out(http: httpx.Client, workspace: Workspace) -> None:
    """Whoever copied it before is out too."""
    csrf = come_in(http, "viewer")
    stolen = dict(http.cookies)
    assert http.post("/sign-out", data={"csrf": csrf}).status_code == 303
    with httpx.Client(base_url=workspace.base, cookies=stolen) as thief:
        assert thief.get("/me").status_code == 403


def test_the_printed_link_shows_people_and_has_no_account(http: httpx.Client, workspace: Workspace) -> None:
    """Whoever runs the machine sees what a marketer sees; there is no account page to it."""
    code = entrance(secret_key(workspace.data), system_clock())
    assert http.get(f"/enter?code={code}").status_code == 302
    assert http.get("/").status_code == 200
    assert http.get("/me").status_code == 404


def test_an_invitation_is_used_once(http: httpx.Client, workspace: Workspace) -> None:
    """The link makes the account and lets its owner in; a second time it is of no use, and says so."""
    token = Invitations(workspace.state).invite("nieuw@tuin.example", "viewer", system_clock(), "test")
    shown = http.get(f"/welcome?token={token}")
    assert shown.headers["referrer-policy"] == "no-referrer"
    form = {"token": token, "name": "Nieuw <script>alert(1)</script>", "password": "short"}
    refused = http.post("/welcome", data=form)
    assert refused.status_code == 422
    assert "&lt;script&gt;" in refused.text
    assert http.post("/welcome", data={**form, "password": PASSWORD}).status_code == 303
    assert "<script>alert" not in http.get("/me").text
    assert http.get(f"/welcome?token={token}").status_code == 404


def test_a_page_that_is_not_there_says_so_as_a_page(http: httpx.Client) -> None:
    """A reader sees a page with a way back, no traceback and no JSON."""
    come_in(http, "viewer")
    answer = http.get("/mails/99")
    assert answer.status_code == 403
    assert "text/html" in answer.headers["content-type"]
    assert "This is not for your role" in answer.text


def test_styles_and_script_may_be_kept_for_ever(http: httpx.Client) -> None:
    """They are called by their content, packed, and not sent again."""
    page = http.get("/sign-in").text
    for address in re.findall(r'"(/assets/[^"]+)"', page):
        answer = http.get(address)
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-encoding"] == "gzip"
    assert http.get("/assets/app.000000000000.css").status_code == 404
