"""Every screen in a real browser: no fault that axe finds, nothing cut off on a phone, in both themes and languages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from conftest import Come, Workspace

pytestmark = pytest.mark.browser
AXE = (Path(__file__).resolve().parents[1] / "data/axe/axe.min.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SCREENS = ("/design", "/me", "/find?q=s", "/", "/customers?q=jan", "/segments", "/segments/new")
SETTINGS = ("/settings/people", "/settings/audit")
OUTSIDE = ("/sign-in", "/welcome?token=x")


def screens(workspace: Workspace) -> tuple[str, ...]:
    """Return the addresses of all screens, with somebody and something that is there."""
    jan = workspace.client.call("profile_show", who="K-1000")["profile_id"]
    rule = (
        '{"any": [{"attribute": "city", "op": "is", "value": "Gent"}, {"none": [{"attribute": "email", "op": "set"}]}]}'
    )
    workspace.client.call("segment_save", key="any", name="A long name that does not fit on one line " * 3, rule=rule)
    return (*SCREENS, *SETTINGS, f"/customers/{jan}", "/segments/any", "/segments/any/versions")


def faults(page: Page) -> list[str]:
    """Return what axe finds wrong, with the elements."""
    page.evaluate(AXE)
    found = page.evaluate(
        "tags => axe.run({runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})"
        ".then(found => found.violations)",
        RULES,
    )
    return [f"{each['id']}: {[node['html'][:200] for node in each['nodes']]}" for each in found]


@pytest.mark.parametrize(("language", "theme"), [("nl", "light"), ("en", "dark")])
def test_screens_have_no_faults(come: Come, workspace: Workspace, language: str, theme: str) -> None:
    """Axe (WCAG 2.2 AA and best practice) finds nothing on any screen, and each speaks the language that was chosen.

    All rules run in both languages and in both themes; colours do not depend on the language.
    """
    page = come("admin", language, theme)
    for path in screens(workspace):
        page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
        assert page.locator("html").get_attribute("lang") == language
        assert (path, faults(page)) == (path, [])
    outside = come(None, language, theme)
    for path in OUTSIDE:
        outside.goto(path)
        assert (path, faults(outside)) == (path, [])


def test_screens_fit_the_narrowest_phone(come: Come, workspace: Workspace) -> None:
    """At 320 pixels no screen scrolls sideways, and everything stays to be reached (WCAG 1.4.10)."""
    page = come("admin", "nl", width=320)
    for path in screens(workspace):
        page.goto(path)
        assert (path, page.evaluate("document.documentElement.scrollWidth")) == (path, 320)
