"""Answers on a terminal: plain columns that other programs can read too."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime


def say(text: str) -> None:
    """Print one line."""
    sys.stdout.write(f"{text}\n")


def columns(names: Sequence[str], rows: Iterable[Sequence[object]], empty: str = "") -> None:
    """Print rows in columns under their names; ``empty`` when there are none."""
    texts = [[str(cell) for cell in row] for row in rows]
    if not texts:
        say(empty)
        return
    lines = [list(names), *texts] if names else texts
    widths = [max(len(line[at]) for line in lines) for at in range(len(lines[0]))]
    for line in lines:
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def moment(at: datetime | str | None) -> str:
    """Return a stored moment to the second, in UTC; a dash for none."""
    return str(at)[:19] if at else "-"
