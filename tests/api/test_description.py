"""The OpenAPI document tells the truth: schemathesis makes requests of it, and looks at what comes back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from schemathesis import __version__ as _schemathesis  # its command is what runs
from tests.api.conftest import Door

COLLECTING = r"^/(api|batch|capture|debug|e|engage|i|mp|track|v1/(track|page|screen|identify|group|alias|batch|import))"


def asked(door: Door, folder: Path, headers: dict[str, str], examples: int, *more: str) -> None:
    """Make requests of the document; no answer may be a fault, or of a status that is not told there."""
    document = f"http://127.0.0.1:{door.port}/schema/openapi.json"
    checks = "not_a_server_error,status_code_conformance"
    command = [str(Path(sys.executable).parent / "schemathesis"), "run", document, "--checks", checks]
    command += ["--phases", "fuzzing", "--no-color", "--seed", "1"]
    command += ["--max-examples", str(examples), *more]
    command += [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert _schemathesis
    assert " generated, " in done.stdout


def test_what_programs_ask_is_answered_as_told(door: Door, engineer: dict[str, str], tmp_path: Path) -> None:
    """Every path for API keys, with an engineer's."""
    asked(door, tmp_path, engineer, 4, "--exclude-path-regex", COLLECTING)


def test_what_clients_send_is_answered_as_told(door: Door, tmp_path: Path) -> None:
    """Every path for events, with a write key: any JSON of the shapes that are told, and of others."""
    asked(door, tmp_path, {"X-Write-Key": door.key}, 3, "--include-path-regex", COLLECTING)


@pytest.mark.slow
def test_much_is_asked_and_answered_as_told(door: Door, engineer: dict[str, str], tmp_path: Path) -> None:
    """The same for longer."""
    asked(door, tmp_path, engineer, 60, "--exclude-path-regex", COLLECTING)
    asked(door, tmp_path, {"X-Write-Key": door.key}, 40, "--include-path-regex", COLLECTING)
