"""Questions about sources: add one, bring it up to date, see how it fares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from helder.integrate.register import SourceStatus, SyncReport
from helder.wiring.house import House
from helder.worker.answering import Handler


def handlers(house: House) -> Mapping[str, Handler]:
    """Return the handlers."""

    def source_add(path: str) -> str:
        """Add the source that the mapping file ``path`` describes, or take its changed mapping; return its key."""
        key = house.sources.add(Path(path), house.clock()).mapping.source
        house.identify.refresh()
        return key

    def source_sync(key: str, progress: Callable[[Any], None]) -> SyncReport:
        """Import what is new of a copied source, or poll the index of a live one."""
        return house.sources.sync(key, house.clock(), lambda what, share: progress((what, share)))

    def source_list() -> list[SourceStatus]:
        """Return all sources, and how they fare."""
        return house.sources.list()

    return {"source_add": source_add, "source_sync": source_sync, "source_list": source_list}
