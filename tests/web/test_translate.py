"""Words, numbers, money and dates by language."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import helder.web
from helder.access.passwords import LONGEST, SHORTEST
from helder.web.translate import Translator, catalogue, preferred

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
ROOM = Path(helder.web.__file__).parent
ATTRIBUTES = r"(?<=%})(?:(?!{%|<|%}).)*(?={% endcall %})"
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


def test_no_sentence_is_glued_from_parts() -> None:
    """Two translated pieces never make one sentence: other languages put their words in another order."""
    assert {file.name: found for file in ROOM.rglob("*.html") if (found := glued(file.read_text("utf-8")))} == {}
    added = {
        file.name: [ast.unparse(node) for node in ast.walk(ast.parse(file.read_text("utf-8"))) if _glues(node)]
        for file in ROOM.rglob("*.py")
    }
    assert {name: found for name, found in added.items() if found} == {}


@pytest.mark.parametrize(
    "text",
    [
        '<p>{{ _("leaves") }} {{ t.number(3) }} {{ _("customers") }}</p>',
        "<p>{{ _('more than') }}{{ _('everyone') }}</p>",
        '<p>{{ t.number(3) }} {{ _("customers") }}</p>',
    ],
)
def test_the_look_for_glue_finds_some(text: str) -> None:
    """The check above finds what it is there for."""
    assert glued(text)


def test_no_word_stands_outside_the_catalogue() -> None:
    """Text in templates, and in attributes that are read out, comes through gettext; names and keys do not."""
    assert {file.name: found for file in ROOM.rglob("*.html") if (found := bare(file.read_text("utf-8")))} == {}
    assert bare('<p title="x">Hello {{ name }}</p><img alt="Logo">') == ["Hello", "Logo"]


def test_what_a_form_may_answer_has_dutch() -> None:
    """Every reason for which access refuses what was filled in is shown in the reader's language."""
    dutch = catalogue("nl")
    assert dutch is not None
    reasons = {
        str(ast.literal_eval(node.exc.args[0]))
        for name in ("users", "sessions", "invitations", "lockout")
        for node in ast.walk(ast.parse((ROOM.parent / f"access/{name}.py").read_text("utf-8")))
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.args[0], ast.Constant)
    }
    reasons |= {f"a password has {SHORTEST} to {LONGEST} characters; a sentence is easy to remember"}
    assert len(reasons) > 8
    assert sorted(reason for reason in reasons if not dutch.get(reason)) == []


def glued(text: str) -> list[str]:
    """Return the runs of text, without a tag in between, that a translated piece shares with anything else."""
    text = re.sub(r"{{ icon\([^}]*}}|" + ATTRIBUTES, "", text)
    text = re.sub(r"{[%#].*?[%#]}", "\0", text, flags=re.DOTALL)
    runs = [run.strip() for run in re.split(r"<[^>]*>|\0| · (?![^{}]*}})", text)]
    alone = re.compile(r"(· )?{{[^{}]*}}[.:…]?", re.DOTALL)
    return [run for run in runs if re.search(r"{{ *_\(", run) and not alone.fullmatch(run)]


def bare(text: str) -> list[str]:
    """Return the words that stand in a template as they are; what a call holds without tags is attributes."""
    text = re.sub(ATTRIBUTES, "", text)
    text = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", "", text, flags=re.DOTALL)
    read = re.findall(r'\b(?:title|alt|aria-label|placeholder)="([^"]*)"', re.sub(r'title="x"', "", text))
    shown = re.sub(r"<(style|script)\b.*?</\1>|<kbd.*?</kbd>|<[^>]*>", "\n", text, flags=re.DOTALL).split("\n")
    words = [part.strip() for part in (*shown, *read)]
    return [part for part in words if re.search(r"[^\W\d_]{2,}", part) and part not in ("Helder", "· Helder")]


def _glues(node: ast.AST) -> bool:
    """Tell whether ``node`` puts a translated text and another together without a pattern of its own."""
    if isinstance(node, ast.JoinedStr):
        return any(_translated(each.value) for each in node.values if isinstance(each, ast.FormattedValue))
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and _translated(node.left, node.right)


def _translated(*nodes: ast.AST) -> bool:
    calls = (each for node in nodes for each in ast.walk(node) if isinstance(each, ast.Call))
    return any(_name(call.func) in ("gettext", "ngettext") for call in calls)


def _name(function: ast.AST) -> str:
    return getattr(function, "attr", getattr(function, "id", ""))


def _said(tree: ast.AST) -> Iterator[str]:
    """Yield the strings that are given to ``gettext`` and ``ngettext``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in ("gettext", "ngettext", "_"):
            yield from (each.value for each in node.args[:1] if isinstance(each, ast.Constant))
