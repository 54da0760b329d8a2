"""What the database knows of one track, and which of its audio is not needed any more because of that."""

from __future__ import annotations

from dataclasses import replace

import structlog

from assistant.captioning.audio_front_end import AudioFrontEnd
from assistant.core.errors import StoreUnavailable
from assistant.core.rooms import Track
from assistant.core.speech.audio import samples_of
from assistant.core.speech.utterance import OVERLAP_SECONDS
from assistant.ports.storage import TranscriptStore

_log = structlog.get_logger(__name__)


class TrackRecord:
    """Keeps the durable offset of one track in the database.

    Attributes:
        track: The track as it was stored last; what is changed here goes with the next `save`.
        durable_samples: The durable offset as it is stored, in samples of the track.
    """

    def __init__(self, track: Track, store: TranscriptStore, front_end: AudioFrontEnd) -> None:
        self.track = track
        self.durable_samples = front_end.received_samples
        self._store = store
        self._front_end = front_end

    async def save(self, durable_samples: int | None = None) -> None:
        """Store the whole track as it is now, with another durable offset where one is given."""
        self.track = replace(
            self.track,
            origin_seconds=self._front_end.timeline.origin_seconds,
            received_samples=self._front_end.safe_samples,
            durable_samples=self.durable_samples if durable_samples is None else durable_samples,
        )
        await self._store.save_track(self.track)

    async def save_moved_origin(self) -> None:
        """Store the track if audio has shown since that it began at another time than is stored."""
        if self._front_end.timeline.origin_seconds != self.track.origin_seconds:
            await self.save()

    async def advance(self, durable_samples: int) -> None:
        """Store a durable offset that was reached without a final, because nobody spoke up to there."""
        await self._store.advance_track(
            self.track.session,
            received_samples=self._front_end.safe_samples,
            durable_samples=durable_samples,
        )
        await self.reached(durable_samples)

    async def reached(self, durable_samples: int) -> None:
        """Let go of audio before a durable offset that is stored, but for what the next final hears of it."""
        self.durable_samples = max(self.durable_samples, durable_samples)
        self._front_end.timeline.forget_before(durable_samples)
        await self.forget_before(max(0, durable_samples - samples_of(OVERLAP_SECONDS)))

    async def forget_before(self, samples: int) -> None:
        """Let go of audio; where the disk does not let it go now, it goes with what follows."""
        try:
            await self._front_end.journal.drop_before(samples)
        except StoreUnavailable as error:
            _log.warning("audio_not_removed", room=self.track.room, code=error.code)
