"""A finished recording, worked off as fast as the machine can, without a room."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from assistant.core.audio import FRAME_SAMPLES, SAMPLE_RATE, Pcm, seconds_of, to_waveform
from assistant.core.captions import Caption
from assistant.core.guards import VoiceEvidence, judge
from assistant.core.hypothesis import text_of
from assistant.core.language import AUTO, LanguageMemory
from assistant.core.segmentation import Segmenter, SpeechEnded, SpeechEvent, levels_db
from assistant.ports import Transcriber, TranscriptionRequest, VoiceDetector

_BLOCK_SAMPLES = FRAME_SAMPLES * 300


def transcribe_recording(
    pcm: Pcm,
    transcriber: Transcriber,
    detector: VoiceDetector,
    *,
    title: str,
    language: str = AUTO,
    progress: Callable[[float], None] = lambda _: None,
) -> list[Caption]:
    """Return one final per utterance of a recording.

    Args:
        pcm: The whole recording, mono at 16 kHz.
        transcriber: Runs one final at a time; blocks.
        detector: Fresh, for this recording alone.
        title: Stands as the room and as the speaker.
        language: A pinned BCP-47 code, or `auto`.
        progress: Told how much is done, 0..1.
    """
    memory = LanguageMemory()
    captions: list[Caption] = []
    for ended in utterances_of(pcm, detector):
        caption = _caption(pcm, ended, transcriber, memory, language, title, len(captions) + 1)
        if caption:
            captions.append(caption)
        progress(ended.span.end_samples / max(1, len(pcm)))
    progress(1.0)
    return captions


def utterances_of(pcm: Pcm, detector: VoiceDetector) -> Iterator[SpeechEnded]:
    """Yield the utterances of a recording (mono, 16 kHz) as voice activity alone cuts them, in order."""
    segmenter = Segmenter()
    padded = np.concatenate([pcm, np.zeros(-len(pcm) % FRAME_SAMPLES, dtype=np.int16)])
    for start in range(0, len(padded), _BLOCK_SAMPLES):
        block = padded[start : start + _BLOCK_SAMPLES]
        yield from _ended(segmenter.feed(detector.probabilities(block).tolist(), levels_db(block).tolist()))
    yield from _ended(segmenter.flush())


def _ended(events: list[SpeechEvent]) -> Iterator[SpeechEnded]:
    return (event for event in events if isinstance(event, SpeechEnded))


def _caption(
    pcm: Pcm,
    ended: SpeechEnded,
    transcriber: Transcriber,
    memory: LanguageMemory,
    language: str,
    title: str,
    seq: int,
) -> Caption | None:
    waveform = to_waveform(pcm[ended.span.start_samples : ended.span.end_samples])
    heard_seconds = len(waveform) / SAMPLE_RATE
    choice = language if language != AUTO else lambda heard: memory.choose(heard, heard_seconds)
    hypothesis = transcriber.transcribe(TranscriptionRequest(waveform, choice, quality="final"))
    if judge(hypothesis, VoiceEvidence(ended.voiced_seconds, ended.speech_probability)):
        return None
    memory.confirm(hypothesis.language)
    text = text_of(hypothesis.words)
    return Caption(
        room=title,
        seq=seq,
        id=f"recording.{ended.span.start_samples}",
        rev=seq,
        participant=title,
        speaker=title,
        lang=hypothesis.language,
        source_lang=hypothesis.language,
        text=text,
        stable=len(text),
        final=True,
        start_seconds=seconds_of(ended.span.start_samples),
        end_seconds=seconds_of(ended.span.end_samples),
        words=hypothesis.words,
    )
