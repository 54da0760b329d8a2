"""The second pass over an utterance: told how names are written, and put right where they were misheard."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from assistant.core.audio import Span, to_waveform
from assistant.core.context import MeetingContext
from assistant.core.hypothesis import Hypothesis
from assistant.core.segmentation import SpeechEnded
from assistant.core.utterance import Utterance
from assistant.ports import TranscriptionRequest
from assistant.sessions.hearing import Hearing

Recognise = Callable[[TranscriptionRequest], Awaitable[Hypothesis | None]]
"""Runs one final; None where none could be made."""


@dataclass(frozen=True, slots=True)
class SecondPass:
    """What to ask the recogniser of one utterance, and what to make of its answers.

    Attributes:
        context: What the meeting said, and its names and terms.
        request: What to recognise first.
        heard_words: What drafts heard.
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

    def again(self, hypothesis: Hypothesis) -> TranscriptionRequest | None:
        """Return what to recognise instead, where the answer is only an echo of what was told."""
        if self.request.context and self.context.is_echo(hypothesis, self.heard_words):
            return replace(self.request, context="")
        return None

    def put_right(self, hypothesis: Hypothesis) -> Hypothesis:
        """Return the last answer with misheard names as the glossary writes them."""
        return self.context.put_right(hypothesis)


async def second_pass(
    utterance: Utterance,
    ended: SpeechEnded,
    *,
    hearing: Hearing,
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
    hypothesis = await recognise(asked.request)
    again = asked.again(hypothesis) if hypothesis else None
    if again:
        hypothesis = await recognise(again)
    # With a long glossary this takes a while.
    return await hearing.threads.run(asked.put_right, hypothesis) if hypothesis else None
