"""Puts the rooms above ``wiring`` (access, api, web) on what it built."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from helder.access.drafts import Drafts
from helder.access.invitations import Invitations
from helder.access.keys import Keys
from helder.access.sessions import Sessions
from helder.access.trail import Trail
from helder.access.users import Users
from helder.activate.links import Links
from helder.activate.tracking import Tracking
from helder.api.app import Api, rest_app
from helder.api.browser.routes import browser_routes
from helder.api.collect import Collect
from helder.api.collect.documents import Documents
from helder.api.collect.visitors import Visitors
from helder.api.hooks import hook_route
from helder.api.track import track_routes
from helder.clock import Clock
from helder.collect.inbox import Inbox
from helder.collect.networks import Networks
from helder.errors import SettingsError
from helder.integrate.identifiers import Identifiers
from helder.intelligence.segments.definitions import Segments
from helder.server.app import App
from helder.settings import Settings, secret_key
from helder.store.projections.online import Online
from helder.store.state import open_state
from helder.web.app import Pages
from helder.web.routes import routes
from helder.worker.client import AsyncClient
from helder.worker.wake import Waker


@contextmanager
def web_app(settings: Settings, clock: Clock) -> Iterator[App]:
    """Build the web application, and close what it holds afterwards."""
    with ExitStack() as stack:
        key = secret_key(settings.data)
        waker = stack.enter_context(closing(Waker(settings.data)))
        state = stack.enter_context(closing(open_state(settings.data / "state.db")))
        inbox = stack.enter_context(closing(Inbox(settings.data / "inbox.db", on_commit=waker)))
        online = stack.enter_context(closing(Online(settings.data / "online.db", read_only=True)))
        trail = stack.enter_context(closing(Trail(state, clock)))
        keys, worker = Keys(state), AsyncClient(settings.data)
        collect = Collect(inbox, keys, clock, _visitors(settings))
        api = Api(
            settings=settings,
            inbox=inbox,
            state=state,
            online=online,
            keys=keys,
            trail=trail,
            collect=collect,
            worker=worker,
            segments=Segments(state, settings.zone),
            identifiers=Identifiers(key),
        )
        links = Links(key, settings.address)
        tracking = Tracking(state, inbox, links, online)
        rest = rest_app(
            api,
            [
                track_routes(tracking, settings, clock),
                *browser_routes(api, links, clock),
                hook_route(api, clock),
                routes(development=settings.development),
            ],
        )
        rest.state.pages = _pages(api, key, clock)
        yield App(collect, Documents(keys, settings.data), rest)


def _visitors(settings: Settings) -> Visitors:
    """Return how browsers in data centres are told; the list is read at the start.

    Raises:
        SettingsError: when the list cannot be read; the message says which line.
    """
    name = settings.data_centre_networks
    if not name:
        return Visitors()
    try:
        text = (settings.data / name).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"data_centre_networks: {name} cannot be read ({type(error).__name__}).") from error
    return Visitors(Networks(text, name), settings.client_address_header.lower().encode())


def _pages(api: Api, key: bytes, clock: Clock) -> Pages:
    """Return what the pages work with: much of what the API does, and who may come in."""
    return Pages(
        settings=api.settings,
        key=key,
        clock=clock,
        worker=api.worker,
        state=api.state,
        online=api.online,
        segments=api.segments,
        keys=api.keys,
        trail=api.trail,
        users=Users(api.state),
        sessions=Sessions(api.state, key),
        invitations=Invitations(api.state),
        drafts=Drafts(api.state),
    )
