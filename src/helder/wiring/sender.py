"""A sender: it reads state and the projections, never the facts, and so starts without their engine."""

from __future__ import annotations

from helder.activate.channels.email.dispatch import Dispatch
from helder.activate.channels.email.sender import Sender
from helder.activate.composing import Composer
from helder.activate.links import Links
from helder.activate.people import People
from helder.clock import Clock
from helder.settings import Settings, secret_key
from helder.store.projections.hot import Hot
from helder.store.projections.online import Online
from helder.store.state import open_state


def build_sender(settings: Settings, clock: Clock) -> Sender:
    """Build a sender: it reads state and the projections, never the facts."""
    state = open_state(settings.data / "state.db")
    hot = Hot(settings.data / "hot.db", read_only=True)
    online = Online(settings.data / "online.db", read_only=True)
    links = Links(secret_key(settings.data), settings.address)
    dispatch = Dispatch(state, People(online, hot), Composer(state, links, settings), settings)
    return Sender(state, dispatch, settings, clock)
