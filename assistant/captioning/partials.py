"""Follows the utterance of one track that is going on, with one partial after the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assistant.captioning.audio_front_end import AudioFrontEnd
from assistant.captioning.deps import TrackDeps
from assistant.captioning.microphone import Microphone
from assistant.captioning.publisher import CaptionPublisher
from assistant.captioning.utterance_queue import UtteranceQueue
from assistant.core.inference.queue import InferenceRequest
from assistant.core.speech.audio import Span, Waveform, samples_of, to_waveform
from assistant.core.speech.folding import counted
from assistant.core.speech.playhead import Playhead
from assistant.core.speech.stabilisation import Shown
from assistant.core.speech.utterance import Utterance
from assistant.ports.speech import TranscriptionRequest

_BREATH_SECONDS = 0.35
"""So much silence is heard with the words before it; more of it makes no partial due."""


@dataclass(frozen=True, slots=True)
class Partials:
    """Makes the partials of one track, and cuts utterances that grow too long.

    There is one request at a time, so under load partials become rarer.

    Attributes:
        session: The track's id, by which the scheduler knows who asks.
        deps: What all tracks share.
        front_end: The track's audio.
        utterances: The track's utterances.
        playhead: Whether its audio comes faster than it plays.
        publisher: Shows the partials.
        microphone: What the track knows of those that may hear the same voice.
    """

    session: str
    deps: TrackDeps
    front_end: AudioFrontEnd
    utterances: UtteranceQueue
    playhead: Playhead
    publisher: CaptionPublisher
    microphone: Microphone

    @property
    def cut_is_due(self) -> bool:
        """Whether the utterance has to be cut before it grows further, behind what the next partial reads."""
        utterance = self.utterances.current
        if utterance is None or utterance.read_samples >= utterance.must_cut_samples:
            return False
        if not self._serve():
            return False  # voice activity cuts it
        return self.front_end.segmenter.vad_offset - utterance.start_samples >= utterance.must_cut_samples

    def note_due(self) -> None:
        """Remember since when a partial is due; call it whenever audio has come."""
        if self.utterances.partial_due_monotonic is None and self._is_due():
            self.utterances.partial_due_monotonic = self.deps.clock.monotonic()
            self.utterances.for_partials.set()

    async def show_next(self) -> bool:
        """Make and publish a partial if one is due; return whether it was."""
        utterance = self.utterances.current
        if utterance is None or not self._is_due():
            return False
        due_monotonic = self.utterances.partial_due_monotonic or self.deps.clock.monotonic()
        until_samples = await self._own_until(utterance)
        if until_samples is None:
            return False
        await self._show(utterance, due_monotonic, until_samples)
        return True

    def _is_due(self) -> bool:
        utterance, segmenter = self.utterances.current, self.front_end.segmenter
        if utterance is None or not self._serve():
            return False
        if self.cut_is_due:
            return True  # audio waits for it
        seen_samples = segmenter.vad_offset - utterance.start_samples
        voiced_samples = seen_samples - samples_of(max(0.0, segmenter.quiet_seconds - _BREATH_SECONDS))
        return voiced_samples - utterance.partial_samples >= self._wanted_samples(utterance)

    def _wanted_samples(self, utterance: Utterance) -> int:
        """Return how much more audio makes a partial due."""
        if not utterance.partial_samples:
            return samples_of(self.deps.rules.first_partial_seconds)
        return samples_of(self.deps.scheduler.step_seconds(self.deps.rules.step_seconds))

    def _serve(self) -> bool:
        """Whether anybody gains by partials: not where a file is pushed in while others speak."""
        return not self.playhead.ahead or not self.deps.scheduler.others_talk(self.session)

    async def _own_until(self, utterance: Utterance) -> int | None:
        """Return up to where a partial may read, in samples of the track; None for nothing new.

        What another microphone of the room has louder waits, and is cut off where it turns out to be a copy.
        """
        segmenter, start = self.front_end.segmenter, utterance.start_samples
        await self.deps.crosstalk.look(self.microphone)
        if utterance is not self.utterances.current:
            return None
        border = self.microphone.open_border()
        if border and (events := self.front_end.endpointer.cut(border)[1]):
            utterance.turned, utterance.torn = True, False
            self.utterances.note(events)
            return None
        until_samples, heard_samples = self.microphone.own_until(utterance), segmenter.vad_offset
        more_samples = until_samples - start - utterance.partial_samples
        if until_samples == heard_samples or more_samples >= self._wanted_samples(utterance) // 2:
            return until_samples
        utterance.read_samples = heard_samples - start  # nobody waits for what is left to another track
        self.utterances.partial_due_monotonic = None
        return None

    async def _show(self, utterance: Utterance, due_monotonic: float, until_samples: int) -> None:
        endpointer, segmenter = self.front_end.endpointer, self.front_end.segmenter
        heard_until = kept = 0
        waveform: Waveform = np.zeros(0, np.float32)

        def build() -> TranscriptionRequest | None:
            nonlocal heard_until, waveform, kept
            if utterance.ended:
                return None
            # What came while this waited its turn is read as well, where nobody else can have said it.
            heard_until = segmenter.vad_offset if self.microphone.is_apart else until_samples
            utterance.partial_samples = heard_until - utterance.start_samples
            window = utterance.window()
            span = Span(utterance.start_samples + window.start_samples, heard_until)
            timed = self.deps.scheduler.capabilities.word_timestamps
            waveform, kept = to_waveform(endpointer.recent(span)), len(window.prefix)
            return TranscriptionRequest(
                waveform=waveform,
                language=utterance.language_for(span.length_samples, final=False),
                prefix=window.prefix,
                context=window.context,
                voice=() if timed else endpointer.voice(span),
            )

        wanted = InferenceRequest("partial", due_monotonic, urgent=self.cut_is_due, bulk=self.playhead.ahead)
        hypothesis = await self.deps.scheduler.run(wanted, build, track=self.session)
        self.utterances.partial_due_monotonic = None
        if hypothesis is None or utterance.finalised:
            utterance.read_samples = utterance.partial_samples
            return
        # How often the same is said the audio tells better than the text.
        told = await self.front_end.threads.run(counted, hypothesis, waveform, kept=kept)
        hypothesis = told or hypothesis
        await self.deps.crosstalk.look(self.microphone)  # meanwhile more was heard
        if utterance.finalised or self.microphone.is_copy(utterance):
            return
        self.utterances.captioned(heard_until)
        shown = utterance.partial(hypothesis, segmenter.open_voice, quiet_seconds=segmenter.quiet_seconds)
        if not await self._cut(utterance) and shown:
            await self._publish(utterance, shown, heard_until)
        if shown:
            lag_seconds = self.deps.clock.monotonic() - due_monotonic
            self.deps.telemetry.caption_published(final=False, lag_seconds=lag_seconds)

    async def _publish(self, utterance: Utterance, shown: Shown, until_samples: int) -> None:
        after = self.utterances.waiting_before(utterance)
        await self.publisher.show(utterance, shown, until_samples, after=after)

    async def _cut(self, utterance: Utterance) -> bool:
        """Cut a long utterance behind its stable prefix, and show both parts; return whether it was cut."""
        if utterance is not self.utterances.current:
            return False
        endpointer, start = self.front_end.endpointer, utterance.start_samples
        around = utterance.cut_between(endpointer.rests(start))
        if around is None:
            return False
        at_samples, events = endpointer.cut(Span(around.start_samples + start, around.end_samples + start))
        self.utterances.note(events)
        following = self.utterances.current
        if not events or following is None or following is utterance:
            return False
        kept, moved = utterance.split(at_samples - start)
        seeded = following.seed(moved, utterance.language, utterance.other)
        await self._publish(utterance, kept, at_samples)
        if seeded:
            await self._publish(following, seeded, self.front_end.segmenter.vad_offset)
        return True
