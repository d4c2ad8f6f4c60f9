"""A small Helder that runs, with forty people and somebody of each role, and a browser to look at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from helder.access.keys import ROLES, Role
from helder.access.users import Users
from helder.cli._demo.server import Server, free_port
from helder.clock import system_clock
from helder.store.migrations import upgrade
from helder.store.state import State, open_state
from helder.worker.client import Client

PASSWORD = "een heel lang wachtwoord"
FIRST = ("Jan", "Zoë", "Fleur", "Daan", "Femke", "Youssef", "Sanne", "Ruben")
LAST = ("de Vries", "van der Heijden", "Jansen", "Kowalski", "Yılmaz")
MAPPING = """
source = "shop"
name = {nl = "Webwinkel", en = "Web shop"}
type = "files"
mode = "copied"
[[object]]
object = "person"
path = "people.csv"
key = "number"
[object.identifiers]
"customer:shop" = "number"
email = "email"
phone = "phone"
[object.fields]
first_name = "first"
infix = "infix"
last_name = "last"
city = "city"
country = "country"
[[object]]
object = "order"
path = "orders.csv"
key = "order"
[object.identifiers]
"customer:shop" = "number"
[object.fields]
at = "at"
status = "status"
amount = {column = "cents", type = "money", unit = "cent", currency = "EUR"}
"""


class Workspace(msgspec.Struct):
    """A running Helder, and how to come in."""

    data: Path
    base: str
    client: Client
    state: State
    browser: Browser | None = None


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """``helder serve`` on forty people; ``viewer@tuin.example`` and one of each other role may sign in."""
    data = tmp_path_factory.mktemp("workspace")
    state = open_state(data / "state.db")
    upgrade(state)
    for role in ROLES:
        Users(state).add(f"{role}@tuin.example", f"Lotte {role.title()}", role, PASSWORD, system_clock(), "test")
    server = Server(data, free_port(0), {"company": "Tuinhuis", "development": "true"})
    try:
        with closing(server.ready()) as client:
            _fill(data, client)
            yield Workspace(data, server.base, client, state)
    finally:
        server.close()
        state.close()


def _fill(data: Path, client: Client) -> None:
    """Give it people and orders, as an engineer would."""
    people, orders = ["number,email,phone,first,infix,last,city,country"], ["order,number,at,status,cents"]
    for n in range(40):
        *infix, last = LAST[n % len(LAST)].split(" ")
        first = FIRST[n % len(FIRST)]
        mail = f"klant{n}@voorbeeld.example"
        phone = f"06{n + 12340000:08d}"
        where = ("Utrecht", "NL") if n % 3 else ("Gent", "BE")
        people.append(f"K-{1000 + n},{mail},{phone},{first},{' '.join(infix)},{last},{','.join(where)}")
        orders += [f"O-{n}-{i},K-{1000 + n},2026-11-{1 + i:02d}T10:00:00Z,paid,{2500 + 100 * n}" for i in range(n % 4)]
    folder = data / "shop"
    folder.mkdir()
    (folder / "people.csv").write_text("\n".join(people) + "\n", "utf-8")
    (folder / "orders.csv").write_text("\n".join(orders) + "\n", "utf-8")
    (folder / "shop.toml").write_text(MAPPING, "utf-8")
    client.call("source_add", path=str(folder / "shop.toml"))
    client.call("source_sync", key="shop")
    assert client.call("settle")


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A Chromium, for one file of tests: while it is there no other event loop can run in this thread."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


Come = Callable[..., Page]


@pytest.fixture
def come(workspace: Workspace, browser: Browser) -> Iterator[Come]:
    """Signs somebody in and gives their page; what a browser complains of fails the test."""
    contexts, complaints = [], []

    def signed_in(
        role: Role | None = "admin", language: str = "en", theme: str = "light", width: int = 1280, **more: object
    ) -> Page:
        context = browser.new_context(
            base_url=workspace.base,
            locale=f"{language}-NL",
            color_scheme="dark" if theme == "dark" else "light",
            reduced_motion="reduce",
            viewport={"width": width, "height": 800},
            **more,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        if role is not None:
            page.goto("/sign-in")
            page.locator("[name=email]").fill(f"{role}@tuin.example")
            page.locator("[name=password]").fill(PASSWORD)
            page.locator("main button").click()
            page.wait_for_url("**/")
        return page

    yield signed_in
    for context in contexts:
        context.close()
    assert complaints == []
