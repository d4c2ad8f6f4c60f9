"""What a batch of events says about who is who, as columns for the facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

import pyarrow as pa

from helder.collect.event import Event

MOMENT = pa.timestamp("us")


class Named(Protocol):
    """An identity: one external key of somebody."""

    @property
    def kind(self) -> str:
        """Kind of the key, such as ``email``."""
        ...

    @property
    def value(self) -> str:
        """The key, normalised."""
        ...

    @property
    def id(self) -> int:
        """Keyed 63-bit hash of kind and value."""
        ...


Pair: TypeAlias = tuple[Named, Named, str, int]
"""A link between two identities: a, b, reason, strength."""


class Identified(Protocol):
    """Whose event it is, and what else it says about who is who."""

    @property
    def identity(self) -> Named:
        """The identity that the event belongs to."""
        ...

    @property
    def others(self) -> Sequence[Named]:
        """Other identities that it mentions."""
        ...

    @property
    def links(self) -> Sequence[Pair]:
        """Links that follow from it."""
        ...

    @property
    def person(self) -> Mapping[str, object] | None:
        """Fields of the golden record that it states."""
        ...

    @property
    def shown(self) -> str:
        """Which signed word its page was come to by; empty for none."""
        ...


Identify: TypeAlias = Callable[[Event], Identified | None]
"""Tells whose an event is; ``None`` when its ids say nothing."""
Seen: TypeAlias = tuple[Event, Identified]


def event_rows(events: Sequence[Event], identity_ids: Sequence[int]) -> pa.Table:
    """Return rows of ``event_tail``."""
    return pa.table(
        {
            "message_id": pa.array([e.message_id for e in events], pa.string()),
            "identity_id": pa.array(identity_ids, pa.int64()),
            "type": pa.array([e.type for e in events], pa.string()),
            "name": pa.array([e.name for e in events], pa.string()),
            "source": pa.array([e.source for e in events], pa.string()),
            "at": pa.array([e.at for e in events], MOMENT),
            "received_at": pa.array([e.received_at for e in events], MOMENT),
            "original_at": pa.array([e.original_at for e in events], MOMENT),
            "url": pa.array([e.url for e in events], pa.string()),
            "properties": pa.array([e.properties for e in events], pa.string()),
            "context": pa.array([e.context for e in events], pa.string()),
            "value_micros": pa.array([e.value_micros for e in events], pa.int64()),
            "currency": pa.array([e.currency for e in events], pa.string()),
        }
    )


def identity_rows(identities: Mapping[int, tuple[str, str, datetime]]) -> pa.Table:
    """Return rows of ``identity`` from id → (kind, value, first seen)."""
    values = identities.values()
    return pa.table(
        {
            "identity_id": pa.array(list(identities), pa.int64()),
            "kind": pa.array([kind for kind, _, _ in values], pa.string()),
            "value": pa.array([value for _, value, _ in values], pa.string()),
            "first_seen": pa.array([at for _, _, at in values], MOMENT),
        }
    )


LinkRow: TypeAlias = tuple[int, int, str, int, str, str, datetime]
"""a, b (a < b), reason, strength, source, record_key, at."""


def link_rows(links: Sequence[LinkRow]) -> pa.Table:
    """Return rows of ``link``."""
    a, b, reason, strength, source, record_key, at = zip(*links, strict=True) if links else ((),) * 7
    return pa.table(
        {
            "a": pa.array(a, pa.int64()),
            "b": pa.array(b, pa.int64()),
            "reason": pa.array(reason, pa.string()),
            "strength": pa.array(strength, pa.int16()),
            "source": pa.array(source, pa.string()),
            "record_key": pa.array(record_key, pa.string()),
            "at": pa.array(at, MOMENT),
        }
    )


def identities_seen(seen: Iterable[Seen]) -> dict[int, tuple[str, str, datetime]]:
    """Return the identities that events mention, each with the earliest moment: id → (kind, value, first seen)."""
    found: dict[int, tuple[str, str, datetime]] = {}
    for event, who in seen:
        for named in (who.identity, *who.others):
            before = found.get(named.id)
            if before is None or event.at < before[2]:
                found[named.id] = (named.kind, named.value, event.at)
    return found


def links_seen(seen: Iterable[Seen]) -> dict[tuple[int, int, str], LinkRow]:
    """Return the links that follow from events, each once, with the moment of the first."""
    found: dict[tuple[int, int, str], LinkRow] = {}
    for event, who in seen:
        for one, other, reason, strength in who.links:
            a, b = min(one.id, other.id), max(one.id, other.id)
            if a != b and (a, b, reason) not in found:
                found[a, b, reason] = (a, b, reason, strength, event.source, event.message_id, event.at)
    return found
