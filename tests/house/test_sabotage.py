"""The tool that plants defects."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

import sabotage

ROOT = Path(__file__).resolve().parents[2]
DEFECT = sabotage.Defect(
    name="add wrongly", file="src/sum.py", find="a + b", replace="a - b", tests=["tests/test_sum.py"]
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A tiny tree with a tested function."""
    (tmp_path / "src").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "src/sum.py").write_text("def add(a, b):\n    return a + b\n\ndef twice(a):\n    return 2 * a\n")
    test = "from sum import add\n\ndef test_add():\n    assert add(2, 2) == 4\n"
    (tmp_path / "tests/test_sum.py").write_text(test)
    return tmp_path


@pytest.mark.parametrize("defect", sabotage.read(), ids=lambda defect: defect.name)
def test_each_defect_can_still_be_planted(defect: sabotage.Defect) -> None:
    """The line that a defect replaces is there exactly once, and so are the tests that must notice it."""
    text = (ROOT / defect.file).read_text("utf-8")
    assert sabotage.plant(text, defect) not in (None, text)
    assert defect.tests
    for test in defect.tests:
        path, *names = test.split("::")
        assert all(f"def {name.partition('[')[0]}(" in (ROOT / path).read_text("utf-8") for name in names)
        assert (ROOT / path).exists()


def test_defects_have_names_of_their_own() -> None:
    """No two defects share a name, so that each can be tried alone."""
    names = [defect.name for defect in sabotage.read()]
    assert len(names) == len(set(names))


def test_a_defect_that_a_test_notices_is_caught(copy: Path) -> None:
    """A defect that turns its test red is caught, and taken out again."""
    assert sabotage.attempt(copy, DEFECT).verdict == "caught"
    assert "a + b" in (copy / "src/sum.py").read_text()


def test_a_defect_that_no_test_notices_survives(copy: Path) -> None:
    """A defect in a line that no test holds to anything survives."""
    defect = msgspec.structs.replace(DEFECT, find="2 * a", replace="3 * a")
    assert sabotage.attempt(copy, defect).verdict == "survived"


def test_a_defect_without_its_line_is_gone(copy: Path) -> None:
    """A line that was rewritten since is told, not passed over."""
    assert sabotage.attempt(copy, msgspec.structs.replace(DEFECT, find="a * b")).verdict == "gone"


def test_tests_that_cannot_run_catch_nothing(copy: Path) -> None:
    """A defect that keeps the tests from being collected does not count as noticed."""
    assert sabotage.attempt(copy, msgspec.structs.replace(DEFECT, replace="a +")).verdict == "broken"


def test_a_tree_that_is_red_anyway_is_not_sound(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A test that fails without any defect is told, for it would seem to catch everything."""
    (copy / "tests/test_sum.py").write_text("def test_add():\n    assert False\n")
    assert not sabotage.sound(copy, [DEFECT])
    assert "do not pass" in capsys.readouterr().err
