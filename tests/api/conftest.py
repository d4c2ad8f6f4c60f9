"""A real web process on a data folder of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec
import pytest

from helder.access.keys import Keys
from helder.collect.event import Event, Rejection
from helder.collect.inbox import Inbox
from helder.store.migrations import upgrade
from helder.store.state import open_state


class Door(msgspec.Struct):
    """A running web process, and what is behind it."""

    data: Path
    port: int
    key: str
    """A write key of the source ``site``."""
    reader: str
    """An API key of a viewer."""
    http: httpx.Client
    process: subprocess.Popen[bytes]

    def events(self) -> list[Event]:
        return [event for _, entry in Inbox(self.data / "inbox.db").read(0, 1_000_000) for event in entry.events]

    def rejected(self) -> list[Rejection]:
        return [each for _, entry in Inbox(self.data / "inbox.db").read(0, 1_000_000) for each in entry.rejected]

    def raw(self, data: bytes, *, end: bool = True) -> bytes:
        """Send bytes as they are and return what comes back until the connection closes or is quiet."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=3) as connection:
            connection.sendall(data)
            if end:
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            try:
                while chunk := connection.recv(65536):
                    answer += chunk
            except TimeoutError:
                pass
            return answer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """``helder serve --role web``, ready."""
    data = tmp_path_factory.mktemp("door")
    state = open_state(data / "state.db")
    upgrade(state)
    keys, now = Keys(state), datetime(2026, 11, 24, tzinfo=UTC)
    key, reader = keys.add_write_key("site", now), keys.add_api_key("reader", "viewer", now)
    state.close()
    port = free_port()
    command = [sys.executable, "-m", "helder", "serve", "--role", "web", "--data", str(data), "--port", str(port)]
    with (data / "web.log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log, env={k: v for k, v in os.environ.items() if "HELDER" not in k})
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as http:
        _wait(http)
        yield Door(data, port, key, reader, http, process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


def _wait(http: httpx.Client) -> None:
    for _ in range(200):
        try:
            http.get("/healthz")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the web process did not start")


@pytest.fixture(scope="module")
def engineer(door: Door) -> Iterator[dict[str, str]]:
    """A worker beside the door; headers of an engineer."""
    state = open_state(door.data / "state.db")
    key = Keys(state).add_api_key("engineer", "engineer", datetime(2026, 11, 24, tzinfo=UTC))
    state.close()
    command = [sys.executable, "-m", "helder", "serve", "--role", "worker", "--data", str(door.data)]
    with (door.data / "worker.log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log, env={k: v for k, v in os.environ.items() if "HELDER" not in k})
    for _ in range(200):
        if door.http.get("/readyz").status_code == 200:
            break
        time.sleep(0.05)
    yield {"Authorization": f"Bearer {key}"}
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
