from __future__ import annotations

from pathlib import Path

from helder.demo.score.emitted import rows


def test_lines_in_two_encodings_are_both_read(tmp_path: Path) -> None:
    """A mark at the start, a Windows-1252 line among UTF-8, and a control character that is no end of line."""
    path = tmp_path / "x.csv"
    lines = ["﻿name,city".encode(), "Zoë,Één".encode(), "Zoë,Één".encode("cp1252"), "Ã\x85,b".encode(), b'"a,b","c"']
    path.write_bytes(b"\n".join(lines) + b"\n")
    found = [(row["name"], row["city"]) for row in rows(path)]
    assert found == [("Zoë", "Één"), ("Zoë", "Één"), ("Ã\x85", "b"), ("a,b", "c")]


def test_a_clean_file_is_read_line_by_line_of_its_own(tmp_path: Path) -> None:
    """Text that was encoded twice may hold U+0085, which ends no line."""
    path = tmp_path / "x.csv"
    path.write_text("name\nÃ\x85ke\n", encoding="utf-8")
    assert [row["name"] for row in rows(path)] == ["Ã\x85ke"]


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    """Not even a header is no fault."""
    (tmp_path / "x.csv").write_bytes(b"")
    assert list(rows(tmp_path / "x.csv")) == []
