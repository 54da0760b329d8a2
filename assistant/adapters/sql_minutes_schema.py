"""The tables of minutes, and how rows become what the domain speaks of.

A version is one JSON document beside what it is found by; its changes are kept as operations, so that who
changed what can be told without comparing documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from assistant.adapters.sql_schema import metadata, row_of
from assistant.core.minutes.document import Minutes, MinutesVersion
from assistant.ports.minutes import NumberedCopy

_MINUTES = TypeAdapter(Minutes)

_Row = Sequence[Any]


def _room() -> sa.Column[str]:
    return sa.Column("room", sa.ForeignKey("rooms.name", ondelete="CASCADE"), primary_key=True)


minutes = sa.Table(
    "minutes",
    metadata,
    _room(),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("transcript_seq", sa.BigInteger, nullable=False),
    sa.Column("changed_at", sa.Double, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
)

minutes_changes = sa.Table(
    "minutes_changes",
    metadata,
    _room(),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("operations", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)

agendas = sa.Table(
    "agendas",
    metadata,
    _room(),
    sa.Column("titles", sa.Text, nullable=False),
)

copies = sa.Table(
    "copies",
    metadata,
    _room(),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at", sa.Double, nullable=False),
)


level_changes = sa.Table(
    "level_changes",
    metadata,
    _room(),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("before", sa.Text, nullable=False),
    sa.Column("after", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)


def version_row(room: str, version: MinutesVersion) -> dict[str, object]:
    """Return the columns of `minutes` for a version."""
    return row_of(minutes, version, room=room, document=_MINUTES.dump_json(version.minutes).decode())


def to_version(row: _Row) -> MinutesVersion:
    """Return a row of `minutes` as the domain's version."""
    _, number, revision, status, document, *rest = row
    return MinutesVersion(number, revision, status, _MINUTES.validate_json(document), *rest)


def to_copy(row: _Row) -> NumberedCopy:
    """Return a row of `copies` as a copy."""
    _, number, version, recipient, kind, at = row
    return NumberedCopy(version, number, recipient, kind, at)
