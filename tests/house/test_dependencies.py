"""What Helder is built on: declared, pinned, explained, and packed whole."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
RUNTIME = {Requirement(line).name: Requirement(line) for line in PROJECT["dependencies"]}
# Needed while Helder runs, and imported by something else than Helder.
INDIRECT = {
    "packaging": "ibis reads versions with it and does not declare it",
    "pyarrow": "ibis hands results over as Arrow",
    "tzdata": "zoneinfo on machines without a zone database",
    "uvloop": "granian's event loop",
}


def imported(*folders: str) -> set[str]:
    """Return the top names of all packages outside the standard library that the files in these folders import."""
    names: set[str] = set()
    own = {"helder", "tests"} | {file.stem for folder in {*folders} - {"src"} for file in (ROOT / folder).rglob("*.py")}
    for file in (file for folder in folders for file in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - own


def distributions(module: str) -> set[str]:
    """Return which packages bring a module."""
    return {name.lower().replace("_", "-") for name in importlib.metadata.packages_distributions().get(module, [])}


def test_what_is_imported_is_declared() -> None:
    """Every package that the source imports stands in pyproject.toml."""
    undeclared = {name for name in imported("src") if not distributions(name) & RUNTIME.keys()}
    assert undeclared == set()


def test_what_tests_and_tools_import_is_declared() -> None:
    """Every package that tests, tools and benchmarks import stands in pyproject.toml, for running or for developing."""
    declared = RUNTIME.keys() | {Requirement(line).name for line in PROJECT["optional-dependencies"]["dev"]}
    used = imported("tests", "tools", "benchmarks")
    assert {name for name in used if not distributions(name) & declared} == set()


def test_what_is_declared_is_used() -> None:
    """Every declared package is imported, or is known to be needed by another."""
    used = {package for name in imported("src") for package in distributions(name)}
    assert RUNTIME.keys() - used - INDIRECT.keys() == set()


def test_every_dependency_has_a_reason() -> None:
    """docs/decisions/dependencies.md gives a reason for each runtime dependency, and for nothing else."""
    text = (ROOT / "docs/decisions/dependencies.md").read_text("utf-8")
    explained = set(re.findall(r"^\| `([a-z0-9-]+)` \| \S", text, re.MULTILINE))
    assert explained == RUNTIME.keys()


def test_constraints_are_names_and_versions_only() -> None:
    """Each line of constraints.txt is a name and a version: no address, no path, no hash."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    assert lines[0].startswith("# ")
    assert [line for line in lines[1:] if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line)] == []


def test_constraints_pin_all_that_is_declared() -> None:
    """Each declared dependency is pinned to a version that its range allows."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()[1:]
    pins = {
        name.lower().replace("_", "-").replace(".", "-"): version for name, version in (x.split("==") for x in lines)
    }
    for line in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]:
        wanted = Requirement(line)
        assert wanted.specifier.contains(pins[wanted.name]), wanted.name


def test_the_wheel_holds_all_files(tmp_path: Path) -> None:
    """Every file under src/helder is in the wheel: SQL, templates and data beside the code."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        packed = set(wheel.namelist())
    files = {
        path.relative_to(ROOT / "src").as_posix()
        for path in (ROOT / "src/helder").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert files - packed == set()


def test_entry_points_lead_somewhere() -> None:
    """Every entry point that pyproject.toml declares can be loaded."""
    groups = {**PROJECT["entry-points"], "console_scripts": PROJECT["scripts"]}
    for group, entries in groups.items():
        for name, target in entries.items():
            assert importlib.metadata.EntryPoint(name, target, group).load() is not None
