"""Setting up a machine, and what a skipped test means there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import setup as house_setup

ROOT = Path(__file__).resolve().parents[2]


def test_the_set_up_reruns_when_a_dependency_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is installed is decided by the dependencies and the constraints, not by the settings of a linter."""
    project, pins = (ROOT / "pyproject.toml").read_text(), (ROOT / "constraints.txt").read_text()
    monkeypatch.setattr(house_setup, "ROOT", tmp_path)
    seen = []
    for text, constraints in (
        (project, pins),
        (project + "\n[tool.other]\nx = 1\n", pins),
        (project.replace('"tzdata"', '"tzdata>=2025"'), pins),
        (project, pins + "x==1\n"),
    ):
        (tmp_path / "pyproject.toml").write_text(text)
        (tmp_path / "constraints.txt").write_text(constraints)
        seen.append(house_setup.fingerprint())
    assert seen[0] == seen[1]
    assert len(set(seen)) == 3


def test_only_programs_that_tests_ask_for_are_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A marker that no test carries brings no program onto the machine."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_page.py").write_text("@pytest.mark.browser\ndef test_page(): ...\n")
    monkeypatch.setattr(house_setup, "ROOT", tmp_path)
    assert [marker for marker in house_setup.PROGRAMS if house_setup.in_use(marker)] == ["browser"]


def test_what_will_be_installed_is_printed_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Root gets the packages installed after they were named; anyone else gets nothing installed."""
    ran: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        assert "chromium" in capsys.readouterr().out or ran
        ran.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(house_setup.subprocess, "run", run)
    monkeypatch.setattr(house_setup.shutil, "which", lambda _: "/usr/bin/apt-get")
    monkeypatch.setattr(house_setup.os, "geteuid", lambda: 1000)
    assert not house_setup.apt_install(["chromium"])
    assert ran == []
    monkeypatch.setattr(house_setup.os, "geteuid", lambda: 0)
    assert house_setup.apt_install(["chromium"])
    assert ran[-1][-1] == "chromium"


@pytest.mark.parametrize(("no_skips", "code"), [("", 0), ("1", 1)])
def test_a_skipped_test_fails_a_run_that_may_skip_nothing(tmp_path: Path, no_skips: str, code: int) -> None:
    """Where HELDER_NO_SKIPS is set, a skipped test is a failed run; elsewhere it is not."""
    (tmp_path / "conftest.py").write_text((ROOT / "tests/conftest.py").read_text())
    (tmp_path / "test_it.py").write_text("import pytest\n\ndef test_it():\n    pytest.skip('no server')\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)],
        env={**os.environ, "HELDER_NO_SKIPS": no_skips},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout
    assert "1 skipped" in done.stdout


def test_the_submission_check_allows_no_skips_and_ends() -> None:
    """.ci/run forbids skips, ends within 20 minutes, and runs what `make test` runs."""
    text = (ROOT / ".ci/run").read_text()
    assert "HELDER_NO_SKIPS=1" in text
    assert re.search(r"timeout --kill-after=30 1200 make test", text)
