"""One queue for all recognitions of all tracks.

In `core.inference`, `queue` says whose turn it is, `pacing` how often a track should ask, `capacity` what
recognitions cost here. Each track has at most one partial and one final waiting, so the queue is
bounded by the number of tracks. A partial is built when its turn comes, from the newest audio, so it
is never out of date. Requests of different tracks share a call where that is a gain.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import structlog

from assistant.captioning.fitted import fitted
from assistant.core.errors import AssistantError, ShuttingDown
from assistant.core.inference.capacity import CostMeter, Costs
from assistant.core.inference.pacing import Pace
from assistant.core.inference.queue import InferenceRequest, Kind, RequestQueue
from assistant.core.speech.audio import seconds_of
from assistant.core.speech.hypothesis import Hypothesis
from assistant.ports.speech import Transcriber, TranscriberCapabilities, TranscriptionRequest
from assistant.ports.system import Clock, Telemetry
from assistant.tasks.owner import TaskOwner

_log = structlog.get_logger(__name__)
_ATTEMPTS = 3
_LOOK_AGAIN_SECONDS = 0.2
_PACE_SECONDS = 0.1

BuildRequest = Callable[[], TranscriptionRequest | None]


@dataclass(slots=True)
class _Asked:
    """What is behind a turn, which is another one when it has to run again alone."""

    turn: InferenceRequest
    build: BuildRequest
    done: asyncio.Future[Hypothesis | None]


@dataclass(frozen=True, slots=True)
class _Built:
    asked: _Asked
    request: TranscriptionRequest

    @property
    def turn(self) -> InferenceRequest:
        return self.asked.turn


class InferenceScheduler:
    """Runs recognitions on as many threads as the transcriber has workers.

    Args:
        transcriber: What recognises.
        telemetry: What is told of each recognition.
        clock: The monotonic time of all `…_seconds` here; read from worker threads as well.
        costs: What recognitions cost, as far as that was measured before.
    """

    def __init__(
        self, transcriber: Transcriber, telemetry: Telemetry, clock: Clock, costs: Costs | None = None
    ) -> None:
        capabilities = transcriber.capabilities
        self._transcriber = fitted(transcriber)
        self._telemetry = telemetry
        self._clock = clock
        self._workers, self._batch = capabilities.workers, capabilities.batch
        self._queue = RequestQueue(self._workers, self._batch)
        self._asked: dict[InferenceRequest, _Asked] = {}
        self._pace = Pace(self._workers, self._batch)
        self._paced: dict[float, tuple[float, float]] = {}
        self._meter = CostMeter(costs)
        self._wake = asyncio.Event()
        self._tasks = TaskOwner()
        self._threads: ThreadPoolExecutor | None = None
        self._closed = False

    def start(self) -> None:
        """Begin to work; call it inside the event loop."""
        self._threads = ThreadPoolExecutor(self._workers, thread_name_prefix="recognise")
        for number in range(self._workers):
            self._tasks.start(self._work(), f"recognise-{number}")

    async def close(self) -> None:
        """Stop; requests that still wait end with `ShuttingDown`."""
        self._closed = True
        for asked in self._asked.values():
            _fail(asked, ShuttingDown("The service is shutting down."))
        await self._tasks.close()
        if self._threads:
            await asyncio.to_thread(self._threads.shutdown)

    @property
    def workers(self) -> int:
        """How many recognitions run at a time."""
        return self._workers

    @property
    def device(self) -> str:
        """Where the transcriber computes, such as `cpu`."""
        return self._transcriber.capabilities.device

    def queued(self, kind: Kind) -> int:
        """Return how many requests of one kind wait for their turn."""
        return sum(turn.kind == kind for turn in self._queue)

    def talkers(self) -> int | None:
        """Return how many people may talk at the same time; None while nothing is known."""
        costs = self._meter.costs
        return costs.talkers(workers=self._workers, batch=self._batch) if costs else None

    @property
    def capabilities(self) -> TranscriberCapabilities:
        """What the transcriber can do."""
        return self._transcriber.capabilities

    def others_talk(self, track: str) -> bool:
        """Return whether somebody talks live, on another track than this."""
        return self._pace.talking(self._clock.monotonic(), besides=track) > 0

    def step_seconds(self, base_seconds: float) -> float:
        """Return how much new audio a track's next partial should wait for; `base_seconds` at least."""
        now = self._clock.monotonic()
        computed, step = self._paced.get(base_seconds, (-_PACE_SECONDS, base_seconds))
        if now - computed >= _PACE_SECONDS:  # tracks ask with each chunk of audio
            step = self._pace.step_seconds(base_seconds, self._meter.costs, now)
            self._paced = {base_seconds: (now, step)}
        return step

    async def run(
        self,
        kind: Kind,
        build: BuildRequest,
        *,
        track: str,
        due_seconds: float,
        urgent: bool = False,
        bulk: bool = False,
        patient: bool = False,
        alone: bool = False,
    ) -> Hypothesis | None:
        """Recognise what `build` returns when the turn comes; None where it returns None.

        A recognition that fails is tried again; one that keeps failing counts as nothing heard.

        Args:
            kind: Finals go first.
            build: Makes the request, on the event loop, just before it runs.
            track: Who asks; a track asks for one partial and one final at a time.
            due_seconds: Among requests of one kind the lowest runs first (monotonic time).
            urgent: A partial that goes with the finals, because audio waits for it.
            bulk: Its audio arrived faster than it plays, so live tracks go first.
            patient: A final that goes with the partials, because readers have its words already.
            alone: It shares no call, so that its result does not depend on what else waits.

        Raises:
            ShuttingDown: The scheduler was closed.
        """
        now = self._clock.monotonic()
        turn = InferenceRequest(
            kind, due_seconds, now, urgent=urgent, bulk=bulk, patient=patient, alone=alone
        )
        if not bulk:
            self._pace.asked(track)
        try:
            for attempt in range(1, _ATTEMPTS + 1):
                try:
                    return await self._turn(turn, build)
                except AssistantError:
                    raise
                except Exception as error:  # noqa: BLE001 - one bad stretch of audio must not end a track
                    _log.warning("recognition_failed", kind=kind, attempt=attempt, error=type(error).__name__)
                turn = replace(turn, asked_seconds=self._clock.monotonic(), alone=True)
            return None
        finally:
            if not bulk:
                self._pace.ended(track, self._clock.monotonic())

    async def _turn(self, turn: InferenceRequest, build: BuildRequest) -> Hypothesis | None:
        if self._closed:
            raise ShuttingDown("The service is shutting down.")
        asked = _Asked(turn, build, asyncio.get_running_loop().create_future())
        self._enqueue(asked)
        try:
            return await asked.done
        finally:
            self._queue.discard(asked.turn)
            self._asked.pop(asked.turn, None)

    def _enqueue(self, asked: _Asked) -> None:
        self._asked[asked.turn] = asked
        self._queue.add(asked.turn)
        self._wake.set()

    # --- workers ------------------------------------------------------------------------------------

    async def _work(self) -> None:
        while True:
            now = self._clock.monotonic()
            turns = self._queue.take(now, self._pace.call_sizes(self._meter.costs, now))
            if not turns:
                await self._rest()
                continue
            try:
                await self._serve(turns)
            finally:
                self._queue.ended(turns, self._clock.monotonic())
                self._wake.set()

    async def _rest(self) -> None:
        """Wait until there may be something to do."""
        self._wake.clear()
        try:
            # Bulk that holds back gets its turn when time has passed, without anything happening.
            await asyncio.wait_for(self._wake.wait(), _LOOK_AGAIN_SECONDS if len(self._queue) else None)
        except TimeoutError:
            return

    async def _serve(self, turns: Sequence[InferenceRequest]) -> None:
        """Run one call, and hand everybody their part of it."""
        calls = self._build(turns)
        if not calls:
            return
        try:
            results = await self._recognise(calls)
        except asyncio.CancelledError:
            for built in calls:
                _fail(built.asked, ShuttingDown("The service is shutting down."))
            raise
        except Exception as error:  # noqa: BLE001 - handed to whoever asked, who knows what was lost
            self._failed(calls, error)
            return
        for built, result in zip(calls, results, strict=True):
            self._telemetry.inference_done(
                built.turn.kind, seconds_of(len(built.request.waveform)), result.compute_seconds
            )
            if not built.asked.done.done():
                built.asked.done.set_result(result)

    def _build(self, turns: Sequence[InferenceRequest]) -> list[_Built]:
        calls = []
        now = self._clock.monotonic()
        for turn in turns:
            asked = self._asked.get(turn)
            if asked is None or asked.done.done():
                continue  # whoever asked was cancelled
            try:
                request = asked.build()
            except Exception as error:  # noqa: BLE001 - the others of this call have nothing to do with it
                _fail(asked, error)
                continue
            if request is None:
                asked.done.set_result(None)
                continue
            if turn.kind == "partial" and not turn.bulk:
                self._pace.waited(now - turn.asked_seconds, now)
            calls.append(_Built(asked, request))
        return calls

    async def _recognise(self, calls: Sequence[_Built]) -> list[Hypothesis]:
        loop = asyncio.get_running_loop()
        requests = [built.request for built in calls]
        results, seconds = await loop.run_in_executor(self._threads, self._timed, requests)
        if len(results) != len(requests):
            raise RuntimeError("the transcriber did not answer each request")
        self._measure(calls, seconds)
        return results

    def _timed(self, requests: Sequence[TranscriptionRequest]) -> tuple[list[Hypothesis], float]:
        """Recognise, in a worker thread; return how long the worker was busy as well."""
        began = self._clock.monotonic()
        if len(requests) == 1:
            results = [self._transcriber.transcribe(requests[0])]
        else:
            results = self._transcriber.transcribe_all(requests)
        return results, self._clock.monotonic() - began

    def _measure(self, calls: Sequence[_Built], seconds: float) -> None:
        if calls[0].turn.bulk:
            return  # its long utterances say little about people who talk
        if calls[0].turn.kind == "partial":
            self._meter.partials_ran(len(calls), seconds)
        else:
            audio_samples = sum(len(built.request.waveform) for built in calls)
            self._meter.finals_ran(seconds_of(audio_samples), seconds)

    def _failed(self, calls: Sequence[_Built], error: Exception) -> None:
        """Let those that shared a failed call run again one by one, for one of them is to blame."""
        if len(calls) == 1:
            _fail(calls[0].asked, error)
            return
        _log.warning("call_failed", requests=len(calls), error=type(error).__name__)
        for built in calls:
            if not built.asked.done.done():
                self._run_alone(built.asked)

    def _run_alone(self, asked: _Asked) -> None:
        del self._asked[asked.turn]
        asked.turn = replace(asked.turn, alone=True)
        self._enqueue(asked)


def _fail(asked: _Asked, error: Exception) -> None:
    if not asked.done.done():
        asked.done.set_exception(error)
