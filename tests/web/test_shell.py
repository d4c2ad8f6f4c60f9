"""What surrounds every screen, in a real browser: menu, palette, language and appearance; with and without script."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from conftest import Come

pytestmark = pytest.mark.browser


def test_the_palette_goes_anywhere_by_keyboard(come: Come) -> None:
    """Ctrl+K, a few letters and Enter lead to a page; Escape closes it and the focus is back where it was."""
    page = come("admin")
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox")
    expect(field).to_be_focused()
    expect(page.get_by_role("option").first).to_be_visible()
    field.fill("your acc")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    expect(field).to_be_hidden()


def test_language_and_appearance_are_kept(come: Come) -> None:
    """A choice in the menu shows at once, and on the next visit from another browser."""
    page = come("engineer")
    page.get_by_role("button", name="You and how it looks").click()
    page.get_by_role("button", name="Nederlands").click()
    expect(page.locator("html")).to_have_attribute("lang", "nl")
    page.get_by_role("button", name="Jij en de weergave").click()
    page.get_by_role("button", name="Donker").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    other = come("engineer")
    expect(other.locator("html")).to_have_attribute("data-theme", "dark")
    expect(other.locator("html")).to_have_attribute("lang", "nl")


def test_all_of_it_works_without_script(come: Come) -> None:
    """Signing in, the menus, finding and signing out are forms and links."""
    page = come("viewer", java_script_enabled=False)
    page.get_by_role("link", name="Search or go to").click()
    page.get_by_role("searchbox").fill("account")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Your account").click()
    page.get_by_label("What others see").fill("Lotte de Kijker")
    page.get_by_role("button", name="Change").first.click()
    expect(page.get_by_role("status")).to_contain_text("Your name is changed.")
    page.get_by_role("button", name="You and how it looks").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
