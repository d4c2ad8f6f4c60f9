"""Sources as state knows them: their mapping, their folder, how they are doing."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from pathlib import Path

import msgspec
from sqlalchemy import RowMapping, select, update

from helder.clock import aware, stored
from helder.errors import NotFound
from helder.govern.catalogue import base_catalogue
from helder.integrate.mapping import SourceMapping, nearest, parse_mapping
from helder.store.state import State
from helder.store.tables.sources import source as source_table


class SourceDefinition(msgspec.Struct, frozen=True):
    """One source."""

    mapping: SourceMapping
    folder: Path
    """Folder that paths in the mapping are relative to."""
    health: str
    """new | good | failing"""
    health_detail: str
    synced_at: datetime | None
    """Aware UTC; None before the first time."""
    cursors: dict[str, str]
    """Change cursor by object number, of live sources."""


def read_definitions(state: State) -> dict[str, SourceDefinition]:
    """Return all sources by key."""
    with state.read() as connection:
        rows = connection.execute(select(source_table).order_by(source_table.c.key)).mappings().all()
    return {row["key"]: _definition(row) for row in rows}


def read_definition(state: State, key: str) -> SourceDefinition:
    """Return one source.

    Raises:
        NotFound: naming the nearest ones.
    """
    found = read_definitions(state)
    if key not in found:
        raise NotFound(f"there is no source {key!r}; {nearest(key, found)}")
    return found[key]


def mark(state: State, key: str, health: str, detail: str, now: datetime | None = None) -> None:
    """Note how a source is doing; ``now`` when it was just synced."""
    values: dict[str, object] = {"health": health, "health_detail": detail[:1000]}
    if now is not None:
        values["synced_at"] = stored(now)
    with state.write() as connection:
        connection.execute(update(source_table).where(source_table.c.key == key).values(**values))


def _definition(row: RowMapping) -> SourceDefinition:
    return SourceDefinition(
        mapping=_parsed(row["mapping"], row["key"]),
        folder=Path(row["folder"]),
        health=row["health"],
        health_detail=row["health_detail"],
        synced_at=None if row["synced_at"] is None else aware(row["synced_at"]),
        cursors=msgspec.json.decode(row["cursor"] or "{}", type=dict[str, str]),
    )


@lru_cache(maxsize=256)
def _parsed(text: str, name: str) -> SourceMapping:
    return parse_mapping(text, base_catalogue(), name)


def read_trust(state: State) -> dict[str, int]:
    """Return how far each source is trusted, where sources contradict each other."""
    return {key: found.mapping.trust for key, found in read_definitions(state).items()}
