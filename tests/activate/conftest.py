"""A company and a mail server for each test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from tests.activate.company import Catcher, Company, serve


@pytest.fixture
def catcher() -> Catcher:
    """What the mail server got."""
    return Catcher()


@pytest.fixture
def company(tmp_path: Path, now: datetime, catcher: Catcher) -> Iterator[Company]:
    """A company whose mail goes to ``catcher``."""
    controller = serve(catcher)
    made = Company(tmp_path, now, smtp_port=controller.port)
    yield made
    made.close()
    controller.stop()
