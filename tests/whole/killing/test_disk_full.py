"""A disk that fills up, for each store in turn: it is said, nothing is lost, and work goes on when there is room."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.whole.killing.checks import every_event_is_there_once, nobody_is_mailed_twice
from tests.whole.killing.company import Load
from tests.whole.killing.installation import ROLES, Installation, Post, alive, until

pytestmark = [pytest.mark.kill, pytest.mark.slow]

STORES = {"inbox": "inbox.db", "state": "state.db", "hot": "hot.db", "online": "online.db", "facts": "facts.duckdb"}
"""What lies on each small disk, its log included: SQLite and DuckDB both put that beside the file a link leads to."""
MOMENT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a disk of 256 MB."""
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextlib.contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Leave no room on a disk for a while."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        for size in (1 << 20, 1 << 12):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))
    try:
        yield
    finally:
        filler.unlink()


class Tending(threading.Thread):
    """Starts again what ends by itself, as the supervisor does."""

    def __init__(self, installation: Installation) -> None:
        super().__init__(name="tending", daemon=True)
        self._installation = installation
        self.done = threading.Event()
        self.restarts = 0

    def run(self) -> None:
        while not self.done.wait(0.2):
            for role in ROLES:
                if not alive(self._installation.pids[role]):
                    self.restarts += 1
                    self._installation.spawn(role)
                    time.sleep(0.5)


def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path) -> None:
    """Each store runs out of room under load: the log or the answer says so; afterwards everything is there once."""
    post = Post(tmp_path / "mails")
    folder = tmp_path / "full"
    with contextlib.ExitStack() as stack:
        stack.callback(post.close)
        disks = {name: stack.enter_context(small_disk(tmp_path / "disks" / name)) for name in STORES}
        (folder / "helder").mkdir(parents=True)
        for name, file in STORES.items():
            (folder / "helder" / file).symlink_to(disks[name] / file)
        installation = stack.enter_context(Installation(folder, post, MOMENT))
        installation.set_up()
        tending = Tending(installation)
        tending.start()
        load = Load(installation.port, pause=0.02)
        load.start()
        for name in STORES:
            _one_store(installation, load, name, disks[name])
        load.finish()
        until(lambda: all(alive(pid) for pid in installation.pids.values()), "not all came back")
        installation.come_to_rest()
        tending.done.set()
        tending.join()
        for role in ("web", "worker", "sender"):
            installation.stop(role)
        every_event_is_there_once(installation.data, load)
        nobody_is_mailed_twice(installation.data, post)


def _one_store(installation: Installation, load: Load, name: str, disk: Path) -> None:
    """Fill the disk of one store until somebody says so, free it, and see everything go on."""
    before = installation.log.stat().st_size
    refused = load.answers[503]

    def said() -> bool:
        text = installation.log.read_bytes()[before:]
        return b"DiskFull" in text or b"disk is full" in text or load.answers[503] > refused

    with filled(disk):
        until(said, f"{name}: a full disk is not noticed", 40)
        time.sleep(1)
    if name == "inbox":
        assert load.answers[503] > refused
    accepted = len(load.accepted)
    until(lambda: len(load.accepted) > accepted + 20, f"{name}: the front door does not go on: {installation.said()}")
    until(lambda: alive(installation.pids["worker"]), "the worker does not come back")
    until(installation.well, f"{name}: stages go on failing")
