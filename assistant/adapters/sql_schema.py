"""The tables of the transcript store, and how rows become what the domain speaks of.

Every revision of a caption is kept in `revisions`, so that a clerk's edits can be traced; `captions`
has one small row per caption that names its latest revision. Text and words are stored once, and the
latest revisions are found by two key look-ups. The alternative, a `latest` flag on each revision,
needs two rows changed at each edit and can end with two latest ones when two processes write.

The columns of a table stand in the order of the fields of the class they hold. Sample counts are
integers at 16 kHz, times are seconds, as in `assistant.core`. The schema itself is made by
`migrations`; a test holds the two together.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from assistant.core.captions.caption import Caption, Translation
from assistant.core.glossary.terms import Term
from assistant.core.meetings.meeting import ListenerRecord
from assistant.core.rooms import Room, Track
from assistant.core.speech.audio import Span
from assistant.core.speech.hypothesis import Word

metadata = sa.MetaData()

rooms = sa.Table(
    "rooms",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("began_at", sa.Double),
    sa.Column("seq_reserved", sa.BigInteger, nullable=False),
    # JSON as text; the default is for rooms that were made before there were glossaries.
    sa.Column("glossary", sa.Text, nullable=False, server_default="[]"),
    sa.Column("languages", sa.Text, nullable=False, server_default="[]"),
    sa.Column("level", sa.Text, nullable=False, server_default=""),
    sa.Column("spoken", sa.Text, nullable=False, server_default="[]"),
)

# What the organisation set for all rooms: at most one row for each name.
house = sa.Table(
    "house",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

tracks = sa.Table(
    "tracks",
    metadata,
    sa.Column("session", sa.Text, primary_key=True),
    sa.Column("room", sa.ForeignKey("rooms.name", ondelete="CASCADE"), nullable=False),
    sa.Column("participant", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("origin_seconds", sa.Double, nullable=False),
    sa.Column("received_samples", sa.BigInteger, nullable=False),
    sa.Column("settled_samples", sa.BigInteger, key="durable_samples", nullable=False),
    sa.Column("closed", sa.Boolean, nullable=False),
    sa.Index("ix_tracks_room", "room"),
    sa.Index("ix_tracks_closed", "closed"),
)

revisions = sa.Table(
    "revisions",
    metadata,
    sa.Column("room", sa.ForeignKey("rooms.name", ondelete="CASCADE"), primary_key=True),
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
    # JSON as text: it is read as a whole and decoded off the event loop, never searched in.
    sa.Column("words", sa.Text, nullable=False),
)

captions = sa.Table(
    "captions",
    metadata,
    sa.Column("room", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("rev", sa.BigInteger, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.ForeignKeyConstraint(
        ["room", "id", "rev"], ["revisions.room", "revisions.id", "revisions.rev"], ondelete="CASCADE"
    ),
    sa.Index("ix_captions_room_seq", "room", "seq"),
)

translations = sa.Table(
    "translations",
    metadata,
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
    sa.Column("rough", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.ForeignKeyConstraint(["room", "id"], ["captions.room", "captions.id"], ondelete="CASCADE"),
    sa.Index("ix_translations_room_lang_seq", "room", "lang", "seq"),
)

# Meetings that somebody listens to; a meeting that is over leaves.
listeners = sa.Table(
    "listeners",
    metadata,
    sa.Column("meeting", sa.Text, primary_key=True),
    sa.Column("room", sa.Text, nullable=False),
    sa.Column("door", sa.Text, nullable=False),
    sa.Column("opened_at", sa.Double, nullable=False),
    sa.Column("opted_out", sa.Text, nullable=False),
)

stays = sa.Table(
    "stays",
    metadata,
    sa.Column("room", sa.ForeignKey("rooms.name", ondelete="CASCADE"), primary_key=True),
    sa.Column("participant", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("arrived_at", sa.Double, primary_key=True),
    sa.Column("seen_at", sa.Double, nullable=False),
    sa.Column("left_at", sa.Double),
)

# Links for readers; one that was taken back is gone, and so are those of a room that was deleted.
links = sa.Table(
    "links",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("room", sa.ForeignKey("rooms.name", ondelete="CASCADE"), nullable=False),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("shared", sa.Boolean, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
    sa.Index("ix_links_room", "room"),
)

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("request", sa.Text, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("secret", sa.Text, nullable=False),
    sa.Column("error_code", sa.Text, nullable=False),
    sa.Column("result", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("deliveries", sa.Integer, nullable=False),
    sa.Column("deliver_at", sa.Double),
)

_Row = Sequence[Any]


def row_of(table: sa.Table, entity: object, **encoded: object) -> dict[str, object]:
    """Return the columns of `table` for what it holds.

    Args:
        table: Its columns are named after the attributes.
        entity: What it holds.
        encoded: The columns whose values are no attribute, or not as they are stored.
    """
    return {
        column.key: encoded[column.key] if column.key in encoded else getattr(entity, column.key)
        for column in table.columns
    }


def room_row(room: Room) -> dict[str, object]:
    """Return the columns of `rooms` for `room`."""
    languages, spoken = json.dumps(room.languages), json.dumps(room.spoken)
    return row_of(rooms, room, glossary=encode_terms(room.glossary), languages=languages, spoken=spoken)


def track_row(track: Track) -> dict[str, object]:
    """Return the columns of `tracks` for `track`."""
    return row_of(tracks, track)


def revision_row(caption: Caption) -> dict[str, object]:
    """Return the columns of `revisions` for `caption`; the recogniser's tokens are not kept."""
    return row_of(revisions, caption, words=encode_words(caption.words))


