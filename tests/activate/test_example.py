"""The campaign that is shipped as an example."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from helder.activate.content.render import Rendering
from helder.activate.content.template import read_template
from helder.activate.journeys.check import Known, faults
from helder.activate.journeys.parse import parse_toml
from helder.activate.writing import GIVEN
from helder.govern.purposes import read_purpose_file
from helder.intelligence.segments.parse import parse

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/workshop-campaign"
PLAYED = ROOT / "src/helder/demo/campaign"


def test_the_parts_of_the_example_fit_each_other() -> None:
    """The journey finds its template with all that it needs, its purpose and its segment, whose rule can be read."""
    template = read_template(EXAMPLE / "template.toml")
    journey = parse_toml((EXAMPLE / "journey.toml").read_text("utf-8"))
    known = Known(
        segments=frozenset({"unfinished-registration"}),
        templates=frozenset({template.key}),
        purposes=frozenset(each.key for each in read_purpose_file(EXAMPLE / "purposes.toml")),
        needs={template.key: frozenset(Rendering(template, ZoneInfo("UTC")).variables())},
        given=GIVEN,
    )
    assert faults(journey, known) == []
    assert parse((EXAMPLE / "segment.json").read_text("utf-8"))


@pytest.mark.parametrize("file", sorted(path.name for path in PLAYED.iterdir() if path.is_file()))
def test_the_demo_plays_the_example(file: str) -> None:
    """The copy that travels with the package is the example, so that nobody reads another one than is played."""
    assert (PLAYED / file).read_bytes() == (EXAMPLE / file).read_bytes()
