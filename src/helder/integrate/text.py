"""Text in wrong encodings, put right where that is certain, and counted."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

# Characters that UTF-8 read as Latin-1 or Windows-1252 begins with.
_LEADS = "[\u00c2\u00c3\u00c4\u00c5\u00e2\u00f0]"
_CP1252 = {
    bytes([byte]).decode("cp1252"): byte for byte in range(128, 160) if byte not in {0x81, 0x8D, 0x8F, 0x90, 0x9D}
}


class Repairs:
    """Counts what was repaired, by reason."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.counts: dict[str, int] = {}

    def add(self, reason: str, number: int = 1) -> None:
        """Count ``number`` more repairs."""
        if number:
            self.counts[reason] = self.counts.get(reason, 0) + number


def string_column(values: Sequence[str | None], repairs: Repairs) -> pa.Array:
    """Return text values as a column, each in its right encoding.

    Args:
        values: read as UTF-8 with ``surrogateescape``: bytes that are no UTF-8 stand as lone surrogates.
        repairs: gets the counts.
    """
    try:
        column = pa.array(values, pa.string())
    except UnicodeEncodeError:
        fixed = [value if value is None or _clean(value) else _from_cp1252(value) for value in values]
        repairs.add("cp1252", sum(new != old for new, old in zip(fixed, values, strict=True)))
        column = pa.array(fixed, pa.string())
    return _without_mojibake(column, repairs)


def decoded(line: bytes) -> str:
    """Return bytes that are no UTF-8 as the Windows-1252 that they almost surely are."""
    return line.decode("cp1252", "replace")


def mended(text: str) -> str:
    """Return ``text`` with UTF-8 that was read as Latin-1 or Windows-1252 (once or twice) put right, when it was."""
    for _ in range(2):
        try:
            better = bytes(_CP1252.get(char, ord(char)) for char in text).decode("utf-8")
        except (ValueError, UnicodeDecodeError):
            return text
        if better == text:
            return text
        text = better
    return text


def _without_mojibake(column: pa.Array, repairs: Repairs) -> pa.Array:
    suspect = pc.fill_null(pc.match_substring_regex(column, _LEADS), fill_value=False)
    if not pc.any(suspect).as_py():
        return column
    old = column.filter(suspect).to_pylist()
    new = [mended(value) for value in old]
    repairs.add("mojibake", sum(a != b for a, b in zip(old, new, strict=True)))
    return pc.replace_with_mask(column, suspect, pa.array(new, pa.string()))


def _clean(text: str) -> bool:
    """Tell whether ``text`` holds no lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _from_cp1252(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
