"""The links in a mail, over HTTP."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import insert, select
from tests.activate.company import KEY, Catcher, Company, serve

from helder.activate.tracking import Tracking
from helder.api.track import track_routes
from helder.clock import stored
from helder.integrate.signed_links import Signers
from helder.store.tables.consents import consent_ledger
from helder.store.tables.sources import source

BASE = "http://127.0.0.1:8300"


class Mailed:
    """A company that has mailed one person, and a browser at its address."""

    def __init__(self, company: Company, html: str, header: str, client: TestClient[Litestar]) -> None:
        self.company, self.html, self.client = company, html, client
        self.unsubscribe = header.strip("<>").removeprefix(BASE)

    def link(self, kind: str) -> str:
        found = re.search(rf'(?:href|src)="{BASE}(/t/{kind}/[^"]+)"', self.html)
        assert found is not None, kind
        return found[1].replace("&amp;", "&")

    def names(self) -> list[str]:
        return [event.name for event in self.company.events()]

    def choices(self) -> list[tuple[str, str, str]]:
        c = consent_ledger.c
        query = select(c.purpose, c.choice, c.title).where(c.source == "helder").order_by(c.id)
        with self.company.state.read() as connection:
            return [tuple(row) for row in connection.execute(query)]


@pytest.fixture
def mailed(tmp_path: Path, now: datetime) -> Iterator[Mailed]:
    """Noor was mailed."""
    catcher = Catcher()
    controller = serve(catcher)
    company = Company(tmp_path, now, smtp_port=controller.port)
    company.start()
    company.enter(company.person("noor@example.nl"))
    company.run()
    asyncio.run(company.sender().drain())
    mail = catcher.mails[0][1]
    body = mail.get_body(("html",))
    assert body is not None
    tracking = Tracking(company.state, company.inbox, company.links, company.online)
    app = Litestar([track_routes(tracking, company.settings, lambda: company.now)])
    with TestClient(app, base_url=BASE) as client:
        yield Mailed(company, body.get_content(), mail["List-Unsubscribe"], client)
    company.close()
    controller.stop()


def test_the_picture_tells_of_opening(mailed: Mailed) -> None:
    """Fetching the picture gives a GIF that is never cached, and an event."""
    answer = mailed.client.get(mailed.link("o"))
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("image/gif", "no-store")
    assert answer.content.startswith(b"GIF89a")
    assert mailed.names() == ["Email Opened"]


def test_a_head_request_tells_nothing(mailed: Mailed) -> None:
    """Link scanners that only look at headers leave no trace, and unsubscribe nobody."""
    for path in (mailed.link("o"), mailed.link("c"), mailed.link("u"), mailed.unsubscribe):
        assert mailed.client.head(path, follow_redirects=False).status_code == 200
    assert (mailed.names(), mailed.choices()) == ([], [])


@pytest.mark.parametrize(
    "header", [{"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}, {"User-Agent": "Googlebot/2.1"}]
)
def test_what_no_person_fetched_is_no_click(mailed: Mailed, header: dict[str, str]) -> None:
    """A scanner, or a browser that fetches ahead, is led where the mail leads, and nothing is noted."""
    answer = mailed.client.get(mailed.link("c"), headers=header, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, "https://shop.example/w?a=1&b=2")
    assert mailed.names() == []


def test_a_click_is_told_and_goes_on(mailed: Mailed) -> None:
    """A click leads exactly where the mail said, and enters as an event of the person who was mailed."""
    answer = mailed.client.get(mailed.link("c"), follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, "https://shop.example/w?a=1&b=2")
    event = mailed.company.events()[0]
    assert (event.name, event.identity_id) == ("Email Link Clicked", mailed.company.messages()[0]["identity_id"])


def test_a_click_to_our_own_site_says_who_comes(mailed: Mailed) -> None:
    """On a host of a web source the address carries a signed word that the site's events are understood by."""
    company = mailed.company
    mapping = 'source = "shop"\ntype = "web"\nhosts = ["shop.example"]'
    values = {"key": "shop", "mapping": mapping, "folder": "", "mode": "web", "added_at": stored(company.now)}
    with company.state.write() as connection:
        connection.execute(insert(source).values(values))
    location = mailed.client.get(mailed.link("c"), follow_redirects=False).headers["location"]
    query = parse_qs(urlsplit(location).query)
    assert (query["a"], query["b"], len(query["hld"])) == (["1"], ["2"], 1)
    assert Signers({"helder": KEY}).named(location, company.now) == company.messages()[0]["identity_id"]


