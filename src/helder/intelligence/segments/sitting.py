"""One sitting: answers the leaves of rules at one moment, over the profiles of one index."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ibis.expr.types import Table

from helder.errors import Unavailable
from helder.intelligence.segments.choices import last_choices
from helder.intelligence.segments.compile import question
from helder.intelligence.segments.index import Bitmap, Ids, ProfileIndex, column
from helder.intelligence.segments.live import LiveSources, live_question, to_identities
from helder.intelligence.segments.rule import Leaf, Live, Membership, fingerprint
from helder.intelligence.segments.setting import Question, Setting
from helder.intelligence.segments.tree import Lookup, combine, expanded

MAPPED = "mapped"
"""Name of the rows that have their profile."""

Read = Callable[..., pa.Table]
"""Answers an expression, with more tables visible by name."""
KeysOf = Callable[[str], Sequence[str]]
"""Gives the keys (identities of a kind) of the profiles that are asked about."""


class Sitting:
    """Call it with a leaf for its bitmap; null when it cannot be known now (``because`` says why)."""

    def __init__(self, index: ProfileIndex, setting: Setting, read: Read, lookup: Lookup, live: LiveSources) -> None:
        """Ask over the profiles of ``index``; ``keys_of`` is set when those are a few only."""
        self.index = index
        self.setting = setting
        self.because: dict[bytes, str] = {}
        self.keys_of: KeysOf | None = None
        self._read = read
        self._lookup = lookup
        self._live = live
        self._known: dict[bytes, Bitmap | None] = {}

    def __call__(self, leaf: Leaf) -> Bitmap | None:
        """Return the bitmap of ``leaf``."""
        name = fingerprint(leaf)
        if name not in self._known:
            self._known[name] = self.answer(leaf, name)
        return self._known[name]

    def answer(self, leaf: Leaf, name: bytes) -> Bitmap | None:
        """Ask for ``leaf``, whose fingerprint is ``name``."""
        if isinstance(leaf, Membership):
            return combine(expanded(leaf, self._lookup), len(self.index), self)
        if not isinstance(leaf, Live):
            asked = question(leaf, self.setting)
            return self._bitmap(asked)
        try:
            return self._ask_source(leaf)
        except Unavailable as error:
            self.because[name] = str(error)
            return None

    @property
    def reasons(self) -> str:
        """Why leaves could not be known, each reason once."""
        return "; ".join(dict.fromkeys(self.because.values()))

    def _ask_source(self, leaf: Live) -> Bitmap:
        """Send the question to the source, and turn the keys into profiles."""
        found = self._live.object(leaf.source, leaf.question.object)
        asked = live_question(leaf, found, self.setting.moments)
        ids = None if self.keys_of is None else self.keys_of(asked.kind)
        keys = self._live.run(leaf.source, asked.expr, ids).column("key")
        rows = pa.table({"key": pc.cast(keys, pa.string())})
        expr = to_identities(asked.kind, self.setting.tables)
        return self._bitmap(Question(expr, complement=asked.complement), live_keys=rows)

    def _bitmap(self, asked: Question, **more: pa.Table) -> Bitmap:
        """Ask, and turn the ids that come back into a bitmap."""
        rows = self._read(asked.rows, **more)
        if asked.latest:
            return self._judged(asked, rows)
        ordinals = self._ordinals(rows)
        if asked.finish is not None:
            mapped = rows.drop_columns(["identity_id"]).append_column("profile_id", pa.array(ordinals))
            mapped = mapped.filter(pc.greater_equal(mapped.column("profile_id"), 0))
            finished = asked.finish(ibis.table(_schema(asked.rows), name=MAPPED))
            ordinals = column(self._read(finished, **{MAPPED: mapped}), "profile_id")
        found = self.index.bitmap(ordinals)
        return ~found if asked.complement else found

    def _judged(self, asked: Question, rows: pa.Table) -> Bitmap:
        """Let the latest choice of each identity speak."""
        places = self.index.identities.places(column(rows, "identity_id"))
        agreed, refused = last_choices(places, column(rows, "at").astype(np.int64), column(rows, "against"))
        found = self.index.bitmap(self.index.ordinals_at(agreed))
        if asked.more is not None:
            found |= self.index.bitmap(self._ordinals(self._read(asked.more)))
        return found & ~self.index.bitmap(self.index.ordinals_at(refused))

    def _ordinals(self, rows: pa.Table) -> Ids:
        """Return the ordinal of the profile of each row; -1 where there is none."""
        if "identity_id" in rows.column_names:
            return self.index.ordinals_by_identity(column(rows, "identity_id"))
        return self.index.ordinals(column(rows, "profile_id"))


def _schema(rows: Table) -> dict[str, object]:
    """Return the columns of ``rows`` after the step from identities to profiles."""
    columns = {name: kind for name, kind in rows.schema().items() if name != "identity_id"}
    return {**columns, "profile_id": "int64"}
