from __future__ import annotations

import csv
import json
from collections import defaultdict
from typing import Any

import pytest

from helder.demo.company import Company
from helder.demo.company.layout import HOSTS, LINK_SECRET, SITES
from helder.demo.signing import token

Event = dict[str, Any]


@pytest.fixture(scope="module")
def sent(company: Company) -> list[tuple[int, Event]]:
    """All events as (site, event), in order."""
    lines = (company.traffic / "events.jsonl").read_text("utf-8").splitlines()
    return [(int(line[0]), json.loads(line.partition("\t")[2])) for line in lines]


@pytest.fixture(scope="module")
def browsers(company: Company) -> dict[str, dict[str, str]]:
    """The truth about browsers, by anonymous id."""
    with (company.truth / "browsers.csv").open(encoding="utf-8", newline="") as file:
        return {row["anonymous"]: row for row in csv.DictReader(file)}


def test_a_browser_stays_on_its_site_under_its_own_id(
    sent: list[tuple[int, Event]], browsers: dict[str, dict[str, str]]
) -> None:
    """Every anonymous id but a crawler's is a browser of the truth, on the site where it was seen."""
    for site, event in sent:
        if not event["anonymousId"].startswith("bot-"):
            assert browsers[event["anonymousId"]]["kind"] == f"anonymous:{SITES[site]}"
        if event["type"] == "page":
            assert event["properties"]["url"].startswith(f"https://{HOSTS[site]}/")


def test_browsers_become_known_as_the_truth_says(
    sent: list[tuple[int, Event]], browsers: dict[str, dict[str, str]]
) -> None:
    """The log-ins and signed links that the truth notes are sent, and no others."""
    users, landings = defaultdict(set), defaultdict(set)
    for _, event in sent:
        if "userId" in event:
            users[event["anonymousId"]].add(event["userId"])
        if "hld=" in event.get("properties", {}).get("url", ""):
            landings[event["anonymousId"]].add(event["properties"]["url"].partition("hld=")[2])
    for anonymous, row in browsers.items():
        assert users[anonymous] <= {row["user"], row["mate"]} - {""}
        assert not row["user"] or row["user"] in users[anonymous]
        assert {each.split(".")[1] for each in landings[anonymous]} == ({row["subscriber"]} - {""})
    assert any(row["mate"] for row in browsers.values())


def test_signed_links_are_signed_with_the_newsletters_secret(sent: list[tuple[int, Event]]) -> None:
    """Each token is the one that signing the same claim gives."""
    found = [
        url.partition("hld=")[2] for _, event in sent if "hld=" in (url := event.get("properties", {}).get("url", ""))
    ]
    assert found
    for each in found:
        signer, name, expires, _ = each.split(".")
        assert each == token(LINK_SECRET, signer, name, int(expires))


def test_device_ids_come_with_consent(sent: list[tuple[int, Event]], browsers: dict[str, dict[str, str]]) -> None:
    """A device id is sent beside the person's agreement, for the browsers of the truth only."""
    having = [event for _, event in sent if "device" in event["context"]]
    assert having
    for event in having:
        assert event["context"]["consent"] == {"categoryPreferences": {"device": True}}
        assert event["context"]["device"]["id"] == browsers[event["anonymousId"]]["device"]


def test_an_event_about_a_workshop_says_which(sent: list[tuple[int, Event]]) -> None:
    """Number, title, price, date and site are there for the mail."""
    started = [(site, event) for site, event in sent if event.get("event") == "Workshop Registration Started"]
    assert started
    for site, event in started:
        assert set(event["properties"]) == {"workshop_id", "title", "price", "currency", "date", "site"}
        assert f"site-{event['properties']['site']}" == SITES[site]
        assert 79 <= event["properties"]["price"] <= 149
