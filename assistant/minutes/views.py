"""What is shown of a room: its minutes and its words, in any language, whole or as the public version."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial

from assistant.core.captions.caption import Caption
from assistant.core.minutes.document import Minutes, MinutesVersion
from assistant.core.minutes.redaction import MASK, Redaction, public_captions, public_minutes
from assistant.minutes.drafts import MinutesRooms
from assistant.minutes.translation import translate_minutes
from assistant.minutes.watchers import MinutesEvent, concerns_minutes, minutes_event
from assistant.ports.minutes import MinutesStore
from assistant.ports.system import Workers
from assistant.tasks.shared_runs import SharedRuns


class MinutesViews:
    """Shows minutes and transcripts of rooms.

    Args:
        rooms: Rooms and what was said in them.
        store: Keeps minutes.
        newest: Returns the newest version of a room; raises `RoomUnknown`, `MinutesUnknown`.
        workers: Take out what is confidential.
    """

    def __init__(
        self,
        rooms: MinutesRooms,
        store: MinutesStore,
        newest: Callable[[str], Awaitable[MinutesVersion]],
        workers: Workers,
    ) -> None:
        self._rooms = rooms
        self._store = store
        self._newest = newest
        self._workers = workers
        self._readings = SharedRuns()

    async def shown(
        self,
        room: str,
        version: MinutesVersion,
        *,
        lang: str = "",
        public: bool = False,
        rough: bool = False,
        credential: str = "",
    ) -> MinutesVersion:
        """Return a version as somebody reads it.

        Args:
            room: The room's name.
            version: The version as it is kept.
            lang: BCP-47 primary subtag of the language to show it in; empty: as it was written.
            public: Whether what is confidential is left out.
            rough: Whether a clerk wants it where the translation is rough, too; languages in which it was
                published so need no word.
            credential: Who reads it.

        Raises:
            RoughUnconfirmed: The translation would be rough, and no clerk wants that.
            LanguageUnavailable: Nothing leads into that language.
            TranslationFailed: The engine cannot translate.
        """
        minutes = version.minutes
        if public:
            # Redacted first: nothing confidential reaches a translation.
            spoken = await self._rooms.spoken_captions(room)
            minutes = await self._workers.run(
                partial(_public_version, minutes, spoken), credential=credential
            )
        if lang:
            glossary = await self._rooms.glossary_of(room)
            minutes = await translate_minutes(
                minutes,
                lang,
                self._rooms.translations,
                glossary,
                skip=lambda text: not text.replace(MASK, "").strip(),
                rough=rough or lang in minutes.rough_languages,
            )
        return replace(version, minutes=minutes)

    async def transcript(
        self, room: str, lang: str = "", *, public: bool = False, credential: str = ""
    ) -> Sequence[Caption]:
        """Return what was said; of the public version without what the newest minutes withhold.

        Raises:
            MinutesUnknown: The public version is wanted, and there are no minutes that say what it is.
        """
        if public:
            minutes = (await self._newest(room)).minutes
            return await self._without_withheld(room, lang, minutes, credential)
        # Many who read at once share what is read.
        return await self._readings.run((room, lang), lambda: self._rooms.transcript(room, lang))

    async def public_transcript(
        self, room: str, lang: str = "", *, credential: str = ""
    ) -> Sequence[Caption]:
        """Return what was said, without what the newest minutes withhold; all of it where there are none."""
        newest = await self._store.version(room)
        if newest is None:
            return await self.transcript(room, lang)
        return await self._without_withheld(room, lang, newest.minutes, credential)

    async def transcript_changed(self, room: str, version: MinutesVersion) -> bool:
        """Return whether something was said or corrected since a version was drafted."""
        return bool(await self._rooms.spoken_captions(room, since=version.transcript_seq))

    async def published(self, room: str) -> MinutesVersion | None:
        """Return the newest version that is published; None where none is."""
        newest = await self._store.version(room)
        if newest is None or newest.status == "published":
            return newest
        return await self._store.version(room, newest.number - 1) if newest.number > 1 else None

    async def watch(self, room: str) -> AsyncGenerator[MinutesEvent]:
        """Yield what happens to the minutes of a room from now on; end when it is deleted, or opened anew."""
        async with self._rooms.log(room) as log:
            subscription = (await log.snapshot_and_subscribe(wanted=concerns_minutes)).subscription
            try:
                async for event in subscription:
                    told = minutes_event(event)
                    if told:
                        yield told
            finally:
                subscription.close()

    async def _without_withheld(
        self, room: str, lang: str, minutes: Minutes, credential: str
    ) -> Sequence[Caption]:
        captions = await self.transcript(room, lang)
        spoken = await self._rooms.spoken_captions(room)
        return await self._workers.run(
            partial(_public_transcript, minutes, spoken, captions), credential=credential
        )


def _public_version(minutes: Minutes, spoken: Sequence[Caption]) -> Minutes:
    return public_minutes(minutes, Redaction.of(minutes, spoken))


def _public_transcript(
    minutes: Minutes, spoken: Sequence[Caption], captions: Sequence[Caption]
) -> Sequence[Caption]:
    return public_captions(captions, Redaction.of(minutes, spoken))
