"""Puts the rooms above ``wiring`` (access, api, web) on what it built."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from helder.access.keys import Keys
from helder.activate.links import Links
from helder.activate.tracking import Tracking
from helder.api.app import Api, rest_app
from helder.api.collect import Collect
from helder.api.track import track_routes
from helder.clock import system_clock
from helder.collect.inbox import Inbox
from helder.server.app import App
from helder.settings import Settings, secret_key
from helder.store.state import open_state
from helder.web.app import Pages
from helder.web.routes import routes
from helder.worker.client import AsyncClient
from helder.worker.wake import Waker


@contextmanager
def web_app(settings: Settings) -> Iterator[App]:
    """Build the web application, and close what it holds afterwards."""
    waker = Waker(settings.data)
    inbox = Inbox(settings.data / "inbox.db", on_commit=waker)
    state = open_state(settings.data / "state.db")
    keys = Keys(state)
    collect = Collect(inbox, keys)
    worker, key = AsyncClient(settings.data), secret_key(settings.data)
    api = Api(inbox=inbox, state=state, keys=keys, collect=collect, worker=worker)
    try:
        tracking = Tracking(state, inbox, Links(key, settings.address))
        rest = rest_app(api, [track_routes(tracking, settings, system_clock), routes()])
        rest.state.pages = Pages(settings, key, system_clock, worker)
        yield App(collect, rest)
    finally:
        inbox.close()
        state.close()
        waker.close()
