from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from helder.store.state import State, create_all, open_state


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    """An empty state."""
    opened = open_state(tmp_path / "state.db")
    create_all(opened)
    yield opened
    opened.close()
