"""The command line as a whole: every command is found, works on an empty data folder, and tells errors in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from helder import cli


def run(*words: str) -> tuple[int, str, str]:
    """Type a command; return its exit code and what it said on both outputs."""
    done = subprocess.run([sys.executable, "-m", "helder", *words], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(("noun", "verb"), [("source", "list"), ("segment", "list"), ("key", "list")])
def test_listing_works_on_a_new_folder(noun: str, verb: str, tmp_path: Path) -> None:
    """A list of nothing is no error."""
    code, _, err = run(noun, verb, "--data", str(tmp_path / "new"))
    assert (code, err) == (0, "")


@pytest.mark.parametrize("words", ["segment count nobody", "profile show nobody", "journey show nobody"])
def test_an_error_is_one_line_with_its_code(words: str, tmp_path: Path) -> None:
    """What cannot be done is told without a traceback, and the exit code says so."""
    code, _, err = run(*words.split(), "--data", str(tmp_path / "new"))
    assert code == 1
    assert err.startswith("helder: ")
    assert err.rstrip().endswith("(not-found)")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("segment save new {gone}", "cannot be read: No such file or directory (invalid-input)"),
        ("segment save new {latin}", "is not UTF-8 (byte 1); save it as UTF-8 (invalid-input)"),
        ("segment save new {half}", "(bad-rule)"),
        ("journey save --goal {gone}", "cannot be read: No such file or directory (invalid-input)"),
        ("journey save --purposes {latin}", "is not UTF-8 (byte 1); save it as UTF-8 (invalid-input)"),
        ("journey save --template {gone}", "(template-fault)"),
        ("journey save --journey {gone}", "cannot be read: No such file or directory (invalid-input)"),
        ("journey save --journey {latin}", "is not UTF-8 (byte 1); save it as UTF-8 (invalid-input)"),
        ("source add {gone}", "(invalid-input)"),
        ("export identities {gone}/all.csv", "cannot be written: No such file or directory; give another file"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_in_one_line(
    words: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A file that is not there, is in another encoding or is half written: its name and what to do, no traceback."""
    (tmp_path / "latin").write_bytes(b"\x22\xe9\x22")
    (tmp_path / "half").write_text("{")
    files = {name: tmp_path / name for name in ("gone", "latin", "half")}
    typed = ["helder", *words.format(**files).split(), "--data", str(tmp_path / "new")]
    monkeypatch.setattr(sys, "argv", typed)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    err = capfd.readouterr().err
    assert ended.value.code == 1
    assert err.startswith("helder: ")
    assert said in err
    assert err.count("\n") == 1


def test_a_data_folder_that_cannot_be_made_is_told_in_one_line() -> None:
    """A place where nothing can be written stops the start, with its name."""
    code, _, err = run("serve", "--data", "/proc/helder")
    assert (code, err) == (1, "helder: /proc/helder: No such file or directory (unavailable)\n")


def test_a_port_that_does_not_exist_is_told_in_one_line(tmp_path: Path) -> None:
    """What is given on the command line is judged like what is set."""
    code, _, err = run("serve", "--data", str(tmp_path), "--port", "99999")
    assert code == 1
    assert "port is 99999; it must be from 1 to 65535" in err
    assert err.count("\n") == 1


def test_who_reads_half_of_the_answer_gets_no_traceback(tmp_path: Path) -> None:
    """``helder … | head -1``: when the reader goes away the command ends in silence."""
    command = [sys.executable, "-m", "helder", "source", "list", "--data", str(tmp_path)]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_count_says_each_part_of_the_rule_in_words(tmp_path: Path) -> None:
    """The rule and each part of it stand in words behind their counts, in the language that was asked for."""
    (tmp_path / "rule.json").write_text('{"all": [{"behaviour": "Signed In"}, {"attribute": "email", "op": "set"}]}')
    assert run("segment", "save", "known", str(tmp_path / "rule.json"), "--data", str(tmp_path))[0] == 0
    _, out, _ = run("segment", "count", "known", "--language", "en", "--data", str(tmp_path))
    parts = ["0  signed in and have an e-mail address", "0    signed in", "0    have an e-mail address"]
    assert [line.strip() for line in out.splitlines()[:3]] == parts


def test_every_command_has_a_help_text() -> None:
    """The help names every file of the room that is a command, with what it does."""
    code, out, _ = run("--help")
    names = {path.stem for path in Path(cli.__path__[0]).glob("*.py") if not path.stem.startswith("_")}
    assert code == 0
    assert {name for name in names if name not in out} == set()
    for name in names:
        said = next(line for line in out.splitlines() if line.startswith(f"│ {name} "))
        assert len(said.strip("│ ").split()) > 3
