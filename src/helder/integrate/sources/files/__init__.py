"""Files: CSV, Parquet and JSON lines, read a chunk at a time so that their size does not matter."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from helder.errors import Unavailable
from helder.integrate.mapping import MappingError, ObjectMapping
from helder.integrate.sources import Chunk
from helder.integrate.sources.files import csv_text, jsonl, parquet

_HEAD = 1 << 20


class _Format(Protocol):
    """What a file format must be able to do."""

    def columns(self, path: Path) -> list[str]:
        """Return the columns of the file."""
        ...

    def chunks(self, path: Path) -> Iterator[Chunk]:
        """Read the file."""
        ...


FORMATS: dict[str, _Format] = {
    ".csv": csv_text,
    ".tsv": csv_text,
    ".txt": csv_text,
    ".parquet": parquet,
    ".jsonl": jsonl,
    ".ndjson": jsonl,
}


class Files:
    """Files in the folder of their mapping file."""

    def columns(self, item: ObjectMapping, folder: Path) -> list[str]:
        """Return the columns of the file now."""
        path = _path(item, folder)
        return _format(path).columns(path)

    def chunks(self, item: ObjectMapping, folder: Path) -> Iterator[Chunk]:
        """Read the file from its beginning."""
        path = _path(item, folder)
        return _format(path).chunks(path)

    def fingerprint(self, item: ObjectMapping, folder: Path) -> str:
        """Return size, time of change and a hash of the first megabyte."""
        path = _path(item, folder)
        found = path.stat()
        with path.open("rb") as file:
            head = hashlib.blake2b(file.read(_HEAD), digest_size=8).hexdigest()
        return f"{found.st_size}-{found.st_mtime_ns}-{head}"


def _path(item: ObjectMapping, folder: Path) -> Path:
    path = folder / item.path
    if not path.is_file():
        raise Unavailable(f"the file {item.path} is not there; put it back or mend path in the mapping file")
    return path


def _format(path: Path) -> _Format:
    if path.suffix.lower() not in FORMATS:
        raise MappingError(f"{path.name}: files end in {', '.join(sorted(FORMATS))}")
    return FORMATS[path.suffix.lower()]


SOURCE = Files()
