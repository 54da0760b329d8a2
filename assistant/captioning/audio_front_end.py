"""The ears of one track: what arrives is recorded, placed in time and cut into utterances.

Samples go to the journal in the order in which they came: what may be speech is forced to disk, silence
is left to the operating system for a while, where it survives the death of the process. Voice activity
hears whole frames, and the newest stretch stays in memory for partials. Nothing here knows of captions.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import numpy as np

from assistant.captioning.journal_writer import JournalWriter
from assistant.core.errors import StoreUnavailable
from assistant.core.speech.audio import FRAME_SAMPLES, AudioWindow, Pcm, Span, samples_of
from assistant.core.speech.segmentation import Segmenter, SpeechEvent, levels_db, quietest_sample
from assistant.core.speech.timeline import Timeline
from assistant.ports.speech import VoiceDetector
from assistant.tasks.threads import Threads

_KEPT_SECONDS = 1.0
_FORCED_SECONDS = 10.0
_BURST_SAMPLES = 16 * FRAME_SAMPLES
_MOST_PENDING_SECONDS = 30.0
"""So much of a track waits in memory for a disk that is full or away; then its sender has to."""


class AudioFrontEnd:
    """Hears one track; every position is in samples of that track.

    Attributes:
        timeline: When each sample was said, in room time.
        received_samples: How far audio was taken in.
        safe_samples: How far audio survives a loss of power.
        threads: Where what takes longer is heard, while the event loop goes on.
    """

    def __init__(
        self,
        recorder: JournalWriter,
        detector: VoiceDetector,
        *,
        origin_seconds: float,
        start_samples: int = 0,
        threads: Threads | None = None,
    ) -> None:
        self.timeline = Timeline(origin_seconds)
        self.received_samples = start_samples
        self.safe_samples = start_samples
        self.threads = threads or Threads("hearing", 1)
        self._detector = detector
        self._recorder = recorder
        self._segmenter = Segmenter(start_samples=start_samples)
        self._window = AudioWindow(start_samples)
        self._unforced_speech = True  # what a process before this one wrote may not be on disk either
        self._unheard: Pcm = np.zeros(0, dtype=np.int16)

    # --- audio in ---------------------------------------------------------------------------------

    async def take(self, pcm: Pcm, *, arrived_seconds: float) -> Sequence[SpeechEvent]:
        """Record and hear the next samples, which arrived at that room time; return what happened."""
        self._recorder.add(pcm)
        self.timeline.heard(self.received_samples, arrived_seconds)
        return await self.retake(pcm)

    async def retake(self, pcm: Pcm) -> Sequence[SpeechEvent]:
        """Hear the next samples, which are in the journal already; return what happened."""
        self.received_samples += len(pcm)
        heard = np.concatenate([self._unheard, pcm]) if len(self._unheard) else pcm
        whole = len(heard) // FRAME_SAMPLES * FRAME_SAMPLES
        self._unheard = heard[whole:]
        return await self._listen(heard[:whole]) if whole else ()

    async def finish(self) -> Sequence[SpeechEvent]:
        """Hear the last frame, filled up with silence, because no more audio comes."""
        if not len(self._unheard):
            return ()
        padding = np.zeros(FRAME_SAMPLES - len(self._unheard), dtype=np.int16)
        self._recorder.add(padding)
        return await self.retake(padding)

    def flush(self) -> Sequence[SpeechEvent]:
        """End the utterance that is going on."""
        return self._segmenter.flush()

    def rests(self, since_samples: int) -> list[Span]:
        """Return where the voice rests within the open utterance, counted from `since_samples`."""
        return [
            rest.moved(-since_samples) for rest in self._segmenter.rests() if rest.end_samples > since_samples
        ]

    def voice(self, span: Span) -> tuple[Span, ...]:
        """Return where the voice does not rest in a stretch of the open utterance, counted from its start."""
        rests = self.rests(span.start_samples)
        starts = [0, *(rest.end_samples for rest in rests)]
        ends = [*(rest.start_samples for rest in rests), span.length_samples]
        return tuple(Span(start, end) for start, end in zip(starts, ends, strict=True) if start < end)

    def cut(self, between: Span) -> tuple[int, Sequence[SpeechEvent]]:
        """End the utterance that is going on at the quietest sample of a stretch, and go on there.

        Returns the sample and what happened.
        """
        end_samples = min(between.end_samples, self._window.end_samples)
        around = Span(min(between.start_samples, end_samples), end_samples)
        within = Span(0, around.length_samples)
        at_samples = around.start_samples + quietest_sample(self._window.read(around), within)
        return at_samples, self._segmenter.cut(at_samples)

    # --- what was heard -----------------------------------------------------------------------------

    @property
    def heard_samples(self) -> int:
        """How far voice activity has come."""
        return self._segmenter.heard_samples

    @property
    def quiet_seconds(self) -> float:
        """For how long the utterance that is going on has been silent."""
        return self._segmenter.quiet_seconds

    @property
    def open_voice(self) -> tuple[float, float]:
        """Voiced seconds of the utterance that is going on, and their mean speech probability."""
        return self._segmenter.open_voice

    @property
    def settled_samples(self) -> int:
        """Audio before this sample is safe and cannot become part of an utterance that is still to end."""
        return min(self._segmenter.settled_samples, self.safe_samples)

    @property
    def kept_samples(self) -> int:
        """How much audio is in memory."""
        return self._window.end_samples - self._window.start_samples

    def recent(self, span: Span) -> Pcm:
        """Return audio of the utterance that is going on; raises ValueError outside of it."""
        return self._window.read(span)

    async def read(self, span: Span) -> Pcm:
        """Return recorded audio, however old; raises ValueError where it was dropped or never came."""
        return await self._recorder.read(span)

    # --- what survives ------------------------------------------------------------------------------

    @property
    def problem(self) -> StoreUnavailable | None:
        """Why what was received cannot be kept; None while all is well."""
        return self._recorder.problem

    @property
    def backed_up(self) -> bool:
        """Whether so much waits for the disk that no more may be taken in."""
        return self._recorder.pending_samples >= samples_of(_MOST_PENDING_SECONDS)

    async def sync(self) -> int:
        """Hand what was received to the disk; return how many samples survive the death of the process.

        What may be speech is forced to disk at once, silence every ten seconds: forcing it each second
        for hundreds of silent tracks is more than a disk can do.
        """
        silence = self.received_samples - self.safe_samples < samples_of(_FORCED_SECONDS)
        if silence and not self._unforced_speech:
            return await self._recorder.write()
        return await self.force()

    async def force(self) -> int:
        """Force all that was received to disk; return how many samples survive a loss of power."""
        self._unforced_speech = self._segmenter.open_start_samples is not None
        try:
            self.safe_samples = await self._recorder.sync()
        except BaseException:
            self._unforced_speech = True
            raise
        return self.safe_samples

    async def forget_before(self, samples: int) -> None:
        """Allow recorded audio before this sample to be freed; where that fails, it goes later."""
        with contextlib.suppress(StoreUnavailable):
            await self._recorder.drop_before(samples)

    async def release(self) -> None:
        """Keep no file open until more is heard."""
        await self._recorder.release()

    async def delete(self) -> None:
        """Remove all recorded audio."""
        await self._recorder.delete()

    async def _listen(self, frames: Pcm) -> Sequence[SpeechEvent]:
        """Hear whole frames; what happened is returned before anything else can happen."""
        if len(frames) > _BURST_SAMPLES:  # leave the event loop to others meanwhile
            voice = await self.threads.run(self._detector.probabilities, frames)
        else:
            voice = self._detector.probabilities(frames)
        self._window.append(frames)
        events = self._segmenter.feed(voice.tolist(), levels_db(frames).tolist())
        open_start = self._segmenter.open_start_samples
        self._unforced_speech = self._unforced_speech or bool(events) or open_start is not None
        kept_from = self._window.end_samples - samples_of(_KEPT_SECONDS) if open_start is None else open_start
        self._window.drop_before(kept_from)
        return events
