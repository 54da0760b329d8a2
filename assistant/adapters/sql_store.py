"""Rooms, tracks and finals in a SQL database: SQLite by default, PostgreSQL by address."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assistant.adapters.sql_database import Rows, SqlDatabase, require_room
from assistant.adapters.sql_schema import (
    captions,
    decode_terms,
    encode_terms,
    house,
    revision_row,
    revisions,
    room_row,
    rooms,
    to_caption,
    to_room,
    to_track,
    to_translation,
    track_row,
    tracks,
    translation_row,
    translations,
)
from assistant.core.captions.caption import Caption
from assistant.core.errors import CaptionUnknown, RoomUnknown, SessionUnknown, StoreUnavailable
from assistant.core.glossary.terms import Term
from assistant.core.rooms import Room, Track

_SPOKEN_FIELDS = ("participant", "speaker", "source_lang", "start_seconds", "end_seconds")
"""What a translation shares with the final that it translates."""
_GLOSSARY = "glossary"
_IDS_AT_ONCE = 500
"""How many ids stand in one query; databases take some thousands."""


class SqlTranscriptStore:
    """The `TranscriptStore` on SQLAlchemy; every write is one transaction, on disk when it returns."""

    def __init__(self, database: SqlDatabase) -> None:
        self._database = database

    @classmethod
    async def open(cls, url: str) -> Self:
        """Open the database at `url`, creating or migrating it as needed.

        Raises:
            StoreUnavailable: It cannot be used, or was written by a newer version of this program.
        """
        return cls(await SqlDatabase.open(url))

    async def close(self) -> None:
        """Finish what runs, then let go of the database; later calls raise `StoreUnavailable`."""
        await self._database.close()

    @property
    def problem(self) -> StoreUnavailable | None:
        """Why nothing could be stored when that was tried last, in any table; None while all is well."""
        return self._database.problem

    async def probe(self) -> None:
        """Write something that nobody reads, to see whether a database that was away is back."""
        await self._database.probe()

    # --- rooms -----------------------------------------------------------------------------------

    async def create_room(self, room: Room) -> Room:
        """Store `room` and return it, or return the room of that name that exists already."""
        async with self._database.transaction() as connection:
            await connection.execute(self._database.insert(rooms, room_row(room)).on_conflict_do_nothing())
            stored = await connection.execute(sa.select(rooms).where(rooms.c.name == room.name))
            return to_room(stored.one())

    async def room(self, name: str) -> Room | None:
        """Return a room, or None."""
        rows = await self._database.fetch(sa.select(rooms).where(rooms.c.name == name))
        return to_room(rows[0]) if rows else None

    async def rooms(self) -> Sequence[Room]:
        """Return all rooms, newest first."""
        rows = await self._database.fetch(sa.select(rooms).order_by(rooms.c.created_at.desc(), rooms.c.name))
        return [to_room(row) for row in rows]

    async def begin_room(self, name: str, began_at: float) -> None:
        """Record the POSIX time of the first audio, once; later calls change nothing."""
        unbegun = rooms.update().where(rooms.c.name == name, rooms.c.began_at.is_(None))
        async with self._database.transaction() as connection:
            await connection.execute(unbegun.values(began_at=began_at))

    async def reserve_seq(self, name: str, below: int) -> None:
        """Record that every `seq` lower than `below` may have been handed out; never lowers it."""
        lower = rooms.update().where(rooms.c.name == name, rooms.c.seq_reserved < below)
        async with self._database.transaction() as connection:
            await connection.execute(lower.values(seq_reserved=below))

    async def set_glossary(self, name: str, terms: Sequence[Term]) -> None:
        """Replace the glossary of a room; raises `RoomUnknown`."""
        update = rooms.update().where(rooms.c.name == name).values(glossary=encode_terms(terms))
        async with self._database.transaction(deletes=True) as connection:
            if not (await connection.execute(update)).rowcount:
                raise RoomUnknown("There is no such room.")

    async def set_spoken(self, name: str, languages: Sequence[str]) -> None:
        """Replace the languages that are spoken in a room; raises `RoomUnknown`."""
        update = rooms.update().where(rooms.c.name == name).values(spoken=json.dumps(languages))
        async with self._database.transaction() as connection:
            if not (await connection.execute(update)).rowcount:
                raise RoomUnknown("There is no such room.")

    async def organisation_glossary(self) -> Sequence[Term]:
        """Return the terms of the organisation, for all rooms; none where none were ever set."""
        rows = await self._database.fetch(sa.select(house.c.value).where(house.c.name == _GLOSSARY))
        return decode_terms(rows[0][0]) if rows else ()

    async def set_organisation_glossary(self, terms: Sequence[Term]) -> None:
        """Replace the terms of the organisation."""
        row = {"name": _GLOSSARY, "value": encode_terms(terms)}
        async with self._database.transaction(deletes=True) as connection:
            await connection.execute(self._database.replace(house, row))

    async def delete_room(self, name: str) -> None:
        """Delete a room with its tracks, captions and their history; unknown rooms are no error."""
        async with self._database.transaction(deletes=True) as connection:
            await connection.execute(rooms.delete().where(rooms.c.name == name))
        await self._database.scrub()

    async def scrub(self, *, quiet: bool) -> None:
        """Take what was deleted or replaced from the files, as far as that is not done."""
        await self._database.scrub(quiet=quiet)

    # --- tracks ----------------------------------------------------------------------------------

    async def save_track(self, track: Track) -> None:
        """Insert a track, or replace all that is known of it.

        Raises:
            RoomUnknown: Its room does not exist (any more).
        """
        async with self._database.transaction() as connection:
            await require_room(connection, track.room)
            await connection.execute(self._database.replace(tracks, track_row(track)))

    async def track(self, session: str) -> Track | None:
        """Return a track, or None."""
        rows = await self._database.fetch(sa.select(tracks).where(tracks.c.session == session))
        return to_track(rows[0]) if rows else None

    async def tracks(self, room: str | None = None, *, open_only: bool = False) -> Sequence[Track]:
        """Return tracks of one room or of all, ordered by session; with `open_only`, those not closed."""
        query = sa.select(tracks).order_by(tracks.c.session)
        if room is not None:
            query = query.where(tracks.c.room == room)
        if open_only:
            query = query.where(tracks.c.closed.is_(sa.false()))
        return [to_track(row) for row in await self._database.fetch(query)]

    async def advance_track(self, session: str, *, received_samples: int, durable_samples: int) -> None:
        """Record how far a track is received, and its durable offset; neither number ever goes down."""
        async with self._database.transaction() as connection:
            await connection.execute(
                tracks.update()
                .where(tracks.c.session == session)
                .values(
                    received_samples=_raised(tracks.c.received_samples, received_samples),
                    durable_samples=_raised(tracks.c.durable_samples, durable_samples),
                )
            )

    # --- captions --------------------------------------------------------------------------------

    async def append(self, caption: Caption, *, session: str, durable_samples: int) -> None:
        """Store a final or refined revision and the durable offset of its track, in one transaction.

        The same revision (room, id, rev) is stored once, however often it is appended; an older one
        only joins the history.

        Raises:
            SessionUnknown: The room has no such track (any more), as after it was deleted; nothing
                is stored.
        """
        advance = (
            tracks.update()
            .where(tracks.c.session == session, tracks.c.room == caption.room)
            .values(durable_samples=_raised(tracks.c.durable_samples, durable_samples))
        )
        row = revision_row(caption)
        async with self._database.transaction() as connection:
            if not (await connection.execute(advance)).rowcount:
                raise SessionUnknown("This session is not known in this room; it may have been deleted.")
            await self._revise(connection, [row])

    async def edit(self, captions: Sequence[Caption]) -> None:
        """Store a clerk's revisions, and captions that were split off others, in one transaction.

        Raises:
            RoomUnknown: A room does not exist (any more).
        """
        rows = [revision_row(caption) for caption in captions]
        async with self._database.transaction() as connection:
            for room in {caption.room for caption in captions}:
                await require_room(connection, room)
            if rows:
                await self._revise(connection, rows)

    async def captions(self, room: str, *, since: int = -1) -> Sequence[Caption]:
        """Return the latest revision of each caption of `room` whose `seq` > `since`.

        In the order of `start_seconds`, then `seq`; captions with empty text are included.
        """
        query = _latest(room).where(captions.c.seq > since)
        rows = await self._database.fetch(query.order_by(revisions.c.start_seconds, revisions.c.seq))
        return await asyncio.to_thread(_to_captions, rows)

    async def caption(self, room: str, caption_id: str) -> Caption | None:
        """Return the latest revision of one caption, or None."""
        rows = await self._database.fetch(_latest(room).where(captions.c.id == caption_id))
        return to_caption(rows[0]) if rows else None

    async def captions_by_id(self, room: str, ids: Sequence[str]) -> Mapping[str, Caption]:
        """Return the latest revisions of captions by their ids, of those that there are."""
        rows: list[Sequence[Any]] = []
        async with self._database.reading() as connection:
            for at in range(0, len(ids), _IDS_AT_ONCE):
                some = captions.c.id.in_(ids[at : at + _IDS_AT_ONCE])
                rows += await connection.execute(_latest(room).where(some))
        found = await asyncio.to_thread(_to_captions, rows)
        return {caption.id: caption for caption in found}

    async def revisions(self, room: str) -> Mapping[str, int]:
        """Return the number of the latest revision of each caption of `room`, by the captions' ids."""
        rows = await self._database.fetch(
            sa.select(captions.c.id, captions.c.rev).where(captions.c.room == room)
        )
        return dict(map(tuple, rows))

    async def save_translation(self, caption: Caption) -> None:
        """Store the translation of a final, in place of an older revision of it.

        Raises:
            CaptionUnknown: The room has no such final (any more).
            ValueError: The caption is no translation.
        """
        if caption.translation is None:
            raise ValueError("a caption as it was said is no translation")
        row = translation_row(caption, caption.translation)
        insert = self._database.insert(translations, row)
        newer = insert.on_conflict_do_update(
            index_elements=[translations.c.room, translations.c.id, translations.c.lang],
            set_=row,
            where=translations.c.rev < insert.excluded.rev,
        )
        async with self._database.transaction() as connection:
            await self._require_caption(connection, caption)
            await connection.execute(newer)

    async def translations(self, room: str, lang: str, *, since: int = -1) -> Sequence[Caption]:
        """Return the translations into `lang` of a room's finals whose `seq` > `since`.

        In the order of `start_seconds`, then `seq`; some may translate an older revision of their final.
        """
        spoken = _latest(room).subquery()
        told = [spoken.c[name] for name in _SPOKEN_FIELDS]
        same = sa.and_(translations.c.room == spoken.c.room, translations.c.id == spoken.c.id)
        query = (
            sa.select(translations, *told)
            .join_from(translations, spoken, same)
            .where(translations.c.lang == lang, translations.c.seq > since)
            .order_by(spoken.c.start_seconds, translations.c.seq)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return await asyncio.to_thread(lambda: [to_translation(row) for row in rows])

    async def translated_languages(self, room: str) -> Sequence[str]:
        """Return the languages that there are translations of a room in, in the order of their codes."""
        query = sa.select(translations.c.lang).where(translations.c.room == room).distinct()
        return [row[0] for row in await self._database.fetch(query.order_by(translations.c.lang))]

    async def history(self, room: str, caption_id: str) -> Sequence[Caption]:
        """Return all revisions of one caption, oldest first, for clerks who trace an edit."""
        query = sa.select(revisions).where(revisions.c.room == room, revisions.c.id == caption_id)
        return _to_captions(await self._database.fetch(query.order_by(revisions.c.rev)))

    # --- inside ----------------------------------------------------------------------------------

    async def _revise(self, connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add revisions, and make each the latest of its caption unless a newer one is there."""
        await connection.execute(self._database.insert(revisions).on_conflict_do_nothing(), rows)
        insert = self._database.insert(captions)
        latest = insert.on_conflict_do_update(
            index_elements=[captions.c.room, captions.c.id],
            set_={"rev": insert.excluded.rev, "seq": insert.excluded.seq},
            where=captions.c.rev < insert.excluded.rev,
        )
        await connection.execute(
            latest, [{column: row[column] for column in ("room", "id", "rev", "seq")} for row in rows]
        )

    async def _require_caption(self, connection: AsyncConnection, caption: Caption) -> None:
        same = sa.and_(captions.c.room == caption.room, captions.c.id == caption.id)
        if (await connection.execute(sa.select(captions.c.id).where(same))).first() is None:
            raise CaptionUnknown("This room has no such caption.")


def _latest(room: str) -> sa.Select[Any]:
    """Select the latest revisions of the captions of `room`."""
    same = sa.and_(
        revisions.c.room == captions.c.room,
        revisions.c.id == captions.c.id,
        revisions.c.rev == captions.c.rev,
    )
    return sa.select(revisions).join_from(captions, revisions, same).where(captions.c.room == room)


def _raised(column: sa.Column[int], number: int) -> sa.Case[int]:
    """Return `number` or what `column` holds, whichever is higher."""
    return sa.case((column < number, sa.literal(number, sa.BigInteger)), else_=column)


def _to_captions(rows: Rows) -> list[Caption]:
    return [to_caption(row) for row in rows]
