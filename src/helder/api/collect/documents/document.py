"""What a document is: an address, and what is answered there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from helder.access.keys import Keys
from helder.api.collect.refused import Refused


class Asked(Struct, frozen=True):
    """One question for a document."""

    parts: tuple[str, ...]
    """What the pattern's groups matched."""
    query: Mapping[str, str]
    scheme: str
    """http or https, as the client sees it."""
    host: str
    """Name and port that the client asked at."""
    keys: Keys
    libraries: Path
    """The folder that clients are installed in."""

    def refuse_unknown(self, key: str) -> None:
        """Refuse the question when ``key`` is no write key in use."""
        if self.keys.write_key(key) is None:
            raise Refused(401, "unknown-write-key", "the write key is missing, unknown or revoked")


class Found(Struct, frozen=True):
    """An answer."""

    body: bytes
    content_type: bytes = b"application/json"
    cache: bytes = b"no-store"
    """The header Cache-Control."""
    tag: bytes = b""
    """The header ETag; empty for none."""
    packed: bytes = b""
    """The body as gzip; empty when it is not worth it."""


class Document(Struct, frozen=True):
    """Something that clients fetch."""

    pattern: re.Pattern[str]
    """Of the path, whole, without a slash at the end."""
    find: Callable[[Asked], Found]
    """Returns the answer. Raises ``Refused`` when there is none."""


def json(value: Mapping[str, Any]) -> Found:
    """Return ``value`` as an answer."""
    return Found(msgspec.json.encode(value))
