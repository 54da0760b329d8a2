"""The second pass over an utterance: told how names are written, and put right where they were misheard.

Live tracks and recordings share it; they differ in where the words come from that were heard before, and in
who runs the requests.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from assistant.captioning.audio_front_end import AudioFrontEnd
from assistant.core.speech.audio import Span, seconds_of, to_waveform
from assistant.core.speech.context import MeetingContext
from assistant.core.speech.hallucination_filter import rejection
from assistant.core.speech.hypothesis import Hypothesis
from assistant.core.speech.segmentation import SpeechEnded
from assistant.core.speech.unread import Reading
from assistant.core.speech.utterance import Utterance
from assistant.ports.speech import TranscriptionRequest
from assistant.tasks.threads import Threads

Recognise = Callable[[TranscriptionRequest], Awaitable[Hypothesis | None]]
"""Runs one request; None where nothing could be made of it."""


async def second_pass(
    utterance: Utterance,
    ended: SpeechEnded,
    *,
    hearing: AudioFrontEnd,
    context: MeetingContext,
    participant: str,
    recognise: Recognise,
) -> Hypothesis | None:
    """Return the better reading of a live utterance that has ended; None where none could be made."""
    span = utterance.final_span(ended)
    span = Span(span.start_samples, min(span.end_samples, hearing.endpointer.vad_offset))
    waveform = to_waveform(await hearing.load(span))
    told = context.context_for(
        participant,
        utterance.language,
        hearing.timeline.seconds_at(utterance.start_samples),
        utterance.heard_words,
    )
    language = utterance.language_for(len(waveform), final=True)
    request = TranscriptionRequest(waveform, language, context=told, quality="final")
    begin, heard = span.start_samples, utterance.heard_words
    return await _read(request, ended, begin, heard, context, recognise, hearing.threads)


async def recorded_pass(
    request: TranscriptionRequest,
    ended: SpeechEnded,
    *,
    context: MeetingContext,
    participant: str,
    recognise: Recognise,
    threads: Threads,
) -> Hypothesis | None:
    """Return what was said in an utterance of a recording; None where it was no speech, or cannot be read.

    Args:
        request: A final of all its audio.
        ended: The utterance.
        context: The names and terms; where there are any, a partial is made first, to know what is told.
        participant: Who speaks.
        recognise: Runs the requests.
        threads: Where misheard names are put right.
    """
    begin, heard_words = ended.span.start_samples, list[str]()
    if context.glossary.terms:
        partial = await recognise(replace(request, quality="partial"))
        if partial is None:
            return None
        heard_words = [] if rejection(partial, ended.evidence) else partial.text.split()
        told = context.context_for(participant, partial.language, seconds_of(begin), heard_words)
        request = replace(request, context=told)
    hypothesis = await _read(request, ended, begin, heard_words, context, recognise, threads)
    return None if hypothesis is None or rejection(hypothesis, ended.evidence) else hypothesis


async def _read(
    request: TranscriptionRequest,
    ended: SpeechEnded,
    start_samples: int,
    heard_words: Sequence[str],
    context: MeetingContext,
    recognise: Recognise,
    threads: Threads,
) -> Hypothesis | None:
    """Return what was said, with misheard names as the glossary writes them; None where that fails.

    Without what was told, again, where the answer is only an echo of that; then what was left unread.
    The audio of the request begins at `start_samples` of the track, and partials heard `heard_words` in it.
    """
    voice = tuple(each.moved(-start_samples) for each in ended.voice if each.end_samples > start_samples)
    request = replace(request, voice=voice)
    hypothesis = await recognise(request)
    if hypothesis and request.context and context.is_echo(hypothesis, heard_words):
        hypothesis = await recognise(replace(request, context=""))
    if hypothesis is None:
        return None
    reading = Reading(hypothesis, voice, evidence=ended.evidence)
    for stretch in reading.stretches():
        waveform = request.waveform[stretch.start_samples : stretch.end_samples]
        part = replace(request, waveform=waveform, context="", language=hypothesis.language, voice=())
        if read := await recognise(part):
            reading.add(read, stretch.start_samples)
    # With a long glossary this takes a while.
    return await threads.run(context.put_right, reading.hypothesis)
