"""From voice activity to utterances: where speech starts, where it ends, where long speech is cut.

Feed the speech probability and the level of each frame, get events back. Hysteresis (two
thresholds), a hang-over and a pre-roll keep short dips and soft first syllables inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.core.speech.audio import FRAME_SAMPLES, SAMPLE_RATE, Pcm, Span, samples_of, seconds_of
from assistant.core.speech.hallucination_filter import VoiceEvidence

SILENT_DB = -100.0
"""The level of digital silence."""


@dataclass(frozen=True, slots=True)
class SegmentationRules:
    """When speech counts as begun and as ended.

    Attributes:
        onset: Probability from which a frame may start speech.
        offset: Probability below which a frame counts towards the end of speech.
        onset_frames: Speech starts when so many of the last `onset_frames + 1` frames reach `onset`.
        hangover_seconds: A silence of this length ends the utterance.
        pre_roll_seconds: Audio kept before the first speech frame.
        post_roll_seconds: Audio kept after the last one.
        rest: Probability below which the voice rests between two words.
        limit_seconds: Longer utterances are cut where the voice is weakest.
        cut_search_seconds: How far back from the limit the weakest place is looked for.
    """

    onset: float = 0.5
    offset: float = 0.3
    onset_frames: int = 3
    hangover_seconds: float = 0.6
    pre_roll_seconds: float = 0.35
    post_roll_seconds: float = 0.25
    rest: float = 0.35
    limit_seconds: float = 28.0
    cut_search_seconds: float = 8.0

    @property
    def onset_seconds(self) -> float:
        """The length of the frames that tell that speech starts."""
        return seconds_of((self.onset_frames + 1) * FRAME_SAMPLES)


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Somebody began to speak at `start_samples`."""

    start_samples: int


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """An utterance is complete.

    Attributes:
        span: Its audio.
        evidence: How much of it voice activity took for speech, and how surely.
        forced: Whether it was cut while the voice went on.
        voice: Where in it somebody clearly speaks, in samples of the track.
    """

    span: Span
    evidence: VoiceEvidence
    forced: bool = False
    voice: tuple[Span, ...] = ()


SpeechEvent = SpeechStarted | SpeechEnded


@dataclass(slots=True)
class _Open:
    """The utterance that is going on.

    Attributes:
        start_samples: Where it begins.
        first_frame_samples: Where the first of the frames begins.
        probabilities: The speech probability of each frame.
        levels: The level of each frame, in dB of full scale.
        quiet_frames: How many of the last frames were silent.
    """

    start_samples: int
    first_frame_samples: int
    probabilities: list[float]
    levels: list[float]
    quiet_frames: int = 0


