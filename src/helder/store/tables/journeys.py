"""Journeys and the people under way in them."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from helder.store.tables.base import Id, metadata

journey = Table(
    "journey",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("status", String, nullable=False, comment="draft | live | paused | ended"),
    Column("live_version", Id),
    Column("waiting_because", Text, nullable=False, server_default="", comment="why advance holds it up now"),
)

journey_version = Table(
    "journey_version",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("journey_id", Id, ForeignKey("journey.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("body", Text, nullable=False, comment="the graph, JSON"),
    Column("started_at", DateTime),
    UniqueConstraint("journey_id", "number"),
)

enrolment = Table(
    "enrolment",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("journey_version", Id, nullable=False),
    Column("identity_id", Id, nullable=False),
    Column("entry", Integer, nullable=False, comment="1 for the first time in this version, 2 for the second…"),
    Column("entered_at", DateTime, nullable=False),
    Column("step", Integer, nullable=False, comment="number of the step it stands before"),
    Column("due_at", DateTime, nullable=False),
    Column("holdout", Integer, nullable=False, server_default="0"),
    Column(
        "outcome", String, comment="null while under way; sent | failed | skipped | unknown | goal | left | holdout"
    ),
    Column("reason", String, nullable=False, server_default=""),
    Column("ended_at", DateTime),
    UniqueConstraint("journey_version", "identity_id", "entry"),
    Index("enrolment_due", "journey_version", "step", "due_at"),
    Index("enrolment_identity", "identity_id"),
)

enrolment_step = Table(
    "enrolment_step",
    metadata,
    Column("enrolment_id", Id, primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("at", DateTime, nullable=False),
    sqlite_with_rowid=False,
)
"""Each step an enrolment has passed: the key makes a repeat harmless."""
