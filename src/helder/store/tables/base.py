"""The one metadata that all tables of state hang on."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table

metadata = MetaData()

Id = BigInteger().with_variant(Integer, "sqlite")
"""A growing 64-bit key; SQLite grows keys only in columns of type INTEGER."""

watermark = Table(
    "watermark",
    metadata,
    Column("stage", String, primary_key=True),
    Column("position", BigInteger, nullable=False),
)
"""How far the stages that write to state have come."""
