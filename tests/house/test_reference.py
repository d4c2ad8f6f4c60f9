"""The reference says what the code says."""

from __future__ import annotations

import re
import subprocess
import sys
import typing
from pathlib import Path

import reference
from helder.activate import permission
from helder.collect.event import Reason
from helder.errors import HelderError
from helder.govern.catalogue import base_catalogue
from helder.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "reference"


def codes(page: str) -> set[str]:
    """Return the first cells of the tables of a page, where they are in code type."""
    return set(re.findall(r"^\| `([^`]+)` \|", (PAGES / page).read_text("utf-8"), re.MULTILINE))


def test_the_tables_are_those_of_the_code() -> None:
    """No table that is made from the code has gone stale, asked as `make tidy` asks it.

    In a process of its own: usage lines of the commands begin with the program that runs.
    """
    asked = [sys.executable, "tools/reference.py", "--check"]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_setting_is_explained() -> None:
    """Each setting stands in the reference with a meaning, and nothing that is no setting does."""
    assert codes("settings.md") == set(Settings.__struct_fields__)
    assert not re.search(r"\|\s*\|$", reference.settings(), re.MULTILINE)


def test_every_error_is_explained() -> None:
    """Each error code stands in the reference with a meaning."""
    text = reference.errors()
    assert codes("errors.md") == {kind.code for kind in reference.below(HelderError)}
    assert not re.search(r"\|\s*\|$", text, re.MULTILINE)


def test_error_codes_are_stable_words() -> None:
    """A code is lower case with hyphens, and belongs to one class."""
    reference.errors()
    kinds = reference.below(HelderError)
    seen = [kind.code for kind in kinds]
    assert sorted(seen) == sorted(set(seen))
    assert [code for code in seen if not re.fullmatch(r"[a-z]+(-[a-z]+)*", code)] == []


def test_every_event_is_explained() -> None:
    """Each event and each reason of refusal stands in the reference, and nothing that does not exist."""
    assert codes("events.md") == {*base_catalogue().events, *typing.get_args(Reason)}


def test_every_field_is_explained() -> None:
    """Each field of the catalogue stands in the reference."""
    fields = {f"{key}.{name}" for key, thing in base_catalogue().objects.items() for name in thing.fields}
    assert codes("catalogue.md") == fields


def test_every_reason_not_to_mail_is_explained() -> None:
    """Each reason for which somebody is skipped stands in the explanation, in the order in which it is decided."""
    page = ROOT / "docs/explanation/who-may-be-mailed.md"
    told = re.findall(r"^\| `([^`]+)` \|", page.read_text("utf-8"), re.MULTILINE)
    assert told == list(typing.get_args(permission.Reason))


def test_pages_that_the_code_names_are_there() -> None:
    """Each page of the documentation that a comment or a message in the code points to exists."""
    named = {
        (file.relative_to(ROOT).as_posix(), page)
        for folder in ("src", "tools", "benchmarks", "examples")
        for file in (ROOT / folder).rglob("*")
        if file.suffix in {".py", ".sql", ".toml", ".html"}
        for page in re.findall(r"docs/[\w/-]+\.md", file.read_text("utf-8", errors="replace"))
    }
    assert len(named) > 5
    assert {(file, page) for file, page in named if not (ROOT / page).exists()} == set()
