"""``helder serve`` as an operator runs it: real processes, real signals."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from helder.access.keys import Keys
from helder.store.facts.duckdb.engine import DuckDbFacts
from helder.store.facts.schema import table
from helder.store.migrations import upgrade
from helder.store.state import open_state
from helder.worker.client import Client
from helder.worker.protocol import socket_path

pytestmark = pytest.mark.kill


class Running:
    """One ``helder serve``."""

    def __init__(self, data: Path) -> None:
        self.data = data
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.log = data / "log"
        self.process = self.start()
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=10)

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "helder", "serve", "--data", str(self.data), "--port", str(self.port)]
        with self.log.open("ab") as log, (self.data / "said").open("wb") as said:
            return subprocess.Popen(command, stdout=said, stderr=log)

    def stop(self) -> int:
        """Ask it to end, if it runs; return its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(40)

    def ready(self) -> bool:
        try:
            return self.http.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def send(self, number: int, key: str) -> int:
        event = {"event": "E", "anonymousId": f"a{number}", "messageId": f"m{number}"}
        return self.http.post("/v1/track", json=event, headers={"X-Write-Key": key}).status_code

    def children(self) -> dict[str, int]:
        """Return role → process id."""
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    words = (entry / "cmdline").read_bytes().decode().split("\0")
                except OSError:
                    continue
                if "--role" in words and str(self.data) in words:
                    found[words[words.index("--role") + 1]] = int(entry.name)
        return found


def until(met: Callable[[], Any], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)


@pytest.fixture
def write_key(tmp_path: Path) -> str:
    state = open_state(tmp_path / "state.db")
    upgrade(state)
    key = Keys(state).add_write_key("site", datetime(2026, 11, 24, tzinfo=UTC))
    state.close()
    return key


@pytest.fixture
def server(tmp_path: Path, write_key: str) -> Iterator[Running]:
    running = Running(tmp_path)
    until(running.ready)
    yield running
    running.http.close()
    running.stop()


def settle(data: Path) -> None:
    client = Client(data)
    assert client.call("settle")
    client.close()


def stored(data: Path) -> list[str]:
    facts = DuckDbFacts(data / "facts.duckdb")
    rows = facts.read(table("every_event").select("message_id"))
    facts.close()
    return sorted(rows.column("message_id").to_pylist())


def test_it_says_where_it_is_and_stops_cleanly(server: Running, write_key: str) -> None:
    """The address is printed once it answers; SIGTERM ends all processes, with everything taken in and closed."""
    until(lambda: f"http://127.0.0.1:{server.port} " in (server.data / "said").read_text())
    assert server.send(1, write_key) == 200
    assert set(server.children()) == {"web", "worker", "sender"}
    settle(server.data)
    figures = dict(line.rsplit(" ", 1) for line in server.http.get("/metrics").text.splitlines() if line[0] != "#")
    assert {figures[f"helder_{name}"] for name in ("inbox_depth", "project_lag_batches")} == {"0"}
    assert figures["helder_up"] == "1"
    assert server.stop() == 0
    assert server.children() == {}
    assert not socket_path(server.data).exists()
    assert stored(server.data) == ["m1"]
    assert not (server.data / "facts.duckdb.wal").exists()
    lines = [json.loads(line) for line in server.log.read_text("utf-8").splitlines()]
    assert [line for line in lines if line["level"] == "error"] == []


def test_a_second_server_on_the_folder_is_refused(server: Running, write_key: str) -> None:
    """It ends at once with a sentence that names the first, which goes on unharmed."""
    command = [sys.executable, "-m", "helder", "serve", "--data", str(server.data), "--port", "1"]
    second = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert second.returncode == 1
    assert f"process {server.process.pid}" in second.stderr
    assert "data-folder-in-use" in second.stderr
    assert "Traceback" not in second.stderr
    assert server.send(1, write_key) == 200


def test_a_taken_port_is_said_at_once(server: Running, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No process is left in a circle of restarts."""
    other = tmp_path_factory.mktemp("other")
    command = [sys.executable, "-m", "helder", "serve", "--data", str(other), "--port", str(server.port)]
    second = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert second.returncode == 1
    assert f"127.0.0.1:{server.port}" in second.stderr
    assert "--port" in second.stderr


def test_a_killed_worker_comes_back_and_nothing_is_lost(server: Running, write_key: str) -> None:
    """Events accepted before, during and after are in the facts exactly once."""
    assert [server.send(number, write_key) for number in range(20)] == [200] * 20
    worker = server.children()["worker"]
    os.kill(worker, signal.SIGKILL)
    assert [server.send(number, write_key) for number in range(20, 40)] == [200] * 20
    until(lambda: server.ready() and server.children().get("worker") != worker)
    assert [server.send(number, write_key) for number in (5, 25, 40)] == [200] * 3
    settle(server.data)
    server.stop()
    assert stored(server.data) == sorted(f"m{number}" for number in range(41))


@pytest.mark.parametrize("role", ["web", "sender"])
def test_each_killed_process_comes_back(server: Running, role: str) -> None:
    """The supervisor starts it again."""
    before = server.children()[role]
    os.kill(before, signal.SIGKILL)
    until(lambda: server.children().get(role, before) != before)
    until(server.ready)


def test_no_process_outlives_a_killed_supervisor(server: Running, write_key: str) -> None:
    """Kill -9 of the supervisor ends its children in good order, and the folder can be served again at once."""
    assert server.send(1, write_key) == 200
    server.process.kill()
    server.process.wait()
    until(lambda: not server.children())
    server.process = server.start()
    until(server.ready)
    assert server.send(2, write_key) == 200
    settle(server.data)


def test_requests_under_way_are_answered_before_the_end(server: Running, write_key: str) -> None:
    """A request whose body is still coming when the stop is asked for is taken in and answered."""
    body = json.dumps({"event": "E", "anonymousId": "a", "messageId": "slow"}).encode()
    head = f"POST /v1/track HTTP/1.1\r\nHost: x\r\nX-Write-Key: {write_key}\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head.encode() + body[:10])
        time.sleep(0.3)
        server.process.terminate()
        time.sleep(0.3)
        connection.sendall(body[10:])
        assert b" 200 " in connection.recv(4096).splitlines()[0]
    server.process.wait(40)
    until(lambda: not server.children())
    server.process = server.start()
    until(server.ready)
    settle(server.data)
    server.stop()
    assert stored(server.data) == ["slow"]
