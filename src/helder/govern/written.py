"""Files that people write: goals, purposes, journeys, rules."""

from __future__ import annotations

from pathlib import Path

from helder.errors import InvalidInput


def read_written(path: Path) -> str:
    """Return the text of ``path``, without the byte-order mark that some editors put first.

    Raises:
        InvalidInput: when it is not there, may not be read, or is not UTF-8; the message names it.
    """
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path} is not UTF-8 (byte {error.start:,}); save it as UTF-8") from error
