"""Plant known defects, one at a time, and see that the tests notice.

``python tools/sabotage.py`` reads ``tools/sabotage.toml``, copies the tree to a temporary folder, and for each defect
replaces one line there and runs the tests that must turn red. A defect that survives means that a promise of Helder is
not tested. ``python tools/sabotage.py NAME…`` tries just those.

The exit code is 1 when a defect survives, when its line is no longer there, or when its tests fail without it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parent.parent
LEFT = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "helder-demo", "helder-data")
FOUND_RED, ALL_GREEN = 1, 0  # pytest's exit codes: tests failed, all passed
LONGEST = 1200  # seconds


class Defect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A one-line change that breaks a promise."""

    name: str
    """What goes wrong, in a few words."""
    file: str
    find: str
    """Text that occurs once in the file, within one line."""
    replace: str
    tests: list[str]
    """What must turn red: files or single tests, as pytest takes them."""


class Outcome(msgspec.Struct, frozen=True):
    """What became of a defect."""

    defect: Defect
    verdict: str
    """caught, survived, gone (its line is no longer there) or broken (its tests do not run at all with it)."""


def main(names: list[str]) -> int:
    """Try the defects of these names, or all; return the exit code."""
    defects = [each for each in read() if not names or each.name in names]
    if not defects:
        print("no such defect", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="helder-sabotage-") as folder:
        copy = copy_tree(Path(folder))
        if not sound(copy, defects):
            return 1
        outcomes = [report(attempt(copy, each)) for each in defects]
    caught = sum(each.verdict == "caught" for each in outcomes)
    print(f"{caught} of {len(outcomes)} defects caught")
    return 0 if caught == len(outcomes) else 1


def read() -> list[Defect]:
    """Return the defects."""
    with (ROOT / "tools/sabotage.toml").open("rb") as file:
        return msgspec.convert(tomllib.load(file)["defect"], list[Defect])


def copy_tree(folder: Path) -> Path:
    """Copy the tree, without what was made in it."""
    return Path(shutil.copytree(ROOT, folder / "helder", ignore=LEFT))


def sound(copy: Path, defects: list[Defect]) -> bool:
    """Tell whether all their tests pass on the tree as it is: a test that is red anyway would seem to catch all."""
    code, said = run_tests(copy, sorted({test for defect in defects for test in defect.tests}))
    if code != ALL_GREEN:
        print(f"the tests do not pass without any defect:\n{said[-6000:]}", file=sys.stderr)
    return code == ALL_GREEN


def attempt(copy: Path, defect: Defect) -> Outcome:
    """Plant one defect, run its tests, and take it out again."""
    file = copy / defect.file
    before = file.read_text("utf-8")
    after = plant(before, defect)
    if after is None:
        return Outcome(defect, "gone")
    file.write_text(after, "utf-8")
    try:
        code, _ = run_tests(copy, defect.tests)
    finally:
        file.write_text(before, "utf-8")
    return Outcome(defect, {FOUND_RED: "caught", ALL_GREEN: "survived"}.get(code, "broken"))


def plant(text: str, defect: Defect) -> str | None:
    """Return the text with the defect in it; None when its line is not there exactly once."""
    if text.count(defect.find) != 1 or "\n" in defect.find:
        return None
    return text.replace(defect.find, defect.replace)


def run_tests(copy: Path, tests: list[str]) -> tuple[int, str]:
    """Run tests against the copy; return pytest's exit code and what it said."""
    ours = {"PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1", "HYPOTHESIS_PROFILE": "sabotage"}
    environment = {**os.environ, **ours}
    environment.pop("HELDER_NO_SKIPS", None)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-x", "-m", "not slow", *tests]
    done = subprocess.run(
        command, cwd=copy, env=environment, capture_output=True, text=True, check=False, timeout=LONGEST
    )
    return done.returncode, done.stdout + done.stderr


def report(outcome: Outcome) -> Outcome:
    """Print one outcome."""
    print(f"{outcome.verdict:9} {outcome.defect.name}", flush=True)
    return outcome


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
