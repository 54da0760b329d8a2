"""Translations keep whether they are rough; those from before there were rough models are not.

Revision ID: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("translations", sa.Column("rough", sa.Boolean, nullable=False, server_default=sa.false()))
