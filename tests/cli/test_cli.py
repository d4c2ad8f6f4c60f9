"""The command line as a whole: every command is found, works on an empty data folder, and tells errors in one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from helder import cli


def run(*words: str) -> tuple[int, str, str]:
    """Type a command; return its exit code and what it said on both outputs."""
    done = subprocess.run([sys.executable, "-m", "helder", *words], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(("noun", "verb"), [("source", "list"), ("segment", "list"), ("key", "list")])
def test_listing_works_on_a_new_folder(noun: str, verb: str, tmp_path: Path) -> None:
    """A list of nothing is no error."""
    code, _, err = run(noun, verb, "--data", str(tmp_path / "new"))
    assert (code, err) == (0, "")


@pytest.mark.parametrize("words", ["segment count nobody", "profile show nobody", "journey show nobody"])
def test_an_error_is_one_line_with_its_code(words: str, tmp_path: Path) -> None:
    """What cannot be done is told without a traceback, and the exit code says so."""
    code, _, err = run(*words.split(), "--data", str(tmp_path / "new"))
    assert code == 1
    assert err.startswith("helder: ")
    assert err.rstrip().endswith("(not-found)")
    assert err.count("\n") == 1


def test_every_command_has_a_help_text() -> None:
    """The help names every file of the room that is a command."""
    code, out, _ = run("--help")
    names = {path.stem for path in Path(cli.__path__[0]).glob("*.py") if not path.stem.startswith("_")}
    assert code == 0
    assert {name for name in names if name not in out} == set()
