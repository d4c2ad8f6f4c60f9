"""The examples in the documentation are what the code accepts."""

from __future__ import annotations

import re
import typing
from pathlib import Path

import pytest

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
