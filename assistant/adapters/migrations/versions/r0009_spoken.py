"""Rooms say which languages are spoken in them, as a JSON list of codes.

Revision ID: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rooms", sa.Column("spoken", sa.Text, nullable=False, server_default="[]"))
