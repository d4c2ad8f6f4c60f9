"""Set up a machine for Helder, with nothing but Python's standard library.

``python3 tools/setup.py venv`` makes ``.venv`` with the pinned packages; it does nothing when that is already so.
``python3 tools/setup.py tests`` installs the programs that tests drive (a browser, database servers), as far as the
tests in this tree ask for them. Only root can install them; anyone else is told what is missing, and those tests are
skipped with the reason.

Whatever is going to be installed is printed before it is done.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
MARKER = VENV / ".set-up"
OLDEST = (3, 11)

# pytest marker → the program that shows that it is there, the Debian packages that bring it
PROGRAMS: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "browser": [(("chromium", "chromium-browser", "google-chrome"), ("chromium", "fonts-dejavu-core"))],
    "node": [(("node",), ("nodejs",)), (("npm",), ("npm",)), (("curl",), ("curl",))],
    "postgres": [
        (("/usr/lib/postgresql/*/bin/postgres", "postgres"), ("postgresql",)),
        (("/usr/sbin/mariadbd", "mariadbd"), ("mariadb-server",)),
    ],
    "trace": [(("strace",), ("strace",))],
}


def main(arguments: list[str]) -> int:
    """Run one of the two set-ups; return the exit code."""
    jobs = {"venv": make_venv, "tests": install_programs}
    if len(arguments) != 1 or arguments[0] not in jobs:
        print(f"usage: setup.py {'|'.join(jobs)}", file=sys.stderr)
        return 2
    return jobs[arguments[0]]()


def make_venv() -> int:
    """Make ``.venv`` and install what pyproject.toml and constraints.txt say."""
    wanted = fingerprint()
    if MARKER.exists() and MARKER.read_text() == wanted:
        MARKER.touch()
        return 0
    if sys.version_info < OLDEST:
        return complain(f"Helder needs Python {OLDEST[0]}.{OLDEST[1]} or newer; this is {sys.version.split()[0]}")
    if not has_venv():
        return complain("Python's venv module is missing; install it as root with: apt-get install python3-venv")
    if not (VENV / "bin" / "python").exists():
        print("making .venv", flush=True)
        run([sys.executable, "-m", "venv", str(VENV)])
    print("installing into .venv what constraints.txt pins (about 900 MB, once)", flush=True)
    pip("install", "--constraint", "constraints.txt", "hatchling", "editables")
    pip("install", "--constraint", "constraints.txt", "--no-build-isolation", "--editable", ".[dev]")
    MARKER.write_text(wanted)
    return 0


def fingerprint() -> str:
    """Return a hash of all that decides what is installed; the settings of linters are no part of it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    parts = [json.dumps([project["project"], project["build-system"]], sort_keys=True)]
    parts += [(ROOT / "constraints.txt").read_text(), sys.version]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def has_venv() -> bool:
    """Tell whether virtual environments can be made, after installing Debian's package when that is needed."""
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        return True
    return apt_install(["python3-venv"])


def pip(*arguments: str) -> None:
    """Run pip inside ``.venv``."""
    run([str(VENV / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments])


def install_programs() -> int:
    """Install the programs behind the markers in use; a missing one is no failure, its tests say why they skip."""
    missing = [package for marker in PROGRAMS if in_use(marker) for package in missing_packages(marker)]
    if missing and not apt_install(missing):
        print(f"not installed: {' '.join(missing)}; the tests that need them are skipped", flush=True)
    return 0


def in_use(marker: str) -> bool:
    """Tell whether any test carries ``marker``."""
    needle = f"mark.{marker}"
    return any(needle in file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("test_*.py"))


def missing_packages(marker: str) -> list[str]:
    """Return the Debian packages that ``marker`` still needs."""
    wanted = [packages for programs, packages in PROGRAMS[marker] if not any(map(is_there, programs))]
    return [package for packages in wanted for package in packages]


def is_there(program: str) -> bool:
    """Tell whether a program is on PATH, or lies where a pattern beginning with / points."""
    if program.startswith("/"):
        return any(Path("/").glob(program.lstrip("/")))
    return shutil.which(program) is not None


def apt_install(packages: list[str]) -> bool:
    """Install Debian packages, as root only, after saying so; tell whether it was done."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    print(f"installing by apt-get: {' '.join(packages)}", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        done = subprocess.run(["apt-get", "-qq", *command], env=quiet, stdout=subprocess.DEVNULL, check=False)
        if done.returncode:
            return False
    return True


def run(command: list[str]) -> None:
    """Run a command at the root of the tree; stop at once when it fails."""
    subprocess.run(command, cwd=ROOT, check=True)


def complain(message: str) -> int:
    """Say what is wrong on standard error; return the exit code for it."""
    print(message, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
