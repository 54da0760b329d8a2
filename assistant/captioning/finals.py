"""Makes the finals of one track, in the order in which its utterances ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from assistant.captioning.audio_front_end import AudioFrontEnd
from assistant.captioning.deps import TrackDeps
from assistant.captioning.microphone import Microphone
from assistant.captioning.publisher import CaptionPublisher
from assistant.captioning.second_pass import SecondPass
from assistant.captioning.track_record import TrackRecord
from assistant.captioning.utterance_queue import EndedUtterance, UtteranceQueue
from assistant.core.errors import AssistantError, RecognitionFailed, StoreUnavailable
from assistant.core.inference.queue import InferenceRequest
from assistant.core.speech.audio import Span, to_waveform
from assistant.core.speech.copies import own_voice
from assistant.core.speech.hypothesis import Hypothesis
from assistant.core.speech.utterance import FinalText
from assistant.ports.speech import TranscriptionRequest
from assistant.rooms.room import RoomSession

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Finals:
    """Finalises the utterances of one track that have ended.

    There is one request at a time, so under load finals come later; none is left out.

    Attributes:
        room: Where they are published.
        deps: What all tracks share.
        record: What the database knows of the track.
        front_end: The track's audio.
        utterances: The track's utterances.
        publisher: Publishes the finals.
        microphone: What the track knows of those that may hear the same voice.
    """

    room: RoomSession
    deps: TrackDeps
    record: TrackRecord
    front_end: AudioFrontEnd
    utterances: UtteranceQueue
    publisher: CaptionPublisher
    microphone: Microphone

    async def finalise_next(self) -> None:
        """Finalise the oldest utterance that has ended, or wait until one ends.

        Raises:
            StoreUnavailable: It waits on, with what it came to: nothing of it is recognised again.
            RecognitionFailed: It waits on, to be tried again after a pause: memory may have been short.
        """
        await self.record.save_moved_origin()
        if not self.utterances.ended:
            self.utterances.for_finals.clear()
            await self.utterances.for_finals.wait()
            return
        waiting = self.utterances.ended[0]
        try:
            await self._finalise(waiting, waiting.final or await self._read(waiting))
        except AssistantError:
            raise
        except Exception:
            self._note_failure(waiting)
            raise
        self.utterances.ended.popleft()

    async def _finalise(self, waiting: EndedUtterance, final: FinalText) -> None:
        utterance, span = waiting.utterance, waiting.speech.span
        waiting.final = final
        await self._keep_audio(waiting, final)
        caption = await self.publisher.finalise(utterance, span, final, waiting.published)
        if caption is None:  # nobody spoke; it goes from the disk like what was captioned
            await self.record.advance(span.end_samples)
        else:
            await self.record.reached(span.end_samples)
        self.utterances.said(utterance, final.words)
        self.utterances.captioned(span.end_samples)
        if final.rejected:
            self.deps.telemetry.utterance_rejected(final.rejected)
        lag_seconds = self.deps.clock.monotonic() - waiting.since_monotonic
        self.deps.telemetry.caption_published(final=True, lag_seconds=lag_seconds)

    async def _read(self, waiting: EndedUtterance) -> FinalText:
        """Return what an utterance comes to by its second pass; nothing where another track has all of it."""
        elsewhere = await self.deps.crosstalk.captioned_elsewhere(self.microphone, waiting.speech)
        if elsewhere and not own_voice(waiting.speech.voice, elsewhere):
            return waiting.utterance.finish_copied()
        hypothesis = await self._second_pass(waiting, elsewhere)
        if hypothesis is not None:
            return waiting.utterance.finish(hypothesis, waiting.speech)
        self._note_failure(waiting)
        if waiting.final is None:
            raise RecognitionFailed("An utterance could not be read.")
        return waiting.final

    def _note_failure(self, waiting: EndedUtterance) -> None:
        """Note that an utterance could not be finalised; after some tries its final is what readers saw.

        Where not even that can be published, it is told as lost, with its times, and those behind it go on.
        Its place is not kept for the next start, which reads all audio behind one durable offset: what was
        captioned behind it meanwhile would be captioned twice.
        """
        waiting.failures += 1
        if waiting.failures == self.deps.rules.attempts:
            utterance = waiting.utterance
            self._tell_not_captioned(waiting, lost=False)
            utterance.finalised = True  # a partial that comes late must not follow the final
            waiting.final = FinalText(
                utterance.language, utterance.shown_words, rejected="failed", other=utterance.other
            )
        elif waiting.failures >= 2 * self.deps.rules.attempts:
            self._tell_not_captioned(waiting, lost=True)
            self.deps.telemetry.utterance_rejected("failed")
            self.utterances.ended.popleft()

    def _tell_not_captioned(self, waiting: EndedUtterance, *, lost: bool) -> None:
        """Tell whoever runs the service what could not be captioned, and whether what readers saw is lost."""
        span = waiting.speech.span
        _log.error(
            "audio_not_captioned",
            room=self.room.name,
            start_seconds=round(self.front_end.timeline.began_seconds(span), 1),
            seconds=round(span.length_seconds, 1),
            lost=lost,
        )

    async def _keep_audio(self, waiting: EndedUtterance, final: FinalText) -> None:
        """Keep the audio of a final where somebody works on it once it is published."""
        audio = self.deps.final_audio
        if final.words and audio.wanted(self.room.name, final.language):
            try:
                pcm = await self.front_end.journal.load(waiting.speech.span)
            except StoreUnavailable as error:  # the final itself does not wait for that
                _log.warning("final_audio_not_read", room=self.room.name, code=error.code)
            else:
                audio.put(self.publisher.caption_id(waiting.utterance), to_waveform(pcm))

    async def _second_pass(self, waiting: EndedUtterance, elsewhere: Sequence[Span]) -> Hypothesis | None:
        cut = waiting.speech.forced
        # Where somebody talks on, the stable prefix of partials has all words before the cut.
        due_seconds = waiting.since_monotonic + (self.deps.rules.patience_seconds if cut else 0.0)
        wanted = InferenceRequest("final", due_seconds, bulk=waiting.ahead, patient=cut)
        track = self.record.track

        async def recognise(request: TranscriptionRequest) -> Hypothesis | None:
            return await self.deps.scheduler.run(wanted, lambda: request, track=track.session)

        second_pass = SecondPass(self.room.context, track.participant, recognise, self.front_end.threads)
        return await second_pass.of_track(waiting.utterance, waiting.speech, self.front_end, elsewhere)
