"""The released SDKs of others, driven as a company's own programs and pages drive them."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from tests.api.conftest import Door

from helder.collect.event import Event

HERE = Path(__file__).parent
PACKAGES = HERE / "package.json"
"""Versions of the npm packages; they are installed by npm, outside the tree."""

Said: TypeAlias = Callable[[Path], list[Event]]


@pytest.fixture(scope="session")
def npm_packages() -> Path:
    """The folder ``node_modules`` with the SDKs; tests that need it are skipped where it cannot be had."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("no Node.js with npm on this machine; as root, `make test` installs it")
    text = PACKAGES.read_text("utf-8")
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "helder-test-clients"
    folder = cache / hashlib.sha256(text.encode()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            (folder / "package.json").write_text(text)
            _install(folder)
            (folder / "complete").touch()
    return folder / "node_modules"


def _install(folder: Path) -> None:
    """Install what ``package.json`` says, without running any program of the packages."""
    command = [
        "npm",
        "install",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--no-package-lock",
        "--no-update-notifier",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=240)
    if done.returncode:
        pytest.skip(f"npm cannot install the SDKs: {done.stderr.strip().splitlines()[-1:]}")


@pytest.fixture
def said(door: Door, request: pytest.FixtureRequest) -> Said:
    """Runs a program with the address and the key of ``door``; returns the events that it brought."""

    def run(program: Path) -> list[Event]:
        before = len(door.events())
        environment = {**os.environ, "HOST": f"http://127.0.0.1:{door.port}", "KEY": door.key}
        if program.suffix == ".cjs":
            environment["NODE_PATH"] = str(request.getfixturevalue("npm_packages"))
        command = ["node" if program.suffix == ".cjs" else sys.executable, str(program)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "rror" not in done.stderr, done.stderr
        assert door.rejected() == []
        return door.events()[before:]

    return run


def waited_for(events: Callable[[], list[Event]], kinds: set[str], seconds: float = 15.0) -> list[Event]:
    """Return the events once there is one of each of ``kinds``: a browser sends when it likes."""
    end = time.monotonic() + seconds
    while not kinds <= {event.type for event in events()}:
        assert time.monotonic() < end, sorted((event.type, event.name) for event in events())
        time.sleep(0.05)
    return events()


def by_kind(events: list[Event]) -> dict[tuple[str, str], Event]:
    """Return (type, name) → event; two alike are a defect."""
    found = {(event.type, event.name): event for event in events}
    assert len(found) == len(events), sorted((event.type, event.name) for event in events)
    return found


def library(event: Event) -> str:
    """Return which client an event says that it comes from."""
    return str(json.loads(event.context)["library"]["name"])
