"""Finals in other languages, and the languages that a room is always translated into.

Revision ID: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rooms", sa.Column("languages", sa.Text, nullable=False, server_default="[]"))
    op.create_table(
        "translations",
        sa.Column("room", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("lang", sa.Text, primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("rev", sa.BigInteger, nullable=False),
        sa.Column("source_rev", sa.BigInteger, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("via", sa.Text, nullable=False),
        sa.Column("how", sa.Text, nullable=False),
        sa.Column("edited", sa.Boolean, nullable=False),
        sa.Column("refined", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(["room", "id"], ["captions.room", "captions.id"], ondelete="CASCADE"),
    )
    op.create_index("ix_translations_room_lang_seq", "translations", ["room", "lang", "seq"])
