"""Segments as a marketer builds them: in a real browser, with the numbers of a real engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from helder.govern.audit import read_audit

if TYPE_CHECKING:
    from playwright.sync_api import APIResponse, Locator, Page, Route

    from conftest import Come, Workspace

pytestmark = pytest.mark.browser


def number(page: Page) -> str:
    return page.locator(".hd-big strong").inner_text()


def pick(page: Page, words: str) -> None:
    page.get_by_role("button", name="Add rule").last.click()
    page.get_by_placeholder("Search in what is known").last.fill(words)
    page.keyboard.press("Enter")


def drag(page: Page, grip: Locator, onto: Locator) -> None:
    """Press the mouse on ``grip``, move it over ``onto`` as a hand would, after it when it moves aside, and let go."""
    grip.hover()
    page.mouse.down()
    for part in (0.6, 0.5, 0.4):
        box = onto.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * part)
        page.wait_for_timeout(50)
    page.mouse.up()


def test_a_segment_is_built_watched_undone_and_saved(come: Come, workspace: Workspace) -> None:
    """From nothing: a rule by keyboard, its value, the number that follows, why somebody is in it, undo, save."""
    page = come("marketer")
    page.goto("/segments/new")
    expect(page.locator(".hd-big strong")).to_have_text("40")
    page.get_by_label("Name of the segment").fill("In Ghent <b>now</b>")
    pick(page, "town")
    rule = page.locator(".hd-rule")
    expect(rule).to_have_count(1)
    page.get_by_label("Comparison").select_option("is")
    page.get_by_label("Value").fill("Gent")
    expect(page.locator(".hd-big strong")).to_have_text("14")
    expect(page.locator("#words")).to_contain_text("Gent")
    expect(page.locator("#state")).to_contain_text("Draft")
    page.get_by_role("button", name="Why is").first.click()
    expect(page.locator(".hd-why")).to_contain_text("is in this segment")
    expect(rule.locator(".hd-verdict.is-yes")).to_be_visible()
    page.get_by_label("Ask about anyone").fill("klant1@voorbeeld.example")
    page.keyboard.press("Enter")
    expect(page.locator(".hd-why")).to_contain_text("Zoë van der Heijden is not in this segment")
    page.get_by_role("button", name="Stop asking").click()
    page.get_by_role("button", name="More for this rule").click()
    page.get_by_role("button", name="Leave out who meets this").click()
    expect(page.locator(".hd-big strong")).to_have_text("26")
    page.get_by_role("button", name="Undo the last change").click()
    expect(page.locator(".hd-big strong")).to_have_text("14")
    page.keyboard.press("Control+s")
    expect(page.get_by_role("status").first).to_contain_text("The segment is saved.")
    expect(page).to_have_url(f"{workspace.base}/segments/in-ghent-b-now-b")
    assert workspace.client.call("segment_count", key="in-ghent-b-now-b")["total"] == 14
    assert read_audit(workspace.state, "segment:in-ghent-b-now-b")[0].actor == "user:2"


def test_a_draft_outlives_the_session(come: Come) -> None:
    """What was typed is there again after signing out and in elsewhere; thrown away, it is gone."""
    page = come("engineer", "en")
    page.goto("/segments/new?lang=en")
    page.get_by_label("Name of the segment").fill("Half a thought")
    expect(page.locator("#state")).to_contain_text("Draft")
    pick(page, "e-mail address")
    expect(page.locator(".hd-rule")).to_have_count(1)
    other = come("engineer", "en")
    other.goto("/segments/new?lang=en")
    expect(other.get_by_label("Name of the segment")).to_have_value("Half a thought")
    expect(other.locator(".hd-rule")).to_have_count(1)


def test_what_is_typed_while_the_tree_changes_is_kept(come: Come, workspace: Workspace) -> None:
    """A name typed before another change is answered is there, with that change, when the page is opened again."""
    rule = '{"all": [{"attribute": "city", "op": "is", "value": "Gent"}]}'
    workspace.client.call("segment_save", key="slow", name="Slow", rule=rule)
    page = come("marketer")
    page.goto("/segments/slow")
    held: list[tuple[Route, APIResponse]] = []
    page.route("**/segments/edit", lambda route: held.append((route, route.fetch())))
    pick(page, "e-mail address")
    with page.expect_response("**/segments/preview") as early:
        page.get_by_label("Name of the segment").fill("Typed meanwhile")
    assert early.value.status == 204
    with page.expect_response("**/segments/preview") as late:
        (route, answer) = held[0]
        route.fulfill(response=answer)
    assert late.value.status == 200
    page.goto("/segments/slow")
    expect(page.get_by_label("Name of the segment")).to_have_value("Typed meanwhile")
    expect(page.locator(".hd-rule")).to_have_count(2)


def test_a_rule_is_dragged_into_a_group(come: Come, workspace: Workspace) -> None:
    """With the mouse, by its grip: the rule, its words and the number follow, and undo puts it back."""
    rule = """{"all": [{"attribute": "email", "op": "set"}, {"attribute": "city", "op": "is", "value": "Gent"},
               {"none": [{"attribute": "first_name", "op": "is", "value": "Jan"},
                         {"attribute": "first_name", "op": "is", "value": "Daan"}]}]}"""
    workspace.client.call("segment_save", key="dragged", name="Dragged", rule=rule)
    total = workspace.client.call("segment_count", key="dragged")["total"]
    page = come("marketer")
    page.goto("/segments/dragged")
    expect(page.locator(".hd-big strong")).to_have_text(str(total))
    grouped = page.locator(".hd-group:not(.is-top) .hd-rule")
    expect(grouped).to_have_count(2)
    jan, daan = page.locator("#rule-n5"), page.locator("#rule-n6")
    expect(jan.get_by_label("Value")).to_have_value("Jan")
    drag(page, page.locator("#rule-n3").locator("[data-grip]"), daan)
    expect(grouped).to_have_count(3)
    moved = """{"all": [{"attribute": "email", "op": "set"},
                {"none": [{"attribute": "city", "op": "is", "value": "Gent"},
                          {"attribute": "first_name", "op": "is", "value": "Jan"},
                          {"attribute": "first_name", "op": "is", "value": "Daan"}]}]}"""
    workspace.client.call("segment_save", key="dragged-there", name="Dragged there", rule=moved)
    there = workspace.client.call("segment_count", key="dragged-there")["total"]
    assert there != total
    expect(page.locator(".hd-big strong")).to_have_text(str(there))
    page.get_by_role("button", name="Undo the last change").click()
    expect(grouped).to_have_count(2)
    expect(page.locator(".hd-big strong")).to_have_text(str(total))


def test_two_people_change_one_segment(come: Come, workspace: Workspace) -> None:
    """Who saves last is told of the other's version, and loses nothing; versions can be taken back."""
    rule = '{"all": [{"attribute": "city", "op": "is", "value": "Gent"}]}'
    workspace.client.call("segment_save", key="shared", name="Shared", rule=rule)
    page = come("marketer")
    page.goto("/segments/shared")
    workspace.client.call("segment_save", key="shared", name="Shared", rule=rule.replace("Gent", "Utrecht"))
    page.get_by_label("Value").fill("Gen")
    page.get_by_role("button", name="Save segment").click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody saved version 2 meanwhile")
    expect(page.get_by_label("Value")).to_have_value("Gen")
    page.get_by_role("button", name="Save anyway").click()
    expect(page.get_by_role("status").first).to_contain_text("The segment is saved.")
    page.get_by_role("link", name="Version 3").click()
    expect(page.get_by_text("Utrecht")).to_be_visible()
    page.get_by_role("button", name="Make this the present one").first.click()
    expect(page.get_by_label("Value")).to_have_value("Utrecht")
    page.get_by_role("button", name="Put away").click()
    expect(page.get_by_role("status").first).to_contain_text("The segment is put away.")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Name of the segment")).to_have_value("Shared")


