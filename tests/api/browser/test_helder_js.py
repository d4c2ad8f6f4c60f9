"""``helder.js`` in a real browser, on a page with a strict policy and without inline script."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from importlib.resources import files
from urllib.parse import urlsplit

import msgspec
import pytest
from playwright.sync_api import Page, Route
from tests.api.browser.conftest import Guest, Street

from helder.collect.event import Event

pytestmark = pytest.mark.browser
Guests = Callable[[], Guest]

FORM = """
<form action="/thanks" method="post"
 data-helder-form="Workshop Registration" data-helder-properties='{"workshop_id": "w-7"}'>
<input name="email" id="email"><input type="password" name="word" id="word"><button>Meld aan</button></form>
<form id="other" action="/thanks" method="post"><input id="plain" name="q"><button>Zoek</button></form>
"""


def visit(guest: Guest, path: str = "/", *, key: str = "shop", **options: str) -> Page:
    page = guest.context.pages[0] if guest.context.pages else guest.context.new_page()
    page.goto(guest.street.url(path, key=key, **options))
    assert page.evaluate("typeof helder.track") == "function"
    return page


def test_it_is_small() -> None:
    """The file as it is read, comments and all, is under 4 KB as it is sent."""
    assert len(gzip.compress((files("helder.api.browser") / "helder.js").read_bytes(), 9, mtime=0)) < 4096


def test_before_consent_nothing_is_kept_or_sent(guests: Guests, street: Street) -> None:
    """What happens before waits in memory; after a yes it comes in with its own times, by one browser that is kept."""
    guest = guests()
    page = visit(guest, "/a")
    page.evaluate("helder.track('Product Viewed', {sku: 'x'})")
    page.evaluate("helder.push(['track', 'Product Added'])")
    page.wait_for_timeout(500)
    assert (guest.kept(), guest.asked) == ({}, [])
    page.evaluate("helder.consent(true)")
    events = street.events(lambda found: len(found) >= 3)
    assert [(each.type, each.name) for each in sorted(events, key=lambda each: each.message_id)] == [
        ("page", "Page /a"), ("track", "Product Viewed"), ("track", "Product Added"),
    ]  # fmt: skip
    assert json.loads(events[0].context)["consent"] == {"categoryPreferences": {"analytics": True}}
    ids = {each.anonymous_id for each in events}
    assert ids == {guest.kept()["cookie helder_shop"]}


def test_a_visitor_who_never_agrees_leaves_no_trace(guests: Guests, street: Street) -> None:
    """A no, and leaving without an answer, send and keep nothing."""
    guest = guests()
    page = visit(guest)
    page.evaluate("helder.consent(false)")
    page.evaluate("helder.track('X')")
    visit(guest, "/b")
    assert (guest.kept(), guest.asked, street.now()) == ({}, [], [])


def test_consent_that_is_withdrawn_ends_all(guests: Guests, street: Street) -> None:
    """Storage and the server's cookie are gone, and nothing is sent any more."""
    guest = guests()
    page = visit(guest, consent="given")
    street.one("Page /")
    with page.expect_response("**/v1/visit"):
        page.evaluate("helder.consent(false)")
    page.evaluate("helder.track('After')")
    page.wait_for_timeout(400)
    assert guest.kept() == {}
    assert "After" not in {each.name for each in street.door.events()}


def test_googles_consent_mode_is_read(guests: Guests, street: Street) -> None:
    """A default of denied holds things up, an update of granted lets them go, as a consent banner says it."""
    guest = guests()
    page = guest.context.new_page()
    page.add_init_script(
        "window.dataLayer = []; window.gtag = function () { dataLayer.push(arguments) };"
        "gtag('consent', 'default', {analytics_storage: 'denied'})"
    )
    page.goto(street.url("/gtm"))
    page.wait_for_timeout(300)
    assert (guest.kept(), guest.asked) == ({}, [])
    page.evaluate("gtag('consent', 'update', {analytics_storage: 'granted'})")
    street.one("Page /gtm")
    page.evaluate("gtag('consent', 'update', {analytics_storage: 'denied'})")
    page.wait_for_timeout(300)
    assert guest.kept() == {}


