"""Which change of which opened page a draft is, so that an older one that arrives late is known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Number the changes of drafts."""
    op.add_column("draft", sa.Column("sheet", sa.String(), server_default="", nullable=False))
    op.add_column("draft", sa.Column("change", sa.BigInteger(), server_default="0", nullable=False))
