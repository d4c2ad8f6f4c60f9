"""Customers as a marketer sees them: found as one types, understood, joined, kept apart, and put back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from helder.govern.audit import read_audit

if TYPE_CHECKING:
    from conftest import Come, Workspace

pytestmark = pytest.mark.browser


def test_jan_is_found_as_one_types(come: Come) -> None:
    """A few letters, an accent left out, a telephone number as written: the list follows, and the address keeps it."""
    page = come("marketer")
    page.goto("/customers")
    box = page.get_by_role("searchbox", name="Name, e-mail")
    box.press_sequentially("zoe heij")
    expect(page.locator(".hd-person-line").first).to_contain_text("Zoë van der Heijden")
    expect(page).to_have_url(re.compile("q=zoe"))
    box.fill("06-12 34 00 00")
    expect(page.locator(".hd-person-line")).to_have_count(1)
    expect(page.locator(".hd-person-line")).to_contain_text("Jan de Vries")
    box.fill("nobody at all")
    expect(page.get_by_text("Nobody is found")).to_be_visible()
    page.goto("/customers?q=klant3@")
    page.locator(".hd-person-line").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Daan Kowalski")


def test_a_profile_tells_where_values_come_from(come: Come, workspace: Workspace) -> None:
    """A value tells its source and why it holds; the timeline's filter stays in the address; reading is noted."""
    jan = workspace.client.call("profile_show", who="K-1003")["profile_id"]
    page = come("marketer")
    page.goto(f"/customers/{jan}")
    page.locator(".hd-value summary").first.click()
    expect(page.locator(".hd-value-why").first).to_contain_text("From Web shop")
    expect(page.get_by_text("€84.00 in 12 months, 3 orders")).to_be_visible()
    page.get_by_role("link", name="Orders").click()
    expect(page).to_have_url(re.compile("kind=order"))
    expect(page.locator(".hd-timeline-entry")).to_have_count(3)
    expect(page.locator(".hd-facets [aria-current]")).to_have_text("Orders")
    expect(page.locator(".hd-timeline-entry").first).to_contain_text(re.compile(r"paid, €28\.00"))
    page.wait_for_timeout(700)
    assert [each for each in read_audit(workspace.state, f"profile:{jan}") if each.action == "profile.read"]


def test_a_timeline_speaks_the_language_of_its_reader(come: Come, workspace: Workspace) -> None:
    """A status has its Dutch word there, and an amount is written as the Dutch write it."""
    jan = workspace.client.call("profile_show", who="K-1003")["profile_id"]
    page = come("marketer", language="nl")
    page.goto(f"/customers/{jan}")
    expect(page.locator(".hd-timeline-entry").first).to_contain_text(re.compile(r"betaald, €\s28,00"))


def test_two_people_are_joined_and_put_back(come: Come, workspace: Workspace) -> None:
    """Joining asks whom and why; it shows at once, and one click in the toast undoes it; the trail tells who did it."""
    one = workspace.client.call("profile_show", who="K-1005")["profile_id"]
    page = come("marketer")
    page.goto(f"/customers/{one}")
    page.get_by_role("button", name="Join with another").click()
    page.get_by_label("E-mail address, phone or customer number of the other").fill("klant6@voorbeeld.example")
    page.get_by_role("dialog").get_by_label("Why", exact=True).fill("same address")
    page.get_by_role("button", name="Join", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("They are one person now.")
    expect(page.get_by_text("klant6@voorbeeld.example").first).to_be_visible()
    expect(page.get_by_text("same address")).to_be_visible()
    page.locator("[data-toast]").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status").first).to_contain_text("The decision is taken back.")
    ids = {workspace.client.call("profile_show", who=f"klant{n}@voorbeeld.example")["profile_id"] for n in (5, 6)}
    assert len(ids) == 2
    done = [(each.actor, each.action) for each in read_audit(workspace.state, "profile:*", 2)]
    assert done == [("user:2", "profile.undo"), ("user:2", "profile.merge")]


def test_an_address_that_is_not_theirs_is_kept_apart(come: Come, workspace: Workspace) -> None:
    """Splitting off an identity makes two people of one, until it is undone from the list of decisions."""
    one = workspace.client.call("profile_show", who="K-1007")["profile_id"]
    page = come("marketer")
    page.goto(f"/customers/{one}")
    page.get_by_role("button", name="Not theirs").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why").fill("family address")
    dialog.get_by_role("button", name="Keep apart").click()
    expect(page.get_by_role("status").first).to_contain_text("They are kept apart now.")
    expect(page.get_by_text("family address")).to_be_visible()
    page.locator("section", has_text="Decided by people").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status").first).to_contain_text("The decision is taken back.")
    expect(page.get_by_text("Keeping apart taken back")).to_be_visible()


def test_a_viewer_sees_no_people(come: Come, workspace: Workspace) -> None:
    """Neither the menu nor an address that is guessed shows customers to a viewer."""
    one = workspace.client.call("profile_show", who="K-1000")["profile_id"]
    page = come("viewer")
    expect(page.get_by_role("link", name="Customers")).to_have_count(0)
    for path in ("/customers", f"/customers/{one}", f"/customers/{one}/why/x"):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 403
        expect(page.get_by_text("voorbeeld.example")).to_have_count(0)
    page.goto("/find?q=jan")
    expect(page.get_by_text("Jan de Vries")).to_have_count(0)
