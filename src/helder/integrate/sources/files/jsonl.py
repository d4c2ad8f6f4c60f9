"""JSON lines: one object a line. Columns of nested objects are written with dots: ``customer.email``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec
import pyarrow as pa

from helder.integrate.sources import BadLine, Chunk
from helder.integrate.text import Repairs, decoded, string_column

ROWS = 65_536
"""Rows a chunk."""
LOOK = 10_000
"""Lines that are looked at to know the columns: keys may be left out where they have no value."""


def columns(path: Path) -> list[str]:
    """Return the keys that the first 10,000 lines have."""
    found: dict[str, None] = {}
    with path.open("rb") as file:
        for line in islice(file, LOOK):
            row = _object(line)
            found.update(dict.fromkeys(row or ()))
    return list(found)


def chunks(path: Path) -> Iterator[Chunk]:
    """Read the file; a line that is no JSON object is kept aside."""
    size = max(path.stat().st_size, 1)
    names = columns(path)
    with path.open("rb") as file:
        number = read = 0
        while lines := list(islice(file, ROWS)):
            read += sum(map(len, lines))
            yield _chunk(lines, number, names, read / size)
            number += len(lines)


def _chunk(lines: list[bytes], before: int, names: list[str], done: float) -> Chunk:
    rows: list[dict[str, object]] = []
    numbers: list[int] = []
    bad: list[BadLine] = []
    for number, line in enumerate(lines, before + 1):
        row = _object(line)
        if row is not None:
            rows.append(row)
            numbers.append(number)
        elif line.strip():
            bad.append(BadLine(number, "bad_json", line.decode("utf-8", "replace")[:2000]))
    repairs = Repairs()
    known = dict.fromkeys([*names, *(key for row in rows for key in row)])
    table = {name: string_column([_text(row.get(name)) for row in rows], repairs) for name in known}
    return Chunk(pa.table(table), pa.array(numbers, pa.int64()), tuple(bad), repairs.counts, done)


def _object(line: bytes) -> dict[str, object] | None:
    """Return the flattened object on a line; None when there is none."""
    try:
        found = msgspec.json.decode(line.lstrip(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _second_look(line)
    return _flat(found) if isinstance(found, dict) else None


def _second_look(line: bytes) -> dict[str, object] | None:
    """Read a line that is not in UTF-8 but in Windows-1252."""
    if not line.strip() or line.isascii():
        return None
    try:
        found = msgspec.json.decode(decoded(line))
    except msgspec.DecodeError:
        return None
    return _flat(found) if isinstance(found, dict) else None


def _flat(row: dict[str, object], prefix: str = "") -> dict[str, object]:
    """Return ``row`` with nested objects spelled with dots."""
    flat: dict[str, object] = {}
    for key, value in row.items():
        if isinstance(value, dict):
            flat.update(_flat(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _text(value: object) -> str | None:
    """Return a JSON value as the text that a CSV file would hold."""
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()
