"""The second pass over an utterance: told how names are written, and put right where they were misheard.

It is written once, as requests that somebody runs: one after the other on a thread of its own, or through the
scheduler.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass, replace

from assistant.captioning.audio_front_end import AudioFrontEnd
from assistant.core.speech.audio import Span, to_waveform
from assistant.core.speech.context import MeetingContext
from assistant.core.speech.hallucination_filter import rejection
from assistant.core.speech.hypothesis import Hypothesis
from assistant.core.speech.segmentation import SpeechEnded
from assistant.core.speech.unread import Reading
from assistant.core.speech.utterance import Utterance
from assistant.ports.speech import TranscriptionRequest

Recognise = Callable[[TranscriptionRequest], Awaitable[Hypothesis | None]]
"""Runs one final; None where none could be made."""

Readings = Generator[TranscriptionRequest, Hypothesis | None, Hypothesis | None]
"""Yields requests, is sent what each came to, and returns what was said; None where that failed."""


@dataclass(frozen=True, slots=True)
class SecondPass:
    """What to ask the recogniser of one utterance, and what to make of its answers.

    Attributes:
        context: What the meeting said, and its names and terms.
        request: What to recognise first.
        heard_words: What partials heard.
    """

    context: MeetingContext
    request: TranscriptionRequest
    heard_words: Sequence[str]

    @classmethod
    def told(
        cls,
        context: MeetingContext,
        plain: TranscriptionRequest,
        *,
        participant: str,
        language: str,
        at_seconds: float,
        heard_words: Sequence[str],
    ) -> SecondPass:
        """Return the pass over `plain` with what `MeetingContext.context_for` tells of it."""
        before = context.context_for(participant, language, at_seconds, heard_words)
        return cls(context, replace(plain, context=before), heard_words)

    def readings(self, ended: SpeechEnded, start_samples: int) -> Readings:
        """Yield what to recognise, get what it came to, and return what was said.

        Without what was told, again, where the answer is only an echo of that; then what was left unread.

        Args:
            ended: The utterance.
            start_samples: Where in the track the audio of the request begins.
        """
        voice = tuple(each.moved(-start_samples) for each in ended.voice if each.end_samples > start_samples)
        request = replace(self.request, voice=voice)
        hypothesis = yield request
        if hypothesis and request.context and self.context.is_echo(hypothesis, self.heard_words):
            hypothesis = yield replace(request, context="")
        if hypothesis is None:
            return None
        reading = Reading(hypothesis, voice, evidence=ended.evidence)
        for stretch in reading.stretches():
            waveform = request.waveform[stretch.start_samples : stretch.end_samples]
            read = yield replace(
                request, waveform=waveform, context="", language=hypothesis.language, voice=()
            )
            if read:
                reading.add(read, stretch.start_samples)
        return reading.hypothesis

    def put_right(self, hypothesis: Hypothesis) -> Hypothesis:
        """Return the last answer with misheard names as the glossary writes them."""
        return self.context.put_right(hypothesis)


async def second_pass(
    utterance: Utterance,
    ended: SpeechEnded,
    *,
    hearing: AudioFrontEnd,
    context: MeetingContext,
    participant: str,
    recognise: Recognise,
) -> Hypothesis | None:
    """Return the better reading of an utterance that has ended; None where none could be made."""
    span = utterance.final_span(ended)
    span = Span(span.start_samples, min(span.end_samples, hearing.heard_samples))
    waveform = to_waveform(await hearing.read(span))
    asked = SecondPass.told(
        context,
        TranscriptionRequest(waveform, utterance.language_for(len(waveform), final=True), quality="final"),
        participant=participant,
        language=utterance.language,
        at_seconds=hearing.timeline.seconds_at(utterance.start_samples),
        heard_words=utterance.heard_words,
    )
    hypothesis = await run_all(asked.readings(ended, span.start_samples), recognise)
    # With a long glossary this takes a while.
    return await hearing.threads.run(asked.put_right, hypothesis) if hypothesis else None


def heard_words(partial: Hypothesis, ended: SpeechEnded) -> list[str]:
    """Return the words that a partial of an utterance heard; none where it is not believed."""
    return [] if rejection(partial, ended.evidence) else partial.text.split()


async def run_all(readings: Readings, recognise: Recognise) -> Hypothesis | None:
    """Run the requests of a second pass; return what was said."""
    try:
        request = next(readings)
        while True:
            request = readings.send(await recognise(request))
    except StopIteration as stopped:
        said: Hypothesis | None = stopped.value
        return said


def run_all_here(
    readings: Readings, recognise: Callable[[TranscriptionRequest], Hypothesis]
) -> Hypothesis | None:
    """Run the requests of a second pass on this thread; return what was said."""
    try:
        request = next(readings)
        while True:
            request = readings.send(recognise(request))
    except StopIteration as stopped:
        said: Hypothesis | None = stopped.value
        return said
