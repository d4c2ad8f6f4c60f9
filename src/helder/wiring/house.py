"""The house: everything that a worker works with."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

import msgspec
import numpy as np

from helder.activate.advance import Advance
from helder.activate.deliver import Deliver
from helder.activate.enrol import read_upto
from helder.activate.mailing import Matches
from helder.activate.people import People
from helder.clock import Clock
from helder.collect.inbox import Inbox
from helder.collect.receive import Receive
from helder.govern.entries import read_catalogue
from helder.govern.purposes import read_purposes
from helder.integrate.live import LiveSources
from helder.integrate.live_index import LiveIndex
from helder.integrate.profile import Profiles
from helder.integrate.register import Sources
from helder.integrate.resolve import Resolve, read_survival
from helder.integrate.showings import shown_in
from helder.integrate.web_identities import WebIdentities
from helder.intelligence.refresh import Refresh
from helder.intelligence.segments.definitions import Segments
from helder.intelligence.segments.engine import Engine, Surroundings
from helder.intelligence.segments.parse import parse
from helder.intelligence.segments.rule import Rule
from helder.settings import Settings, secret_key
from helder.store.facts.duckdb.engine import DuckDbFacts
from helder.store.facts.protocol import Facts
from helder.store.migrations import upgrade
from helder.store.project import Project
from helder.store.projections.hot import Hot
from helder.store.projections.online import Online
from helder.store.state import State, open_state

_DUE_EVERY = timedelta(seconds=1)
"""While nothing comes in, memberships that change by themselves ("the last 7 days") are at most this old."""


class House(msgspec.Struct, frozen=True, kw_only=True):
    """All that the worker works with: one of each, for the life of the process."""

    settings: Settings
    key: bytes
    """The installation's secret."""
    clock: Clock
    state: State
    inbox: Inbox
    facts: Facts
    hot: Hot
    online: Online
    sources: Sources
    identify: WebIdentities
    live: LiveSources
    profiles: Profiles
    segments: Segments
    engine: Engine
    people: People
    receive: Receive
    resolve: Resolve
    project: Project
    refresh: Refresh
    advance: Advance
    deliver: Deliver

    @property
    def stages(self) -> tuple[Receive, Resolve, Project, Refresh, Advance, Deliver]:
        """The stages of the pipeline, in their order."""
        return (self.receive, self.resolve, self.project, self.refresh, self.advance, self.deliver)

    def close(self) -> None:
        """Close every store."""
        self.inbox.close()
        self.hot.close()
        self.online.close()
        self.state.close()
        self.facts.close()


def open_house(settings: Settings, clock: Clock, queued: Callable[[], None] = lambda: None) -> House:
    """Open every store of the data folder and build what works on them. The caller holds the worker's lock.

    ``queued`` is called when messages have come into the outbox.

    Raises:
        HelderError: when a store cannot be opened; the message says which and why.
    """
    key = secret_key(settings.data)
    state = open_state(settings.data / "state.db")
    upgrade(state)
    facts = DuckDbFacts(settings.data / "facts.duckdb", settings.memory_limit, settings.threads)
    hot, online = Hot(settings.data / "hot.db"), Online(settings.data / "online.db")
    hot.warm()
    inbox = Inbox(settings.data / "inbox.db")
    # Files lose their ends apart from each other: no number that was read past is given out again.
    inbox.number_after(facts.watermark("receive"))
    online.number_changes_after(read_upto(state))
    live = LiveSources(state, settings.source_timeout_seconds)
    identify = WebIdentities(state, key, link_key=key, recall=lambda since: shown_in(facts, since))
    segments = Segments(state, settings.zone)
    engine = Engine(facts, _surroundings(state, segments, live), hot, online)
    people = People(online, hot)
    return House(
        settings=settings,
        key=key,
        clock=clock,
        state=state,
        inbox=inbox,
        facts=facts,
        hot=hot,
        online=online,
        sources=Sources(state, facts, key, LiveIndex(state, facts, key, live)),
        identify=identify,
        live=live,
        profiles=Profiles(facts, state, live, key),
        segments=segments,
        engine=engine,
        people=people,
        receive=Receive(inbox, state, facts, identify, online, settings.duplicate_days, settings.reject_days),
        resolve=Resolve(facts, lambda: read_survival(state)),
        project=Project(facts, hot, online),
        refresh=Refresh(facts, segments, online, engine, hot, due_every=_DUE_EVERY),
        advance=Advance(state, people, _matches(engine, settings), key, queued=queued),
        deliver=Deliver(state, inbox),
    )


def _surroundings(state: State, segments: Segments, live: LiveSources) -> Surroundings:
    """Return what the engine asks of the rest of the house, read at each question so that edits are seen."""

    def soft_opt_in() -> frozenset[str]:
        return frozenset(key for key, item in read_purposes(state).items() if item.soft_opt_in == "yes")

    return Surroundings(
        catalogue=lambda: read_catalogue(state), lookup=segments.rule, soft_opt_in=soft_opt_in, live=live
    )


def _matches(engine: Engine, settings: Settings) -> Matches:
    """Return the way in which a journey asks who of some profiles still answers to a rule."""

    @lru_cache(maxsize=1_024)
    def parsed(rule: str) -> Rule:
        return parse(rule, settings.zone)

    def matches(rule: str, profiles: Sequence[int], now: datetime) -> Collection[int]:
        found = engine.restricted(parsed(rule), np.asarray(profiles, np.int64), now)
        return set(found.tolist())

    return matches
