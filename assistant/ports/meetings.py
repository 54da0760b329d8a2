"""What the service needs from the platforms whose meetings it joins, as protocols."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Protocol

from assistant.core.meetings.attendance import Stay
from assistant.core.meetings.meeting import (
    Announcement,
    AudioOffer,
    CaptionChunk,
    CaptionLine,
    ListenerRecord,
    MeetingEvent,
)
from assistant.core.speech.audio import Pcm

Answer = Callable[[str, str, str], Awaitable[str]]
"""Answers a participant's request: identity, method, payload; raises an `AssistantError` to refuse."""


class AudioTap(Protocol):
    """The audio of one track as it arrives; bounded, and never holds up the platform."""

    @property
    def receiving(self) -> bool:
        """Whether the platform has handed the track over: what is said in it before that does not arrive."""

    async def read(self) -> Pcm | None:
        """Wait for audio and return all that has come (mono, 16 kHz); None at the end."""

    def take_lost(self) -> int:
        """Return how many samples had to be dropped since the last call, because nobody read."""

    def end(self) -> None:
        """Stop listening to the track; what has come can still be read."""

    def close(self) -> None:
        """Stop listening to the track and forget what has not been read."""


class Meeting(Protocol):
    """One meeting, joined as a silent listener."""

    @property
    def identity(self) -> str:
        """Our own identity in the meeting, where requests go."""

    def events(self) -> AsyncIterator[MeetingEvent]:
        """Yield what happens, who and what is there already first; `MeetingLeft` is the last one."""

    def listen(self, offer: AudioOffer) -> AudioTap:
        """Begin to receive a track."""

    async def show(self, line: CaptionLine, to: Sequence[str]) -> None:
        """Show a caption to those participants, or to all for none; raises `MeetingUnreachable`."""

    async def append(self, chunk: CaptionChunk) -> None:
        """Show a piece to pages that only append; raises `MeetingUnreachable`."""

    async def announce(self, announcement: Announcement, to: Sequence[str]) -> None:
        """Tell those participants something, or all where there are none; raises `MeetingUnreachable`."""

    async def indicate(self, *, hears: bool) -> None:
        """Let clients that can show whether people are heard; raises `MeetingUnreachable`."""

    async def close(self) -> None:
        """Leave."""


class MeetingPlatform(Protocol):
    """Where meetings are."""

    def has(self, meeting: str) -> bool:
        """Return whether such a name is that of a meeting here, be it held now or not."""

    async def join(self, meeting: str, answer: Answer, *, key: str = "") -> Meeting:
        """Join a meeting.

        Args:
            meeting: The platform's name of it.
            answer: Answers requests of participants.
            key: The shared key of a meeting that is encrypted from end to end.

        Raises:
            MeetingUnreachable: The platform does not answer, or not now.
            MeetingRefused: It does not accept our key.
        """

    async def exists(self, meeting: str) -> bool:
        """Return whether there is such a meeting now; raises as `join` does."""

    async def close(self) -> None:
        """Let go of the platform."""


class MeetingStore(Protocol):
    """Listeners and attendance on disk. What a method wrote survives the process when it returns.

    Raises:
        StoreUnavailable: From any method, when the database cannot be used.
    """

    async def save_listener(self, record: ListenerRecord) -> None:
        """Insert a listener, or replace all that is known of it."""

    async def listeners(self) -> Sequence[ListenerRecord]:
        """Return the listeners that were not closed, the oldest first."""

    async def close_listener(self, meeting: str) -> None:
        """Record that a meeting is over; unknown ones are no error."""

    async def save_stay(self, stay: Stay) -> None:
        """Insert a stay, or replace what is known of that one (room, participant, arrival)."""

    async def stays(self, room: str, *, open_only: bool = False) -> Sequence[Stay]:
        """Return the stays in a room by arrival; with `open_only`, of those who have not left."""

    async def see(self, room: str, at: float) -> None:
        """Record that everybody who has not left a room was there at that POSIX time."""
