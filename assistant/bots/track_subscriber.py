"""Listens to one audio track of a meeting, as one participant of our room."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from assistant.captioning.connection import TrackConnection
from assistant.captioning.track_registry import Join
from assistant.core.errors import AssistantError, CapacityReached, ModelMissing, StoreUnavailable
from assistant.core.speech.audio import SAMPLE_RATE, Pcm, seconds_of
from assistant.ports.meetings import AudioTap
from assistant.tasks.owner import TaskOwner
from assistant.tasks.retries import Backoff

_log = structlog.get_logger(__name__)
_REST_SECONDS = 0.2
_PAUSES = Backoff(1.0, 5.0)
_DISK_PAUSES = Backoff(0.25, 1.0)


@dataclass(frozen=True, slots=True)
class SubscriberRules:
    """How patient a subscriber is.

    Attributes:
        ack_seconds: How often what was heard is handed to the disk.
        pauses: How long is waited before a room that takes nobody now is asked again.
        disk_pauses: How long is waited before audio is offered again that the disk did not take.
    """

    ack_seconds: float = 0.5
    pauses: Backoff = _PAUSES
    disk_pauses: Backoff = _DISK_PAUSES


class Joins(Protocol):
    """Where a participant is let in."""

    async def connect(self, join: Join) -> TrackConnection:
        """Return a connection through which a participant is heard."""


class TrackSubscriber:
    """Carries the audio of a tap to a track of our room until the tap ends or it is silenced.

    `after` is an older subscriber of the same speaker, whose audio is taken in first.

    Attributes:
        problem: Why nothing is heard now; None while all is well.
        received_samples: How much audio was taken in.
    """

    def __init__(
        self,
        tracks: Joins,
        join: Join,
        tap: AudioTap,
        after: TrackSubscriber | None = None,
        rules: SubscriberRules | None = None,
    ) -> None:
        self._rules = rules or SubscriberRules()
        self.problem: AssistantError | None = None
        self.received_samples = 0
        self._tracks = tracks
        self._join = join
        self._tap = tap
        self._connection: TrackConnection | None = None
        self._name = join.name
        self._language = join.language
        self._acked_monotonic = 0.0
        self._silenced = False
        self._ending = asyncio.Event()
        self._tasks = TaskOwner()
        self._task = self._tasks.start(self._run(after), "track-subscriber")

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self._task.done()

    @property
    def receiving(self) -> bool:
        """Whether what is said arrives: subscribing to a track takes the platform a while."""
        return self._tap.receiving

    def rename(self, name: str) -> None:
        """Show what is heard from now on under another name."""
        self._name = name

    def speak(self, language: str) -> None:
        """Take what is heard from now on for a language (a BCP-47 primary subtag), or detect it (`auto`)."""
        self._language = language

    def silence(self) -> None:
        """Hear nothing more, from this moment on: what was not taken in yet is forgotten."""
        self._silenced = True
        self._ending.set()
        self._tap.close()

    def release(self) -> None:
        """Hear nothing more but what has come already."""
        self._ending.set()
        self._tap.end()

    async def finish(self) -> int:
        """Wait until the tap has ended and all of it is captioned; return the `seq` of the last caption."""
        try:
            await self._heard()
            return await self._stop()
        finally:
            await self._tasks.close()

    async def _heard(self) -> None:
        await asyncio.wait([self._task])

    async def _run(self, after: TrackSubscriber | None) -> None:
        try:
            if after:
                await after._heard()  # noqa: SLF001 - its own kind
            self._connection = await self._joined()
            while self._connection and (pcm := await self._tap.read()) is not None:
                self._note_losses()
                await self._introduce(self._connection)
                await self._feed(self._connection, pcm)
                await self._acknowledge(self._connection)
                if not self._connection.talking:
                    await self._wait(_REST_SECONDS)
        except AssistantError as error:
            self.problem = error
            _log.warning("ear_ended", room=self._join.room, code=error.code)
        except Exception as error:  # noqa: BLE001 - whoever owns this subscriber sees that it has ended
            _log.exception("ear_failed", room=self._join.room, error=type(error).__name__)
        finally:
            self._tap.close()

    async def _feed(self, connection: TrackConnection, pcm: Pcm) -> None:
        """Hand audio to the track, a second at a time; what was begun is never broken off."""
        for start in range(0, len(pcm), SAMPLE_RATE):
            piece = pcm[start : start + SAMPLE_RATE]
            failures = 0
            while not self._silenced:
                try:
                    await connection.send_audio(piece)
                except StoreUnavailable as error:  # nobody can send it again: it waits for the disk
                    self.problem = error
                    failures += 1
                    await asyncio.sleep(self._rules.disk_pauses.pause_seconds(failures))
                else:
                    self.received_samples += len(piece)
                    break

    async def _joined(self) -> TrackConnection | None:
        """Return a connection as soon as the room takes one.

        None where the tap ended or was silenced before the room did.
        """
        failures = 0
        while not self._silenced:
            try:
                self._join = replace(self._join, name=self._name, language=self._language)
                connection = await self._tracks.connect(self._join)
            except (CapacityReached, ModelMissing, StoreUnavailable) as error:
                self.problem = error
                if self._ending.is_set():
                    _log.error("audio_lost", room=self._join.room, code=error.code)
                    return None
                failures += 1
                await self._wait(self._rules.pauses.pause_seconds(failures))
            else:
                self.problem = None
                return connection
        return None

    async def _introduce(self, connection: TrackConnection) -> None:
        """Say the name that is to be shown, and the language that is spoken, where they changed."""
        if self._language != self._join.language:
            self._join = replace(self._join, language=self._language)
            await connection.speak(self._language)
        if self._name == self._join.name:
            return
        self._join = replace(self._join, name=self._name)
        try:
            await connection.rename(self._name)
        except StoreUnavailable as error:  # it is shown; the disk learns of it with what is said next
            _log.warning("name_not_kept", room=self._join.room, code=error.code)

    async def _wait(self, seconds: float) -> None:
        """Wait so long, or until nothing more is to come."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ending.wait(), seconds)

    async def _acknowledge(self, connection: TrackConnection) -> None:
        """Hand what was heard to the disk, so that it survives this process."""
        now = asyncio.get_running_loop().time()
        if now - self._acked_monotonic < self._rules.ack_seconds:
            return
        self._acked_monotonic = now
        try:
            await connection.acknowledge()
        except StoreUnavailable as error:  # the audio is kept in memory until the disk is back
            self.problem = error
        else:
            self.problem = None

    async def _stop(self) -> int:
        connection, self._connection = self._connection, None
        if connection is None:
            return 0
        try:
            return await connection.stop()
        except AssistantError as error:
            _log.warning("ear_not_stopped", room=self._join.room, code=error.code)
            return 0

    def _note_losses(self) -> None:
        lost_samples = self._tap.take_lost()
        if lost_samples:
            _log.error("audio_lost", room=self._join.room, seconds=round(seconds_of(lost_samples), 1))
