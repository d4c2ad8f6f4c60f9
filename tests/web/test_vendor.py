"""What the pages use of others is what its lock says, and the pages use nothing else."""

from __future__ import annotations

import re
import tomllib
from hashlib import sha256
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KINDS = (".html", ".py")
FOLDERS = ("src/helder/web/static/vendor", "tests/data/axe")


@pytest.mark.parametrize("folder", FOLDERS)
def test_vendored_files_are_those_of_the_lock(folder: str) -> None:
    """Every file has the hash that its lock gives, none is missing, and none lies there unlocked."""
    entries = tomllib.loads((ROOT / folder / "vendor.lock").read_text("utf-8"))["vendored"]
    locked = {entry["file"]: entry["sha256"] for entry in entries}
    found = {file.name: sha256(file.read_bytes()).hexdigest() for file in (ROOT / folder).iterdir()}
    del found["vendor.lock"]
    assert found == locked


def test_the_locks_are_of_the_list() -> None:
    """Name, version and licence of every package stand in its lock as in the list that it is fetched from."""
    wanted = tomllib.loads((ROOT / "tools/vendor.toml").read_text("utf-8"))["package"]
    listed = {(each["name"], each["version"], each["licence"]) for each in wanted}
    locks = [tomllib.loads((ROOT / folder / "vendor.lock").read_text("utf-8"))["vendored"] for folder in FOLDERS]
    assert {(each["package"], each["version"], each["licence"]) for lock in locks for each in lock} == listed


def test_every_icon_that_is_used_is_in_the_sprite() -> None:
    """No template or page names an icon that is not there: it would be an empty box."""
    sprite = (ROOT / FOLDERS[0] / "icons.svg").read_text("utf-8")
    text = "".join(file.read_text("utf-8") for file in (ROOT / "src/helder/web").rglob("*") if file.suffix in KINDS)
    used = set(re.findall(r'(?:\bicon\(|\bglyph=|\bPlace\("[^"]*", )"([a-z0-9-]+)"', text))
    assert len(used) > 8
    assert sorted(name for name in used if f'id="{name}"' not in sprite) == []
