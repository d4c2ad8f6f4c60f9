"""A sitting over everyone that keeps its answers for the next one."""

from __future__ import annotations

from helder.intelligence.segments.bitmaps import Bitmaps, Moment
from helder.intelligence.segments.index import Bitmap
from helder.intelligence.segments.rule import Leaf, Live, Membership
from helder.intelligence.segments.sitting import Sitting


class Keeping(Sitting):
    """A sitting over everyone, whose bitmaps are kept for the next one. Live leaves are asked anew each time."""

    def keep(self, bitmaps: Bitmaps, moment: Moment) -> None:
        """Keep answers in ``bitmaps`` as of ``moment``."""
        self._bitmaps, self._moment = bitmaps, moment

    def answer(self, leaf: Leaf, name: bytes) -> Bitmap | None:
        """Return what was kept, or ask."""
        if isinstance(leaf, Live | Membership):
            return super().answer(leaf, name)
        found = self._bitmaps.get(name, self._moment)
        if found is None:
            found = super().answer(leaf, name)
            if found is not None:
                self._bitmaps.put(name, self._moment, found)
        return found
