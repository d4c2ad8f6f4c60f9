"""Web pages that use other vendors' browser SDKs in a real Chromium, with only the host changed."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from tests.api.clients.conftest import HERE, by_kind, waited_for
from tests.api.conftest import Door

from helder.collect.event import Event

pytestmark = [pytest.mark.browser, pytest.mark.node]

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    # Nothing may leave the machine: only this address has a name.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def shop(door: Door, npm_packages: Path) -> Iterator[str]:
    """The address of a web site of another origin than Helder's, whose libraries the operator installed."""
    (door.data / "libraries").mkdir()
    (door.data / "libraries/node_modules").symlink_to(npm_packages)

    class Pages(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Give a page with the address and the key filled in."""
            file = HERE / "pages" / self.path.partition("?")[0].strip("/")
            text = file.read_text("utf-8") if file.suffix == ".html" else ""
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(text.replace("HOST", f"http://127.0.0.1:{door.port}").replace("KEY", door.key).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a visitor who was never here, and whose browser says nothing of tests."""
    context = browser.new_context(user_agent=AGENT)
    page = context.new_page()
    yield page
    context.close()


def visited(door: Door, page: Page, address: str) -> dict[tuple[str, str], Event]:
    """Return what a visit brings, and check that it asked nobody else and that nothing went wrong."""
    before, asked, errors = len(door.events()), set[str](), list[str]()
    page.on("request", lambda request: asked.add(request.url.split("/")[2]))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("requestfailed", lambda request: errors.append(request.url))
    page.goto(f"{address}?utm_source=news")
    wanted = {"page", "identify", "track", "group"}
    events = waited_for(lambda: door.events()[before:], wanted)
    assert (asked, errors) == ({f"127.0.0.1:{door.port}", address.split("/")[2]}, [])
    assert door.rejected() == []
    found = by_kind(events)
    order, person = found["track", "Order Completed"], found["identify", ""]
    assert (order.user_id, order.value_micros, order.currency) == ("u-1", 25_500_000, "EUR")
    assert (order.url, len({event.anonymous_id for event in events})) == (f"{address}?utm_source=news", 1)
    assert order.anonymous_id
    assert person.traits is not None
    assert (person.traits["email"], person.traits["firstName"]) == ("jan@example.nl", "Jan")
    assert (found["group", ""].group_id, found["group", ""].traits) == ("acc-1", {"name": "ACME"})
    return found


def test_segments_snippet_works_with_its_host_changed(door: Door, page: Page, shop: str) -> None:
    """The library, its settings and its events all come from and go to Helder."""
    found = visited(door, page, f"{shop}/segment.html")
    assert found["page", "Home"].type == "page"
    assert json.loads(found["page", "Home"].context)["campaign"] == {"source": "news"}


def test_rudderstacks_snippet_works_with_its_host_changed(door: Door, page: Page, shop: str) -> None:
    """The page view before identify is still the browser's own; the campaign goes along."""
    found = visited(door, page, f"{shop}/rudderstack.html")
    assert found["page", "Home"].user_id is None
    assert json.loads(found["page", "Home"].context)["campaign"] == {"source": "news"}


def test_posthogs_snippet_works_with_its_host_changed(door: Door, page: Page, shop: str) -> None:
    """The page view that it sends by itself has the title of the page; what a page cannot know is not told."""
    found = visited(door, page, f"{shop}/posthog.html")
    assert ("page", "Shop") in found
    assert ("track", "Product Viewed") in found
    traits = found["identify", ""].traits
    assert traits is not None
    assert [name for name, value in traits.items() if name.startswith("$") or value is None] == []


def test_jitsus_tag_works_with_its_host_changed(door: Door, page: Page, shop: str) -> None:
    """The page view comes by itself."""
    found = visited(door, page, f"{shop}/jitsu.html")
    assert any(kind == "page" for kind, _ in found)
