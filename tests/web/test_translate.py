"""Words, numbers, money and dates by language."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import helder.web
from helder.web.translate import Translator, catalogue, preferred

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
ROOM = Path(helder.web.__file__).parent
CALL = re.compile(r"""(?:\b_|\bngettext)\(\s*"((?:[^"\\]|\\.)+)\"""")


def test_dutch_writes_numbers_and_money_as_the_dutch_do() -> None:
    """Points between thousands, a comma before cents, the euro sign in front."""
    dutch = Translator("nl", AMSTERDAM)
    assert dutch.number(12345) == "12.345"
    assert dutch.money(1_234_500_000).replace("\xa0", " ") == "€ 1.234,50"
    assert dutch.percent(0.2249) == "22,5%"


def test_moments_are_shown_in_the_company_s_zone() -> None:
    """Eleven at night in UTC is the next day in Amsterdam."""
    assert Translator("nl", AMSTERDAM).moment(datetime(2026, 11, 23, 23, 30, tzinfo=UTC)) == "24 nov 2026 00:30"


def test_half_a_cent_is_rounded_when_shown() -> None:
    """Micros keep sub-cent prices; a screen shows whole cents."""
    assert Translator("en", AMSTERDAM).money(9_747_747_934_000) == "€9,747,747.93"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("nl", "nl"),
        ("en-GB,en;q=0.9", "en"),
        ("fr, nl;q=0.5, en;q=0.8", "en"),
        ("de", "nl"),
        ("en;q=0", "nl"),
        ("en;q=x,,;", "nl"),
        ("", "nl"),
    ],
)
def test_the_browser_s_language_is_followed(header: str, language: str) -> None:
    """The best language that the screens have, else the company's."""
    assert preferred(header, "nl") == language


def test_every_string_of_the_screens_has_dutch() -> None:
    """No string in a template or page is left in English for a Dutch reader."""
    dutch = catalogue("nl")
    assert dutch is not None
    used = {text for file in ROOM.rglob("*.html") for text in CALL.findall(file.read_text("utf-8"))}
    used |= {text for file in ROOM.rglob("*.py") for text in _said(ast.parse(file.read_text("utf-8")))}
    assert len(used) > 20
    assert sorted(text for text in used if not (found := dutch.get(text)) or not found.string) == []


def _said(tree: ast.AST) -> Iterator[str]:
    """Yield the strings that are given to ``gettext`` and ``ngettext``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("gettext", "ngettext"):
            yield from (each.value for each in node.args[:1] if isinstance(each, ast.Constant))