def test_a_tcf_string_is_read(guests: Guests, street: Street) -> None:
    """Purposes 1 and 8 of the TCF are needed: one alone is no consent."""
    guest = guests()
    page = guest.context.new_page()
    page.add_init_script("window.__tcfapi = (command, version, told) => { window.told = told }")
    page.goto(street.url("/tcf"))
    say = "purposes => told({eventStatus: 'useractioncomplete', purpose: {consents: purposes}}, true)"
    page.evaluate(say, {"1": True})
    page.wait_for_timeout(300)
    assert (guest.kept(), guest.asked) == ({}, [])
    page.evaluate(say, {"1": True, "8": True})
    page.evaluate("helder.page()")
    street.one("Page /tcf")


def test_a_named_form_is_told_of_without_its_values(guests: Guests, street: Street) -> None:
    """Started at the first key, finished when sent; what was typed is nowhere, and a form without a name is silent."""
    street.bodies["/form"] = FORM
    guest = guests()
    page = visit(guest, "/form", consent="given")
    page.fill("#plain", "private search")
    page.fill("#email", "noor@example.nl")
    page.fill("#word", "geheim-7")
    page.click("text=Meld aan")
    page.wait_for_url("**/thanks")
    page.goto(street.url("/form", consent="given"))
    started, done = street.one("Workshop Registration Started"), street.one("Workshop Registration Completed")
    assert json.loads(started.properties) == json.loads(done.properties) == {"workshop_id": "w-7"}
    everything = msgspec.json.encode(street.events()).decode()
    assert not [word for word in ("noor", "geheim", "private") if word in everything]
    assert sum(each.name == "Workshop Registration Started" for each in street.events()) == 1


def test_a_single_page_application_is_followed(guests: Guests, street: Street) -> None:
    """Each new address is a page view, the one before is its referrer; the same address again, or a hash, is none."""
    guest = guests()
    page = visit(guest, "/app", consent="given")
    page.evaluate("history.pushState({}, '', '/app/two'); document.title = 'Two'")
    page.evaluate("history.pushState({}, '', '/app/two#part')")
    page.wait_for_timeout(50)
    page.evaluate("history.back(); history.back()")

    def pages_of(found: list[Event]) -> list[dict[str, str]]:
        said = [json.loads(each.properties) for each in sorted(found, key=lambda each: each.message_id)]
        return [each for each in said if each.get("path", "").startswith("/app")]

    pages = pages_of(street.events(lambda found: len(pages_of(found)) >= 3))
    assert [each["path"] for each in pages] == ["/app", "/app/two", "/app"]
    assert pages[1]["title"] == "Two"
    assert pages[1]["referrer"].startswith(street.site() + "/app?")


def test_who_logs_in_and_out(guests: Guests, street: Street) -> None:
    """Events after identify carry the user; another user, and reset, are another browser to Helder."""
    guest = guests()
    page = visit(guest, consent="given", page="manual")
    page.evaluate("helder.identify('7', {plan: 'gold'}); helder.group('g-1', {name: 'Club'}); helder.track('One')")
    one = street.one("One")
    assert one.user_id == "7"
    page.evaluate("helder.identify('8'); helder.track('Two')")
    two = street.one("Two")
    assert (two.user_id, two.anonymous_id != one.anonymous_id) == ("8", True)
    page.evaluate("helder.reset(); helder.track('Three')")
    three = street.one("Three")
    assert (three.user_id, three.anonymous_id in {one.anonymous_id, two.anonymous_id}) == (None, False)
    kinds = {each.type: each for each in street.events()}
    assert (kinds["group"].group_id, kinds["group"].traits) == ("g-1", {"name": "Club"})


