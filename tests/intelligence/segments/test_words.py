"""Rules as sentences that a Dutch or English marketer would write.

``golden/words.json`` holds rules with their sentences; a person reads each one before it is added.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from tests.intelligence import worlds

from helder.govern.catalogue import base_catalogue
from helder.intelligence.segments.parse import parse
from helder.intelligence.segments.words import Lexicon, Name, in_words, say, say_node
from helder.intelligence.segments.words.dutch_verbs import Phrase, verb_last

GOLDEN = json.loads((Path(__file__).parent / "golden" / "words.json").read_text("utf-8"))
LEXICON = Lexicon(
    catalogue=base_catalogue(),
    segments={"loyal": "Trouwe kopers"},
    purposes={"events": Name("Workshops en evenementen", "Workshops and events")},
    sources={"erp": Name("het ERP", "the ERP")},
)


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["en"][:60])
def test_a_rule_is_said(case: dict[str, Any]) -> None:
    """The rule is this sentence, in both languages."""
    rule = parse(case["rule"])
    assert {language: say(rule, language, LEXICON).replace("\xa0", " ") for language in ("nl", "en")} == {
        "nl": case["nl"],
        "en": case["en"],
    }


@settings(max_examples=200, deadline=None)
@given(worlds.rules)
def test_every_rule_can_be_said(written: Any) -> None:
    """Any rule has a sentence in both languages: one line, one full stop, no hole, and its parts can be said alone."""
    rule = parse(written)
    for language in ("nl", "en"):
        sentence = in_words(rule, language, base_catalogue())
        assert sentence.endswith(".")
        assert sentence[0].isupper()
        assert "  " not in sentence
        assert "None" not in sentence
        assert sentence.count("(") == sentence.count(")")
        assert say_node(rule, language, LEXICON)


@pytest.mark.parametrize(
    ("phrase", "denied", "windowed", "said"),
    [
        (Phrase("plaatsten", "een bestelling"), False, True, "een bestelling plaatsten"),
        (Phrase("plaatsten", "een bestelling"), True, True, "geen bestelling plaatsten"),
        (Phrase("plaatsten", "een bestelling"), True, False, "nooit een bestelling plaatsten"),
        (Phrase("rondden", "een aanmelding af"), False, True, "een aanmelding afrondden"),
        (Phrase("rondden", "een aanmelding af"), True, True, "geen aanmelding afrondden"),
        (Phrase("begonnen", "aan een aanmelding"), True, True, "niet aan een aanmelding begonnen"),
        (Phrase("meldden", "zich af"), False, True, "zich afmeldden"),
        (Phrase("meldden", "zich af"), True, True, "zich niet afmeldden"),
        (Phrase("logden", "in"), True, False, "nooit inlogden"),
        (Phrase("waren onbereikbaar", "voor een e-mail"), False, True, "voor een e-mail onbereikbaar waren"),
        (Phrase("waren onbereikbaar", "voor een e-mail"), True, True, "steeds voor een e-mail bereikbaar waren"),
        (Phrase("waren onbereikbaar", "voor een e-mail"), True, False, "altijd voor een e-mail bereikbaar waren"),
        (Phrase("zochten", "naar iets"), True, True, "nergens naar zochten"),
        (Phrase("deden", "iets"), True, True, "niets deden"),
    ],
)
def test_the_verb_goes_last(phrase: Phrase, denied: bool, windowed: bool, said: str) -> None:
    """A main clause of the catalogue becomes a Dutch relative clause."""
    assert verb_last(phrase, "", denied=denied, windowed=windowed) == said


def test_the_reflexive_goes_before_how_often() -> None:
    """*zich minstens twee keer afmeldden*, not *minstens twee keer zich afmeldden*."""
    often = "minstens twee keer"
    assert verb_last(Phrase("meldden", "zich af"), often, denied=False, windowed=True) == f"zich {often} afmeldden"


def test_dutch_says_when_before_what() -> None:
    """*zich in de afgelopen week niet afmeldden*: only the reflexive goes before the window."""
    last_week = "in de afgelopen week"
    said = verb_last(Phrase("meldden", "zich af"), "", denied=True, windowed=True, when=last_week)
    assert said == f"zich {last_week} niet afmeldden"
