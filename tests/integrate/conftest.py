from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from helder.integrate.live import LiveSources
from helder.integrate.live_index import LiveIndex
from helder.integrate.register import Sources, SyncReport
from helder.store.facts.duckdb.engine import DuckDbFacts
from helder.store.facts.schema import table
from helder.store.state import State, create_all, open_state

KEY = b"k" * 32


class World(msgspec.Struct):
    """An installation without people."""

    folder: Path
    state: State
    facts: DuckDbFacts
    live: LiveSources
    sources: Sources
    now: datetime

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file beside the mapping files."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def sync(self, mapping: str, name: str = "shop.toml") -> SyncReport:
        """Add a source (again) and sync it."""
        found = self.sources.add(self.write(name, mapping), self.now)
        return self.sources.sync(found.mapping.source, self.now)

    def rows(self, name: str, *columns: str) -> list[tuple[object, ...]]:
        """Return rows of a table in the facts, sorted."""
        found = self.facts.read(table(name).select(*columns)).to_pylist()
        return sorted((tuple(row[column] for column in columns) for row in found), key=repr)


@pytest.fixture
def world(tmp_path: Path, now: datetime) -> Iterator[World]:
    """An installation of its own."""
    state = open_state(tmp_path / "state.db")
    create_all(state)
    facts = DuckDbFacts(":memory:")
    live = LiveSources(state, timeout=0.3)
    folder = tmp_path / "sources"
    folder.mkdir()
    yield World(folder, state, facts, live, Sources(state, facts, KEY, LiveIndex(state, facts, KEY, live)), now)
    facts.close()
    state.close()
