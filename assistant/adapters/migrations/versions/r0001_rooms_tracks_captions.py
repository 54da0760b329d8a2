"""Rooms, tracks, captions and all their revisions.

Revision ID: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rooms",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("began_at", sa.Double),
        sa.Column("seq_reserved", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "tracks",
        sa.Column("session", sa.Text, primary_key=True),
        sa.Column("room", sa.Text, sa.ForeignKey("rooms.name", ondelete="CASCADE"), nullable=False),
        sa.Column("participant", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("origin_seconds", sa.Double, nullable=False),
        sa.Column("received_samples", sa.BigInteger, nullable=False),
        sa.Column("settled_samples", sa.BigInteger, nullable=False),
        sa.Column("closed", sa.Boolean, nullable=False),
    )
    op.create_index("ix_tracks_room", "tracks", ["room"])
    op.create_index("ix_tracks_closed", "tracks", ["closed"])
    op.create_table(
        "revisions",
        sa.Column("room", sa.Text, sa.ForeignKey("rooms.name", ondelete="CASCADE"), primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("rev", sa.BigInteger, primary_key=True),
        sa.Column("participant", sa.Text, nullable=False),
        sa.Column("speaker", sa.Text, nullable=False),
        sa.Column("lang", sa.Text, nullable=False),
        sa.Column("source_lang", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("stable", sa.Integer, nullable=False),
        sa.Column("final", sa.Boolean, nullable=False),
        sa.Column("start_seconds", sa.Double, nullable=False),
        sa.Column("end_seconds", sa.Double, nullable=False),
        sa.Column("edited", sa.Boolean, nullable=False),
        sa.Column("refined", sa.Boolean, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
    )
    op.create_table(
        "captions",
        sa.Column("room", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("rev", sa.BigInteger, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["room", "id", "rev"],
            ["revisions.room", "revisions.id", "revisions.rev"],
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_captions_room_seq", "captions", ["room", "seq"])
