"""What `make check` checks is checked by the tests too, so that no machine can forget it."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
SOURCES = ["src", "tests", "tools", "benchmarks"]
CHECKS = {
    "format": [BIN / "ruff", "format", "--check", *SOURCES],
    "lint": [BIN / "ruff", "check", "--output-format", "concise", *SOURCES],
    "types": [
        BIN / "pyrefly",
        "check",
        "--summary=none",
        "--output-format=min-text",
        f"--python-interpreter-path={sys.executable}",
    ],
    "imports": [BIN / "lint-imports", "--no-logo"],
    "docs": [sys.executable, "tools/docs.py"],
}


@pytest.mark.parametrize("name", CHECKS)
def test_check(name: str) -> None:
    """The check passes on the tree as it is."""
    done = subprocess.run(CHECKS[name], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]


def test_every_ignored_rule_has_a_reason() -> None:
    """Each rule that the linter is told to ignore carries a comment with the reason, in pyproject.toml."""
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    lint = tomllib.loads(text)["tool"]["ruff"]["lint"]
    rules = [*lint["ignore"], *(rule for rules in lint["per-file-ignores"].values() for rule in rules)]
    lines = [line.strip() for line in text.splitlines()]
    bare = [rule for rule in rules if not any(line.startswith(f'"{rule}",') and "#" in line for line in lines)]
    assert bare == []


def test_every_noqa_has_a_reason() -> None:
    """Each exception in place names its rule and says why."""
    bare = []
    for file in (path for folder in SOURCES for path in (ROOT / folder).rglob("*.py")):
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            for mark in ("# no" + "qa", "# type: " + "ignore", "# pyrefly: " + "ignore"):
                _, found, rest = line.partition(mark)
                if found and " - " not in rest and " — " not in rest:
                    bare.append(f"{file.relative_to(ROOT)}:{number}")
    assert bare == []


def test_functions_are_kept_short_by_the_linter() -> None:
    """The linter holds functions to 30 statements and complexity 8."""
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]["lint"]
    assert lint["select"] == ["ALL"]
    assert (lint["pylint"]["max-statements"], lint["mccabe"]["max-complexity"]) == (30, 8)
    assert not {"C901", "PLR0915", "C", "PLR"} & set(lint["ignore"])
