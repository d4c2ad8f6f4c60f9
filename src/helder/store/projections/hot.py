"""``hot``: what people did, clustered by identity, so that the rows of a thousand people are read in milliseconds."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np

from helder.store.projections.file import Ids, ProjectionFile
from helder.store.projections.layout import HOT

_AHEAD = 16 << 20
"""Bytes asked for at once."""


class Hot(ProjectionFile):
    """Events, orders, subscriptions, tickets, consents and records of each identity.

    ``hot.rows("event", identity_ids, ("identity_id", "name", "at"))`` answers with a table of the same names and types
    as the facts': rules run on it unchanged. Of events, ``context`` and the two lesser times stay in the facts.
    """

    layouts = HOT
    version = 3
    oldest = 2

    def warm(self, limit: int = 4 << 30) -> None:
        """Have the system read up to ``limit`` bytes ahead, beside all else: a cold file is slow to ask."""
        threading.Thread(target=_read_ahead, args=(self.path, limit), name="warm", daemon=True).start()

    def forget(self, identity_ids: Ids) -> None:
        """Delete everything of these identities: for erasure. The deleted bytes are overwritten."""
        with self.write() as writer:
            for table in self.layouts:
                writer.forget(table, "identity_id", np.asarray(identity_ids, np.int64))
        self.settle()


def _read_ahead(path: Path, limit: int) -> None:
    """Ask for the file's pages, a little at a time so that other reading gets its turn."""
    if not hasattr(os, "posix_fadvise"):
        return
    with path.open("rb") as file:
        for start in range(0, min(limit, path.stat().st_size), _AHEAD):
            os.posix_fadvise(file.fileno(), start, _AHEAD, os.POSIX_FADV_WILLNEED)
