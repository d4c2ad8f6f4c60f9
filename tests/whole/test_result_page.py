"""The page of the result, in a real browser, as a marketer opens it."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from helder.access.entrance import entrance
from helder.clock import system_clock
from helder.settings import secret_key

if TYPE_CHECKING:
    from conftest import Running

pytestmark = pytest.mark.browser


@pytest.fixture
def page(performed: Running, chromium: str) -> Iterator[Page]:
    """A Dutch browser that came in by the printed link."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(locale="nl-NL", viewport={"width": 1280, "height": 900}).new_page()
        code = entrance(secret_key(performed.server.data), system_clock())
        page.goto(f"{performed.server.base}/enter?code={code}")
        yield page
        browser.close()


def test_the_result_is_told_in_dutch(page: Page, performed: Running) -> None:
    """The link is left behind, and the page says in Dutch what came of it, adding up to the audience."""
    assert "code" not in page.url
    expect(page.get_by_role("heading", level=1)).to_have_text("Rond je aanmelding af")
    expect(page.get_by_role("heading", name="Wat het opleverde")).to_be_visible()
    audience = performed.played.result["tally"]["audience"]
    expect(page.locator("tfoot .is-number").first).to_have_text(str(audience))


def test_a_mail_is_looked_at_as_it_was_sent(page: Page) -> None:
    """A click opens a mail; it shows its text, and loads nothing from outside: looking counts as no open."""
    loaded: list[str] = []
    page.on("response", lambda response: loaded.append(response.url))
    page.locator(".hd-mail summary").first.click()
    frame = page.frame_locator(".hd-mail iframe").first
    expect(frame.get_by_text("Rond je aanmelding af").first).to_be_visible()
    assert not [url for url in loaded if "/t/o/" in url]


def test_the_language_is_changed_with_one_click(page: Page) -> None:
    """The choice holds on the next visit."""
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="What came of it")).to_be_visible()
    page.goto(page.url.partition("?")[0])
    expect(page.get_by_role("heading", name="What came of it")).to_be_visible()


def test_a_person_shows_where_each_value_came_from(page: Page) -> None:
    """The first golden record is open; every value has a source and a reason, and some are read live."""
    table = page.locator(".hd-person[open] table").first
    expect(table.get_by_role("row").nth(1)).to_be_visible()
    for row in table.locator("tbody tr").all():
        assert all(text.strip() for text in row.locator("td").all_inner_texts())


def test_the_page_fits_a_phone(page: Page) -> None:
    """At 320 pixels nothing is cut off and the page does not scroll sideways (WCAG 1.4.10)."""
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_what_is_not_proven_is_no_single_number(page: Page, performed: Running) -> None:
    """A company of 1,500 proves nothing: the card tells from where to where, and of no comparison nothing at all."""
    found = performed.played.result
    assert not found["conclusive"]
    said = re.compile(r"-?[\d.]+ tot -?[\d.]+" if found["uplift"] else "–")
    expect(page.locator(".hd-stat").first.locator("dd").first).to_have_text(said)


def test_the_chart_can_be_read_on_a_phone(page: Page, performed: Running) -> None:
    """The words of the chart are as large there as those around it, though the drawing shrinks."""
    page.set_viewport_size({"width": 390, "height": 844})
    heights = page.locator(".hd-chart text").evaluate_all("all => all.map(each => each.getBoundingClientRect().height)")
    assert bool(heights) == bool(performed.played.result["uplift"])
    assert all(height >= 12 for height in heights)


def test_without_the_link_nothing_is_shown(performed: Running) -> None:
    """Neither the page nor a mail opens without having come in by the link."""
    for path in ("/", "/mails/1", "/enter?code=1.x"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(performed.server.base + path, timeout=10)
        assert refused.value.code == 403
        assert "@" not in refused.value.read().decode()
        refused.value.close()


def test_a_golden_record_can_be_read_on_a_phone(page: Page) -> None:
    """What is live is said on one line, and a row is as high as its words need."""
    page.set_viewport_size({"width": 390, "height": 844})
    rows = page.locator(".hd-person[open] tbody tr").evaluate_all("all => all.map(each => each.offsetHeight)")
    chips = page.locator(".hd-person[open] .hd-chip").evaluate_all("all => all.map(each => each.offsetHeight)")
    assert rows
    assert max(rows) < 70
    assert max(chips, default=0) < 30
