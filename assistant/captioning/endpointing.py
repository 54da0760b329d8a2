"""Where somebody speaks, live or in a finished recording: voice activity, cut into utterances.

Nothing here knows of captions, of disks or of the event loop.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assistant.core.speech.audio import FRAME_SAMPLES, AudioWindow, Pcm, Span, Waveform, samples_of
from assistant.core.speech.segmentation import (
    Segmenter,
    SpeechEnded,
    SpeechEvent,
    levels_db,
    quietest_sample,
)
from assistant.ports.speech import VoiceDetector

_RECENT_SAMPLES = samples_of(7.0)
"""So much audio stays in memory behind an utterance, for those who may have heard it as well."""


class Endpointer:
    """Finds the utterances of one track; every position is in samples of that track.

    Attributes:
        segmenter: Cuts what the detector hears into utterances, and knows of the one that is going on.
        voice_end_samples: Where the newest utterance ended, or how far it has come; None before that.
    """

    def __init__(self, detector: VoiceDetector, *, start_samples: int = 0) -> None:
        """Begin to find utterances.

        Args:
            detector: Fresh, for this track alone.
            start_samples: Where the audio that it hears begins.
        """
        self._detector = detector
        self.segmenter = Segmenter(start_samples=start_samples)
        self._window = AudioWindow(start_samples)
        self._incomplete: Pcm = np.zeros(0, dtype=np.int16)
        self.voice_end_samples: int | None = None

    # --- audio in: a recording in one step, a live track in three ---------------------------------------

    def utterances(self, pcm: Pcm) -> list[tuple[SpeechEnded, Pcm]]:
        """Return the utterances that end in the samples that follow, with their audio; blocks."""
        frames = self.whole_frames(pcm)
        return self._taken(self._events(frames, self.voice_in(frames)))

    def last_utterances(self) -> list[tuple[SpeechEnded, Pcm]]:
        """Return the utterances that end because no more audio comes, with their audio; blocks."""
        ended = self.utterances(np.zeros(self.lacking_samples, dtype=np.int16))
        return [*ended, *self._taken(self.segmenter.flush())]

    def whole_frames(self, pcm: Pcm) -> Pcm:
        """Return the frames that `pcm` completes; what is left of it waits for more audio."""
        samples = np.concatenate([self._incomplete, pcm]) if len(self._incomplete) else pcm
        whole = len(samples) // FRAME_SAMPLES * FRAME_SAMPLES
        self._incomplete = samples[whole:]
        return samples[:whole]

    def voice_in(self, frames: Pcm) -> list[float]:
        """Return the speech probability of each frame, in order; blocks."""
        return self._detector.probabilities(frames).tolist() if len(frames) else []

    def segment(self, frames: Pcm, voice: Sequence[float]) -> list[SpeechEvent]:
        """Return what happens in whole frames, whose speech probabilities are `voice`."""
        events = self._events(frames, voice)
        self._note_voice(events)
        self._window.drop_before(self._kept_from_samples)
        return events

    def _events(self, frames: Pcm, voice: Sequence[float]) -> list[SpeechEvent]:
        self._window.append(frames)
        return self.segmenter.hear_frames(voice, levels_db(frames).tolist())

    def _note_voice(self, events: Sequence[SpeechEvent]) -> None:
        if self.segmenter.open_start_samples is not None:
            self.voice_end_samples = self.segmenter.vad_offset
        elif ended := [event.span for event in events if isinstance(event, SpeechEnded)]:
            self.voice_end_samples = ended[-1].end_samples

    @property
    def _kept_from_samples(self) -> int:
        """Audio before this sample is needed by nobody."""
        newest = self.segmenter.vad_offset
        recent = newest - _RECENT_SAMPLES
        spoke = self.voice_end_samples is not None and self.voice_end_samples > recent
        return min(self.segmenter.open_from_samples, recent if spoke else newest)

    def _taken(self, events: Sequence[SpeechEvent]) -> list[tuple[SpeechEnded, Pcm]]:
        """Return the utterances that ended and their audio, which is let go of here."""
        ended = [event for event in events if isinstance(event, SpeechEnded)]
        taken = [(event, self._window.slice(event.span).copy()) for event in ended]
        self._window.drop_before(self.segmenter.open_from_samples)
        return taken

    def rests(self, since_samples: int) -> list[Span]:
        """Return where the voice rests within the open utterance, counted from `since_samples`."""
        return [
            rest.moved(-since_samples) for rest in self.segmenter.rests() if rest.end_samples > since_samples
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
        around = between.cut_to(Span(0, self._window.end_samples))
        within = Span(0, around.length_samples)
        at_samples = around.start_samples + quietest_sample(self._window.slice(around), within)
        return at_samples, self.segmenter.cut(at_samples)

    # --- what was heard -----------------------------------------------------------------------------

    @property
    def lacking_samples(self) -> int:
        """How many samples the last frame lacks before it can be heard."""
        return -len(self._incomplete) % FRAME_SAMPLES

    @property
    def kept(self) -> Span:
        """Which audio is in memory."""
        return Span(self._window.start_samples, self._window.end_samples)

    def padded(self, start_samples: int, end_samples: int) -> Waveform:
        """Return audio that is in memory, with silence where none is; the start may be negative."""
        return self._window.padded(start_samples, end_samples)

    def recent(self, span: Span) -> Pcm:
        """Return audio that is in memory, as that of the open utterance is; else raises ValueError."""
        return self._window.slice(span)
