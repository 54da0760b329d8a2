"""Rooms have a glossary: names and terms, as a JSON list.

Revision ID: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rooms", sa.Column("glossary", sa.Text, nullable=False, server_default="[]"))
