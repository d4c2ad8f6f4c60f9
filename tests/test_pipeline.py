"""The pipeline: every stage has its turn."""

from __future__ import annotations

import logging
from datetime import datetime

import pytest

from helder.pipeline import STAGES, Ran, in_order, run_once


class Step:
    def __init__(self, name: str, did: list[str], error: Exception | None = None) -> None:
        self.name, self._did, self._error = name, did, error

    def run(self, now: datetime) -> int:
        self._did.append(self.name)
        if self._error:
            raise self._error
        return now.hour


def test_stages_run_in_their_order(now: datetime) -> None:
    """Given in any order, they run as the tuple says, each with the same now."""
    did: list[str] = []
    ran = run_once(in_order([Step(name, did) for name in sorted(STAGES)]), now)
    assert tuple(did) == STAGES
    assert [each.rows for each in ran] == [10] * len(STAGES)


def test_a_failing_stage_does_not_stop_the_others(now: datetime, caplog: pytest.LogCaptureFixture) -> None:
    """It is logged by its kind and place, without its text: that may quote somebody's address."""
    did: list[str] = []
    broken = ValueError("jan@example.nl is no number")
    steps = [Step(name, did, broken if name == "resolve" else None) for name in STAGES]
    with caplog.at_level(logging.ERROR):
        ran = run_once(steps, now)
    assert tuple(did) == STAGES
    failed = {each.stage: each.failed for each in ran if each.failed}
    assert failed == {"resolve": "ValueError"}
    (record,) = caplog.records
    assert (record.stage, record.error) == ("resolve", "ValueError")
    assert record.where.startswith("tests.test_pipeline:")
    assert "jan@" not in caplog.text
    assert isinstance(ran[0], Ran)
