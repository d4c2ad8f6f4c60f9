"""The tree itself: sizes, names, and nothing of the machine that it was written on."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 300
FORBIDDEN_NAMES = {"utils", "util", "common", "helpers", "helper", "manager", "service", "services", "misc"}
# Written apart so that this file does not hold them itself.
MACHINE = re.compile(
    r"/(?:work|root|home/\w+|Users/\w+|opt/pypi[\w-]*|tmp/team)/"
    r"|file://" + r"/|/sim" + r"ple/|files\.python" + r"hosted|registry\.npm" + r"js|pypi\.org/|deb\.debian"
)
TEXT = {".py", ".md", ".toml", ".txt", ".sql", ".html", ".mjml", ".css", ".js", ".svg", ".csv", ".json", ".ini", ""}


def tree() -> list[Path]:
    """Return the files of the tree: what git tracks or would track, or everything in a copy without git."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]
    skipped = {".venv", ".git", "build", "dist"}
    return [file for file in ROOT.rglob("*") if file.is_file() and not skipped & set(file.relative_to(ROOT).parts)]


def python_files() -> list[Path]:
    """Return all Python files of the tree."""
    return [file for file in tree() if file.suffix == ".py"]


def where(file: Path) -> str:
    """Return a path as a person names it."""
    return file.relative_to(ROOT).as_posix()


def test_there_is_a_tree_to_look_at() -> None:
    """The checks below look at the files that they are meant for."""
    names = {where(file) for file in tree()}
    assert {"pyproject.toml", "src/helder/errors.py", "tests/conftest.py", "Makefile"} <= names


def test_files_are_short() -> None:
    """No Python file has more than 300 lines."""
    long = {where(file): len(file.read_text("utf-8").splitlines()) for file in python_files()}
    assert {name: lines for name, lines in long.items() if lines > LONGEST} == {}


def test_no_file_is_a_drawer_for_anything() -> None:
    """No file or folder has a name that says nothing of what is in it."""
    parts = {where(file): {*file.relative_to(ROOT).with_suffix("").parts} & FORBIDDEN_NAMES for file in python_files()}
    assert {name: found for name, found in parts.items() if found} == {}


def test_nothing_of_a_machine_is_in_the_tree() -> None:
    """No file names a folder of somebody's machine or the address of a package registry."""
    found = {}
    for file in tree():
        if file.suffix in TEXT and where(file) != "tests/house/test_tree.py":
            hits = MACHINE.findall(file.read_text("utf-8", errors="replace"))
            found.update({where(file): hits} if hits else {})
    assert found == {}


@pytest.mark.parametrize(
    "line", ["/work" + "/main/x", "cd /home" + "/jan/helder", "https://" + "pypi.org/" + "simple/x"]
)
def test_the_look_for_a_machine_finds_one(line: str) -> None:
    """The pattern of the check above matches what it is there for."""
    assert MACHINE.search(line)


def test_only_the_clock_reads_time() -> None:
    """Outside clock.py, and the demo company that is no part of the house, nothing asks the machine for the time."""
    read = {"datetime.now", "datetime.utcnow", "date.today", "time.time", "datetime.today", "time.time_ns"}
    found = [
        f"{where(file)}:{call.lineno}"
        for file in (ROOT / "src/helder").rglob("*.py")
        if file.name != "clock.py" and "demo" not in file.parts
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(call, ast.Call) and ".".join(ast.unparse(call.func).split(".")[-2:]) in read
    ]
    assert found == []


def test_every_test_says_what_it_holds() -> None:
    """Every test has a docstring, and it is a sentence."""
    silent = []
    for file in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                said = ast.get_docstring(node) or ""
                if not said.strip().endswith((".", "?")):
                    silent.append(f"{where(file)}:{node.lineno} {node.name}")
    assert silent == []


def test_tests_mirror_the_source() -> None:
    """A folder of tests is called as the room that it tests."""
    rooms = {path.name for path in (ROOT / "src/helder").iterdir() if path.is_dir()} | {"house", "whole"}
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and any(path.rglob("test_*.py"))}
    assert folders <= rooms
