"""The utterances of one track without a final: the one that is going on, and those that wait for theirs."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from assistant.captioning.deps import TrackDeps
from assistant.core.captions.caption import Caption
from assistant.core.speech.audio import Span, samples_of
from assistant.core.speech.hypothesis import Word, moved, text_of
from assistant.core.speech.playhead import Playhead
from assistant.core.speech.segmentation import SpeechEnded, SpeechEvent, SpeechStarted
from assistant.core.speech.spoken_language import LanguageMemory
from assistant.core.speech.utterance import FinalText, Utterance

_SILENT_END_SECONDS = 0.3
"""The end of an utterance is silence: a caption that lacks only this lacks nothing."""

_KEPT_WORDS = 128
"""So many words of finals are known to who may have heard the same voice: half a minute of them."""


@dataclass(slots=True)
class EndedUtterance:
    """An utterance that waits for its final.

    Attributes:
        utterance: What partials made of it.
        speech: Its audio, and what voice activity says of that.
        since_monotonic: When it ended.
        ahead: Whether its audio came faster than it plays.
        failures: How often its final could not be made or published, for another reason than the disk.
        final: What it came to, once that is known: where the store fails, it is not recognised again.
        published: The revisions that are out: where the store fails in between, they are not published again.
    """

    utterance: Utterance
    speech: SpeechEnded
    since_monotonic: float
    ahead: bool
    failures: int = 0
    final: FinalText | None = None
    published: list[Caption] = field(default_factory=list)


class UtteranceQueue:
    """The utterances of one track that have no final yet, in their order.

    Attributes:
        current: The one that is going on; None in silence.
        partial_due_monotonic: Since when the next partial of it is due; None: it is not.
        ended: Those that wait for their finals, the oldest first.
        memory: What is known of the speaker's language.
        captioned_samples: Up to which sample of the track captions show what was said.
        for_partials: Set when there may be something to do for who makes partials.
        for_finals: Set when there may be something to do for who makes finals.
    """

    def __init__(
        self, start_samples: int, memory: LanguageMemory, deps: TrackDeps, playhead: Playhead
    ) -> None:
        self.current: Utterance | None = None
        self.partial_due_monotonic: float | None = None
        self.ended: deque[EndedUtterance] = deque()
        self.memory = memory
        self.captioned_samples = start_samples
        self.for_partials = asyncio.Event()
        self.for_finals = asyncio.Event()
        self._said: deque[Word] = deque(maxlen=_KEPT_WORDS)
        self._deps = deps
        self._playhead = playhead

    def note(self, events: Sequence[SpeechEvent]) -> None:
        """Take in what voice activity found, in its order."""
        for event in events:
            if isinstance(event, SpeechStarted):
                self.current = self._begun(event.start_samples)
            elif self.current:
                self.current.ended = event
                now = self._deps.clock.monotonic()
                self.ended.append(EndedUtterance(self.current, event, now, self._playhead.ahead))
                self.current = None
            self.partial_due_monotonic = None
            self.for_partials.set()
            self.for_finals.set()

    def captioned(self, samples: int) -> None:
        """Note that captions show what was said up to a sample of the track."""
        self.captioned_samples = max(self.captioned_samples, samples)

    def said(self, utterance: Utterance, words: Sequence[Word]) -> None:
        """Note the words of a final."""
        self._said.extend(moved(word, utterance.start_samples) for word in words)

    def stable_words(self) -> Iterator[Word]:
        """Yield the newest words that captions show for good, with times in samples of the track."""
        yield from self._said
        for utterance in self._unfinished():
            yield from (moved(word, utterance.start_samples) for word in utterance.prefix)

    def without_final(self, until_samples: int) -> list[Span]:
        """Return where the utterances without a final are; the one that is going on ends at a sample."""
        spans = [waiting.speech.span for waiting in self.ended]
        if self.current is not None:
            start = self.current.start_samples
            spans.append(Span(start, max(start, until_samples)))
        return spans

    def _unfinished(self) -> list[Utterance]:
        return [waiting.utterance for waiting in self.ended] + ([self.current] if self.current else [])

    def oldest_uncaptioned(self, voice_end_samples: int) -> int | None:
        """Return the first sample of speech that no caption shows, partial or final; None where all is shown.

        Args:
            voice_end_samples: Where the voice of the utterance that is going on ends, as far as is known.
        """
        for waiting in self.ended:
            span = waiting.speech.span
            if self.captioned_samples < span.end_samples - samples_of(_SILENT_END_SECONDS):
                return max(self.captioned_samples, span.start_samples)
        if self.current is None:
            return None
        oldest = max(self.captioned_samples, self.current.start_samples)
        return oldest if oldest < voice_end_samples else None

    def waiting_before(self, utterance: Utterance) -> Utterance | None:
        """Return what was said right before an utterance, where that waits for its final."""
        start = utterance.start_samples
        before = [each.utterance for each in self.ended if each.utterance.start_samples < start]
        return before[-1] if before else None

    def _begun(self, start_samples: int) -> Utterance:
        before = self._cut_off(start_samples)
        return Utterance(
            start_samples,
            self.memory,
            continues=before is not None and not before.ends_sentence,
            before=text_of(before.prefix) if before else None,
            torn=before is not None and before.torn,
            word_times=self._deps.scheduler.capabilities.word_timestamps,
        )

    def _cut_off(self, at_samples: int) -> Utterance | None:
        """Return the utterance that was cut at this sample while the voice went on; None where none was."""
        newest = self.ended[-1] if self.ended else None
        if newest is None or newest.utterance.turned or not newest.speech.forced:
            return None
        return newest.utterance if newest.speech.span.end_samples == at_samples else None
