"""What marketers define: goals, segments, templates."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from helder.store.tables.base import Id, metadata

goal = Table(
    "goal",
    metadata,
    Column("key", String, primary_key=True),
    Column("body", Text, nullable=False),
    Column("changed_at", DateTime, nullable=False),
)

catalogue_entry = Table(
    "catalogue_entry",
    metadata,
    Column("kind", String, primary_key=True, comment="object | field | event"),
    Column("key", String, primary_key=True),
    Column("source", String, nullable=False),
    Column("body", Text, nullable=False),
)
"""What mapping files add to the catalogue that ships with Helder."""

segment = Table(
    "segment",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("archived_at", DateTime),
)

segment_version = Table(
    "segment_version",
    metadata,
    Column("segment_id", Id, ForeignKey("segment.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("rule", Text, nullable=False, comment="the rule tree, JSON"),
    Column("created_at", DateTime, nullable=False),
    Column("created_by", String, nullable=False),
)

template = Table(
    "template",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False, comment="subject, preheader, MJML and from, JSON"),
    Column("created_at", DateTime, nullable=False),
    UniqueConstraint("key", "version"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("at", DateTime, nullable=False),
    Column("actor", String, nullable=False),
    Column("action", String, nullable=False),
    Column("subject", String, nullable=False, comment="kind:key of what was changed; never personal data"),
    Column("detail", Text, nullable=False, server_default=""),
)

spend = Table(
    "spend",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("goal", String, nullable=False),
    Column("campaign", String, nullable=False),
    Column("at", DateTime, nullable=False),
    Column("amount_micros", BigInteger, nullable=False),
    Column("currency", String, nullable=False),
)
