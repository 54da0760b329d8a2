"""Listeners that come back after a crash, and who was in a meeting from when to when.

Revision ID: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "listeners",
        sa.Column("meeting", sa.Text, primary_key=True),
        sa.Column("room", sa.Text, nullable=False),
        sa.Column("door", sa.Text, nullable=False),
        sa.Column("opened_at", sa.Double, nullable=False),
        sa.Column("opted_out", sa.Text, nullable=False),
    )
    op.create_table(
        "stays",
        sa.Column("room", sa.Text, sa.ForeignKey("rooms.name", ondelete="CASCADE"), primary_key=True),
        sa.Column("participant", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("arrived_at", sa.Double, primary_key=True),
        sa.Column("seen_at", sa.Double, nullable=False),
        sa.Column("left_at", sa.Double),
    )
