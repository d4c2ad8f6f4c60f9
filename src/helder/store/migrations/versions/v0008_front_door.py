"""What write keys allow, and tracking plans."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add columns to write_key, and make plan_version."""
    op.add_column("write_key", sa.Column("use", sa.String(), server_default="any", nullable=False))
    op.add_column("write_key", sa.Column("events_per_second", sa.Float(), nullable=True))
    op.add_column("write_key", sa.Column("burst", sa.Integer(), nullable=True))
    op.create_table(
        "plan_version",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(), nullable=False),
        sa.Column("saved_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("source", "version"),
    )
