"""``helder key`` and ``helder doctor`` on a terminal."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from helder.cli.key import list_keys


def helder(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "helder", *words], capture_output=True, text=True, check=False)


def test_a_key_is_made_shown_and_ended(tmp_path: Path) -> None:
    """The key is printed once, alone on its line; the list shows its digest; what was ended is shown as such."""
    data = ("--data", str(tmp_path))
    made = helder("key", "write", "site", *data)
    assert made.returncode == 0
    key = made.stdout.strip()
    assert len(key) >= 32
    assert helder("key", "api", "crm", "--role", "engineer", *data).stdout.startswith("hk_")
    listed = helder("key", "list", *data).stdout
    assert "site" in listed
    assert "crm (engineer)" in listed
    assert key not in listed
    ended = helder("key", "revoke", key, *data)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert [line.endswith("revoked") for line in helder("key", "list", *data).stdout.splitlines()] == [True, False]


def test_a_wrong_role_or_key_is_said_in_one_line(tmp_path: Path) -> None:
    """What is accepted is told; nothing is a traceback."""
    role = helder("key", "api", "crm", "--role", "boss", "--data", str(tmp_path))
    assert role.returncode == 2
    assert "viewer" in role.stdout + role.stderr
    unknown = helder("key", "revoke", "nothing", "--data", str(tmp_path))
    assert unknown.returncode == 1
    assert unknown.stderr.count("\n") == 1
    assert "(not-found)" in unknown.stderr


def test_the_doctor_tells_how_to_mend_and_ends_with_one(tmp_path: Path) -> None:
    """A mail server that is not there is bad: said, with what to set, and in the exit code."""
    (tmp_path / "helder.toml").write_text("smtp_port = 1\n")
    seen = helder("doctor", "--data", str(tmp_path))
    assert seen.returncode == 1
    assert "BAD  smtp" in seen.stdout
    assert "mend: set smtp_host" in seen.stdout
    assert "Traceback" not in seen.stdout + seen.stderr
    absent = helder("doctor", "--data", str(tmp_path / "none"))
    assert (absent.returncode, "(not-found)" in absent.stderr) == (1, True)


def test_a_new_folder_tells_how_to_make_the_first_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A list of nothing is no empty screen."""
    list_keys(data=tmp_path / "new")
    assert "helder key write" in capsys.readouterr().out
