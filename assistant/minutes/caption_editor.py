"""What clerks do to captions: each change is appended to the log of its room."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Protocol

from assistant.core.captions.caption import Caption
from assistant.core.captions.edits import corrected, given_to, merged, replacer, split
from assistant.core.captions.events import TranscriptCorrected
from assistant.core.errors import (
    AudioNotKept,
    CaptionsApart,
    CaptionUnknown,
    InvalidInput,
    RevisionConflict,
    TextTooLong,
)
from assistant.core.minutes.redaction import PART
from assistant.core.rooms import Room, check_participant
from assistant.core.speech.audio import SAMPLE_RATE, Pcm, Span, samples_of
from assistant.ports.meetings import MeetingStore
from assistant.ports.room_log import RoomLog
from assistant.ports.storage import AudioJournal, TranscriptStore
from assistant.rooms.room import RoomSession

_AROUND_SECONDS = 0.3
"""How much audio before and after a caption is played, so that its first and last sounds are whole."""

_MOST_ADDED = 1_000_000
"""Characters by which one replacement may lengthen all captions of a room together."""


@dataclass(frozen=True, slots=True)
class CaptionEditorDeps:
    """What clerks' changes need.

    Attributes:
        store: Has the captions.
        meetings: Knows who was in the meeting.
        journal: Has the audio.
        audio_kept: Whether audio is kept, so that clerks may listen to it.
    """

    store: TranscriptStore
    meetings: MeetingStore
    journal: AudioJournal
    audio_kept: bool = False


class CaptionEditorRooms(Protocol):
    """What the caption editor needs of the rooms."""

    async def room(self, name: str) -> Room:
        """Return a room; raises `RoomUnknown`."""

    async def enter(self, name: str) -> RoomSession:
        """Return a room in use."""

    def log(self, room: str) -> AbstractAsyncContextManager[RoomLog]:
        """Lend the log of a room; raises `RoomUnknown`."""


class CaptionEditorTracks(Protocol):
    """What the caption editor needs of those who speak."""

    async def rename(self, room: str, participant: str, name: str) -> None:
        """Let the tracks of a participant in a room go on under another name."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """What finding and replacing did, or would do.

    Attributes:
        matches: How often the text was found.
        captions: Those that it is in, with the new text.
    """

    matches: int
    captions: Sequence[Caption]


class CaptionEditor:
    """Changes captions of rooms that exist; all its methods raise `RoomUnknown`."""

    def __init__(
        self,
        rooms: CaptionEditorRooms,
        tracks: CaptionEditorTracks,
        deps: CaptionEditorDeps,
    ) -> None:
        self._rooms = rooms
        self._tracks = tracks
        self._deps = deps

    async def correct(
        self,
        room: str,
        caption_id: str,
        text: str | None = None,
        *,
        speaker: tuple[str, str] | None = None,
        rev: int | None = None,
    ) -> Caption:
        """Replace the text of a final, or give it to another speaker (id and name), or both.

        Raises:
            CaptionUnknown: The room has no such final.
            RevisionConflict: It is not at that revision any more; with the caption as it is.
        """

        def change(captions: Sequence[Caption]) -> list[Caption]:
            caption = captions[0] if text is None else corrected(captions[0], text)
            return [given_to(caption, *speaker) if speaker else corrected(caption, caption.text)]

        return (await self._edit(room, {caption_id: rev}, change))[0]

    async def split(self, room: str, caption_id: str, at: int, rev: int | None = None) -> Sequence[Caption]:
        """Make two captions of one, cut before a character; raises `SplitInvalid` as well."""
        return await self._edit(room, {caption_id: rev}, lambda captions: list(split(captions[0], at)))

    async def merge(
        self, room: str, first: str, second: str, rev: int | None = None, second_rev: int | None = None
    ) -> Sequence[Caption]:
        """Make one caption of two; the second is emptied. Raises `CaptionsApart` as well."""
        await self._rooms.room(room)
        if first == second:
            raise CaptionsApart("A caption cannot be merged with itself.")
        every = await self._deps.store.captions(room)

        def change(captions: Sequence[Caption]) -> list[Caption]:
            one, other = captions
            between = [
                caption
                for caption in every
                if caption.text
                and caption.id not in {one.id, other.id}
                and one.start_seconds < caption.start_seconds < other.start_seconds
            ]
            return list(merged(one, other, between))

        return await self._edit(room, {first: rev, second: second_rev}, change)

    async def rename(self, room: str, participant: str, name: str) -> int:
        """Call a participant otherwise in all captions, in the attendance and from now on; return how many.

        Raises:
            ParticipantInvalid: The name is empty or too long.
        """
        name = check_participant(name, "name")
        await self._rooms.room(room)
        await self._tracks.rename(room, participant, name)
        for stay in await self._deps.meetings.stays(room):
            if stay.participant == participant:
                await self._deps.meetings.save_stay(replace(stay, name=name))
        mine = [
            caption
            for caption in await self._deps.store.captions(room)
            if caption.participant == participant and caption.speaker != name
        ]

        def change(captions: Sequence[Caption]) -> list[Caption]:
            return [given_to(caption, participant, name) for caption in captions]

        if mine:
            await self._edit(room, {caption.id: None for caption in mine}, change)
        else:
            async with self._rooms.log(room) as log:
                log.tell(TranscriptCorrected())
        return len(mine)

    async def replace(
        self,
        room: str,
        find: str,
        put: str,
        *,
        match_case: bool = False,
        whole_words: bool = True,
        preview: bool = False,
    ) -> Replacement:
        """Replace a text in all captions; with `preview` only tell what that would do.

        Raises:
            InvalidInput: There is nothing to find.
            TextTooLong: A caption, or what is added to all of them, would have too many characters.
        """
        if not find.strip():
            raise InvalidInput("Say what is to be found.")
        await self._rooms.room(room)
        write = replacer(find, put, match_case=match_case, whole_words=whole_words)
        matches: dict[str, int] = {}
        changed = []
        added = 0
        for caption in await self._deps.store.captions(room):
            text, count = write(caption.text)
            if count:
                matches[caption.id] = count
                added += len(text) - len(caption.text)
                if added > _MOST_ADDED:
                    raise TextTooLong(f"A replacement may add at most {_MOST_ADDED} characters to a room.")
                changed.append(corrected(caption, text))
        if preview or not changed:
            return Replacement(sum(matches.values()), changed)

        def change(captions: Sequence[Caption]) -> list[Caption]:
            return [corrected(caption, write(caption.text)[0]) for caption in captions]

        edited = await self._edit(room, {caption.id: None for caption in changed}, change)
        return Replacement(sum(matches.values()), edited)

    async def audio(self, room: str, caption_id: str) -> tuple[str, Span]:
        """Return the session and the span of samples that a caption was heard in.

        Raises:
            CaptionUnknown: The room has no such caption.
            AudioNotKept: Its audio is not kept.
        """
        await self._rooms.room(room)
        store = self._deps.store
        caption = await store.caption(room, caption_id)
        origin = await store.caption(room, caption_id.partition(PART)[0])
        if caption is None or origin is None:
            raise CaptionUnknown(f"The room has no finished caption {caption_id}.")
        session, _, start = origin.id.rpartition(".")
        if not start.isdecimal() or not self._deps.audio_kept:
            raise AudioNotKept("The audio of this caption was not kept.")
        began = int(start) + samples_of(caption.start_seconds - await self._first_start(room, origin))
        around = int(_AROUND_SECONDS * SAMPLE_RATE)
        end = began + samples_of(caption.end_seconds - caption.start_seconds)
        kept = await asyncio.to_thread(self._deps.journal.kept, session)
        first, last = max(kept.start_samples, began - around), min(kept.end_samples, end + around)
        if last <= first:
            raise AudioNotKept("The audio of this caption was not kept.")
        return session, Span(first, last)

    async def _first_start(self, room: str, origin: Caption) -> float:
        """Return when a caption began before anybody changed it."""
        history = await self._deps.store.history(room, origin.id)
        return history[0].start_seconds if history else origin.start_seconds

    def read_audio(self, session: str, span: Span) -> Pcm:
        """Return samples that are kept; blocks. Raises `AudioNotKept`."""
        try:
            return self._deps.journal.load(session, span)
        except ValueError as error:
            raise AudioNotKept("The audio of this caption is gone.") from error

    async def _edit(
        self,
        room: str,
        wanted: dict[str, int | None],
        change: Callable[[Sequence[Caption]], list[Caption]],
    ) -> list[Caption]:
        await self._rooms.room(room)
        return await (await self._rooms.enter(room)).edit(list(wanted), _at(wanted, change))


def _at(
    wanted: dict[str, int | None], change: Callable[[Sequence[Caption]], list[Caption]]
) -> Callable[[Sequence[Caption]], list[Caption]]:
    """Return a change that is refused where a caption has another revision than its clerk has seen."""

    def checked(captions: Sequence[Caption]) -> list[Caption]:
        for caption in captions:
            seen = wanted[caption.id]
            if seen is not None and seen != caption.rev:
                raise RevisionConflict(
                    "Somebody has changed this caption meanwhile.", revision=caption.rev, captions=[caption]
                )
        return change(captions)

    return checked
