"""One participant's audio on its way to captions.

`captioning.audio_front_end` records the audio and finds the utterances in it. Of two tasks of the track's own
one follows the open utterance with partials, the other finalises ended ones, in order.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from enum import Enum

import structlog

from assistant.captioning.audio_front_end import AudioFrontEnd
from assistant.captioning.deps import TrackDeps
from assistant.captioning.finals import Finals
from assistant.captioning.journal_writer import JournalWriter
from assistant.captioning.microphone import Microphone
from assistant.captioning.partials import Partials
from assistant.captioning.publisher import CaptionPublisher
from assistant.captioning.track_record import TrackRecord
from assistant.captioning.utterance_queue import UtteranceQueue
from assistant.core.errors import NotFound, RecognitionFailed, ShuttingDown, StoreUnavailable
from assistant.core.language import pinned_language
from assistant.core.rooms import Track
from assistant.core.speech.audio import SAMPLE_RATE, Pcm, samples_of, seconds_of
from assistant.core.speech.playhead import Playhead
from assistant.core.speech.spoken_language import LanguageMemory
from assistant.rooms.room import RoomSession
from assistant.tasks.owner import TaskOwner
from assistant.tasks.retries import Backoff, keep_trying

_log = structlog.get_logger(__name__)
_PAUSES = Backoff(0.5, 10.0)
_DISK_PAUSES = Backoff(0.5, 2.0)
"""The pauses before a disk or a database that was away is asked again."""


class TrackState(Enum):
    """Who a track works for."""

    CONNECTED = "connected"
    """Somebody is connected and sends audio."""
    DETACHED = "detached"
    """Nobody is connected; the track can be resumed."""
    STOPPED = "stopped"
    """No caption is made any more."""


class TrackSession:
    """The audio of one participant in this process.

    Attributes:
        room: Where its captions are published.
        front_end: Takes the audio in.
        playhead: Whether the audio arrives faster than it plays; then live tracks go first.
        utterances: What is spoken, and has no final yet.
        last_audio_monotonic: When audio came last.
        receiving: Held by whoever gives the track audio; who holds it may end the track's work.
    """

    def __init__(
        self,
        track: Track,
        room: RoomSession,
        deps: TrackDeps,
        start_samples: int,
        recorded_samples: int,
    ) -> None:
        """Begin to work; call it inside the event loop.

        Args:
            track: The track as it is stored.
            room: Where its captions are published.
            deps: What all tracks share.
            start_samples: How much of its audio is captioned, or lost.
            recorded_samples: How much of its audio the journal has.
        """
        self.room = room
        self.last_audio_monotonic = deps.clock.monotonic()
        # Audio comes in one piece after the other. Whoever stores how far the track came and ends its work
        # holds this as well, so that nothing is received in between.
        self.receiving = asyncio.Lock()
        self.front_end = AudioFrontEnd(
            JournalWriter(
                deps.journal,
                track.session,
                deps.rounds,
                keep=deps.keep_audio,
                recorded_samples=recorded_samples,
            ),
            deps.new_detector(),
            origin_seconds=track.origin_seconds,
            start_samples=start_samples,
            threads=deps.voice_threads,
            most_pending_seconds=deps.rules.most_pending_seconds,
        )
        self.playhead = Playhead(
            start_samples,
            self.last_audio_monotonic,
            late_seconds=room.seconds_now - track.origin_seconds - seconds_of(start_samples),
        )
        self._deps = deps
        self._state = TrackState.DETACHED
        self._held_back = False
        self._record = TrackRecord(track, deps.store, self.front_end)
        self._publisher = CaptionPublisher(self._record, room, self.front_end.timeline)
        memory = LanguageMemory(room.spoken, track.participant, pinned=pinned_language(track.language))
        self.utterances = UtteranceQueue(start_samples, memory, deps, self.playhead)
        self._microphone = Microphone(room.name, track.session, self.front_end, self.utterances)
        deps.crosstalk.join(self._microphone)
        self._partials = Partials(
            track.session,
            deps,
            self.front_end,
            self.utterances,
            self.playhead,
            self._publisher,
            self._microphone,
        )
        finals = Finals(
            room,
            deps,
            self._record,
            self.front_end,
            self.utterances,
            self._publisher,
            self._microphone,
        )
        self._worked = asyncio.Event()
        self._tasks = TaskOwner()
        self._tasks.start(self._repeat(self._follow), "partials")
        self._tasks.start(self._repeat(finals.finalise_next), "finals")

    @property
    def track(self) -> Track:
        """The track as it is stored."""
        return self._record.track

    @property
    def state(self) -> TrackState:
        """Who the track works for."""
        return self._state

    @state.setter
    def state(self, state: TrackState) -> None:
        # A track that has stopped cannot be resumed: whoever comes back gets another one of the same session.
        if self._state not in (state, TrackState.STOPPED):
            _log.debug("track_state", room=self.room.name, before=self._state.value, after=state.value)
            self._state = state
            self._worked.set()

    @property
    def talking(self) -> bool:
        """Whether somebody is speaking."""
        return self.utterances.current is not None

    def behind_seconds(self) -> float:
        """Return the age of the oldest speech that no caption shows, neither partial nor final."""
        segmenter = self.front_end.segmenter
        voice_end = segmenter.vad_offset - samples_of(segmenter.quiet_seconds)
        # Of somebody who is gone there is nothing new to show.
        oldest = self.utterances.oldest_uncaptioned(voice_end if self.state is TrackState.CONNECTED else 0)
        return 0.0 if oldest is None else self.playhead.age_seconds(oldest, self._deps.clock.monotonic())

    def finals_behind_seconds(self) -> float:
        """Return how long the oldest live utterance has been waiting for its final."""
        since = next((each.since_monotonic for each in self.utterances.ended if not each.ahead), None)
        return 0.0 if since is None else self._deps.clock.monotonic() - since

    # --- audio in ---------------------------------------------------------------------------------

    async def receive(self, pcm: Pcm, *, journalled: bool = False) -> None:
        """Take in the next samples; waits when too much is behind.

        Args:
            pcm: Mono, 16 kHz.
            journalled: The samples come from the journal (after a restart) and must not be added.
        """
        for start in range(0, len(pcm), SAMPLE_RATE):
            piece = pcm[start : start + SAMPLE_RATE]
            await self._wait_until_welcome()
            self.last_audio_monotonic = self._deps.clock.monotonic()
            self.playhead.heard(self.front_end.received_samples + len(piece), self.last_audio_monotonic)
            if journalled:
                events = await self.front_end.replay(piece)
            else:
                self._deps.telemetry.audio_received(len(piece))
                events = await self.front_end.record(piece, arrived_seconds=self.room.seconds_now)
            self.utterances.note(events)
            self._partials.note_due()

    async def _wait_until_welcome(self) -> None:
        try:
            while self._too_much_is_behind() and self.state is not TrackState.STOPPED:
                self._held_back = True
                self._worked.clear()
                await self._worked.wait()
        finally:
            self._held_back = False

    def _too_much_is_behind(self) -> bool:
        """Whether too many finals wait, or a long utterance has to be cut before it grows further."""
        return len(self.utterances.ended) >= self._deps.rules.most_waiting or self._partials.cut_is_due

    async def rename(self, name: str) -> None:
        """Show captions under another name, from the next revision on."""
        self._record.track = replace(self.track, name=name)
        await self._record.save()

    async def speak(self, language: str) -> None:
        """Take what is said from now on for a language (a BCP-47 primary subtag), or detect it (`auto`)."""
        self.utterances.memory.pinned = pinned_language(language)
        self._record.track = replace(self.track, language=language)
        try:
            await self._record.save()
        except StoreUnavailable as error:  # it holds; the disk learns of it when the track is stored next
            _log.warning("language_not_kept", room=self.room.name, code=error.code)

    async def acknowledge(self) -> int:
        """Force the journal to disk; return how many samples are safe.

        Raises:
            StoreUnavailable: The disk takes nothing; what was received is kept in memory.
        """
        safe_samples = await self.front_end.sync()
        quiet_samples = self._durable_samples() - self._record.durable_samples
        if quiet_samples >= samples_of(self._deps.rules.silence_seconds):
            with contextlib.suppress(StoreUnavailable):  # the audio is safe; this is told with the next
                await self._record.advance(self._durable_samples())
        return safe_samples

    def _durable_samples(self) -> int:
        """Return up to where all is on disk, and captioned or no speech."""
        if self.utterances.ended:
            return self.utterances.ended[0].utterance.start_samples
        return self.front_end.durable_samples

    # --- captions out -----------------------------------------------------------------------------

    async def _repeat(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do the work again and again, whatever happens, until there is nothing left to work for."""
        failures = 0
        while True:
            try:
                await work()
                failures = 0
            except (ShuttingDown, NotFound):
                self.state = TrackState.STOPPED
                return
            except (StoreUnavailable, RecognitionFailed) as error:
                # The disk is full, the database away or memory short: nothing is lost, it is tried again.
                failures += 1
                self._note_wait(error, failures)
                await asyncio.sleep(_DISK_PAUSES.pause_seconds(failures))
            except Exception as error:  # noqa: BLE001 - whatever happened, this track goes on
                failures += 1
                _log.exception(
                    "track_failed", room=self.room.name, failures=failures, error=type(error).__name__
                )
                await asyncio.sleep(_PAUSES.pause_seconds(failures))
            finally:
                self._worked.set()

    async def _follow(self) -> None:
        """Make the next partial of the open utterance when there is enough new audio."""
        if await self._partials.show_next():
            return
        self.utterances.for_partials.clear()
        try:
            look_seconds = self._deps.rules.look_seconds if self.talking else None
            await asyncio.wait_for(self.utterances.for_partials.wait(), look_seconds)
        except TimeoutError:
            if self._audio_has_stopped():
                self._end_utterance()

    def _audio_has_stopped(self) -> bool:
        """Whether nothing more is to come of the open utterance, so that it has to end."""
        if self._held_back:
            return False  # the sender has more
        rules = self._deps.rules
        # A client that comes back goes on where it was cut off, maybe within a word.
        patience_seconds = rules.idle_seconds if self.state is TrackState.CONNECTED else rules.lost_seconds
        return self._deps.clock.monotonic() - self.last_audio_monotonic >= patience_seconds

    def _end_utterance(self) -> None:
        self.utterances.note(self.front_end.segmenter.flush())

    # --- the end ----------------------------------------------------------------------------------

    async def drain(self) -> None:
        """End the open utterance and wait until every final is out."""
        self._end_utterance()
        while self.utterances.ended and self.state is not TrackState.STOPPED:
            self._worked.clear()
            await self._worked.wait()

    async def stop(self) -> int:
        """End the track for good; return the `seq` of its last caption once that is out.

        Where the process ends before, it stays open and in the journal for the next one.
        """
        self.utterances.note(await self.front_end.finish())
        await self.drain()
        if self.utterances.ended:
            return self._publisher.last_seq
        self._record.track = replace(self.track, closed=True)
        await self._patiently(self._end)
        await self._patiently(self.front_end.journal.delete)
        return self._publisher.last_seq or await self.room.log.position()

    async def park(self) -> None:
        """Leave memory, and the disk where all is captioned; the track can be resumed from the store.

        Raises:
            StoreUnavailable: It has to stay in memory, since its end cannot be stored.
        """
        await self.drain()
        async with self.receiving:
            received_samples = self.front_end.received_samples
            await self.front_end.force()
            heard_again = received_samples < self.front_end.safe_samples  # and broken off
            captioned = not (self.utterances.ended or self.talking or heard_again)
            # Whoever resumes goes on behind what was received, so nothing before it is heard again.
            await self._record.save(received_samples if captioned else self._durable_samples())
            await self._stop_working()
        if captioned:
            await self._record.forget_before(received_samples)
        # Many come once and go; what they leave open would be missing to who talks.
        await self.front_end.journal.release()

    async def abandon(self) -> None:
        """Stop working at once; what is not captioned stays in the journal for the next start."""
        await self._stop_working()
        await self.front_end.sync()

    async def _end(self) -> None:
        """Store that the track has ended, then stop working; where the first fails, it works on."""
        async with self.receiving:
            await self.front_end.sync()
            await self._record.save(self._durable_samples())
            await self._stop_working()

    async def _stop_working(self) -> None:
        self.state = TrackState.STOPPED
        self._deps.crosstalk.leave(self._microphone)
        await self._tasks.close()

    async def _patiently(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do something that has to be done, however long the disk is away."""
        await keep_trying(work, StoreUnavailable, _DISK_PAUSES, self._note_wait)

    def _note_wait(self, error: StoreUnavailable | RecognitionFailed, failures: int) -> None:
        _log.warning("track_waits", room=self.room.name, code=error.code, failures=failures)
