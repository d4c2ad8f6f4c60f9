"""People and roles as an administrator sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from conftest import Come, Workspace

pytestmark = pytest.mark.browser
PASSWORD = "een heel lang wachtwoord"


def test_somebody_is_invited_given_a_role_and_shut_out(come: Come, workspace: Workspace) -> None:
    """The link makes their account; another role holds from their next click; shut out, they are out at once; undo."""
    page = come("admin")
    page.goto("/settings/people?lang=en")
    page.get_by_label("E-mail address").fill("piet@tuin.example")
    page.get_by_label("Role", exact=True).select_option("viewer")
    page.get_by_role("button", name="Make a link").click()
    link = page.locator(".hd-link").inner_text()
    guest = come(None)
    guest.goto(link)
    guest.get_by_label("Your name").fill("Piet")
    guest.get_by_label("Password").fill(PASSWORD)
    guest.get_by_role("button", name="Make my account").click()
    guest.wait_for_url("**/")
    expect(guest.get_by_role("link", name="Customers")).to_have_count(0)
    page.goto("/settings/people")
    page.get_by_label("Role of Piet").select_option("marketer")
    expect(page.get_by_role("status").first).to_contain_text("Piet is Marketer now.")
    guest.goto("/customers")
    expect(guest.get_by_role("heading", name="Customers")).to_be_visible()
    page.locator("li", has_text="piet@").get_by_role("button", name="Shut out").click()
    guest.goto("/customers")
    expect(guest.get_by_role("heading", name="Sign in")).to_be_visible()
    page.locator("[data-toast]").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status").first).to_contain_text("Piet may come in again.")
    page.goto("/settings/audit")
    expect(page.locator("tbody tr").first).to_contain_text("user.enabled")


def test_only_administrators_change_people(come: Come, workspace: Workspace) -> None:
    """An engineer sees the trail; addresses that are guessed refuse, and roles stay as they were."""
    page = come("engineer")
    page.goto("/settings?lang=en")
    expect(page.get_by_role("heading", name="Who did what")).to_be_visible()
    answer = page.goto("/settings/people")
    assert answer is not None
    assert answer.status == 403
    page.goto("/me")
    csrf = page.locator("[name=csrf]").first.get_attribute("value") or ""
    form = {"csrf": csrf, "id": "3", "role": "admin"}
    assert page.request.post(f"{workspace.base}/settings/people/role", form=form).status == 403
