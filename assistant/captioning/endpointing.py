"""Where somebody speaks, live or in a finished recording: voice activity, cut into utterances.

Nothing here knows of captions, of disks or of the event loop.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assistant.core.speech.audio import FRAME_SAMPLES, AudioWindow, Pcm, Span
from assistant.core.speech.segmentation import (
    Segmenter,
    SpeechEnded,
    SpeechEvent,
    levels_db,
    quietest_sample,
)
from assistant.ports.speech import VoiceDetector


class Endpointer:
    """Finds the utterances of one track; every position is in samples of that track.

    Args:
        detector: Fresh, for this track alone.
        start_samples: Where the audio that it hears begins.
    """

    def __init__(self, detector: VoiceDetector, *, start_samples: int = 0) -> None:
        self._detector = detector
        self._segmenter = Segmenter(start_samples=start_samples)
        self._window = AudioWindow(start_samples)
        self._unheard: Pcm = np.zeros(0, dtype=np.int16)

    # --- audio in: a recording in one step, a live track in three ---------------------------------------

    def utterances(self, pcm: Pcm) -> list[tuple[SpeechEnded, Pcm]]:
        """Hear the samples that follow; return the utterances that ended, with their audio; blocks."""
        frames = self.whole_frames(pcm)
        return self._taken(self._heard(frames, self.voice_in(frames)))

    def last_utterances(self) -> list[tuple[SpeechEnded, Pcm]]:
        """Return the utterances that end because no more audio comes, with their audio; blocks."""
        ended = self.utterances(np.zeros(self.lacking_samples, dtype=np.int16))
        return [*ended, *self._taken(self.flush())]

    def whole_frames(self, pcm: Pcm) -> Pcm:
        """Return the frames that `pcm` completes, to be heard next; the rest waits for more audio."""
        heard = np.concatenate([self._unheard, pcm]) if len(self._unheard) else pcm
        whole = len(heard) // FRAME_SAMPLES * FRAME_SAMPLES
        self._unheard = heard[whole:]
        return heard[:whole]

    def voice_in(self, frames: Pcm) -> list[float]:
        """Return the speech probability of each frame, in order; blocks."""
        return self._detector.probabilities(frames).tolist() if len(frames) else []

    def hear(self, frames: Pcm, voice: Sequence[float]) -> list[SpeechEvent]:
        """Hear whole frames, whose speech probabilities are `voice`; return what happened."""
        events = self._heard(frames, voice)
        self._window.drop_before(self._segmenter.open_from_samples)
        return events

    def _heard(self, frames: Pcm, voice: Sequence[float]) -> list[SpeechEvent]:
        self._window.append(frames)
        return self._segmenter.hear_frames(voice, levels_db(frames).tolist())

    def _taken(self, events: Sequence[SpeechEvent]) -> list[tuple[SpeechEnded, Pcm]]:
        """Return the utterances that ended and their audio, which is let go of here."""
        ended = [event for event in events if isinstance(event, SpeechEnded)]
        taken = [(event, self._window.slice(event.span).copy()) for event in ended]
        self._window.drop_before(self._segmenter.open_from_samples)
        return taken

    def flush(self) -> list[SpeechEvent]:
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

    def cut(self, between: Span) -> tuple[int, list[SpeechEvent]]:
        """End the utterance that is going on at the quietest sample of a stretch, and go on there.

        Returns the sample and what happened.
        """
        end_samples = min(between.end_samples, self._window.end_samples)
        around = Span(min(between.start_samples, end_samples), end_samples)
        within = Span(0, around.length_samples)
        at_samples = around.start_samples + quietest_sample(self._window.slice(around), within)
        return at_samples, self._segmenter.cut(at_samples)

    # --- what was heard -----------------------------------------------------------------------------

    @property
    def vad_offset(self) -> int:
        """How far voice activity has come."""
        return self._segmenter.vad_offset

    @property
    def lacking_samples(self) -> int:
        """How many samples the last frame lacks before it can be heard."""
        return -len(self._unheard) % FRAME_SAMPLES

    @property
    def open_start_samples(self) -> int | None:
        """Where the utterance that is going on began; None in silence."""
        return self._segmenter.open_start_samples

    @property
    def quiet_seconds(self) -> float:
        """For how long the utterance that is going on has been silent."""
        return self._segmenter.quiet_seconds

    @property
    def open_voice(self) -> tuple[float, float]:
        """Voiced seconds of the utterance that is going on, and their mean speech probability."""
        return self._segmenter.open_voice

    @property
    def open_from_samples(self) -> int:
        """Audio before this sample cannot become part of an utterance that is still to end."""
        return self._segmenter.open_from_samples

    @property
    def kept_samples(self) -> int:
        """How much audio is in memory."""
        return self._window.end_samples - self._window.start_samples

    def recent(self, span: Span) -> Pcm:
        """Return audio of the utterance that is going on; raises ValueError outside of it."""
        return self._window.slice(span)
