"""CSV as it comes out of real systems: any delimiter, a byte-order mark, rows of the wrong length, a stray quote."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pyarrow as pa

from helder.errors import InvalidInput
from helder.integrate.sources import BadLine, Chunk
from helder.integrate.text import Repairs, string_column

ROWS = 65_536
"""Rows a chunk."""
BLOCK = 1 << 20
"""Bytes of text that are tried at once."""
DELIMITERS = ";,\t|"
LONGEST = 200
"""Lines that one value may span; beyond that a quote was never closed."""


def columns(path: Path) -> list[str]:
    """Return the names in the first line."""
    with _open(path) as file:
        return _header(file.readline(), path)[0]


def chunks(path: Path) -> Iterator[Chunk]:
    """Read the file; lines that are no rows are kept aside with their number."""
    size = max(path.stat().st_size, 1)
    with _open(path) as file:
        names, delimiter = _header(file.readline(), path)
        rows = _Rows(file, len(names), delimiter)
        while True:
            values, lines = rows.take(ROWS)
            if not lines and not rows.bad:
                return
            done = min(file.buffer.tell() / size, 1.0)
            yield _chunk(names, values, lines, rows.taken_bad(), done)


def _chunk(names: list[str], values: list[list[str]], lines: list[int], bad: list[BadLine], done: float) -> Chunk:
    repairs = Repairs()
    by_column = list(zip(*values, strict=True)) or [()] * len(names)
    table = {name: string_column(column, repairs) for name, column in zip(names, by_column, strict=True)}
    return Chunk(pa.table(table), pa.array(lines, pa.int64()), tuple(bad), repairs.counts, done)


class _Rows:
    """Rows of the right length, and the lines that are none."""

    def __init__(self, file: TextIO, width: int, delimiter: str) -> None:
        self._file = file
        self._width = width
        self._delimiter = delimiter
        self._line = 1
        self._again: deque[str] = deque()
        self._record: list[str] = []
        self._reader = self._begin()
        self.bad: list[BadLine] = []

    def take(self, number: int) -> tuple[list[list[str]], list[int]]:
        """Return up to ``number`` rows with the line that each begins on."""
        values: list[list[str]] = []
        lines: list[int] = []
        while len(values) < number:
            if not self._again and self._block(values, lines):
                continue
            begin = self._line + 1
            self._record.clear()
            row = self._next()
            if row is None:
                break
            if len(row) == self._width:
                values.append(row)
                lines.append(begin)
            elif row:
                self._reject(begin)
        return values, lines

    def _block(self, values: list[list[str]], lines: list[int]) -> bool:
        """Take some lines at once when each is a row; else leave them to be read one by one."""
        block = self._file.readlines(BLOCK)
        if not block:
            return False
        rows = _parsed(block, self._delimiter) if _closed(block[-1]) else []
        if len(rows) != len(block) or {len(row) for row in rows} != {self._width}:
            self._again.extend(block)
            return False
        values += rows
        lines += range(self._line + 1, self._line + len(rows) + 1)
        self._line += len(rows)
        return True

    def taken_bad(self) -> list[BadLine]:
        """Return the bad lines met since the last call."""
        bad = self.bad
        self.bad = []
        return bad

    def _next(self) -> list[str] | None:
        """Return the next row; empty for one that the reader gave up on; None at the end."""
        try:
            return next(self._reader)
        except StopIteration:
            return None
        except csv.Error:
            return [""] * (self._width + 1)

    def _reject(self, begin: int) -> None:
        """Keep the first line of the record aside and read the lines that it swallowed again."""
        first, *rest = self._record
        reason = "ragged_row" if not rest else "stray_quote"
        self.bad.append(BadLine(begin, reason, first.rstrip("\r\n").encode("utf-8", "replace").decode()[:2000]))
        self._line = begin
        self._again.extendleft(reversed(rest))
        self._reader = self._begin()

    def _begin(self) -> Iterator[list[str]]:
        return csv.reader(self._lines(), delimiter=self._delimiter)

    def _lines(self) -> Iterator[str]:
        while line := self._again.popleft() if self._again else self._file.readline():
            self._line += 1
            self._record.append(line)
            if len(self._record) > LONGEST:
                raise csv.Error("a quote was never closed")
            yield line


def _parsed(block: list[str], delimiter: str) -> list[list[str]]:
    """Return the rows of ``block``; none when a quote in it runs on for ever."""
    try:
        return list(csv.reader(block, delimiter=delimiter))
    except csv.Error:
        return []


def _closed(line: str) -> bool:
    """Tell whether no quote is left open at the end of ``line``."""
    return line.count('"') % 2 == 0


def _open(path: Path) -> TextIO:
    """Open a file in UTF-8 (or UTF-16 when it says so); bytes that are none stay as lone surrogates."""
    with path.open("rb") as file:
        mark = file.read(2)
    encoding = "utf-16" if mark in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    return path.open(encoding=encoding, errors="strict" if encoding == "utf-16" else "surrogateescape", newline="")


def _header(line: str, path: Path) -> tuple[list[str], str]:
    """Return the names in the first line, and the delimiter between them.

    Raises:
        InvalidInput: when there is no first line, or a name stands twice.
    """
    if not line.strip():
        raise InvalidInput(f"{path.name} is empty: its first line must name the columns")
    delimiter = max(DELIMITERS, key=line.count)
    names = [name.strip() for name in next(csv.reader([line], delimiter=delimiter))]
    names = string_column(names, Repairs()).to_pylist()
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidInput(f"{path.name} names a column twice: {', '.join(twice)}")
    return names, delimiter
