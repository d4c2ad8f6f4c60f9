"""What a mail was made with, so that it can be shown later as it was sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make letterhead, and let messages point to it."""
    op.create_table(
        "letterhead",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("body"),
    )
    op.add_column("outbox", sa.Column("letterhead_id", Id, nullable=True))
    op.add_column("outbox", sa.Column("made_at", sa.DateTime(), nullable=True))
