"""Who may use Helder."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Index, Integer, String, Table, Text

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
    Column("language", String, nullable=False, server_default="", comment="nl | en; empty: as the browser asks"),
    Column("theme", String, nullable=False, server_default="", comment="light | dark; empty: as the machine is set"),
    Column("disabled_at", DateTime, comment="since when they may not come in any more"),
)

session = Table(
    "session",
    metadata,
    Column("digest", String, primary_key=True, comment="SHA-256 of what the cookie holds"),
    Column("user_id", Id, ForeignKey("user.id"), nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("seen_at", DateTime, nullable=False),
    Column("expires_at", DateTime, nullable=False),
    Index("session_user", "user_id"),
)

invitation = Table(
    "invitation",
    metadata,
    Column("digest", String, primary_key=True, comment="SHA-256 of what the link holds"),
    Column("kind", String, nullable=False, comment="first (the first administrator) | invited | reset (password)"),
    Column("email", String, nullable=False, comment="whom it is for; empty for the first administrator"),
    Column("role", String, nullable=False),
    Column("made_by", String, nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("expires_at", DateTime, nullable=False),
    Column("used_at", DateTime),
)

failed_attempt = Table(
    "failed_attempt",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("subject", String, nullable=False, comment="keyed hash of the e-mail address or of the caller's address"),
    Column("at", DateTime, nullable=False),
    Index("failed_attempt_subject", "subject", "at"),
)

draft = Table(
    "draft",
    metadata,
    Column("owner", String, primary_key=True, comment="whose it is, as in the audit trail"),
    Column("subject", String, primary_key=True, comment="kind:key of what is being changed"),
    Column("body", Text, nullable=False),
    Column("based_on", Integer, nullable=False, comment="version that the work began from"),
    Column("changed_at", DateTime, nullable=False),
    Column("sheet", String, nullable=False, server_default="", comment="opening of the page that it was typed in"),
    Column("change", BigInteger, nullable=False, server_default="0", comment="number of the change within that sheet"),
)
"""Work that was not saved yet: kept as it is typed, so that a session that ends loses nothing."""
