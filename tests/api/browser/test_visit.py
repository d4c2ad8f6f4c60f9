"""``/v1/visit``, as a program asks it."""

from __future__ import annotations

import json

import httpx
import pytest
from tests.api.browser.conftest import Street


def ask(street: Street, origin: str | None, cookie: str = "", **more: object) -> httpx.Response:
    body = json.dumps({"writeKey": "wk-shop", "anonymousId": "made-in-the-browser", **more})
    headers = {"Content-Type": "text/plain", **({"Origin": origin} if origin else {})}
    if cookie:
        headers["Cookie"] = f"helder_shop={cookie}"
    return httpx.post(f"http://127.0.0.1:{street.door.port}/v1/visit", content=body, headers=headers)


def test_a_cookie_counts_more_than_what_a_script_says(street: Street) -> None:
    """The id in the cookie is kept; a fresh start replaces it; one that is no id is none."""
    origin = street.site()
    assert ask(street, origin).json()["anonymousId"] == "made-in-the-browser"
    assert ask(street, origin, "kept-before").json()["anonymousId"] == "kept-before"
    assert ask(street, origin, "kept-before", fresh=True).json()["anonymousId"] == "made-in-the-browser"
    assert ask(street, origin, "no").json()["anonymousId"] == "made-in-the-browser"
    assert len(ask(street, origin, anonymousId="<script>").json()["anonymousId"]) == 32


def test_the_answer_is_for_the_page_that_asked(street: Street) -> None:
    """Only that origin may read it, with its cookies; the other sites of the company are named in it."""
    answer = ask(street, street.site())
    assert answer.headers["access-control-allow-origin"] == street.site()
    assert (answer.headers["access-control-allow-credentials"], answer.headers["vary"]) == ("true", "Origin")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["sites"] == ["tuin.localhost"]
    cookie = answer.headers["set-cookie"]
    assert cookie == "helder_shop=made-in-the-browser; Max-Age=34560000; Path=/v1; HttpOnly; SameSite=Lax"


def test_forgetting_ends_the_cookie(street: Street) -> None:
    """A visitor who takes consent back has no cookie any more, and hears no id."""
    answer = ask(street, street.site(), "kept-before", forget=True)
    assert answer.headers["set-cookie"].startswith("helder_shop=; Max-Age=0")
    assert answer.json() == {}


@pytest.mark.parametrize(
    "origin", [None, "null", "https://evil.example", "http://tuin.localhost", "http://shop.localhost.evil.example", "x"]
)
def test_no_other_page_learns_who_visits(street: Street, origin: str | None) -> None:
    """A page that is not on a host of the key's own source gets no id, no cookie and no word."""
    answer = ask(street, origin, "kept-before")
    assert (answer.status_code, answer.json()["code"]) == (403, "denied")
    assert not {"set-cookie", "access-control-allow-origin"} & set(answer.headers)


def test_a_wrong_key_or_body_is_told(street: Street) -> None:
    """Both are answered with what is wrong."""
    wrong = ask(street, street.site(), writeKey="nobody's")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "unknown-key")
    broken = ask(street, street.site(), fresh="x")
    assert (broken.status_code, broken.json()["code"]) == (400, "invalid-input")
