"""Things that are numbered bear each number once."""

from __future__ import annotations

import re
from pathlib import Path

VERSIONS = Path(__file__).resolve().parents[2] / "src/helder/store/migrations/versions"


def test_migrations_are_one_row_without_a_fork() -> None:
    """Each follows the one with the number before it, and its file is named so: two branches cannot both be next."""
    numbers = []
    for path in sorted(VERSIONS.glob("v*.py")):
        text = path.read_text("utf-8")
        told = {name: re.search(rf'^{name} = "?(\w+)"?$', text, re.MULTILINE) for name in ("revision", "down_revision")}
        number, before = (int(found[1]) if found and found[1] != "None" else 0 for found in told.values())
        assert (path.name[1:5], before) == (f"{number:04}", number - 1), path.name
        numbers.append(number)
    assert numbers == list(range(1, len(numbers) + 1))
