"""Seconds that a run has spent learning, in all its attempts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("seconds", sa.Double(), server_default="0", nullable=False))
