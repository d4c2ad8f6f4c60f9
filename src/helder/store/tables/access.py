"""Who may use Helder."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, String, Table, Text

from helder.store.tables.base import Id, metadata

api_key = Table(
    "api_key",
    metadata,
    Column("digest", String, primary_key=True, comment="SHA-256 of the key"),
    Column("name", String, nullable=False),
    Column("role", String, nullable=False, comment="viewer | marketer | engineer | admin"),
    Column("created_at", DateTime, nullable=False),
    Column("revoked_at", DateTime),
)

user = Table(
    "user",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("email", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("role", String, nullable=False),
    Column("password", Text, nullable=False, server_default=""),
    Column("created_at", DateTime, nullable=False),
)
