"""Brings the captions of a room into the meeting: to each participant in the language they read."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

import structlog

from assistant.core.captions.append_only_chunks import AppendOnlyChunks, Piece
from assistant.core.captions.caption import Caption, is_rough
from assistant.core.errors import (
    AssistantError,
    LanguageUnavailable,
    MeetingUnreachable,
    RoomDeleted,
    RoomUnknown,
    ShuttingDown,
    SinceInFuture,
)
from assistant.core.language import SOURCE, ReaderLanguages
from assistant.core.meetings.meeting import CaptionChunk, CaptionLine, identity_of
from assistant.ports.meetings import Meeting
from assistant.readers.feed import CaptionFeed
from assistant.tasks.owner import TaskOwner
from assistant.tasks.retries import Backoff

_log = structlog.get_logger(__name__)
_PAUSES = Backoff(0.5, 2.0)
_MOST_GROWING = 200


class Feeds(Protocol):
    """Where captions of a room are read."""

    async def open_feed(
        self, room: str, shown: ReaderLanguages | None = None, since: int | None = None
    ) -> CaptionFeed:
        """Return a reader's captions."""


@dataclass(frozen=True, slots=True)
class RelayRules:
    """What goes into the meeting, and how patiently.

    Attributes:
        text_streams: Whether captions go as LiveKit's own clients read them, in each language somebody reads.
        legacy_packets: Whether captions go as pieces that never change, for pages that only append.
        pauses: How long is waited before a room is read on after a break.
        drain_seconds: How long the last captions may take to be shown before the bot leaves.
        look_seconds: How often it is looked whether a piece was held back for long enough.
    """

    text_streams: bool = True
    legacy_packets: bool = True
    pauses: Backoff = _PAUSES
    drain_seconds: float = 3.0
    look_seconds: float = 1.0


@dataclass(slots=True)
class _Reading:
    """One language that somebody reads.

    Attributes:
        lang: What is read, as `ReaderLanguages` parses it.
        since: Where to go on after a break.
        seq: The newest event that was brought.
        failures: How often it broke since then.
        task: Brings the captions.
    """

    lang: str
    since: int | None = None
    seq: int = 0
    failures: int = 0
    task: asyncio.Task[None] | None = None


@dataclass(slots=True)
class _Growing:
    """A caption that is not final everywhere: its latest line by language, and who was shown which."""

    lines: dict[str, CaptionLine] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)