class Segmenter:
    """Cuts one track into utterances. Spans are in track samples and never overlap."""

    def __init__(self, rules: SegmentationRules | None = None, *, start_samples: int = 0) -> None:
        self._rules = rules or SegmentationRules()
        self._next_frame_samples = start_samples
        self._free_samples = start_samples
        self._recent: list[tuple[float, float]] = []
        self._open: _Open | None = None

    @property
    def open_start_samples(self) -> int | None:
        """Where the utterance that is going on began; None in silence."""
        return self._open.start_samples if self._open else None

    @property
    def vad_offset(self) -> int:
        """How far voice activity has come."""
        return self._next_frame_samples

    @property
    def open_from_samples(self) -> int:
        """Audio from this sample on may still become part of an utterance; no audio before it can."""
        if self._open:
            return self._open.start_samples
        keep = samples_of(self._rules.pre_roll_seconds + self._rules.onset_seconds)
        return max(self._free_samples, self._next_frame_samples - keep)

    @property
    def quiet_seconds(self) -> float:
        """For how long the utterance that is going on has been silent."""
        return self._open.quiet_frames * FRAME_SAMPLES / SAMPLE_RATE if self._open else 0.0

    @property
    def open_voice(self) -> VoiceEvidence:
        """What voice activity says of the utterance that is going on; no voice in silence."""
        return self._evidence(self._open.probabilities if self._open else [])

    def open_voice_spans(self) -> list[Span]:
        """Return where somebody clearly speaks in the utterance that is going on, in track samples."""
        if self._open is None:
            return []
        clear = np.asarray(self._open.probabilities) >= self._rules.onset
        return _spans_where(clear, self._open.first_frame_samples)

    def rests(self) -> list[Span]:
        """Return where the voice rests within the utterance that is going on, in track samples."""
        if self._open is None:
            return []
        rests = np.asarray(self._open.probabilities) < self._rules.rest
        spans = _spans_where(rests, self._open.first_frame_samples)
        return [span for span in spans if span.length_samples > FRAME_SAMPLES]

    def hear_frames(self, probabilities: Sequence[float], levels_db: Sequence[float]) -> list[SpeechEvent]:
        """Hear the next frames of 512 samples; return what happened, in order."""
        events: list[SpeechEvent] = []
        for probability, level in zip(probabilities, levels_db, strict=True):
            frame_samples = self._next_frame_samples
            self._next_frame_samples += FRAME_SAMPLES
            if self._open is None:
                events.extend(self._hear_silence(frame_samples, probability, level))
            else:
                events.extend(self._hear_speech(self._open, probability, level))
        return events

    def cut(self, at_samples: int) -> list[SpeechEvent]:
        """End the utterance that is going on at `at_samples` and start the next one there."""
        current = self._open
        if current is None or not current.start_samples < at_samples <= self._next_frame_samples:
            return []
        at_frame = max(0, (at_samples - current.first_frame_samples) // FRAME_SAMPLES)
        ended = self._ended(current, at_samples, at_frame, forced=True)
        self._open = _Open(
            start_samples=at_samples,
            first_frame_samples=current.first_frame_samples + at_frame * FRAME_SAMPLES,
            probabilities=current.probabilities[at_frame:],
            levels=current.levels[at_frame:],
            quiet_frames=current.quiet_frames,
        )
        self._free_samples = at_samples
        return [ended, SpeechStarted(at_samples)]

    def flush(self) -> list[SpeechEvent]:
        """End the utterance that is going on, because no more audio comes."""
        current, self._open = self._open, None
        self._recent.clear()
        if current is None:
            return []
        end_samples = self._next_frame_samples
        self._free_samples = end_samples
        return [self._ended(current, end_samples, len(current.probabilities), forced=False)]

    def _hear_silence(self, frame_samples: int, probability: float, level: float) -> list[SpeechEvent]:
        rules = self._rules
        self._recent.append((probability, level))
        del self._recent[: -(rules.onset_frames + 1)]
        loud = [index for index, (heard, _) in enumerate(self._recent) if heard >= rules.onset]
        if len(loud) < rules.onset_frames:
            return []
        frames = self._recent[loud[0] :]
        first_samples = frame_samples - (len(frames) - 1) * FRAME_SAMPLES
        start = max(self._free_samples, first_samples - samples_of(rules.pre_roll_seconds), 0)
        self._open = _Open(
            start_samples=start,
            first_frame_samples=first_samples,
            probabilities=[heard for heard, _ in frames],
            levels=[heard for _, heard in frames],
        )
        self._recent.clear()
        return [SpeechStarted(start)]

    def _hear_speech(self, current: _Open, probability: float, level: float) -> list[SpeechEvent]:
        rules = self._rules
        current.probabilities.append(probability)
        current.levels.append(level)
        current.quiet_frames = current.quiet_frames + 1 if probability < rules.offset else 0
        quiet_samples = current.quiet_frames * FRAME_SAMPLES
        if quiet_samples >= samples_of(rules.hangover_seconds):
            voice_end = self._next_frame_samples - quiet_samples
            end = min(voice_end + samples_of(rules.post_roll_seconds), self._next_frame_samples)
            # After a cut in this silence the voice ended before the utterance began.
            end = max(end, current.start_samples)
            self._open = None
            self._free_samples = end
            frames = len(current.probabilities) - current.quiet_frames
            return [self._ended(current, end, frames, forced=False)]
        if self._next_frame_samples - current.start_samples >= samples_of(rules.limit_seconds):
            return self.cut(self._weakest(current))
        return []

    def _weakest(self, current: _Open) -> int:
        """Return the middle of the weakest stretch of three frames before the limit."""
        frames = int(samples_of(self._rules.cut_search_seconds) / FRAME_SAMPLES)
        levels = np.convolve(current.levels[-frames:], np.ones(3) / 3, mode="valid")
        voiced = np.convolve(current.probabilities[-frames:], np.ones(3) / 3, mode="valid")
        # A pause that voice activity hears weighs more than a soft consonant.
        weakest = int(np.argmin(levels + 40.0 * voiced)) + 1
        first = len(current.levels) - min(frames, len(current.levels))
        return current.first_frame_samples + (first + weakest) * FRAME_SAMPLES + FRAME_SAMPLES // 2

    def _ended(self, current: _Open, end_samples: int, frames: int, *, forced: bool) -> SpeechEnded:
        probabilities = current.probabilities[:frames]
        clear = np.asarray(probabilities) >= self._rules.onset
        return SpeechEnded(
            span=Span(current.start_samples, max(end_samples, current.start_samples)),
            evidence=self._evidence(probabilities),
            forced=forced,
            voice=tuple(_spans_where(clear, current.first_frame_samples)),
        )

    def _evidence(self, probabilities: list[float]) -> VoiceEvidence:
        voiced = [heard for heard in probabilities if heard >= self._rules.offset]
        return VoiceEvidence(seconds_of(len(voiced) * FRAME_SAMPLES), sum(voiced) / max(1, len(voiced)))


def _spans_where(frames: NDArray[np.bool_], first_samples: int) -> list[Span]:
    """Return the stretches of frames that are true; the first frame begins at `first_samples`."""
    edges = np.flatnonzero(np.diff(frames, prepend=False, append=False))
    return [
        Span(first_samples + int(start) * FRAME_SAMPLES, first_samples + int(end) * FRAME_SAMPLES)
        for start, end in zip(edges[::2], edges[1::2], strict=True)
    ]


def levels_db(pcm: Pcm) -> NDArray[np.float32]:
    """Return the root-mean-square level of each whole 512-sample frame, in dB of full scale."""
    frames = pcm[: len(pcm) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES).astype(np.float32)
    power = np.mean(np.square(frames / 32768.0), axis=1)
    return np.asarray(np.maximum(10.0 * np.log10(power + 1e-12), SILENT_DB), dtype=np.float32)


def quietest_sample(pcm: Pcm, around: Span) -> int:
    """Return the middle of the quietest 20 ms of `pcm` within `around` (sample indices of `pcm`)."""
    width = samples_of(0.02)
    piece = pcm[around.start_samples : around.end_samples].astype(np.float32)
    if len(piece) <= width:
        return around.start_samples + len(piece) // 2
    power = np.convolve(np.square(piece), np.ones(width, dtype=np.float32), mode="valid")
    return around.start_samples + int(np.argmin(power)) + width // 2
