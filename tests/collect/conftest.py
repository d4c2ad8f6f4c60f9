"""What the tests of this room share: real stores, and a simple way to tell whose an event is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import msgspec
import pytest

from helder.collect.event import Event
from helder.collect.inbox import Inbox
from helder.store.facts.duckdb.engine import DuckDbFacts
from helder.store.keys import identity_id
from helder.store.migrations import upgrade
from helder.store.state import State, open_state

RECEIVED_AT = datetime(2026, 11, 24, 10, 0)  # noqa: DTZ001 - naive UTC, as in the stores


class Named(msgspec.Struct, frozen=True):
    kind: str
    value: str
    id: int


class Who(msgspec.Struct, frozen=True):
    identity: Named
    others: tuple[Named, ...] = ()
    links: tuple[tuple[Named, Named, str, int], ...] = ()
    person: dict[str, object] | None = None
    shown: str = ""


class Stores(msgspec.Struct):
    folder: Path
    inbox: Inbox
    state: State
    facts: DuckDbFacts


def named(kind: str, value: str) -> Named:
    return Named(kind, value, identity_id(kind, value, b"k" * 32))


def identify(event: Event) -> Who | None:
    """Give a logged-in visitor's event to the user, with a link to the browser; nobody's event to nobody."""
    anonymous = named(f"anonymous:{event.source}", event.anonymous_id) if event.anonymous_id else None
    if not event.user_id:
        return Who(anonymous) if anonymous else None
    user = named("customer:shop", event.user_id)
    links = ((user, anonymous, "login", 80),) if anonymous else ()
    return Who(user, (anonymous,) if anonymous else (), links, _person(event.traits))


def _person(traits: dict[str, object] | None) -> dict[str, object] | None:
    """Return traits with the birth date as a date."""
    born = (traits or {}).get("birth_date")
    return {**(traits or {}), "birth_date": date.fromisoformat(str(born))} if born else traits


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    """Real stores in a folder of their own."""
    state = open_state(tmp_path / "state.db")
    upgrade(state)
    opened = Stores(tmp_path, Inbox(tmp_path / "inbox.db"), state, DuckDbFacts(tmp_path / "facts.duckdb"))
    yield opened
    opened.inbox.close()
    opened.facts.close()
    state.close()
