"""Who comes in: from a mail, and from another site of the company."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import insert
from tests.api.browser.conftest import Guest, Street

from helder.activate.links import Links
from helder.clock import stored, system_clock
from helder.collect.event import Event
from helder.integrate.web_identities import WebIdentities
from helder.settings import secret_key
from helder.store.keys import identity_id
from helder.store.state import open_state
from helder.store.tables.outbox import outbox

pytestmark = pytest.mark.browser
Guests = Callable[[], Guest]


@pytest.fixture
def identify(street: Street) -> Iterator[WebIdentities]:
    """Identifies events as the worker of this installation does."""
    state = open_state(street.door.data / "state.db")
    key = secret_key(street.door.data)
    yield WebIdentities(state, key, key)
    state.close()


def mailed(street: Street, path: str, days_ago: int = 0) -> tuple[str, int]:
    """Mail somebody, and return the link of the mail and whom it is for."""
    now, key = system_clock() - timedelta(days=days_ago), secret_key(street.door.data)
    noor = identity_id("email", "noor@example.nl", key)
    plain = {
        "journey": "j",
        "channel": "email",
        "purpose": "events",
        "template_id": 1,
        "values": "{}",
        "status": "sent",
    }
    values = {"identity_id": noor, "address_identity": noor, "address": "noor@example.nl", **plain}
    state = open_state(street.door.data / "state.db")
    with state.write() as connection:
        row = connection.execute(insert(outbox).values(**values, due_at=stored(now), sent_at=stored(now)))
        number = int(row.inserted_primary_key[0])
    state.close()
    address = f"http://127.0.0.1:{street.door.port}"
    return Links(key, address).click(number, street.url(path, consent="given"), now), noor


def named(identify: WebIdentities, event: Event) -> list[tuple[int, str]]:
    """Return whom an event's address names, and how."""
    found = identify(event)
    assert found is not None
    return [(other.id, reason) for _, other, reason, _ in found.links]


def test_a_click_in_a_mail_names_the_visitor(guests: Guests, street: Street, identify: WebIdentities) -> None:
    """From the mail to the event; nothing of the person stands in the address, and the word is gone from it at once."""
    link, noor = mailed(street, "/mail")
    page = guests().context.new_page()
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.goto(link)
    event = street.one("Page /mail")
    assert named(identify, event) == [(noor, "signed_link")]
    landed = next(url for url in seen if "hld=" in url)
    assert urlsplit(landed).hostname == "shop.localhost"
    assert not [part for part in ("noor", "example", str(noor)) if part in landed]
    assert "hld=" not in page.evaluate("location.href")
    assert [url for url in seen if "hld=" in url] == [landed]


def test_a_mail_that_was_passed_on_names_its_first_reader(
    guests: Guests, street: Street, identify: WebIdentities
) -> None:
    """The second browser that comes by one mail is somebody else, for all that Helder knows; the first stays named."""
    link, noor = mailed(street, "/passed-on")
    first, friend = guests().context.new_page(), guests().context.new_page()
    first.goto(link)
    reader = street.one("Page /passed-on")
    assert named(identify, reader) == [(noor, "signed_link")]
    friend.goto(link)
    events = street.events(lambda found: len({each.anonymous_id for each in found if each.type == "page"}) == 2)
    other = next(each for each in events if each.type == "page" and each.anonymous_id != reader.anonymous_id)
    assert "hld=" in (other.url or "")
    assert named(identify, other) == []
    assert named(identify, reader) == [(noor, "signed_link")]


def test_an_old_mail_leads_on_and_names_nobody(guests: Guests, street: Street) -> None:
    """After a week the link of a mail only leads where it led."""
    link, _ = mailed(street, "/old", days_ago=8)
    guests().context.new_page().goto(link)
    assert "hld=" not in (street.one("Page /old").url or "")


def test_one_browser_on_two_sites_is_one_visitor(guests: Guests, street: Street, identify: WebIdentities) -> None:
    """A link to the company's other site says which browser comes; a link elsewhere or a copied one does not."""
    street.bodies["/links"] = (
        f'<a id="own" href="{street.site("tuin")}/there?consent=given&amp;x=1#part">Tuin</a>'
        f'<a id="else" href="http://stranger.localhost:{street.port}/">Elsewhere</a>'
    )
    guest = guests()
    page = guest.context.new_page()
    page.goto(street.url("/links", consent="given"))
    here = street.one("Page /links")
    page.wait_for_timeout(200)
    with page.expect_request(lambda request: "stranger" in request.url) as asked:
        page.click("#else")
    assert "hld=" not in asked.value.url
    page.goto(street.url("/links", consent="given"))
    with page.expect_request(lambda request: "/there" in request.url) as asked:
        page.click("#own")
    assert asked.value.url.startswith(f"{street.site('tuin')}/there?consent=given&x=1&hld=helder.")
    there = street.one("Page /there")
    assert (there.source, there.anonymous_id != here.anonymous_id) == ("tuin", True)
    key = secret_key(street.door.data)
    assert named(identify, there) == [(identity_id("anonymous:shop", here.anonymous_id or "", key), "cross_site")]
    assert page.evaluate("location.href") == f"{street.site('tuin')}/there?consent=given&x=1#part"
    assert here.anonymous_id not in json.dumps(asked.value.url)


def test_without_consent_no_link_says_anything(guests: Guests, street: Street) -> None:
    """Before a yes the links of a page are as they are."""
    street.bodies["/quiet"] = f'<a id="own" href="{street.site("tuin")}/there">Tuin</a>'
    page = guests().context.new_page()
    page.goto(street.url("/quiet"))
    with page.expect_request(lambda request: "/there" in request.url) as asked:
        page.click("#own")
    assert asked.value.url == f"{street.site('tuin')}/there"