@pytest.mark.parametrize(
    "change", [lambda path: path.replace("shop.example", "evil.example"), lambda path: path.replace(".", ".x", 1)]
)
def test_no_link_leads_elsewhere(mailed: Mailed, change: object) -> None:
    """A changed target or token is answered 404: nobody can use the redirect for an address of their own."""
    assert callable(change)
    answer = mailed.client.get(change(mailed.link("c")), follow_redirects=False)
    assert (answer.status_code, mailed.names()) == (404, [])


def test_looking_at_the_page_unsubscribes_nobody(mailed: Mailed) -> None:
    """GET shows a form and changes nothing (RFC 8058)."""
    answer = mailed.client.get(mailed.link("u"))
    assert answer.status_code == 200
    assert '<form method="post">' in answer.text
    assert (mailed.names(), mailed.choices()) == ([], [])


def test_one_click_unsubscribes(mailed: Mailed) -> None:
    """The POST that a mail program sends writes a no in the ledger at once; a second one changes nothing."""
    for _ in range(2):
        answer = mailed.client.post(mailed.unsubscribe, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    assert mailed.choices() == [("events", "no", "")]
    assert {event.message_id for event in mailed.company.events()} == {mailed.company.events()[0].message_id}
    assert mailed.names()[0] == "Unsubscribed"


def test_who_unsubscribed_is_not_mailed_again(mailed: Mailed) -> None:
    """The next message to the same person is skipped, however the first permission came about."""
    mailed.client.post(mailed.unsubscribe, data={"List-Unsubscribe": "One-Click"})
    company = mailed.company
    company.start(key="second", step=[{"type": "email", "template": "hello", "purpose": "events", "pause_days": 0}])
    company.run(minutes=1)
    asyncio.run(company.sender().drain())
    assert [(row["status"], row["reason"]) for row in company.messages()] == [("sent", ""), ("skipped", "opted_out")]


def test_preferences_are_kept(mailed: Mailed) -> None:
    """The page shows what holds; what is sent from it is written, and what did not change is not."""
    path = mailed.company.links.preferences(1, mailed.company.now).removeprefix(BASE)
    before = mailed.client.get(path).text
    assert 'value="events" checked' in before
    assert 'value="offers" checked' not in before
    after = mailed.client.post(path, data={"agreed": ["offers"]}).text
    assert 'value="offers" checked' in after
    assert sorted(mailed.choices()) == [("events", "no", ""), ("offers", "yes", "")]
    mailed.client.post(path, data={"agreed": ["offers"]})
    assert len(mailed.choices()) == 2


def test_a_new_yes_outweighs_an_old_no_of_the_same_reader(mailed: Mailed) -> None:
    """A customer number that said no long ago is renewed with the choice of today; another address keeps its own no."""
    company = mailed.company
    noor = company.messages()[0]["identity_id"]
    number, other = company.identity("customer:shop", "7"), company.identity("email", "other@example.nl")
    company.merge(noor, number, other)
    for identity in (number, other):
        company.choose(identity, "no", purpose="offers")
    path = company.links.preferences(1, company.now).removeprefix(BASE)
    assert 'value="offers" checked' not in mailed.client.get(path).text
    assert 'value="offers" checked' in mailed.client.post(path, data={"agreed": ["events", "offers"]}).text
    c = consent_ledger.c
    query = select(c.identity_id, c.choice).where(c.source == "helder", c.purpose == "offers")
    with company.state.read() as connection:
        assert {tuple(row) for row in connection.execute(query)} == {(noor, "yes"), (number, "yes")}


def test_pages_do_not_say_whose_mail_it_was(mailed: Mailed) -> None:
    """Neither the address nor the name stands on a page or in a link."""
    pages = [mailed.link("u"), mailed.client.get(mailed.link("u")).text, mailed.unsubscribe, mailed.link("c")]
    assert not [page for page in pages if "noor" in page.lower() or "example.nl" in page]
