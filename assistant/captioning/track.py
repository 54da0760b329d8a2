"""One participant's audio on its way to captions.

`captioning.audio_front_end` records the audio and finds the utterances in it. Of two tasks of the track's own
one follows the open utterance with partials, the other settles ended ones with finals, in order; each
has one request at the scheduler at a time, so under load partials become rarer and finals later, but
nothing is lost.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

import structlog

from assistant.captioning.audio_front_end import AudioFrontEnd
from assistant.captioning.deps import TrackDeps
from assistant.captioning.journal_writer import JournalWriter
from assistant.captioning.publisher import CaptionPublisher
from assistant.captioning.second_pass import second_pass
from assistant.core.captions.caption import Caption
from assistant.core.errors import AssistantError, NotFound, RecognitionFailed, ShuttingDown, StoreUnavailable
from assistant.core.language import AUTO, LanguageMemory
from assistant.core.rooms import Track
from assistant.core.speech.audio import SAMPLE_RATE, Pcm, Span, samples_of, seconds_of, to_waveform
from assistant.core.speech.hallucination_filter import VoiceEvidence
from assistant.core.speech.hypothesis import Hypothesis, text_of
from assistant.core.speech.playhead import Playhead
from assistant.core.speech.segmentation import SpeechEnded, SpeechEvent, SpeechStarted
from assistant.core.speech.utterance import OVERLAP_SECONDS, FinalText, Utterance
from assistant.ports.speech import TranscriptionRequest
from assistant.rooms.room import RoomSession
from assistant.tasks.owner import TaskOwner
from assistant.tasks.retries import Backoff, keep_trying

_log = structlog.get_logger(__name__)
_SILENT_END_SECONDS = 0.3
"""The end of an utterance is silence: a caption that lacks only this lacks nothing."""
_PAUSES = Backoff(0.5, 10.0)
_DISK_PAUSES = Backoff(0.5, 2.0)
"""Until a disk or a database that was away is asked again."""


@dataclass(slots=True)
class _Ended:
    """An utterance that waits for its final; `ahead` if its audio came faster than it plays.

    `final` is what it came to, once that is known, and `published` what is out of it: where the store
    fails, neither is made again. `failures` counts how often the recogniser could not read it.
    """

    utterance: Utterance
    monotonic: float
    ahead: bool
    failures: int = 0
    final: FinalText | None = None
    published: list[Caption] = field(default_factory=list)


class TrackSession:
    """The audio of one participant in this process; `start_samples` of it are settled already.

    The journal has `recorded_samples` of it; None: as many. `connected` says whether there is somebody who
    sends audio.
    """

    def __init__(
        self,
        track: Track,
        room: RoomSession,
        tools: TrackDeps,
        *,
        start_samples: int = 0,
        recorded_samples: int | None = None,
    ) -> None:
        self.track = track
        self.room = room
        self.last_audio_monotonic = tools.clock.monotonic()
        self.feeding = asyncio.Lock()
        self.connected = False
        self._tools = tools
        self._rules = tools.rules
        self._hearing = AudioFrontEnd(
            JournalWriter(
                tools.journal,
                track.session,
                tools.rounds,
                keep=tools.keep_audio,
                recorded_samples=start_samples if recorded_samples is None else recorded_samples,
            ),
            tools.new_detector(),
            origin_seconds=track.origin_seconds,
            start_samples=start_samples,
            threads=tools.hearing,
        )
        self._endpointer = self._hearing.endpointer
        self._publisher = CaptionPublisher(track, room, self._hearing.timeline)
        self._memory = LanguageMemory(tools.languages)
        self._utterance: Utterance | None = None
        self._playhead = Playhead(
            start_samples,
            self.last_audio_monotonic,
            late_seconds=room.seconds_now - track.origin_seconds - seconds_of(start_samples),
        )
        self._captioned_samples = start_samples
        self._waiting: deque[_Ended] = deque()
        self._partial_due_monotonic: float | None = None
        self._held_back = False
        self._recorded_samples = start_samples
        self._wake = asyncio.Event()
        self._ended = asyncio.Event()
        self._drained = asyncio.Event()
        self._owner = TaskOwner()
        self._tasks = [
            self._owner.start(self._repeat(self._follow), "partials"),
            self._owner.start(self._repeat(self._settle), "finals"),
        ]

    # --- audio in ---------------------------------------------------------------------------------

    async def feed(self, pcm: Pcm, *, journalled: bool = False) -> None:
        """Take in the next samples; waits when too much is behind.

        Args:
            pcm: Mono, 16 kHz.
            journalled: The samples come from the journal (after a restart) and must not be added.
        """
        for start in range(0, len(pcm), SAMPLE_RATE):
            piece = pcm[start : start + SAMPLE_RATE]
            await self._wait_until_welcome()
            self.last_audio_monotonic = self._tools.clock.monotonic()
            self._playhead.heard(self.received_samples + len(piece), self.last_audio_monotonic)
            if journalled:
                events = await self._hearing.replay(piece)
            else:
                self._tools.telemetry.audio_received(len(piece))
                events = await self._hearing.record(piece, arrived_seconds=self.room.seconds_now)
            self._handle(events)
            self._note_partial_due()

    async def rename(self, name: str) -> None:
        """Show captions under another name, from the next revision on."""
        self.track = replace(self.track, name=name)
        self._publisher.name = name
        await self._save(self._recorded_samples)

    async def acknowledge(self) -> int:
        """Force the journal to disk; return how many samples are safe.

        Raises:
            StoreUnavailable: The disk takes nothing; what was received is kept in memory.
        """
        safe_samples = await self._hearing.sync()
        quiet_samples = self._settled_samples() - self._recorded_samples
        if quiet_samples >= samples_of(self._rules.settle_seconds):
            with contextlib.suppress(StoreUnavailable):  # the audio is safe; this is told with the next
                await self._record()
        return safe_samples

    async def stop(self) -> int:
        """End the track for good; return the `seq` of its last caption once that is out.

        Where the process ends before, it stays open and in the journal for the next one.
        """
        self._handle(await self._hearing.finish())
        await self.settle_all()
        if self._waiting:
            return self._publisher.last_seq
        self.track = replace(self.track, closed=True)
        await self._patiently(self._end)
        await self._patiently(self._hearing.delete)
        return self._publisher.last_seq or await self.room.log.position()

    async def park(self) -> None:
        """Leave memory, and the disk where all is captioned; the track can be resumed from the store.

        Raises:
            StoreUnavailable: It has to stay in memory, since its end cannot be stored.
        """
        await self.settle_all()
        async with self.feeding:
            await self._hearing.force()
            heard_again = self.received_samples < self._hearing.safe_samples  # and broken off
            captioned = not (self._waiting or self.talking or heard_again)
            # Whoever resumes goes on behind what was received, so nothing before it is heard again.
            await self._save(self.received_samples if captioned else self._settled_samples())
            await self._stop_working()
        if captioned:
            await self._forget(self.received_samples)
        # Many come once and go; what they leave open would be missing to who talks.
        await self._hearing.release()

    async def settle_all(self) -> None:
        """End the open utterance and wait until every final is out."""
        self._handle(self._endpointer.flush())
        while self._waiting and self._working:
            self._drained.clear()
            await self._drained.wait()

    async def abandon(self) -> None:
        """Stop working at once; what is not settled stays in the journal for the next start."""
        await self._stop_working()
        await self._hearing.sync()

    @property
    def problem(self) -> StoreUnavailable | None:
        """Why what was received cannot be kept; None while all is well."""
        return self._hearing.problem

    @property
    def backed_up(self) -> bool:
        """Whether so much waits for the disk that no more may be taken in."""
        return self._hearing.backed_up

    @property
    def received_samples(self) -> int:
        """How far audio was taken in."""
        return self._hearing.received_samples

    @property
    def kept_samples(self) -> int:
        """How much audio is in memory."""
        return self._endpointer.kept_samples

    @property
    def talking(self) -> bool:
        """Whether somebody is speaking."""
        return self._utterance is not None

    @property
    def ahead(self) -> bool:
        """Whether audio arrives faster than it plays; then live tracks go first."""
        return self._playhead.ahead

    def behind_seconds(self) -> float:
        """Return the age of the oldest speech that no caption shows, neither partial nor final."""
        oldest = self._oldest_uncaptioned()
        return 0.0 if oldest is None else self._playhead.age_seconds(oldest, self._tools.clock.monotonic())

    def finals_behind_seconds(self) -> float:
        """Return how long the oldest live utterance has been waiting for its final."""
        since = next((waiting.monotonic for waiting in self._waiting if not waiting.ahead), None)
        return 0.0 if since is None else self._tools.clock.monotonic() - since

    def _oldest_uncaptioned(self) -> int | None:
        captioned = self._captioned_samples
        for waiting in self._waiting:
            ended = waiting.utterance.ended
            if ended and captioned < ended.span.end_samples - samples_of(_SILENT_END_SECONDS):
                return max(captioned, ended.span.start_samples)
        if self._utterance is None or not self.connected:
            return None  # of somebody who is gone there is nothing new to show
        oldest = max(captioned, self._utterance.start_samples)
        voice_end = self._endpointer.vad_offset - samples_of(self._endpointer.quiet_seconds)
        return oldest if oldest < voice_end else None

    async def _wait_until_welcome(self) -> None:
        try:
            while self._must_wait() and self._working:
                self._held_back = True
                self._drained.clear()
                await self._drained.wait()
        finally:
            self._held_back = False

    def _must_wait(self) -> bool:
        """Whether too much is behind, or a long utterance has to be cut before it grows further."""
        return len(self._waiting) >= self._rules.most_waiting or self._cut_is_due()

    def _cut_is_due(self) -> bool:
        utterance = self._utterance
        if utterance is None or utterance.read_samples >= utterance.must_cut_samples:
            return False
        if not self._partials_serve():
            return False  # voice activity cuts it
        return self._endpointer.vad_offset - utterance.start_samples >= utterance.must_cut_samples

    # --- utterances -------------------------------------------------------------------------------

    def _handle(self, events: Sequence[SpeechEvent]) -> None:
        for event in events:
            if isinstance(event, SpeechStarted):
                pinned = None if self.track.language == AUTO else self.track.language
                before = self._cut_off(event.start_samples)
                self._utterance = Utterance(
                    event.start_samples,
                    self._memory,
                    pinned=pinned,
                    continues=before is not None and not before.ends_sentence,
                    before=text_of(before.prefix) if before else None,
                    torn=before is not None and before.torn,
                    word_times=self._word_times,
                )
            elif self._utterance:
                self._utterance.ended = event
                now = self._tools.clock.monotonic()
                self._waiting.append(_Ended(self._utterance, now, self.ahead))
                self._utterance = None
                self._partial_due_monotonic = None
            self._wake.set()
            self._ended.set()

    def _cut_off(self, at_samples: int) -> Utterance | None:
        """Return the utterance that was cut where the voice went on, or None."""
        before = self._waiting[-1].utterance if self._waiting else None
        ended = before.ended if before else None
        return before if ended and ended.forced and ended.span.end_samples == at_samples else None

    def _note_partial_due(self) -> None:
        if self._partial_due_monotonic is None and self._partial_is_due():
            self._partial_due_monotonic = self._tools.clock.monotonic()
            self._wake.set()

    def _partial_is_due(self) -> bool:
        utterance = self._utterance
        if utterance is None or not self._partials_serve():
            return False
        if self._cut_is_due():
            return True  # audio waits for it
        heard = self._endpointer.vad_offset - utterance.start_samples
        voiced_end = heard - samples_of(max(0.0, self._endpointer.quiet_seconds - 0.35))
        wanted = self._rules.first_partial_seconds
        if utterance.partial_samples:
            wanted = self._tools.scheduler.step_seconds(self._rules.step_seconds)
        return voiced_end - utterance.partial_samples >= samples_of(wanted)

    @property
    def _word_times(self) -> bool:
        return self._tools.scheduler.capabilities.word_timestamps

    def _partials_serve(self) -> bool:
        """Whether anybody gains by partials: not where a file is pushed in while others speak."""
        return not self.ahead or not self._tools.scheduler.others_talk(self.track.session)

    # --- captions out -----------------------------------------------------------------------------

    @property
    def _working(self) -> bool:
        return not any(task.done() for task in self._tasks)

    async def _stop_working(self) -> None:
        await self._owner.close()

    async def _repeat(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do the work again and again, whatever happens, until there is nothing left to work for."""
        failures = 0
        while True:
            try:
                await work()
                failures = 0
            except (ShuttingDown, NotFound):
                return
            except (StoreUnavailable, RecognitionFailed) as error:
                # The disk is full, the database away or memory short: nothing is lost, it is tried again.
                failures += 1
                self._note_wait(error, failures)
                await asyncio.sleep(_DISK_PAUSES.pause_seconds(failures))
            except Exception as error:  # noqa: BLE001 - whatever happened, this track goes on
                failures += 1
                _log.exception(
                    "track_failed", room=self.track.room, failures=failures, error=type(error).__name__
                )
                hopeless = failures >= self._rules.attempts and not isinstance(error, AssistantError)
                if hopeless and work == self._settle and self._waiting:
                    self._waiting.popleft()
                await asyncio.sleep(_PAUSES.pause_seconds(failures))
            finally:
                self._drained.set()

    async def _follow(self) -> None:
        """Ask for the next partial of the open utterance, when there is enough new audio."""
        if self._utterance and self._partial_is_due():
            await self._partial(self._utterance)
            return
        self._wake.clear()
        try:
            look_seconds = self._rules.look_seconds if self._utterance else None
            await asyncio.wait_for(self._wake.wait(), look_seconds)
        except TimeoutError:
            if self._audio_has_stopped():
                self._handle(self._endpointer.flush())

    def _audio_has_stopped(self) -> bool:
        """Whether nothing more is to come of the open utterance, so that it has to end."""
        if self._held_back:
            return False  # the sender has more
        # A client that comes back goes on where it was cut off, maybe within a word.
        patience_seconds = self._rules.idle_seconds if self.connected else self._rules.lost_seconds
        return self._tools.clock.monotonic() - self.last_audio_monotonic >= patience_seconds

    async def _settle(self) -> None:
        """Settle the oldest utterance that has ended, or wait for one."""
        if self._hearing.timeline.origin_seconds != self.track.origin_seconds:
            await self._save(self._recorded_samples)
        if not self._waiting:
            self._ended.clear()
            await self._ended.wait()
            return
        await self._finish(self._waiting[0])
        self._waiting.popleft()

    async def _partial(self, utterance: Utterance) -> None:
        heard_until = 0

        def build() -> TranscriptionRequest | None:
            nonlocal heard_until
            if utterance.ended:
                return None
            heard_until = self._endpointer.vad_offset
            utterance.partial_samples = heard_until - utterance.start_samples
            window = utterance.window()
            span = Span(utterance.start_samples + window.start_samples, heard_until)
            return TranscriptionRequest(
                waveform=to_waveform(self._endpointer.recent(span)),
                language=utterance.language_for(span.length_samples, final=False),
                prefix=window.prefix,
                context=window.context,
                voice=() if self._word_times else self._endpointer.voice(span),
            )

        due = self._partial_due_monotonic or self._tools.clock.monotonic()
        hypothesis = await self._tools.scheduler.run(
            "partial",
            build,
            track=self.track.session,
            due_seconds=due,
            urgent=self._cut_is_due(),
            bulk=self.ahead,
        )
        self._partial_due_monotonic = None
        if hypothesis is None or utterance.settled:
            utterance.read_samples = utterance.partial_samples
            return
        self._captioned_samples = max(self._captioned_samples, heard_until)
        voice = VoiceEvidence(*self._endpointer.open_voice)
        shown = utterance.partial(hypothesis, voice, quiet_seconds=self._endpointer.quiet_seconds)
        if not await self._cut(utterance) and shown:
            await self._publisher.show(utterance, shown, heard_until)
        if shown:
            lag_seconds = self._tools.clock.monotonic() - due
            self._tools.telemetry.caption_published(final=False, lag_seconds=lag_seconds)

    async def _cut(self, utterance: Utterance) -> bool:
        """Cut a long utterance behind the words that readers are promised, and show both parts."""
        if utterance is not self._utterance:
            return False
        start = utterance.start_samples
        rests = self._endpointer.rests(start)
        around = utterance.cut_between(rests)
        if around is None:
            return False
        at_samples, events = self._endpointer.cut(
            Span(around.start_samples + start, around.end_samples + start)
        )
        self._handle(events)
        following = self._utterance
        if not events or following is None or following is utterance:
            return False
        kept, moved = utterance.split(at_samples - start)
        seeded = following.seed(moved, utterance.language)
        await self._publisher.show(utterance, kept, at_samples)
        if seeded:
            await self._publisher.show(following, seeded, self._endpointer.vad_offset)
        return True

    async def _finish(self, waiting: _Ended) -> None:
        utterance, ended = waiting.utterance, waiting.utterance.ended
        if ended is None:
            raise ValueError("only an utterance that has ended can be finished")
        if waiting.final is None:
            hypothesis = await self._second_pass(waiting, ended)
            if hypothesis is None:
                waiting.final = self._failed(waiting, ended)
            else:
                waiting.final = utterance.finish(hypothesis, ended)
            if waiting.final.rejected:
                self._tools.telemetry.utterance_rejected(waiting.final.rejected)
        await self._keep_audio(utterance, ended.span, waiting.final)
        settled = await self._publisher.settle(utterance, ended.span, waiting.final, waiting.published)
        if settled is None:  # nobody spoke; it goes from the disk like what was captioned
            await self._tools.store.advance_track(
                self.track.session,
                received_samples=self._hearing.safe_samples,
                durable_samples=ended.span.end_samples,
            )
        self._recorded_samples = max(self._recorded_samples, ended.span.end_samples)
        await self._forget_before(self._recorded_samples)
        self._captioned_samples = max(self._captioned_samples, ended.span.end_samples)
        lag_seconds = self._tools.clock.monotonic() - waiting.monotonic
        self._tools.telemetry.caption_published(final=True, lag_seconds=lag_seconds)

    def _failed(self, waiting: _Ended, ended: SpeechEnded) -> FinalText:
        """Return what readers saw of an utterance that the recogniser cannot read, however often it tries.

        Raises:
            RecognitionFailed: It is to try again, after a pause: memory may have been short.
        """
        waiting.failures += 1
        if waiting.failures < self._rules.attempts:
            raise RecognitionFailed("An utterance could not be read.")
        _log.error(
            "audio_not_captioned",
            room=self.track.room,
            start_seconds=round(self._hearing.timeline.seconds_at(ended.span.start_samples), 1),
            seconds=round(ended.span.length_seconds, 1),
        )
        return FinalText(waiting.utterance.language, waiting.utterance.shown_words, rejected="failed")

    async def _keep_audio(self, utterance: Utterance, span: Span, final: FinalText) -> None:
        """Keep the audio of a final where somebody works on it once it is published."""
        audio = self._tools.final_audio
        if final.words and audio.wanted(self.track.room, final.language):
            try:
                audio.put(self._publisher.caption_id(utterance), to_waveform(await self._hearing.load(span)))
            except StoreUnavailable as error:  # the final itself does not wait for that
                _log.warning("final_audio_not_read", room=self.track.room, code=error.code)

    async def _second_pass(self, waiting: _Ended, ended: SpeechEnded) -> Hypothesis | None:
        """Return the better reading of an utterance."""
        # Where somebody talks on, partials have promised all words before the cut.
        patience_seconds = self._rules.patience_seconds if ended.forced else 0.0

        async def recognise(request: TranscriptionRequest) -> Hypothesis | None:
            return await self._tools.scheduler.run(
                "final",
                lambda: request,
                track=self.track.session,
                due_seconds=waiting.monotonic + patience_seconds,
                bulk=waiting.ahead,
                patient=ended.forced,
            )

        return await second_pass(
            waiting.utterance,
            ended,
            hearing=self._hearing,
            context=self.room.context,
            participant=self.track.participant,
            recognise=recognise,
        )

    # --- what survives ------------------------------------------------------------------------------

    def _settled_samples(self) -> int:
        if self._waiting:
            return self._waiting[0].utterance.start_samples
        return self._hearing.durable_samples

    async def _record(self) -> None:
        settled = self._settled_samples()
        await self._tools.store.advance_track(
            self.track.session, received_samples=self._hearing.safe_samples, durable_samples=settled
        )
        self._recorded_samples = settled
        await self._forget_before(settled)
        self._hearing.timeline.forget_before(settled)

    async def _forget_before(self, durable_samples: int) -> None:
        """Let go of audio but for what the next final hears of it."""
        await self._forget(max(0, durable_samples - samples_of(OVERLAP_SECONDS)))

    async def _forget(self, before_samples: int) -> None:
        """Let go of audio; where the disk does not let it go now, it goes with what follows."""
        try:
            await self._hearing.forget_before(before_samples)
        except StoreUnavailable as error:
            _log.warning("audio_not_removed", room=self.track.room, code=error.code)

    async def _end(self) -> None:
        """Store how far the track came, then stop working; where the first fails, it works on."""
        async with self.feeding:
            await self._hearing.sync()
            await self._save(self._settled_samples())
            await self._stop_working()

    async def _patiently(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do something that has to be done, however long the disk is away."""
        await keep_trying(work, StoreUnavailable, _DISK_PAUSES, self._note_wait)

    def _note_wait(self, error: StoreUnavailable | RecognitionFailed, failures: int) -> None:
        _log.warning("track_waits", room=self.track.room, code=error.code, failures=failures)

    async def _save(self, durable_samples: int) -> None:
        self.track = replace(
            self.track,
            origin_seconds=self._hearing.timeline.origin_seconds,
            received_samples=self._hearing.safe_samples,
            durable_samples=durable_samples,
        )
        await self._tools.store.save_track(self.track)
