"""Puts the rooms above ``wiring`` (access, api, web) on what it built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec

from helder.access.keys import Keys
from helder.api.app import Api, rest_app
from helder.api.collect import Collect
from helder.collect.inbox import Inbox
from helder.pipeline import Stage
from helder.server.app import App
from helder.settings import Settings, secret_key
from helder.store.facts.protocol import Facts
from helder.store.state import open_state
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
    api = Api(inbox=inbox, state=state, keys=keys, collect=collect, worker=AsyncClient(settings.data))
    try:
        yield App(collect, rest_app(api))
    finally:
        inbox.close()
        state.close()
        waker.close()


class WorkerHouse(msgspec.Struct):
    """What a worker works on."""

    facts: Facts
    inbox: Inbox
    stages: tuple[Stage, ...]
    handlers: Mapping[str, Any]

    def close(self) -> None:
        """Close the facts."""
        self.facts.close()


def worker_house(settings: Settings) -> WorkerHouse:
    """Open the stores and build the stages."""
    from helder.collect.receive import Receive
    from helder.integrate.identifiers import Identifiers
    from helder.store.facts.duckdb.engine import DuckDbFacts

    inbox = Inbox(settings.data / "inbox.db")
    state = open_state(settings.data / "state.db")
    facts = DuckDbFacts(settings.data / "facts.duckdb", settings.memory_limit, settings.threads)
    made = Identifiers(secret_key(settings.data))

    class Who(msgspec.Struct):
        identity: Any
        others: tuple[Any, ...] = ()
        links: tuple[Any, ...] = ()
        person: None = None

    def identify(event: Any) -> Who | None:
        who = made.identity(f"anonymous:{event.source}", event.anonymous_id or event.user_id)
        return Who(who) if who else None

    return WorkerHouse(facts, inbox, (Receive(inbox, state, facts, identify),), {})


def run_sender(settings: Settings) -> None:
    """Run one sender."""
    import signal

    signal.pause()
