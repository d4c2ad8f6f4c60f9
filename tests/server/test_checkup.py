"""The checkup behind ``helder doctor``."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from helder.clock import system_clock
from helder.server.checkup import CHECKS, Finding, checkup
from helder.settings import Settings, secret_key
from helder.store.facts.duckdb.engine import DuckDbFacts
from helder.store.migrations import upgrade
from helder.store.state import open_state
from helder.store.tables.sources import source
from helder.worker.lock import FolderLock


@pytest.fixture
def mail() -> Iterator[int]:
    """A port where a mail server says hello to everyone."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(b"220 mail\r\n")
                    while line := connection.recv(1024):
                        connection.sendall(b"221 bye\r\n" if line.lower().startswith(b"quit") else b"250 mail\r\n")

        thread = threading.Thread(target=greet)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@pytest.fixture
def settings(tmp_path: Path, mail: int) -> Settings:
    """A folder in which everything is as it should be."""
    secret_key(tmp_path)
    state = open_state(tmp_path / "state.db")
    upgrade(state)
    state.close()
    DuckDbFacts(tmp_path / "facts.duckdb").close()
    return Settings(data=tmp_path, smtp_port=mail)


def found(settings: Settings) -> dict[str, Finding]:
    return {each.check: each for each in checkup(settings, system_clock)}


def test_a_good_installation_has_nothing_to_mend(settings: Settings) -> None:
    """Every check says good, each once, in the order of the list."""
    findings = checkup(settings, system_clock)
    assert [each.check for each in findings] == [check.__name__ for check in CHECKS]
    assert [each for each in findings if each.state != "good" and each.check != "disk"] == []


def test_an_empty_folder_is_no_fault(tmp_path: Path, mail: int) -> None:
    """Before the first start nothing is bad, and nothing is made."""
    findings = checkup(Settings(data=tmp_path, smtp_port=mail), system_clock)
    assert [each for each in findings if each.state == "bad"] == []
    assert {file.name for file in tmp_path.iterdir()} <= {"worker.lock"}


def test_a_secret_that_others_can_read_is_said(settings: Settings) -> None:
    """With the command that mends it."""
    (settings.data / "secret.key").chmod(0o644)
    finding = found(settings)["folder"]
    assert finding.state == "warning"
    assert finding.mend.startswith("chmod 600")


def test_damaged_files_are_said_and_the_other_checks_go_on(settings: Settings) -> None:
    """A state and facts of other bytes: both bad, each with what to do; the rest is still looked at."""
    for name in ("state.db", "facts.duckdb"):
        (settings.data / name).write_bytes(b"no database at all" * 500)
    findings = found(settings)
    for name in ("state", "facts", "sources"):
        assert findings[name].state == "bad"
        assert findings[name].mend
    assert findings["smtp"].state == "good"


def test_a_mail_server_that_is_not_there_is_said(settings: Settings) -> None:
    """Its address and the settings to look at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    finding = found(Settings(data=settings.data, smtp_port=port))["smtp"]
    assert finding.state == "bad"
    assert f"127.0.0.1:{port}" in finding.what
    assert "smtp_host" in finding.mend


def test_a_mail_server_without_encryption_is_said_when_it_is_asked_for(settings: Settings, mail: int) -> None:
    """smtp_tls = always, and no STARTTLS offered."""
    finding = found(Settings(data=settings.data, smtp_port=mail, smtp_tls="always"))["smtp"]
    assert (finding.state, "STARTTLS" in finding.what) == ("bad", True)


def test_a_failing_source_is_named(settings: Settings) -> None:
    """With the reason that its last sync gave."""
    state = open_state(settings.data / "state.db")
    with state.write() as connection:
        row = {"key": "erp", "mapping": "", "folder": "", "mode": "live", "added_at": datetime(2026, 1, 1)}  # noqa: DTZ001 - naive UTC
        connection.execute(insert(source).values(**row, health="failing", health_detail="erp is locked"))
    state.close()
    finding = found(settings)["sources"]
    assert (finding.state, finding.what) == ("bad", "erp: erp is locked")


def test_a_clock_behind_the_data_is_said(settings: Settings) -> None:
    """Files from tomorrow mean that the clock jumped back."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).timestamp()
    os.utime(settings.data / "state.db", (tomorrow, tomorrow))
    finding = found(settings)["clock"]
    assert (finding.state, "NTP" in finding.mend) == ("bad", True)


def test_a_worker_that_hangs_is_said(settings: Settings) -> None:
    """The lock is held, but nobody answers."""
    with FolderLock(settings.data, "worker"):
        findings = found(settings)
    assert findings["server"].state == "bad"
    assert findings["facts"].what == "in use by the server"
