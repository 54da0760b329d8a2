"""The way of one track's audio: it is recorded, placed in time and cut into utterances.

Samples go to the journal in the order in which they came: what may be speech is forced to disk, silence
is left to the operating system for a while, where it survives the death of the process. Utterances are found
by `captioning.endpointing`, which keeps the newest stretch in memory for partials. Nothing here knows of
captions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assistant.captioning.endpointing import Endpointer
from assistant.captioning.journal_writer import JournalWriter
from assistant.core.speech.audio import FRAME_SAMPLES, Pcm, samples_of
from assistant.core.speech.segmentation import SpeechEvent
from assistant.core.speech.timeline import Timeline
from assistant.ports.speech import VoiceDetector
from assistant.tasks.threads import Threads

_FORCED_SECONDS = 10.0
_BURST_SAMPLES = 16 * FRAME_SAMPLES


class AudioFrontEnd:
    """Takes in the audio of one track; every position is in samples of that track.

    Attributes:
        journal: Keeps the audio on disk.
        timeline: When each sample was said, in room time.
        received_samples: How far audio was taken in.
        safe_samples: How far audio survives a loss of power.
        threads: Where long stretches are judged by voice activity, while the event loop goes on.
        endpointer: Finds the utterances, and keeps the audio of the one that is going on.
        segmenter: Where that utterance began, and how far voice activity has come.
    """

    def __init__(
        self,
        journal: JournalWriter,
        detector: VoiceDetector,
        *,
        origin_seconds: float,
        start_samples: int = 0,
        threads: Threads | None = None,
        most_pending_seconds: float = 30.0,
    ) -> None:
        """Begin to take in audio.

        Args:
            journal: Keeps it on disk.
            detector: Fresh, for this track alone.
            origin_seconds: When the track began, in room time.
            start_samples: How much of the track was taken in before.
            threads: Where long stretches are judged by voice activity.
            most_pending_seconds: How much waits in memory for a disk that is full or away, before the sender
                has to wait.
        """
        self.timeline = Timeline(origin_seconds)
        self.received_samples = start_samples
        self.safe_samples = start_samples
        self._most_pending_samples = samples_of(most_pending_seconds)
        self.threads = threads or Threads("voice-activity", 1)
        self.journal = journal
        self.endpointer = Endpointer(detector, start_samples=start_samples)
        self.segmenter = self.endpointer.segmenter
        self._unforced_speech = True  # what a process before this one wrote may not be on disk either

    # --- audio in ---------------------------------------------------------------------------------

    async def record(self, pcm: Pcm, *, arrived_seconds: float) -> Sequence[SpeechEvent]:
        """Record the next samples, which arrived at that room time; return what happened in them."""
        self.journal.add(pcm)
        self.timeline.heard(self.received_samples, arrived_seconds)
        return await self.replay(pcm)

    async def replay(self, pcm: Pcm) -> Sequence[SpeechEvent]:
        """Take in the next samples, which are in the journal already; return what happened in them."""
        self.received_samples += len(pcm)
        frames = self.endpointer.whole_frames(pcm)
        return await self._segment(frames) if len(frames) else ()

    async def finish(self) -> Sequence[SpeechEvent]:
        """Take in the last frame, filled up with silence, because no more audio comes."""
        padding = np.zeros(self.endpointer.lacking_samples, dtype=np.int16)
        if not len(padding):
            return ()
        self.journal.add(padding)
        return await self.replay(padding)

    # --- what survives ------------------------------------------------------------------------------

    @property
    def durable_samples(self) -> int:
        """Audio before this sample is safe and cannot become part of an utterance that is still to end."""
        return min(self.segmenter.open_from_samples, self.safe_samples)

    @property
    def backed_up(self) -> bool:
        """Whether so much waits for the disk that no more may be taken in."""
        return self.journal.pending_samples >= self._most_pending_samples

    async def sync(self) -> int:
        """Hand what was received to the disk; return how many samples survive the death of the process.

        What may be speech is forced to disk at once, silence every ten seconds: forcing it each second
        for hundreds of silent tracks is more than a disk can do.
        """
        silence = self.received_samples - self.safe_samples < samples_of(_FORCED_SECONDS)
        if silence and not self._unforced_speech:
            return await self.journal.write()
        return await self.force()

    async def force(self) -> int:
        """Force all that was received to disk; return how many samples survive a loss of power."""
        self._unforced_speech = self.segmenter.open_start_samples is not None
        try:
            self.safe_samples = await self.journal.sync()
        except BaseException:
            self._unforced_speech = True
            raise
        return self.safe_samples

    async def _segment(self, frames: Pcm) -> Sequence[SpeechEvent]:
        """Return what happened in whole frames, before anything else can happen."""
        if len(frames) > _BURST_SAMPLES:  # leave the event loop to others meanwhile
            voice = await self.threads.run(self.endpointer.voice_in, frames)
        else:
            voice = self.endpointer.voice_in(frames)
        events = self.endpointer.segment(frames, voice)
        if events or self.segmenter.open_start_samples is not None:
            self._unforced_speech = True
        return events
