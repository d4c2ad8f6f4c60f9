"""``hot``: what people did, clustered by identity, so that the rows of a thousand people are read in milliseconds."""

from __future__ import annotations

import os

import numpy as np

from helder.store.projections.file import Ids, ProjectionFile
from helder.store.projections.layout import HOT


class Hot(ProjectionFile):
    """Events, orders, subscriptions, tickets, consents and records of each identity.

    ``hot.rows("event", identity_ids, ("identity_id", "name", "at"))`` answers with a table of the same names and types
    as the facts': rules run on it unchanged. Of events, ``context`` and the two lesser times stay in the facts.
    """

    layouts = HOT
    version = 2

    def warm(self, limit: int = 8 << 30) -> None:
        """Have the system read ahead up to ``limit`` bytes: the first questions on a cold file are slow."""
        if not hasattr(os, "posix_fadvise"):
            return
        with self.path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, limit, os.POSIX_FADV_WILLNEED)

    def forget(self, identity_ids: Ids) -> None:
        """Delete everything of these identities: for erasure. The deleted bytes are overwritten."""
        with self.write() as writer:
            for table in self.layouts:
                writer.forget(table, "identity_id", np.asarray(identity_ids, np.int64))
