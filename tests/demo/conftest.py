"""A small generated company for all tests of the demo."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from helder.demo.company import Company, generate

AS_OF = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """A company of 1,500 people; tests read it and change nothing."""
    return generate(tmp_path_factory.mktemp("company"), 1500, 11, AS_OF)


@pytest.fixture
def small(tmp_path: Path) -> Company:
    """A company of 300 people that a test may change."""
    return generate(tmp_path, 300, 5, AS_OF)