def test_a_reset_without_a_network_is_made_good(guests: Guests, street: Street) -> None:
    """Who logged out where the collector could not be reached is not the visitor of before when it can be."""
    guest = guests()
    page = visit(guest, "/in", consent="given", page="manual")
    page.evaluate("helder.track('Before')")
    before = street.one("Before").anonymous_id
    page.route("**/v1/visit", lambda route: route.abort())
    page.evaluate("helder.reset()")
    page.unroute("**/v1/visit")
    page = visit(guest, "/out", consent="given", page="manual")
    page.evaluate("helder.track('After')")
    after = street.one("After").anonymous_id
    assert after != before
    # A day later the collector is asked again, and its cookie gives way.
    page.evaluate(
        "localStorage['helder.state'] = JSON.stringify({...JSON.parse(localStorage['helder.state']), asked: 0})"
    )
    page = visit(guest, "/next", consent="given", page="manual")
    page.evaluate("helder.track('Next Day')")
    assert street.one("Next Day").anonymous_id == after
    assert guest.kept()["cookie helder_shop"] == after


def test_what_happens_last_survives_leaving(guests: Guests, street: Street) -> None:
    """An event of the moment at which the page is left comes in, once, although nobody waited for an answer."""
    guest = guests()
    page = visit(guest, "/last", consent="given")
    street.one("Page /last")
    page.evaluate("window.addEventListener('pagehide', () => helder.track('Left')); helder.track('Clicked Away')")
    page.goto("about:blank")
    street.one("Clicked Away")
    visit(guest, "/again", consent="given")
    street.one("Page /again")
    street.one("Left")


def test_what_happens_offline_comes_later(guests: Guests, street: Street) -> None:
    """Without a network events are kept over a change of page, and come with their own time once there is one."""
    guest = guests()
    page = visit(guest, "/tunnel", consent="given")
    street.one("Page /tunnel")
    guest.context.set_offline(True)
    page.evaluate("helder.track('Underground')")
    page.wait_for_timeout(600)
    assert [name for name in guest.kept() if name.startswith("helder.m.")]
    guest.context.set_offline(False)
    event = street.one("Underground")
    assert (event.received_at - event.at).total_seconds() > 0.4
    page.wait_for_timeout(200)
    assert not [name for name in guest.kept() if name.startswith("helder.m.")]


def test_it_waits_as_long_as_it_is_told(guests: Guests, street: Street) -> None:
    """After 429 with Retry-After nothing is sent until then, by any page; then the same messages go again."""
    guest = guests()
    page = visit(guest, "/busy", consent="given", page="manual")
    sent: list[tuple[float, list[str]]] = []

    def refuse(route: Route) -> None:
        body = json.loads(route.request.post_data or "{}")
        sent.append((time.monotonic(), [each["messageId"] for each in body["batch"]]))
        if len(sent) == 1:
            headers = {
                "Retry-After": "1",
                "Access-Control-Allow-Origin": "*",
                "Access-Control-Expose-Headers": "Retry-After",
            }
            route.fulfill(status=429, headers=headers, body="{}")
        else:
            route.continue_()

    page.route("**/v1/batch", refuse)
    page.evaluate("helder.track('Busy')")
    page.wait_for_timeout(1_500)
    street.one("Busy")
    assert [ids for _, ids in sent] == [sent[0][1]] * 2
    assert sent[1][0] - sent[0][0] >= 0.95


def test_the_servers_cookie_outlives_what_scripts_keep(guests: Guests, street: Street) -> None:
    """A browser whose script storage is emptied, as WebKit does after a week, is the same visitor still."""
    guest = guests()
    page = visit(guest, "/one", consent="given")
    first = street.one("Page /one").anonymous_id
    page.evaluate("localStorage.clear()")
    visit(guest, "/two", consent="given")
    assert street.one("Page /two").anonymous_id == first
    cookie = next(each for each in guest.context.cookies() if each["name"] == "helder_shop")
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["domain"]) == (True, "Lax", "events.shop.localhost")
    assert page.evaluate("document.cookie") == ""


def test_a_page_that_nobody_looks_at_yet_says_nothing(guests: Guests, street: Street) -> None:
    """The address of the script itself may be fetched by anything: it is cached, and tells nothing of who asked."""
    answer = street.door.http.get("/helder.js", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["cache-control"].startswith("public, max-age=3600")
    assert answer.headers["content-encoding"] == "gzip"
    assert "set-cookie" not in answer.headers
    again = street.door.http.get("/helder.js", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert urlsplit(street.site()).hostname == "shop.localhost"
