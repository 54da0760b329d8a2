"""A finished recording, worked off as fast as the machine can, without a room."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from assistant.captioning.fitted import fitted
from assistant.captioning.second_pass import SecondPass, heard_words, run_all_here
from assistant.core.captions.caption import Caption
from assistant.core.glossary.glossary import Glossary
from assistant.core.language import AUTO, LanguageMemory
from assistant.core.speech.audio import FRAME_SAMPLES, SAMPLE_RATE, Pcm, seconds_of, to_waveform
from assistant.core.speech.context import MeetingContext
from assistant.core.speech.hallucination_filter import rejection
from assistant.core.speech.hypothesis import Hypothesis, text_of
from assistant.core.speech.segmentation import Segmenter, SpeechEnded, SpeechEvent, levels_db
from assistant.ports.speech import Transcriber, TranscriptionRequest, VoiceDetector

_BLOCK_SAMPLES = FRAME_SAMPLES * 300


def transcribe_recording(
    pcm: Pcm,
    transcriber: Transcriber,
    detector: VoiceDetector,
    *,
    title: str,
    language: str = AUTO,
    glossary: Glossary | None = None,
    progress: Callable[[float], None] = lambda _: None,
) -> list[Caption]:
    """Return one final per utterance of a recording.

    Args:
        pcm: The whole recording, mono at 16 kHz.
        transcriber: Runs one final at a time; blocks.
        detector: Fresh, for this recording alone.
        title: Stands as the room and as the speaker.
        language: A pinned BCP-47 code, or `auto`.
        glossary: Names and terms as they are to be written.
        progress: Told how much is done, 0..1.
    """
    listener = _Listener(transcriber, title, language, MeetingContext(glossary))
    captions: list[Caption] = []
    for ended in utterances_of(pcm, detector):
        caption = listener.caption(pcm, ended, seq=len(captions) + 1)
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


class _Listener:
    """Reads the utterances of one recording, one after the other."""

    def __init__(self, transcriber: Transcriber, title: str, language: str, context: MeetingContext) -> None:
        self._transcriber = fitted(transcriber)
        self._title = title
        self._pinned = None if language == AUTO else language
        self._memory = LanguageMemory(current=self._pinned)
        self._context = context

    def caption(self, pcm: Pcm, ended: SpeechEnded, *, seq: int) -> Caption | None:
        """Return the caption of an utterance, or None where it was no speech."""
        hypothesis = self._hypothesis(pcm, ended)
        if hypothesis is None or rejection(hypothesis, ended.evidence):
            return None
        caption = written(hypothesis, ended, seq, room=self._title, speaker=self._title)
        self._memory.confirm(hypothesis.language)
        self._context.said(
            caption.id,
            caption.participant,
            caption.source_lang,
            caption.text,
            at_seconds=caption.end_seconds,
            sure=self._context.is_sure(caption.words),
        )
        return caption

    def _hypothesis(self, pcm: Pcm, ended: SpeechEnded) -> Hypothesis | None:
        """Recognise an utterance, with a context if a partial of it heard words."""
        waveform = to_waveform(pcm[ended.span.start_samples : ended.span.end_samples])
        heard_seconds = len(waveform) / SAMPLE_RATE
        language = self._pinned or (lambda heard: self._memory.choose(heard, heard_seconds))
        plain = TranscriptionRequest(waveform, language, quality="final")
        asked = SecondPass(self._context, plain, ())
        if self._context.glossary.terms:
            partial = self._transcriber.transcribe(replace(plain, quality="partial"))
            asked = SecondPass.told(
                self._context,
                plain,
                participant=self._title,
                language=partial.language,
                at_seconds=seconds_of(ended.span.start_samples),
                heard_words=heard_words(partial, ended),
            )
        readings = asked.readings(ended, ended.span.start_samples)
        hypothesis = run_all_here(readings, self._transcriber.transcribe)
        return asked.put_right(hypothesis) if hypothesis else None


def written(hypothesis: Hypothesis, ended: SpeechEnded, seq: int, *, room: str, speaker: str) -> Caption:
    """Return the final of an utterance of a recording; `seq` numbers it."""
    text = text_of(hypothesis.words)
    return Caption(
        room=room,
        seq=seq,
        id=f"recording.{ended.span.start_samples}",
        rev=seq,
        participant=speaker,
        speaker=speaker,
        lang=hypothesis.language,
        source_lang=hypothesis.language,
        text=text,
        stable=len(text),
        final=True,
        start_seconds=seconds_of(ended.span.start_samples),
        end_seconds=seconds_of(ended.span.end_samples),
        words=hypothesis.words,
    )
