"""Pictures and forms of pages without script."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from tests.api.browser.conftest import AGENT, Street

FORM = "/v1/form?key=wk-shop&event=Newsletter+Signed+Up"


@pytest.fixture
def http(street: Street) -> Iterator[httpx.Client]:
    """A browser without script, that follows nothing."""
    street.begin()
    with httpx.Client(base_url=f"http://127.0.0.1:{street.door.port}", headers={"User-Agent": AGENT}) as client:
        yield client


def test_a_picture_is_an_event(http: httpx.Client, street: Street) -> None:
    """It has the page's address, the properties of its own, and the browser of the cookie; it is never cached."""
    headers = {"Referer": f"{street.site()}/brochure", "Cookie": "helder_shop=browser-1"}
    answer = http.get("/v1/pixel.gif?key=wk-shop&event=Opened&properties.sku=b-1&traits.email=a@b.nl", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
    assert (answer.headers["cache-control"], answer.content[:6]) == ("no-store", b"GIF89a")
    event = street.one("Opened")
    assert (event.anonymous_id, event.url) == ("browser-1", f"{street.site()}/brochure")
    assert (json.loads(event.properties), event.traits) == ({"sku": "b-1"}, None)


def test_a_picture_keeps_nothing_unless_it_may(http: httpx.Client, street: Street) -> None:
    """Without an id and without keep=1 it is nobody's; with it the browser gets a cookie, and is known by it."""
    before = len(street.door.rejected())
    assert "set-cookie" not in http.get("/v1/pixel.gif?key=wk-shop&name=A").headers
    assert [each.reason for each in street.door.rejected()[before:]] == ["no_identity"]
    answer = http.get("/v1/pixel.gif?key=wk-shop&name=B&keep=1")
    assert street.one("B").anonymous_id == answer.cookies["helder_shop"]


@pytest.mark.parametrize("headers", [{"Sec-Purpose": "prefetch"}, {"User-Agent": "Mozilla/5.0 (via GoogleImageProxy)"}])
def test_what_no_person_looks_at_is_no_event(http: httpx.Client, street: Street, headers: dict[str, str]) -> None:
    """Prefetching, a proxy of mail pictures, and HEAD get the picture and leave no event."""
    address = "/v1/pixel.gif?key=wk-shop&event=Seen&anonymousId=browser-1"
    assert http.get(address, headers=headers).content[:6] == b"GIF89a"
    assert http.head(address).status_code == 200
    assert street.now() == []


@pytest.mark.parametrize("multipart", [False, True])
def test_a_form_is_an_event_and_a_person(http: httpx.Client, street: Street, *, multipart: bool) -> None:
    """Only fields with the agreed names are read, in either encoding; it leads back to the site."""
    fields = {"traits.email": "noor@example.nl", "properties.topic": "tuin", "password": "geheim", "event": "Faked"}
    files = {"photo": ("x.png", b"png")} if multipart else None
    headers = {"Cookie": "helder_shop=browser-1"}
    answer = http.post(f"{FORM}&next={street.site()}/thanks", data=fields, files=files, headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{street.site()}/thanks")
    events = street.events(lambda found: len(found) == 2)
    person, signed_up = events
    assert (person.type, person.traits) == ("identify", {"email": "noor@example.nl"})
    assert (signed_up.name, json.loads(signed_up.properties)) == ("Newsletter Signed Up", {"topic": "tuin"})
    assert {each.anonymous_id for each in events} == {"browser-1"}
    assert "geheim" not in str(events)


def test_a_form_without_a_cookie_is_the_addresss(http: httpx.Client, street: Street) -> None:
    """Somebody who never agreed to a cookie is known by what was filled in, and gets none."""
    answer = http.post(FORM, data={"traits.email": "Noor@example.nl"})
    assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
    person, signed_up = street.events(lambda found: len(found) == 2)
    assert person.anonymous_id == signed_up.anonymous_id


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "http://[x"])
def test_a_form_leads_nowhere_else(http: httpx.Client, street: Street, target: str) -> None:
    """Nobody can use the address to lead people to a site of their own, and nothing is kept of a try."""
    answer = http.post(f"{FORM}&next={quote(target)}", data={"traits.email": "noor@example.nl"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-input")
    assert street.now() == []


def test_a_program_that_fills_in_every_field_is_led_on(http: httpx.Client, street: Street) -> None:
    """It is not told that it is known; its form is counted as a bot's."""
    fields = {"traits.email": "spam@example.nl", "helder_trap": "x"}
    answer = http.post(f"{FORM}&next={street.site()}/thanks", data=fields)
    assert answer.status_code == 303
    assert street.now() == []


def test_without_a_key_nothing_comes_in(http: httpx.Client) -> None:
    """A missing or wrong key is told, of a picture and of a form."""
    assert http.get("/v1/pixel.gif?event=X").status_code == 401
    assert http.post("/v1/form?key=nobody", data={}).status_code == 401
