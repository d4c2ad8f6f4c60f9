"""The consent ledger: every choice that a person made, and which one holds now.

Choices are only added. Of one identity, purpose, channel and title the one made last holds; of two made at the same
moment the one recorded last.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, RowMapping, Select, func, insert, select

from helder.store.state import State
from helder.store.tables.consents import consent_ledger as ledger

CHUNK = 5_000
"""Rows a transaction, so that small transactions of others are not starved."""
PAUSE = 0.02
"""Seconds between two chunks."""
_SCOPE = ("identity_id", "purpose", "channel", "title")


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One choice of one person."""

    identity_id: int
    kind: str
    value: str
    purpose: str
    channel: str
    choice: str
    """yes | no"""
    at: datetime
    """When the person chose (naive UTC)."""
    recorded_at: datetime
    """When Helder learned of it (naive UTC)."""
    source: str
    title: str = ""
    """Empty: all titles."""
    basis: str = "consent"
    evidence: str = ""


def append(state: State, choices: Sequence[Choice], pause: Callable[[float], None] = time.sleep) -> int:
    """Add ``choices`` that the ledger does not hold yet; return how many were added.

    Args:
        state: where the ledger lies.
        choices: in any order.
        pause: sleeps between chunks of 5,000, so that bulk work never starves small transactions.
    """
    added = 0
    seen: set[tuple[object, ...]] = set()
    empty = _has_none(state, {choice.source for choice in choices})
    for number, chunk in enumerate(_chunks(choices)):
        if number:
            pause(PAUSE)
        with state.write() as connection:
            ids = sorted({choice.identity_id for choice in chunk})
            known = set() if empty else {tuple(row) for row in connection.execute(_exact(ids))}
            fresh = {key: choice for choice in chunk if (key := _key(choice)) not in known and key not in seen}
            if fresh:
                connection.execute(insert(ledger), [msgspec.structs.asdict(choice) for choice in fresh.values()])
            seen.update(fresh if empty else ())
            added += len(fresh)
    return added


def _has_none(state: State, sources: set[str]) -> bool:
    """Tell whether the ledger holds nothing of these sources yet: then nothing can be there twice."""
    with state.read() as connection:
        return connection.execute(select(ledger.c.id).where(ledger.c.source.in_(sources)).limit(1)).first() is None


def latest(state: State, identity_ids: Sequence[int], purpose: str = "", channel: str = "") -> list[Choice]:
    """Return the choices that hold for ``identity_ids``: at most one an identity, purpose, channel and title.

    Args:
        state: where the ledger lies.
        identity_ids: whose choices; looked up in chunks.
        purpose: only of this purpose, when given.
        channel: only of this channel, when given.

    Returns:
        Sorted by identity, purpose, channel, title.
    """
    found: list[Choice] = []
    with state.read() as connection:
        for start in range(0, len(identity_ids), CHUNK):
            query = _latest(list(identity_ids[start : start + CHUNK]), purpose, channel)
            found += [_choice(row) for row in connection.execute(query).mappings()]
    return sorted(found, key=lambda choice: (choice.identity_id, choice.purpose, choice.channel, choice.title))


def history(state: State, identity_ids: Sequence[int]) -> list[Choice]:
    """Return every choice of ``identity_ids``, oldest first."""
    query = select(ledger).where(ledger.c.identity_id.in_(list(identity_ids))).order_by(ledger.c.at, ledger.c.id)
    with state.read() as connection:
        return [_choice(row) for row in connection.execute(query).mappings()]


def _latest(ids: list[int], purpose: str, channel: str) -> Select[*tuple[Any, ...]]:
    """Rank the choices of each scope, newest first, and keep the first."""
    scope: list[ColumnElement[object]] = [ledger.c[name] for name in _SCOPE]
    rank = func.row_number().over(partition_by=scope, order_by=(ledger.c.at.desc(), ledger.c.id.desc())).label("rank")
    query = select(ledger, rank).where(ledger.c.identity_id.in_(ids))
    if purpose:
        query = query.where(ledger.c.purpose == purpose)
    if channel:
        query = query.where(ledger.c.channel == channel)
    ranked = query.subquery()
    return select(ranked).where(ranked.c.rank == 1)


def _exact(ids: list[int]) -> Select[*tuple[Any, ...]]:
    columns = [ledger.c[name] for name in (*_SCOPE, "choice", "at", "source")]
    return select(*columns).where(ledger.c.identity_id.in_(ids))


def _key(choice: Choice) -> tuple[object, ...]:
    """Return what makes two rows the same choice."""
    scope = (choice.identity_id, choice.purpose, choice.channel, choice.title)
    return (*scope, choice.choice, choice.at, choice.source)


def _choice(row: RowMapping) -> Choice:
    return msgspec.convert({name: row[name] for name in Choice.__struct_fields__}, Choice)


def _chunks(choices: Sequence[Choice]) -> Iterator[Sequence[Choice]]:
    for start in range(0, len(choices), CHUNK):
        yield choices[start : start + CHUNK]
