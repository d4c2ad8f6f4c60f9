from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helder.errors import InvalidInput
from helder.integrate.sources.files import csv_text
from helder.integrate.text import mended


def read(path: Path) -> tuple[list[tuple[str, ...]], list[tuple[int, str]], list[int]]:
    rows: list[tuple[str, ...]] = []
    bad: list[tuple[int, str]] = []
    lines: list[int] = []
    for chunk in csv_text.chunks(path):
        rows += [tuple(row.values()) for row in chunk.rows.to_pylist()]
        bad += [(line.line, line.reason) for line in chunk.bad]
        lines += chunk.lines.to_pylist()
    return rows, bad, lines


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_delimiter_is_read_from_the_header(tmp_path: Path, delimiter: str) -> None:
    """Semicolons, commas, tabs and bars are told apart by the first line."""
    path = tmp_path / "a.csv"
    path.write_text(f"a{delimiter}b\n1{delimiter}2\n")
    assert csv_text.columns(path) == ["a", "b"]
    assert read(path)[0] == [("1", "2")]


def test_values_over_several_lines_are_values(tmp_path: Path) -> None:
    """A quoted value may hold line ends; line numbers count the lines of the file."""
    path = tmp_path / "a.csv"
    path.write_text('a,b\n1,"x\ny"\n2,z\n')
    assert read(path) == ([("1", "x\ny"), ("2", "z")], [], [2, 4])


def test_a_quote_that_is_never_closed_costs_one_line(tmp_path: Path) -> None:
    """The line with the stray quote is kept aside; the thousands after it are read."""
    path = tmp_path / "a.csv"
    lines = [f"{n},x" for n in range(3000)]
    lines[700] = '700,"x'
    path.write_text("a,b\n" + "\n".join(lines) + "\n")
    rows, bad, numbers = read(path)
    assert len(rows) == 2999
    assert bad == [(702, "stray_quote")]
    assert numbers[700] == 703


def test_a_stray_quote_before_very_long_lines_costs_one_line(tmp_path: Path) -> None:
    """However much text follows the quote, the lines after it are read."""
    path = tmp_path / "a.csv"
    path.write_text('a,b\n1,"x\n' + "".join(f"{n},{'y' * 2_000}\n" for n in range(500)))
    rows, bad, _ = read(path)
    assert len(rows) == 500
    assert bad == [(2, "stray_quote")]


def test_a_header_is_needed(tmp_path: Path) -> None:
    """An empty file, and one that names a column twice, are refused."""
    path = tmp_path / "a.csv"
    path.write_text("")
    with pytest.raises(InvalidInput, match="empty"):
        csv_text.columns(path)
    path.write_text("a,b,a\n")
    with pytest.raises(InvalidInput, match="twice: a"):
        csv_text.columns(path)


def test_utf_16_is_read_when_the_file_says_so(tmp_path: Path) -> None:
    """What a spreadsheet saves as Unicode text has a mark of its own."""
    path = tmp_path / "a.csv"
    path.write_text("naam\tplaats\nJosé\tDelft\n", encoding="utf-16")
    assert read(path)[0] == [("José", "Delft")]


_CELL = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufeff"), max_size=6)


@given(st.lists(st.tuples(_CELL, _CELL, st.sampled_from(["x", "a\nb", 'q"q', "", "a,b"])), max_size=30))
def test_what_a_csv_writer_wrote_is_read_back(rows: list[tuple[str, str, str]]) -> None:
    """Every file that Python's own writer makes is read as it was meant, but for encodings that are put right."""
    from tempfile import TemporaryDirectory

    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("k", "v", "w"))
    writer.writerows(rows)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(text.getvalue().encode())
        found, bad, _ = read(path)
    assert bad == []
    assert found == [tuple(mended(cell) for cell in row) for row in rows]


@given(st.text(max_size=30))
def test_good_text_is_mended_once_at_most(text: str) -> None:
    """UTF-8 that was encoded twice comes back as it was; mending what is mended changes nothing."""
    twice = text.encode().decode("latin-1")
    assert mended(twice) in {text, mended(text)}
    assert mended(mended(mended(text))) == mended(mended(text))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_five_gigabytes_with_one_bad_line(tmp_path: Path) -> None:
    """A file far larger than a chunk is read in little memory; its one bad line is kept aside with its number."""
    import resource

    path = tmp_path / "large.csv"
    row = "1234567,jan.de.vries@voorbeeld.example,Jan,de Vries,Hoofdstraat 12,1234 AB,Nergenshuizen," + "x" * 165 + "\n"
    block = row * 20_000
    blocks = 5 * 1024**3 // len(block)
    with path.open("w") as file:
        file.write("no,email,first,last,street,postcode,city,rest\n")
        for number in range(blocks):
            file.write(block)
            if number == blocks // 2:
                file.write('7,"never closed,x\n')
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rows = 0
    bad: list[int] = []
    for chunk in csv_text.chunks(path):
        rows += chunk.rows.num_rows
        bad += [line.line for line in chunk.bad]
    assert rows == blocks * 20_000
    assert bad == [(blocks // 2 + 1) * 20_000 + 2]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 600_000