def listener_row(record: ListenerRecord) -> dict[str, object]:
    """Return the columns of `listeners` for a listener."""
    return row_of(listeners, record, opted_out=json.dumps(record.opted_out))


def to_listener(row: _Row) -> ListenerRecord:
    """Return a row of `listeners` as the domain's record."""
    fields = [*row[:-1], tuple(json.loads(row[-1]))]
    return ListenerRecord(*fields)


def to_room(row: _Row) -> Room:
    """Return a row of `rooms` as the domain's room."""
    *plain, glossary, languages, level, spoken = row
    listed = [decode_terms(glossary), tuple(json.loads(languages)), level, tuple(json.loads(spoken))]
    fields = [*plain, *listed]
    return Room(*fields)


def to_track(row: _Row) -> Track:
    """Return a row of `tracks` as the domain's track."""
    return Track(*row)


def to_caption(row: _Row) -> Caption:
    """Return a row of `revisions` as a caption."""
    fields = [*row[:-1], decode_words(row[-1])]
    return Caption(*fields)


def translation_row(caption: Caption, translation: Translation) -> dict[str, object]:
    """Return the columns of `translations` for a translated final."""
    told = {"lang": translation.lang, "source_rev": translation.source_rev, "how": translation.how}
    return row_of(translations, caption, via=",".join(translation.via), rough=translation.rough, **told)


def to_translation(row: sa.RowMapping) -> Caption:
    """Return a row of `translations`, joined with the latest revision of its caption, as a caption."""
    via = tuple(filter(None, row["via"].split(",")))
    translation = Translation(row["lang"], row["source_rev"], via, row["how"], rough=row["rough"])
    kept = {field.name: row[field.name] for field in fields(Caption) if field.name in row}
    return Caption(**kept, stable=len(row["text"]), final=True, translation=translation)


def encode_terms(terms: Sequence[Term]) -> str:
    """Return the terms of a glossary as a JSON list, one object for each with what is known of it."""
    documents = [
        {"term": term.spelling}
        | ({"language": term.language} if term.language else {})
        | ({"sounds_like": term.sounds_like} if term.sounds_like else {})
        | ({"translations": dict(term.translations)} if term.translations else {})
        | ({"keep": True} if term.keep else {})
        for term in terms
    ]
    return json.dumps(documents, ensure_ascii=False, separators=(",", ":"))


def decode_terms(document: str) -> tuple[Term, ...]:
    """Return the terms that `encode_terms` wrote; a plain text is a term of an older version."""
    return tuple(
        Term(entry)
        if isinstance(entry, str)
        else Term(
            entry["term"],
            entry.get("language", ""),
            tuple(entry.get("sounds_like", ())),
            tuple(entry.get("translations", {}).items()),
            entry.get("keep", False),
        )
        for entry in json.loads(document)
    )


def encode_words(words: Sequence[Word]) -> str:
    """Return words as a JSON list of `[text, start, end, probability]`, start and end in samples.

    Lists, because names would double what a late joiner of a long meeting has to read.
    """
    return json.dumps(
        [
            [word.text, int(word.span.start_samples), int(word.span.end_samples), float(word.probability)]
            for word in words
        ],
        ensure_ascii=False,
        separators=(",", ":"),
    )


def decode_words(document: str) -> tuple[Word, ...]:
    """Return the words that `encode_words` wrote."""
    return tuple(
        [Word(text, Span(start, end), probability) for text, start, end, probability in json.loads(document)]
    )