class CaptionRelay:
    """Follows a room in each language that somebody in the meeting reads.

    It outlives connections to the meeting: what comes while there is none is caught up with.

    Attributes:
        room_deleted: Whether the room is gone, so that nothing more is to come.
    """

    def __init__(
        self, feeds: Feeds, room: str, track_of: Callable[[str], str], rules: RelayRules | None = None
    ) -> None:
        self.room_deleted = False
        self._feeds = feeds
        self._room = room
        self._track_of = track_of
        self._rules = rules or RelayRules()
        self._meeting: Meeting | None = None
        self._readings: dict[str, _Reading] = {}
        self._wishes: dict[str, str] = {}
        self._unavailable: set[str] = set()
        self._growing: OrderedDict[str, _Growing] = OrderedDict()
        self._showing = asyncio.Lock()
        self._tasks = TaskOwner()
        self._chunks = AppendOnlyChunks()
        self._unsent: deque[CaptionChunk] = deque()
        self._appending = asyncio.Lock()

    def enter(self, meeting: Meeting) -> None:
        """Bring captions into this meeting from now on."""
        self._meeting = meeting
        self._follow_readers()

    async def leave(self) -> None:
        """The meeting is out of reach; captions wait."""
        self._meeting = None
        await self._tasks.close()

    def set_readers(self, wishes: Mapping[str, str]) -> None:
        """Note what everybody present reads: identity to language, empty where they did not say.

        Who changes their mind while captions grow sees these go on in the new language only.
        """
        before, self._wishes = self._wishes, dict(wishes)
        if self._meeting:
            self._follow_readers()
        self._move([who for who in self._wishes if self._wishes[who] != before.get(who, self._wishes[who])])

    async def drain(self, seq: int) -> None:
        """Wait until what came up to `seq` has been brought, but not for long; nothing follows it."""
        deadline = asyncio.get_running_loop().time() + self._rules.drain_seconds
        while asyncio.get_running_loop().time() < deadline:
            tasks = [(reading, reading.task) for reading in self._readings.values()]
            running = [reading for reading, task in tasks if task and not task.done()]
            if all(reading.seq >= seq for reading in running):
                break
            await asyncio.sleep(0.05)
        if self._meeting and self._rules.legacy_packets:
            with suppress(MeetingUnreachable):
                await self._append(self._meeting, self._chunks.end())

    # --- following --------------------------------------------------------------------------------

    def _follow_readers(self) -> None:
        """Begin and end languages as they are read; what was said is always followed."""
        if self.room_deleted:
            return  # there is nothing to be read any more
        wanted = {SOURCE}
        if self._rules.text_streams:
            wanted |= {lang for lang in self._wishes.values() if lang} - self._unavailable
        for lang in wanted:
            reading = self._readings.setdefault(lang, _Reading(lang))
            if reading.task is None or reading.task.done():
                reading.task = self._tasks.start(self._follow(reading), f"relay-{lang}")
        for lang in [lang for lang in self._readings if lang not in wanted]:
            task = self._readings.pop(lang).task
            if task:
                task.cancel()

    async def _follow(self, reading: _Reading) -> None:
        while True:
            try:
                await self._read(reading)
            except LanguageUnavailable:
                self._unavailable.add(reading.lang)  # whoever wants it is shown what was said
                self._move([who for who, wish in self._wishes.items() if wish == reading.lang])
                return
            except (RoomDeleted, RoomUnknown, ShuttingDown) as error:
                self.room_deleted = not isinstance(error, ShuttingDown)
                return
            except SinceInFuture:
                reading.since = None
            except AssistantError as error:
                if not isinstance(error, MeetingUnreachable):
                    _log.warning("relay_interrupted", room=self._room, lang=reading.lang, code=error.code)
            except Exception as error:  # noqa: BLE001 - whatever happened, the other captions are brought
                _log.exception("relay_failed", room=self._room, error=type(error).__name__)
            reading.failures += 1
            await asyncio.sleep(self._rules.pauses.pause_seconds(reading.failures))

    async def _read(self, reading: _Reading) -> None:
        feed = await self._feeds.open_feed(self._room, ReaderLanguages.parse(reading.lang), reading.since)
        if reading.since is None:
            reading.since = feed.hello.seq
            if reading.lang == SOURCE:
                self._chunks.known_from_seconds = feed.hello.now_seconds
        try:
            async with TaskOwner() as tasks:
                if self._rules.legacy_packets and reading.lang == SOURCE:
                    tasks.start(self._release(), "relay-release")
                async for event in feed:
                    if isinstance(event, Caption):
                        await self._bring(reading, event)
                        reading.seq = reading.since = event.seq
                        reading.failures = 0
        finally:
            feed.close()

    async def _bring(self, reading: _Reading, caption: Caption) -> None:
        meeting = self._meeting
        if meeting is None:
            raise MeetingUnreachable("There is no connection to the meeting.")
        if self._rules.text_streams:
            async with self._showing:
                await self._show(meeting, reading.lang, caption)
        if self._rules.legacy_packets and reading.lang == SOURCE:
            await self._append(meeting, self._chunks.take(caption, _now_seconds()))

    # --- text streams -----------------------------------------------------------------------------

    async def _show(self, meeting: Meeting, lang: str, caption: Caption) -> None:
        line = self._line(lang, caption)
        to = self._audience(lang)
        if to is not None:
            readers = to or list(self._wishes)
            growing = self._growing.get(caption.id)
            if growing:
                await _take_back(meeting, growing, [who for who in readers if growing.shown.get(who) != lang])
            await meeting.show(line, to)
            self._note(caption.id, lang, line, readers)
        else:
            self._note(caption.id, lang, line, [])

    def _note(self, id_: str, lang: str, line: CaptionLine, readers: Iterable[str]) -> None:
        """Note what of a caption is on whose screen while it grows."""
        growing = self._growing.setdefault(id_, _Growing())
        growing.lines[lang] = line
        for who in readers:
            growing.shown[who] = lang
        if line.final:
            growing.shown = {who: shown for who, shown in growing.shown.items() if shown != lang}
        if all(known.final for known in growing.lines.values()) and not growing.shown:
            del self._growing[id_]
        while len(self._growing) > _MOST_GROWING:
            self._growing.popitem(last=False)

    def _move(self, people: list[str]) -> None:
        meeting = self._meeting
        if meeting and people:
            self._tasks.start(self._switch(meeting, people), "relay-switch")

    async def _switch(self, meeting: Meeting, people: list[str]) -> None:
        """Show people what grows in their new language, in place of the former one, as far as it has come."""
        async with self._showing:
            for growing in list(self._growing.values()):
                for who in people:
                    lang = self._lang_of(who)
                    if growing.shown.get(who, lang) == lang or lang not in growing.lines:
                        continue
                    line = growing.lines[lang]
                    try:
                        await _take_back(meeting, growing, [who])
                        await meeting.show(line, [who])
                    except MeetingUnreachable:
                        return
                    if not line.final:
                        growing.shown[who] = lang

    def _lang_of(self, who: str) -> str:
        """Return the language in which somebody is shown captions."""
        wish = self._wishes.get(who, "")
        return wish if wish in self._readings and wish not in self._unavailable else SOURCE

    def _audience(self, lang: str) -> list[str] | None:
        """Return who reads a language: nobody named means everybody; None for nobody at all."""
        readers = [who for who in self._wishes if self._lang_of(who) == lang]
        if lang == SOURCE and len(readers) == len(self._wishes):
            return []
        return readers or None

    def _line(self, lang: str, caption: Caption) -> CaptionLine:
        translated = caption.is_translated
        return CaptionLine(
            segment=caption.id if lang == SOURCE else f"{caption.id}.{lang}",
            text=caption.text,
            final=caption.final,
            identity=identity_of(caption.participant),
            track=self._track_of(caption.participant),
            lang=caption.lang,
            translated=translated,
            rough=is_rough(caption),
        )

    # --- pieces -----------------------------------------------------------------------------------

    async def _release(self) -> None:
        """Bring what was held back for long enough, also while nothing is said."""
        while True:
            await asyncio.sleep(self._rules.look_seconds)
            if self._meeting:
                with suppress(MeetingUnreachable):  # it stays in line
                    await self._append(self._meeting, self._chunks.overdue(_now_seconds()))

    async def _append(self, meeting: Meeting, pieces: Iterable[Piece]) -> None:
        for piece in pieces:
            caption = piece.caption
            track = self._track_of(caption.participant)
            if track:
                self._unsent.append(
                    CaptionChunk(
                        id=piece.id,
                        text=piece.text,
                        identity=identity_of(caption.participant),
                        track=track,
                        lang=caption.lang,
                        start_seconds=caption.start_seconds,
                        end_seconds=caption.end_seconds,
                    )
                )
        async with self._appending:
            while self._unsent:  # after a break, first what did not get through before it
                await meeting.append(self._unsent[0])
                self._unsent.popleft()


def _now_seconds() -> float:
    return asyncio.get_running_loop().time()


async def _take_back(meeting: Meeting, growing: _Growing, people: Iterable[str]) -> None:
    """Remove what grows on the screens of people."""
    for who in people:
        line = growing.lines.get(growing.shown.get(who, ""))
        if line:
            await meeting.show(replace(line, text="", final=True), [who])
        growing.shown.pop(who, None)
