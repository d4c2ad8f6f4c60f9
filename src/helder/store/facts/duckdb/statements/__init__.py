"""Named statements: what Ibis cannot say, one ``.sql`` file each, described in its first line."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def text(name: str) -> str:
    """Return the statement called ``name``."""
    return (files(__name__) / f"{name}.sql").read_text("utf-8")
