"""What keeps transcripts and audio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from assistant.core.captions.caption import Caption
from assistant.core.errors import AssistantError
from assistant.core.glossary.terms import Term
from assistant.core.rooms import Room, Track
from assistant.core.speech.audio import Pcm, Span


class TranscriptStore(Protocol):
    """Rooms, tracks and finals on disk. What a method wrote survives the process when it returns.

    Raises:
        StoreUnavailable: From any method, when the database cannot be used.
    """

    @property
    def problem(self) -> AssistantError | None:
        """Why nothing could be stored when that was tried last; None while all is well."""

    async def probe(self) -> None:
        """Write something that nobody reads, to see whether a store that was away is back."""

    async def create_room(self, room: Room) -> Room:
        """Store `room` and return it, or return the room of that name that exists already."""

    async def room(self, name: str) -> Room | None:
        """Return a room, or None."""

    async def rooms(self) -> Sequence[Room]:
        """Return all rooms, newest first."""

    async def begin_room(self, name: str, began_at: float) -> None:
        """Record the POSIX time of the first audio, once; later calls change nothing."""

    async def reserve_seq(self, name: str, below: int) -> None:
        """Record that every `seq` lower than `below` may have been handed out; never lowers it."""

    async def set_glossary(self, name: str, terms: Sequence[Term]) -> None:
        """Replace the glossary of a room; raises `RoomUnknown`."""

    async def set_spoken(self, name: str, languages: Sequence[str]) -> None:
        """Replace the languages that are spoken in a room; raises `RoomUnknown`."""

    async def organisation_glossary(self) -> Sequence[Term]:
        """Return the terms of the organisation, for all rooms; none where none were ever set."""

    async def set_organisation_glossary(self, terms: Sequence[Term]) -> None:
        """Replace the terms of the organisation."""

    async def delete_room(self, name: str) -> None:
        """Delete a room with its tracks and captions, from the files as well; unknown rooms are no error."""

    async def scrub(self, *, quiet: bool) -> None:
        """Take what was deleted or replaced from the files, as far as that is not done.

        Args:
            quiet: Nobody talks: the moment for what holds up writers.
        """

    async def save_track(self, track: Track) -> None:
        """Insert a track, or replace all that is known of it."""

    async def track(self, session: str) -> Track | None:
        """Return a track, or None."""

    async def tracks(self, room: str | None = None, *, open_only: bool = False) -> Sequence[Track]:
        """Return tracks of one room or of all; with `open_only`, those not closed yet."""

    async def append(self, caption: Caption, *, session: str, durable_samples: int) -> None:
        """Store a final or refined revision and the durable offset of its track, in one transaction."""

    async def advance_track(self, session: str, *, received_samples: int, durable_samples: int) -> None:
        """Record how far a track is received, and its durable offset; neither number ever goes down."""

    async def edit(self, captions: Sequence[Caption]) -> None:
        """Store a clerk's revisions, and captions that were split off others, in one transaction.

        Raises:
            RoomUnknown: A room does not exist (any more).
        """

    async def history(self, room: str, caption_id: str) -> Sequence[Caption]:
        """Return all revisions of one caption, oldest first."""

    async def captions(self, room: str, *, since: int = -1) -> Sequence[Caption]:
        """Return the latest revision of each caption of `room` whose `seq` > `since`.

        In the order of `start_seconds`, then `seq`; captions with empty text are included.
        """

    async def caption(self, room: str, caption_id: str) -> Caption | None:
        """Return the latest revision of one caption, or None."""

    async def captions_by_id(self, room: str, ids: Sequence[str]) -> Mapping[str, Caption]:
        """Return the latest revisions of captions by their ids, of those that there are."""

    async def revisions(self, room: str) -> Mapping[str, int]:
        """Return the number of the latest revision of each caption of `room`, by the captions' ids."""

    async def save_translation(self, caption: Caption) -> None:
        """Store the translation of a final, in place of an older revision of it.

        Raises:
            CaptionUnknown: The room has no such final (any more).
        """

    async def translations(self, room: str, lang: str, *, since: int = -1) -> Sequence[Caption]:
        """Return the translations into `lang` of a room's finals whose `seq` > `since`.

        In the order of `start_seconds`, then `seq`; some may translate an older revision of their final.
        """

    async def translated_languages(self, room: str) -> Sequence[str]:
        """Return the languages that there are translations of a room in, in the order of their codes."""

    async def close(self) -> None:
        """Let go of the database."""


class AudioJournal(Protocol):
    """Received audio on disk until it is captioned, one growing record per session.

    All methods block briefly and are called off the event loop, one at a time per session.

    Raises:
        StoreUnavailable: From any method, when the disk cannot be used.
    """

    def append(self, session: str, pcm: Pcm) -> None:
        """Add samples at the end of the record; either all of them or, with an error, none."""

    def sync(self, session: str) -> int:
        """Force the record to disk and return its length in samples since the track began."""

    def load(self, session: str, span: Span) -> Pcm:
        """Return the samples of `span`; raises ValueError where they were dropped or never came."""

    def length_samples(self, session: str) -> int:
        """Return the length in samples since the track began, dropped ones counted; 0 if unknown."""

    def kept(self, session: str) -> Span:
        """Return the samples from the first that is there to the last; may be called at any time."""

    def sessions(self) -> Sequence[str]:
        """Return the sessions that there are records of."""

    def skip_to(self, session: str, samples: int) -> int:
        """Let a record that ends before that sample go on there; return its length."""

    def restart_at(self, session: str, samples: int, pcm: Pcm) -> None:
        """Let the record go on at that sample with `pcm`, after a failure; or, with an error, leave it.

        What it holds from there on is forgotten; what it lacks before counts as dropped.
        """

    def drop_before(self, session: str, samples: int) -> None:
        """Free the space of what lies before that sample; the record keeps its length."""

    def release(self, session: str) -> None:
        """Keep nothing open for a record to which nothing is added for now."""

    def delete(self, session: str) -> None:
        """Remove the whole record; unknown sessions are no error."""
