"""The consent ledger and what may never be written to."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Index, String, Table, Text

from helder.store.tables.base import Id, metadata

purpose = Table(
    "purpose",
    metadata,
    Column("key", String, primary_key=True),
    Column("label_nl", String, nullable=False),
    Column("label_en", String, nullable=False),
    Column(
        "soft_opt_in", String, nullable=False, server_default="no", comment="yes: existing-customer basis may apply"
    ),
)

consent_ledger = Table(
    "consent_ledger",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("identity_id", Id, nullable=False),
    Column("kind", String, nullable=False),
    Column("value", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("title", String, nullable=False, server_default="", comment="empty: all titles"),
    Column("choice", String, nullable=False, comment="yes | no"),
    Column("basis", String, nullable=False, server_default="consent"),
    Column("at", DateTime, nullable=False, comment="when the person chose"),
    Column("recorded_at", DateTime, nullable=False),
    Column("source", String, nullable=False),
    Column("evidence", Text, nullable=False, server_default=""),
    Index("consent_ledger_identity", "identity_id", "purpose", "channel"),
)
"""Every choice ever made; only added. The latest ``at`` (then ``id``) of an identity, purpose, channel, title holds."""

suppression = Table(
    "suppression",
    metadata,
    Column("identity_id", Id, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("reason", String, nullable=False, comment="hard_bounce | complaint | asked | erased"),
    Column("at", DateTime, nullable=False),
    Column("source", String, nullable=False),
)
