"""The first tables: outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "outbox",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("enrolment_id", Id, nullable=True),
        sa.Column("step", sa.Integer(), server_default="0", nullable=False),
        sa.Column("journey", sa.String(), nullable=False),
        sa.Column("identity_id", Id, nullable=False),
        sa.Column("address_identity", Id, nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("title", sa.String(), server_default="", nullable=False),
        sa.Column("template_id", Id, nullable=False),
        sa.Column("pause_days", sa.Integer(), nullable=True),
        sa.Column("values", sa.Text(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("claimed_by", sa.String(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("message_id", sa.String(), server_default="", nullable=False),
        sa.Column("reported", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("enrolment_id", "step"),
    )
    op.create_index("outbox_address", "outbox", ["address_identity", "status", "sent_at"], unique=False)
    op.create_index("outbox_due", "outbox", ["status", "due_at"], unique=False)
    op.create_index("outbox_identity", "outbox", ["identity_id", "status", "sent_at"], unique=False)
    op.create_index("outbox_reported", "outbox", ["reported", "status"], unique=False)
