"""Parquet files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from helder.errors import InvalidInput
from helder.integrate.sources import Chunk

ROWS = 131_072
"""Rows a chunk."""


def columns(path: Path) -> list[str]:
    """Return the columns of the file."""
    return list(_open(path).schema_arrow.names)


def chunks(path: Path) -> Iterator[Chunk]:
    """Read the file; a row's line is its number, from 1."""
    file = _open(path)
    total = max(file.metadata.num_rows, 1)
    read = 0
    for batch in file.iter_batches(batch_size=ROWS):
        lines = pa.array(range(read + 1, read + batch.num_rows + 1), pa.int64())
        read += batch.num_rows
        yield Chunk(pa.Table.from_batches([batch]), lines, done=read / total)


def _open(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise InvalidInput(f"{path.name} is no readable Parquet file: {error}") from error
