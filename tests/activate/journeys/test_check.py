"""What is wrong with a journey that can be read."""

from __future__ import annotations

from typing import Any

import pytest

from helder.activate.journeys.check import Known, faults
from helder.activate.journeys.parse import parse

KNOWN = Known(
    segments=frozenset({"s", "t"}),
    templates=frozenset({"hello", "needy"}),
    purposes=frozenset({"events"}),
    needs={"needy": frozenset({"person.greeting", "workshop.title", "workshop.date"})},
    given=frozenset({"person.greeting"}),
)
MAIL = {"type": "email", "template": "hello", "purpose": "events"}
WAIT = {"type": "wait", "hours": 1}


def found(*steps: dict[str, Any], **changes: Any) -> list[str]:
    written = {"key": "k", "name": "K", "enter": {"segment": "s"}, "step": list(steps), **changes}
    return faults(parse(written), KNOWN)


def test_a_good_journey_has_no_faults() -> None:
    """Every kind of step, used as it should be, is accepted."""
    branch = {"type": "branch", "segment": "t", "then": "mail", "otherwise": "end"}
    assert found({"type": "holdout", "percent": 10}, WAIT, branch, {"id": "mail", **MAIL}, goal={"segment": "t"}) == []


@pytest.mark.parametrize(
    ("steps", "changes", "said"),
    [
        ([], {}, "step: a journey has at least one step"),
        ([WAIT], {"key": "No Spaces"}, "key: 'No Spaces' must be lower-case"),
        ([WAIT] * 201, {}, "step: a journey has at most 200 steps"),
        ([WAIT], {"enter": {"segment": "gone"}}, "enter: there is no segment 'gone'"),
        ([WAIT], {"enter": {"segment": "s", "again_after_days": -1}}, "enter: again_after_days cannot be negative"),
        ([WAIT], {"goal": {"event": "e", "segment": "t"}}, "goal: either an event or a segment, not both"),
        ([WAIT], {"goal": {"segment": "gone"}}, "goal: there is no segment 'gone'"),
        ([{"type": "branch", "segment": "gone"}], {}, "step 1 (branch): there is no segment 'gone'"),
        ([{**MAIL, "template": "gone"}], {}, "step 1 (email): there is no template 'gone'"),
        ([{**MAIL, "purpose": "gone"}], {}, "step 1 (email): there is no purpose 'gone'"),
        ([{**MAIL, "pause_days": -1}], {}, "step 1 (email): pause_days cannot be negative"),
        (
            [{**MAIL, "template": "needy", "values": {"workshop": {"date": "x"}}}],
            {},
            "step 1 (email): the template 'needy' needs workshop.title, not given",
        ),
        ([{"type": "holdout", "percent": 101}, MAIL], {}, "step 1 (holdout): percent is from 0 to 100"),
        ([{"type": "holdout", "percent": 1}] * 2, {}, "step 2 (holdout): a journey has one holdout"),
        ([MAIL, {"type": "holdout", "percent": 1}], {}, "step 2 (holdout): comes after a mail"),
        ([{**WAIT, "next": "end"}, WAIT], {}, "step 2: no way leads to it"),
    ],
)
def test_each_fault_is_named(steps: list[dict[str, Any]], changes: dict[str, Any], said: str) -> None:
    """The fault is said in a sentence that begins with the node."""
    assert any(fault.startswith(said) for fault in found(*steps, **changes))


def test_all_faults_are_told_at_once() -> None:
    """Nobody has to mend a journey one message at a time."""
    assert len(found({**MAIL, "template": "gone", "purpose": "gone"}, enter={"segment": "gone"})) == 3
