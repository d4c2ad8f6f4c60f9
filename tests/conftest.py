"""What all tests share: the order they run in, the profiles of hypothesis, and how a skipped test is judged."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

# Cheap before dear: a broken floor shows before a browser starts. A folder that is not listed runs last.
ORDER = (
    "house",
    "store",
    "govern",
    "collect",
    "integrate",
    "intelligence",
    "activate",
    "measure",
    "worker",
    "access",
    "api",
    "web",
    "server",
    "cli",
    "demo",
    "whole",
)

settings.register_profile("default", max_examples=40, deadline=None, print_blob=True)
settings.register_profile(
    "ci", max_examples=60, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
# For planted defects: red is enough, the least example is not looked for.
settings.register_profile("sabotage", max_examples=60, deadline=None, phases=[Phase.explicit, Phase.generate])
settings.register_profile("long", max_examples=1000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests room by room from the ground floor up, and those that start processes last."""
    items.sort(key=_place)


def _place(item: pytest.Item) -> tuple[int, int]:
    """Return where a test comes: its weight first, then its room."""
    heavy = ("postgres", "browser", "kill", "slow")
    weight = max((1 + heavy.index(mark.name) for mark in item.iter_markers() if mark.name in heavy), default=0)
    room = item.path.relative_to(Path(__file__).parent).parts[0]
    return weight, ORDER.index(room) if room in ORDER else len(ORDER)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Where nothing may be skipped, say which tests were."""
    if skipped := _skipped_in_vain(terminalreporter):
        terminalreporter.write_line(f"HELDER_NO_SKIPS is set and {skipped} were skipped: that is a failure", red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run when a test was skipped where nothing may be skipped."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and _skipped_in_vain(reporter):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _skipped_in_vain(reporter: pytest.TerminalReporter) -> int:
    """Return how many tests were skipped, when HELDER_NO_SKIPS forbids it; else 0."""
    return len(reporter.stats.get("skipped", [])) if os.environ.get("HELDER_NO_SKIPS") else 0


@pytest.fixture
def now() -> datetime:
    """A fixed moment: a Tuesday in November, 10:00 UTC."""
    return datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; tests that need one are skipped where there is none."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("no Chromium on this machine; as root, `make test` installs it")
    return found
