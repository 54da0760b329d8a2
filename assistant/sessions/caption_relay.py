"""Brings the captions of a room into the meeting: to each participant in the language they read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from assistant.core.captions import Caption
from assistant.core.errors import AssistantError, LanguageUnavailable, MeetingUnreachable
from assistant.core.language import SOURCE, ReaderLanguages
from assistant.core.meetings import CaptionChunk, CaptionLine, identity_of
from assistant.core.stable_chunks import StableChunks
from assistant.meeting_ports import Meeting
from assistant.sessions.feed import CaptionFeed

_log = structlog.get_logger(__name__)
_DRAIN_SECONDS = 3.0
_RETRY_SECONDS = 2.0


class Feeds(Protocol):
    """Where captions of a room are read."""

    async def read(
        self, room: str, shown: ReaderLanguages | None = None, since: int | None = None
    ) -> CaptionFeed:
        """Return a reader's captions."""


@dataclass(frozen=True, slots=True)
class RelayRules:
    """What goes into the meeting.

    Attributes:
        text_streams: Captions as LiveKit's own clients read them, in each language somebody reads.
        legacy_packets: Captions as pieces that never change, for pages that only append.
    """

    text_streams: bool = True
    legacy_packets: bool = True


@dataclass(slots=True)
class _Reading:
    """One language that somebody reads; `seq` is the newest event that was brought there."""

    lang: str
    seq: int | None = None
    task: asyncio.Task[None] | None = field(default=None)


class CaptionRelay:
    """Follows a room in each language that somebody in the meeting reads.

    It outlives connections to the meeting: what comes while there is none is caught up with.
    """

    def __init__(
        self, feeds: Feeds, room: str, track_of: Callable[[str], str], rules: RelayRules | None = None
    ) -> None:
        self._feeds = feeds
        self._room = room
        self._track_of = track_of
        self._rules = rules or RelayRules()
        self._meeting: Meeting | None = None
        self._readings: dict[str, _Reading] = {}
        self._wishes: dict[str, str] = {}
        self._unavailable: set[str] = set()
        self._chunks = StableChunks()

    def enter(self, meeting: Meeting) -> None:
        """Bring captions into this meeting from now on."""
        self._meeting = meeting
        self._follow_readers()

    async def leave(self) -> None:
        """The meeting is out of reach; captions wait."""
        self._meeting = None
        await _cancel(self._readings.values())

    def set_readers(self, wishes: Mapping[str, str]) -> None:
        """Note what everybody present reads: identity to language, empty where they did not say."""
        self._wishes = dict(wishes)
        if self._meeting:
            self._follow_readers()

    async def drain(self, seq: int) -> None:
        """Wait until what came up to `seq` has been brought, but not for long."""
        deadline = asyncio.get_running_loop().time() + _DRAIN_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            running = [reading for reading in self._readings.values() if reading.task]
            if all((reading.seq or 0) >= seq for reading in running):
                return
            await asyncio.sleep(0.05)

    # --- inside -----------------------------------------------------------------------------------

    def _follow_readers(self) -> None:
        """Begin and end languages as they are read; what was said is always followed."""
        wanted = {SOURCE}
        if self._rules.text_streams:
            wanted |= {lang for lang in self._wishes.values() if lang} - self._unavailable
        for lang in wanted:
            reading = self._readings.setdefault(lang, _Reading(lang))
            if reading.task is None or reading.task.done():
                reading.task = asyncio.create_task(self._follow(reading), name=f"relay-{lang}")
        for lang in [lang for lang in self._readings if lang not in wanted]:
            task = self._readings.pop(lang).task
            if task:
                task.cancel()

    async def _follow(self, reading: _Reading) -> None:
        while True:
            try:
                feed = await self._feeds.read(self._room, ReaderLanguages.parse(reading.lang), reading.seq)
                try:
                    async for event in feed:
                        if isinstance(event, Caption):
                            await self._bring(reading, event)
                            reading.seq = event.seq
                finally:
                    feed.close()
            except LanguageUnavailable:
                self._unavailable.add(reading.lang)  # whoever wants it is shown what was said
                return
            except MeetingUnreachable:
                await asyncio.sleep(_RETRY_SECONDS)
            except AssistantError as error:
                _log.info("relay_ended", room=self._room, lang=reading.lang, code=error.code)
                return

    async def _bring(self, reading: _Reading, caption: Caption) -> None:
        meeting = self._meeting
        if meeting is None:
            raise MeetingUnreachable("There is no connection to the meeting.")
        if self._rules.text_streams:
            to = self._audience(reading.lang)
            if to is not None:
                await meeting.show(self._line(reading.lang, caption), to)
        if self._rules.legacy_packets and reading.lang == SOURCE:
            await self._append(meeting, caption)

    async def _append(self, meeting: Meeting, caption: Caption) -> None:
        track = self._track_of(caption.participant)
        piece = self._chunks.take(caption)
        if piece is None or not track:
            return
        id_, text = piece
        chunk = CaptionChunk(
            id=id_,
            text=text,
            identity=identity_of(caption.participant),
            track=track,
            lang=caption.lang,
            start_seconds=caption.start_seconds,
            end_seconds=caption.end_seconds,
        )
        await meeting.append(chunk)

    def _audience(self, lang: str) -> list[str] | None:
        """Return who reads a language: nobody named means everybody; None for nobody at all."""
        if lang != SOURCE:
            return [who for who, wish in self._wishes.items() if wish == lang] or None
        translated = self._readings.keys() - {SOURCE} - self._unavailable
        others = {who for who, wish in self._wishes.items() if wish in translated}
        if not others:
            return []
        return [who for who in self._wishes if who not in others] or None

    def _line(self, lang: str, caption: Caption) -> CaptionLine:
        translated = caption.rendering is not None and not caption.rendering.problem
        return CaptionLine(
            segment=caption.id if lang == SOURCE else f"{caption.id}.{lang}",
            text=caption.text,
            final=caption.final,
            identity=identity_of(caption.participant),
            track=self._track_of(caption.participant),
            lang=caption.lang,
            translated=translated,
        )


async def _cancel(readings: Iterable[_Reading]) -> None:
    tasks = [reading.task for reading in readings if reading.task]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
