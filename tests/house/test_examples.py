"""The examples in the documentation are what the code accepts."""

from __future__ import annotations

import re
import typing
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from helder.activate.content.filters import ALLOWED
from helder.activate.content.render import Rendering
from helder.activate.content.template import Template, read_template
from helder.activate.journeys import graph
from helder.activate.journeys.check import Known, faults
from helder.activate.journeys.parse import parse_toml
from helder.collect.dialects.paths import ROUTES
from helder.govern.catalogue import base_catalogue
from helder.integrate import mapping
from helder.intelligence.segments import rule as rules
from helder.intelligence.segments.parse import DEEPEST, MOST, parse

ROOT = Path(__file__).resolve().parents[2]


def examples(page: str, language: str) -> list[str]:
    """Return the blocks of a language on a page."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", examples("reference/rules.md", "json"))
def test_every_rule_of_the_reference_can_be_parsed(example: str) -> None:
    """Each rule that the reference shows is a rule."""
    assert list(rules.nodes(parse(example)))


def test_the_reference_shows_every_kind_of_rule() -> None:
    """Each kind of leaf is shown at least once."""
    shown = {type(leaf) for text in examples("reference/rules.md", "json") for _, leaf in rules.leaves(parse(text))}
    assert shown == set(typing.get_args(rules.Leaf))


def test_the_reference_names_every_word_of_a_rule() -> None:
    """Each comparison, measure and counting word is named, and so are the limits."""
    text = (ROOT / "docs/reference/rules.md").read_text("utf-8")
    words = {word for kind in (rules.Op, rules.Measure, rules.Counting) for word in typing.get_args(kind)}
    assert {word for word in words if f"`{word}`" not in text} == set()
    assert f"at most {DEEPEST} deep" in text
    assert f"at most {MOST} nodes" in text


@pytest.mark.parametrize("example", examples("reference/mapping-files.md", "toml"))
def test_every_mapping_of_the_reference_can_be_read(example: str) -> None:
    """Each mapping file that the reference shows is accepted."""
    assert mapping.parse_mapping(example, base_catalogue(), "example.toml").source


def test_the_reference_names_every_key_of_a_mapping() -> None:
    """Each key of a source, an object and a field stands in the reference."""
    text = (ROOT / "docs/reference/mapping-files.md").read_text("utf-8")
    kinds = (mapping.SourceMapping, mapping.ObjectMapping, mapping.Column)
    keys = {key for kind in kinds for key in kind.__struct_encode_fields__} - {"object", "event", "field"}
    assert {key for key in keys if f"| `{key}` |" not in text} == set()


@pytest.mark.parametrize("example", examples("reference/journeys.md", "toml"))
def test_every_journey_of_the_reference_can_be_read(example: str) -> None:
    """Each journey that the reference shows is accepted, and leads somewhere."""
    journey = parse_toml(example)
    known = Known(
        segments=frozenset({journey.enter.segment}),
        templates=frozenset({"finish-registration"}),
        purposes=frozenset({"events"}),
    )
    assert faults(journey, known) == []


def test_the_reference_names_every_outcome() -> None:
    """Each way in which an enrolment may end is explained."""
    text = (ROOT / "docs/reference/journeys.md").read_text("utf-8")
    assert [name for name in graph.OUTCOMES if f"| `{name}` |" not in text] == []


@pytest.mark.parametrize("example", examples("reference/templates.md", "toml"))
def test_every_template_of_the_reference_makes_a_mail(example: str, tmp_path: Path) -> None:
    """Each template that the reference shows is accepted, and filled for a person."""
    (tmp_path / "example.toml").write_text(example, "utf-8")
    rendering = Rendering(read_template(tmp_path / "example.toml"), ZoneInfo("Europe/Amsterdam"))
    values = {
        "person": {"first_name": "Jan"},
        "workshop": {"title": "Snoeien", "url": "https://tuin.lentehof.example/w"},
        "links": {"unsubscribe": "https://helder.example/u"},
    }
    assert "Snoeien" in rendering.fill(values, lambda address: address).text


def test_the_reference_names_every_filter() -> None:
    """Each filter that a template may use is named."""
    text = (ROOT / "docs/reference/templates.md").read_text("utf-8")
    assert [name for name in ALLOWED if not re.search(rf"\b{name}\b", text)] == []
    assert [key for key in Template.__struct_fields__ if f"| `{key}` |" not in text] == []


def test_the_reference_names_every_path_for_events() -> None:
    """Each path that takes events is named."""
    text = (ROOT / "docs/reference/http.md").read_text("utf-8")
    assert [path for path in ROUTES if path.replace("/s2s/", "/") not in text] == []
    assert "/api/s/s2s/" in text


@pytest.mark.parametrize("example", examples("tutorial/first-campaign.md", "json"))
def test_every_rule_of_the_tutorial_can_be_asked(example: str) -> None:
    """Each rule of the tutorial is a rule."""
    assert list(rules.nodes(parse(example)))
