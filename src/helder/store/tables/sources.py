"""Sources and how they are mapped."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, DateTime, Float, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from helder.store.tables.base import Id, metadata

source = Table(
    "source",
    metadata,
    Column("key", String, primary_key=True),
    Column("mapping", Text, nullable=False, comment="the mapping file as given (TOML)"),
    Column("folder", String, nullable=False, comment="folder that paths in the mapping are relative to"),
    Column("mode", String, nullable=False, comment="copied | live | web"),
    Column("added_at", DateTime, nullable=False),
    Column("synced_at", DateTime),
    Column("cursor", Text, comment="change cursor of a live source, JSON by object"),
    Column("health", String, nullable=False, server_default="new", comment="new | good | failing"),
    Column("health_detail", Text, nullable=False, server_default=""),
)

write_key = Table(
    "write_key",
    metadata,
    Column("digest", String, primary_key=True, comment="SHA-256 of the key: the key itself is shown once"),
    Column("source", String, nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("revoked_at", DateTime),
    Column("allowed_origins", Text, nullable=False, server_default="[]"),
    Column("observed_only", Boolean, nullable=False, server_default="0"),
    Column("use", String, nullable=False, server_default="any", comment="any | page | server"),
    Column("events_per_second", Float, comment="null: no limit"),
    Column("burst", Integer, comment="events at once; null: ten seconds' worth"),
)

plan_version = Table(
    "plan_version",
    metadata,
    Column("source", String, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False, comment="the tracking plan, JSON"),
    Column("saved_at", DateTime, nullable=False),
    Column("saved_by", String, nullable=False),
)
"""Tracking plans: the newest version of a source holds."""
hook = Table(
    "hook",
    metadata,
    Column("key", String, primary_key=True, comment="last part of its address"),
    Column("definition", Text, nullable=False, comment="the file as given (TOML), with its secret"),
    Column("source", String, nullable=False),
    Column("added_at", DateTime, nullable=False),
)

match_decision = Table(
    "match_decision",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("a", Id, nullable=False),
    Column("b", Id, nullable=False),
    Column("decision", String, nullable=False, comment="link | cut | undo_link | undo_cut"),
    Column("decided_by", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", DateTime, nullable=False),
)
"""What people decided about who is who; only added."""

imported_file = Table(
    "imported_file",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("source", String, ForeignKey("source.key"), nullable=False),
    Column("path", String, nullable=False),
    Column("fingerprint", String, nullable=False, comment="size, time of change and hash of the first megabyte"),
    Column("rows", Id, nullable=False),
    Column("rejected", Id, nullable=False),
    Column("at", DateTime, nullable=False),
    UniqueConstraint("source", "path", "fingerprint"),
)