def test_a_viewer_looks_and_changes_nothing(come: Come, workspace: Workspace) -> None:
    """The rule and its numbers are there, without people, menus or a way to save; addresses that are guessed refuse."""
    rule = '{"all": [{"attribute": "city", "op": "is", "value": "Gent"}]}'
    workspace.client.call("segment_save", key="looked-at", name="Looked at", rule=rule)
    page = come("viewer")
    page.goto("/segments/looked-at")
    expect(page.locator(".hd-big strong")).to_have_text("14")
    expect(page.get_by_role("button", name="Save segment")).to_have_count(0)
    expect(page.get_by_role("button", name="Add rule")).to_have_count(0)
    expect(page.locator(".hd-some")).to_have_count(0)
    for path in ("/segments/new", "/segments/looked-at/export.csv"):
        answer = page.request.get(workspace.base + path)
        assert answer.status == 403


def test_building_works_without_script(come: Come, workspace: Workspace) -> None:
    """Every change is a button of the form; the page comes back with the answer."""
    page = come("marketer", java_script_enabled=False)
    page.goto("/segments/new")
    page.get_by_role("button", name="Add rule").click()
    page.get_by_role("button", name="Town").click()
    expect(page.locator(".hd-rule")).to_have_count(1)
    page.get_by_label("Comparison").select_option("is")
    page.get_by_role("button", name="Count again").last.click()
    page.get_by_label("Value").fill("Gent")
    page.get_by_label("Name of the segment").fill("Without script")
    page.get_by_role("button", name="Save segment").click()
    expect(page.get_by_role("status").first).to_contain_text("The segment is saved.")
    csv = page.request.get(f"{workspace.base}/segments/without-script/export.csv").text()
    assert csv.startswith("profile_id,email,")
