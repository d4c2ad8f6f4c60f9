"""The pipeline: what happens to what came in, in this order, for ever."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from helder.clock import stopwatch
from helder.errors import place

STAGES = ("receive", "resolve", "project", "refresh", "advance", "deliver")
"""receive: inbox → facts; resolve: who is who; project: copies for single people; refresh: who is in which segment;
advance: journeys move; deliver: the outbox is served. Stages never call each other: each reads what lies past its
watermark and writes to one store."""

_log = logging.getLogger("helder.pipeline")


class Stage(Protocol):
    """One step of the pipeline."""

    @property
    def name(self) -> str:
        """One of ``STAGES``."""
        ...

    def run(self, now: datetime) -> int:
        """Do what there is to do; return the rows moved (0 = nothing to do)."""
        ...


class Ran(msgspec.Struct, frozen=True):
    """What one stage did in one round."""

    stage: str
    rows: int
    seconds: float
    failed: str = ""
    """Name of the error that stopped it, if any; its watermark has not moved, so the next round does it again."""


def run_once(stages: Sequence[Stage], now: datetime) -> tuple[Ran, ...]:
    """Run each stage once. One that fails is logged and leaves the others their turn.

    Args:
        stages: in the order of ``STAGES``.
        now: the moment of this round (aware UTC), the same for all.
    """
    return tuple(_run(stage, now) for stage in stages)


def in_order(stages: Sequence[Stage]) -> tuple[Stage, ...]:
    """Return ``stages`` in the order of ``STAGES``."""
    return tuple(sorted(stages, key=lambda stage: STAGES.index(stage.name)))


def _run(stage: Stage, now: datetime) -> Ran:
    began = stopwatch()
    try:
        rows = stage.run(now)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other stages and the next round go on
        # Only the kind of error and where: messages of drivers quote values, and those may be personal data.
        _log.error("stage failed", extra={"stage": stage.name, "error": type(error).__name__, "where": place(error)})
        return Ran(stage.name, 0, stopwatch() - began, type(error).__name__)
    return Ran(stage.name, rows, stopwatch() - began)
