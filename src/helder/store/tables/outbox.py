"""Messages to be sent, what they were made with, and what became of them."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Index, Integer, String, Table, Text, UniqueConstraint

from helder.store.tables.base import Id, metadata

letterhead = Table(
    "letterhead",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("body", Text, nullable=False, unique=True, comment="settings that mails were made with, JSON"),
)
"""Never changed or deleted: a mail that was sent points to the one it was made with."""

outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("enrolment_id", Id),
    Column("step", Integer, nullable=False, server_default="0"),
    Column("journey", String, nullable=False, comment="key of the journey (campaign)"),
    Column("identity_id", Id, nullable=False, comment="whom it is for"),
    Column("address_identity", Id, nullable=False, comment="the e-mail identity it goes to"),
    Column("address", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("title", String, nullable=False, server_default=""),
    Column("template_id", Id, nullable=False),
    Column("pause_days", Integer, comment="days of rest after an earlier mail; null is the setting"),
    Column("values", Text, nullable=False, comment="what the template is filled with, JSON"),
    Column("status", String, nullable=False, comment="queued | claimed | sending | sent | failed | skipped | unknown"),
    Column("reason", String, nullable=False, server_default=""),
    Column("due_at", DateTime, nullable=False),
    Column("claimed_by", String),
    Column("claimed_at", DateTime),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("sent_at", DateTime),
    Column("message_id", String, nullable=False, server_default="", comment="Message-ID header"),
    Column("reported", Integer, nullable=False, server_default="0", comment="1 once its outcome is in the inbox"),
    Column("letterhead_id", Id, comment="settings it was made with; null before it is sent"),
    Column("made_at", DateTime, comment="the moment in its Date header, from which its links last"),
    UniqueConstraint("enrolment_id", "step"),
    Index("outbox_due", "status", "due_at"),
    Index("outbox_reported", "reported", "status"),
    Index("outbox_address", "address_identity", "status", "sent_at"),
    Index("outbox_identity", "identity_id", "status", "sent_at"),
)
