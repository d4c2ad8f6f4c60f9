"""Segments by key: a free one for a new name, and the versions that were saved under one."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from helder.store.projections.search import folded
from helder.store.tables.definitions import segment, segment_version
from helder.web.app import Pages

_LONGEST = 60


def free_key(name: str, taken: Collection[str]) -> str:
    """Return a key for ``name`` that is not among ``taken``: letters and digits with dashes between words."""
    plain = re.sub(r"[^a-z0-9]+", "-", folded(name)).strip("-")[:_LONGEST].strip("-") or "segment"
    tries = (plain if number == 1 else f"{plain}-{number}" for number in range(1, len(taken) + 2))
    free = (key for key in tries if key not in taken and key not in _RESERVED)
    return next(free, f"{plain}-{len(taken) + 2}")


def rows_of(pages: Pages, key: str) -> list[Any]:
    """Return the versions of a segment (version, rule, created_at, created_by), the newest first."""
    joined = select(segment_version).join_from(segment_version, segment, segment_version.c.segment_id == segment.c.id)
    newest = joined.where(segment.c.key == key).order_by(segment_version.c.version.desc())
    with pages.state.read() as connection:
        return list(connection.execute(newest).all())


_RESERVED = frozenset(("new", "preview", "edit", "save", "ask", "forget", "restore", "archive", "duplicate"))
