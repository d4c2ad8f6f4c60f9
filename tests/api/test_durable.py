"""Success is said only of what is on the disk; and a disk that is full is no end."""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from tests.api.conftest import Door, free_port

from helder.access.keys import Keys
from helder.clock import system_clock
from helder.collect.inbox import Inbox
from helder.store.migrations import upgrade
from helder.store.state import open_state


@pytest.mark.trace
def test_the_sync_comes_before_the_answer(door: Door, tmp_path: Path) -> None:
    """Seen from outside, in the system calls: write to the inbox, sync of that file, and only then the answer."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    log = tmp_path / "trace"
    calls = "trace=fsync,fdatasync,pwrite64,write,writev,sendto,sendmsg"
    command = ["strace", "-f", "-y", "-s", "40", "-e", calls, "-o", str(log), "-p", str(door.process.pid)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as tracer:
        assert tracer.stderr is not None
        assert b"attached" in tracer.stderr.readline()
        for _ in range(5):
            body = {"event": "E", "userId": "1", "messageId": str(uuid4())}
            assert door.http.post("/v1/track", json=body, headers={"X-Write-Key": door.key}).status_code == 200
        tracer.send_signal(signal.SIGINT)
    seen = [kind for line in log.read_text("utf-8", "replace").splitlines() if (kind := _kind(line))]
    told = "".join(seen)
    assert told.count("A") == 5, told
    for before in told.split("A")[:-1]:
        assert re.search(r"W+S+$", before), told


def _kind(line: str) -> str:
    """Return W for a write into the inbox's log, S for its sync once that is done, A for an answer of success."""
    inbox = "inbox.db-wal" in line
    if inbox and "pwrite64(" in line:
        return "W"
    if inbox and re.search(r"f(data)?sync\(", line) and line.rstrip().endswith("= 0"):
        return "S"
    if re.search(r"f(data)?sync resumed>.*= 0", line):
        return "S"
    return "A" if "HTTP/1.1 200" in line else ""


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Make ``folder`` a disk of 3 MB; tell whether that could be done (it takes root, outside of most containers)."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "none", str(folder)], capture_output=True, check=False
    )
    try:
        yield mounted.returncode == 0
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_told_and_nothing_that_was_promised_is_lost(tmp_path: Path) -> None:
    """503 with Retry-After while it is full, then all is taken again; each 200 is there, each 503 is not."""
    data = tmp_path / "disk"
    data.mkdir()
    with small_disk(data) as real:
        key = _prepared(data)
        port = free_port()
        command = [sys.executable, "-m", "helder", "serve", "--role", "web", "--data", str(data), "--port", str(port)]
        environment = {name: value for name, value in os.environ.items() if "HELDER" not in name}
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20, headers={"X-Write-Key": key}) as http:
                _up(http)
                promised, refused = _until_full(http, _fill(data, process.pid, real=real))
                _make_room(data, process.pid, real=real)
                again = [_send(http)[1] for _ in range(5)]
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
        inbox = Inbox(data / "inbox.db")
        kept = {event.message_id for _, entry in inbox.read(0, 1_000_000) for event in entry.events}
        inbox.close()
    assert refused
    assert {*promised, *again} <= kept
    assert not set(refused) & kept


def _prepared(data: Path) -> str:
    state = open_state(data / "state.db")
    upgrade(state)
    key = Keys(state).add_write_key("site", system_clock())
    state.close()
    return key


def _up(http: httpx.Client) -> None:
    for _ in range(200):
        with contextlib.suppress(httpx.TransportError):
            http.get("/healthz")
            return
        time.sleep(0.05)


def _send(http: httpx.Client) -> tuple[int, str]:
    message = str(uuid4())
    answer = http.post(
        "/v1/track",
        content=json.dumps({"event": "E", "userId": "1", "messageId": message, "properties": {"x": "y" * 20_000}}),
    )
    if answer.status_code != 200:
        assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (
            503,
            "inbox-unwritable",
            "5",
        )
    return answer.status_code, message


def _fill(data: Path, process: int, *, real: bool) -> None:
    """Leave little room: on the small disk, else by a limit on the size of files, which SQLite meets the same way."""
    if real:
        free = shutil.disk_usage(data).free
        (data / "ballast").write_bytes(b"x" * (free - 400_000))
    else:
        _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
        resource.prlimit(process, resource.RLIMIT_FSIZE, (600_000, hard))


def _make_room(data: Path, process: int, *, real: bool) -> None:
    if real:
        (data / "ballast").unlink()
    else:
        _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
        resource.prlimit(process, resource.RLIMIT_FSIZE, (hard, hard))


def _until_full(http: httpx.Client, _filled: None) -> tuple[list[str], list[str]]:
    """Send until three are refused; return the messages that were promised and those that were refused."""
    sent: dict[int, list[str]] = {200: [], 503: []}
    for _ in range(300):
        status, message = _send(http)
        sent[status].append(message)
        if len(sent[503]) == 3:
            break
    return sent[200], sent[503]
