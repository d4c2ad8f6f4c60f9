"""A web site on host names of its own, the collector on a host of the site, and a real browser to visit it with."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import msgspec
import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from sqlalchemy import insert
from tests.api.conftest import Door, free_port

from helder.access.keys import Keys
from helder.collect.event import Event
from helder.store.migrations import upgrade
from helder.store.state import open_state
from helder.store.tables.sources import source

NOW = datetime(2026, 11, 24, tzinfo=UTC)
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36"
SITES = {"shop": "shop.localhost", "tuin": "tuin.localhost"}
PAGE = '<!doctype html><html lang="nl"><meta charset="utf-8"><title>{title}</title>{script}<body>{body}</body></html>'


class Street(msgspec.Struct):
    """The collector, and the two sites that send to it."""

    door: Door
    port: int
    """Of the sites."""
    bodies: dict[str, str]
    """Path → what stands on the page, the same on both sites."""
    before: set[str] = set()
    """Message ids that came in before: what was sent while a page was left may come once more, and late."""

    def site(self, key: str = "shop") -> str:
        """Return the origin of the site of a source."""
        return f"http://{SITES[key]}:{self.port}"

    def collector(self, key: str = "shop") -> str:
        """Return the collector's address on a host of that site."""
        return f"http://events.{SITES[key]}:{self.door.port}"

    def url(self, path: str = "/", *, key: str = "shop", **options: str) -> str:
        """Return the address of a page whose script element has ``options`` as its data attributes."""
        query = "&".join(f"{name}={value}" for name, value in options.items())
        return f"{self.site(key)}{path}?{query}"

    def begin(self) -> None:
        """Look only at what comes from now on."""
        self.before = {each.message_id for each in self.door.events()}

    def now(self) -> list[Event]:
        """Return what came in since the beginning, repetitions once."""
        came = {each.message_id: each for each in self.door.events()}
        return [each for key, each in came.items() if key not in self.before]

    def events(self, wait_for: Callable[[list[Event]], object] = bool) -> list[Event]:
        """Return what came in, repetitions once, as soon as it is what is waited for."""
        found: list[Event] = []
        for _ in range(100):
            found = self.now()
            if wait_for(found):
                return found
            time.sleep(0.05)
        raise AssertionError(f"came in: {[(each.type, each.name) for each in found]}")

    def one(self, name: str) -> Event:
        """Return the event with a name, when it has come."""
        return next(each for each in self.events(lambda all_: name in {e.name for e in all_}) if each.name == name)


class Guest(msgspec.Struct):
    """A browser of its own, with nothing kept yet."""

    context: BrowserContext
    street: Street
    asked: list[str] = []
    """Every request to the collector but for the script."""

    def kept(self) -> dict[str, str]:
        """Return all that is kept for the site: storage, and cookies of every host."""
        found: dict[str, str] = self.context.pages[0].evaluate("({...localStorage, ...sessionStorage})")
        return {**found, **{f"cookie {each['name']}": each["value"] for each in self.context.cookies()}}


@pytest.fixture(scope="session")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    """``helder serve --role web`` with two web sources, and a server of their pages."""
    data = tmp_path_factory.mktemp("street")
    state = open_state(data / "state.db")
    upgrade(state)
    keys = Keys(state)
    for key, host in SITES.items():
        text = (
            f'source = "{key}"\nname = {{nl = "", en = ""}}\ntype = "web"\nwrite_key = "wk-{key}"\nhosts = ["{host}"]'
        )
        values = {"key": key, "mapping": text, "folder": "", "mode": "web", "added_at": NOW.replace(tzinfo=None)}
        with state.write() as connection:
            connection.execute(insert(source).values(values))
        keys.add_write_key(key, NOW, f"wk-{key}")
    state.close()
    with _web(data) as (port, process), httpx.Client(base_url=f"http://127.0.0.1:{port}") as http, _site(port) as site:
        yield Street(Door(data, port, "wk-shop", "", http, process), *site)


@contextmanager
def _web(data: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    port = free_port()
    command = [sys.executable, "-m", "helder", "serve", "--role", "web", "--data", str(data), "--port", str(port)]
    with (data / "web.log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log, env={k: v for k, v in os.environ.items() if "HELDER" not in k})
    _wait(port)
    yield port, process
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the web process did not start")


@contextmanager
def _site(collector: int) -> Iterator[tuple[int, dict[str, str]]]:
    """Serve pages with the script and the strictest policy under which it works."""
    bodies: dict[str, str] = {}

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            host = self.headers["Host"].partition(":")[0]
            events = f"http://events.{host}:{collector}"
            key = next((key for key, name in SITES.items() if name == host), "")
            options = " ".join(
                f'data-{each.replace("=", chr(61) + chr(34), 1)}"' for each in query.split("&") if "=" in each
            )
            script = f'<script src="{events}/helder.js" data-key="wk-{key}" {options} defer></script>'
            text = PAGE.format(title=f"Page {path}", script=script, body=bodies.get(path, "")).encode()
            self.send_response(200)
            policy = f"default-src 'none'; script-src {events}; connect-src {events}; form-action 'self' {events}"
            for name, value in (("Content-Type", "text/html; charset=utf-8"), ("Content-Security-Policy", policy)):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        do_POST = do_GET  # noqa: N815 - the library's own name

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port, bodies
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Chromium, which asks nothing of anybody by itself. For one file: no other event loop runs beside it."""
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    # Of the whole browser: what a page sends as its last does not have the name that a context goes by.
    flags += [f"--user-agent={AGENT}", "--lang=nl-NL"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def guests(browser: Browser, street: Street) -> Iterator[Callable[[], Guest]]:
    """Makes browsers of people who were never here before."""
    street.begin()
    street.bodies.clear()
    made: list[BrowserContext] = []

    def make() -> Guest:
        context = browser.new_context()
        made.append(context)
        guest = Guest(context, street, [])
        collector = f":{street.door.port}/v1/"
        context.on("request", lambda request: guest.asked.append(request.url) if collector in request.url else None)
        return guest

    yield make
    for context in made:
        context.close()
