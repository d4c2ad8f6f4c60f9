"""Compiled questions, kept for the next round."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TypeVar

from helder.intelligence.segments.plan import Plan, compiled_plan
from helder.intelligence.segments.rule import Leaf, fingerprint
from helder.intelligence.segments.setting import Setting
from helder.intelligence.segments.together import Together, compiled_together
from helder.intelligence.segments.touched import Moving

MOST, MOST_SETS = 4_096, 256
"""Plans of leaves, and of sets of leaves, that are kept."""
_Plan = TypeVar("_Plan")


class Plans:
    """The plans of leaves, kept. Shared between threads."""

    def __init__(self) -> None:
        """Begin without plans."""
        self._kept: dict[tuple[object, ...], Plan] = {}
        self._moving: dict[tuple[object, ...], Moving] = {}
        self._together: dict[tuple[object, ...], Together] = {}
        self._lock = threading.Lock()
        self._catalogue: object = None

    def of(self, setting: Setting, kind: str) -> Callable[[Leaf], Plan]:
        """Return what gives the plan of a leaf.

        Args:
            setting: what leaves are compiled against; its moments are not used.
            kind: a name for ``setting.tables``.
        """
        with self._lock:
            if self._catalogue != setting.catalogue:
                self._kept.clear()
                self._moving.clear()
                self._together.clear()
                self._catalogue = setting.catalogue
        common = (kind, setting.dialect, setting.soft_opt_in)
        return lambda leaf: self._plan(leaf, setting, (fingerprint(leaf), *common))

    def moving(self, leaves: list[Leaf], setting: Setting) -> Moving:
        """Return what tells who may have changed for ``leaves``."""
        self.of(setting, "all")
        key = (frozenset(map(fingerprint, leaves)), setting.dialect, setting.soft_opt_in)
        with self._lock:
            found = self._moving.pop(key, None) or Moving(leaves, setting)
            return _kept(self._moving, key, found)

    def together(self, leaves: Mapping[bytes, Leaf], setting: Setting) -> Together:
        """Return the questions that ask all ``leaves`` (by fingerprint) at once, of small tables."""
        self.of(setting, "few")
        key = (frozenset(leaves), setting.dialect, setting.soft_opt_in)
        with self._lock:
            found = self._together.pop(key, None) or compiled_together(leaves.values(), setting)
            return _kept(self._together, key, found)

    def _plan(self, leaf: Leaf, setting: Setting, key: tuple[object, ...]) -> Plan:
        found = self._kept.get(key)
        if found is None:
            found = compiled_plan(leaf, setting)
            with self._lock:
                if len(self._kept) >= MOST:
                    self._kept.clear()
                self._kept[key] = found
        return found


def _kept(plans: dict[tuple[object, ...], _Plan], key: tuple[object, ...], plan: _Plan) -> _Plan:
    """Keep a plan as the newest; the one that was not asked for the longest time makes room."""
    if len(plans) >= MOST_SETS:
        del plans[next(iter(plans))]
    plans[key] = plan
    return plan
