"""One queue for all recognitions of all tracks.

In `core.inference`, `queue` says whose turn it is, `pacing` how often a track should ask, `capacity` what
recognitions cost here. Each track has at most one partial and one final waiting, so the queue is
bounded by the number of tracks. A partial is built when its turn comes, from the newest audio, so it
is never out of date. Requests of different tracks share a call where that is a gain.
"""

from __future__ import annotations

import asyncio
import contextlib
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
    """A recognition that somebody waits for.

    Attributes:
        wanted: The request's place in the queue; another one when it has to run again alone.
        build: Makes the audio and its settings.
        done: Has the result, or the error.
    """

    wanted: InferenceRequest
    build: BuildRequest
    done: asyncio.Future[Hypothesis | None]

    def fail(self, error: Exception) -> None:
        """Hand an error to who asked, unless they have gone or have their answer."""
        if not self.done.done():
            self.done.set_exception(error)


_Call = Sequence[tuple[_Asked, TranscriptionRequest]]
"""What one call to the recogniser answers."""


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
            asked.fail(ShuttingDown("The service is shutting down."))
        await self._tasks.close()
        if self._threads:
            await asyncio.to_thread(self._threads.shutdown)

    def queued(self, kind: Kind) -> int:
        """Return how many requests of one kind wait for their turn."""
        return sum(wanted.kind == kind for wanted in self._queue)

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

    async def run(self, wanted: InferenceRequest, build: BuildRequest, *, track: str) -> Hypothesis | None:
        """Recognise what `build` returns when the turn of a request comes; None where it returns None.

        A recognition that fails is tried again; one that keeps failing counts as nothing heard.

        Args:
            wanted: What is asked for, without the time at which it is asked.
            build: Makes the audio and its settings, on the event loop, just before they are recognised.
            track: Who asks; a track asks for one partial and one final at a time.

        Raises:
            ShuttingDown: The scheduler was closed.
        """
        if not wanted.bulk:
            self._pace.asked(track)
        try:
            for attempt in range(1, _ATTEMPTS + 1):
                wanted = replace(
                    wanted, asked_seconds=self._clock.monotonic(), alone=wanted.alone or attempt > 1
                )
                try:
                    return await self._wait_for_turn(wanted, build)
                except AssistantError:
                    raise
                except Exception as error:  # noqa: BLE001 - one bad stretch of audio must not end a track
                    name = type(error).__name__
                    _log.warning("recognition_failed", kind=wanted.kind, attempt=attempt, error=name)
            return None
        finally:
            if not wanted.bulk:
                self._pace.ended(track, self._clock.monotonic())

    async def _wait_for_turn(self, wanted: InferenceRequest, build: BuildRequest) -> Hypothesis | None:
        if self._closed:
            raise ShuttingDown("The service is shutting down.")
        asked = _Asked(wanted, build, asyncio.get_running_loop().create_future())
        self._enqueue(asked)
        try:
            return await asked.done
        finally:
            self._queue.discard(asked.wanted)
            self._asked.pop(asked.wanted, None)

    def _enqueue(self, asked: _Asked) -> None:
        self._asked[asked.wanted] = asked
        self._queue.add(asked.wanted)
        self._wake.set()

    # --- workers ------------------------------------------------------------------------------------

    async def _work(self) -> None:
        while True:
            now = self._clock.monotonic()
            chosen = self._queue.take(now, self._pace.call_sizes(self._meter.costs, now))
            if not chosen:
                await self._rest()
                continue
            try:
                await self._serve(self._build(chosen))
            finally:
                self._queue.ended(chosen, self._clock.monotonic())
                self._wake.set()

    async def _rest(self) -> None:
        """Wait until there may be something to do."""
        self._wake.clear()
        with contextlib.suppress(TimeoutError):
            # Bulk that holds back gets its turn when time has passed, without anything happening.
            await asyncio.wait_for(self._wake.wait(), _LOOK_AGAIN_SECONDS if len(self._queue) else None)

    async def _serve(self, call: _Call) -> None:
        """Run one call, and hand everybody their part of it."""
        if not call:
            return
        try:
            results = await self._recognise(call)
        except asyncio.CancelledError:
            for asked, _ in call:
                asked.fail(ShuttingDown("The service is shutting down."))
            raise
        except Exception as error:  # noqa: BLE001 - handed to whoever asked, who knows what was lost
            self._failed(call, error)
            return
        for (asked, request), result in zip(call, results, strict=True):
            audio_seconds = seconds_of(len(request.waveform))
            self._telemetry.inference_done(asked.wanted.kind, audio_seconds, result.compute_seconds)
            if not asked.done.done():
                asked.done.set_result(result)

    def _build(self, chosen: Sequence[InferenceRequest]) -> _Call:
        call = []
        now = self._clock.monotonic()
        for wanted in chosen:
            asked = self._asked.get(wanted)
            if asked is None or asked.done.done():
                continue  # whoever asked was cancelled
            try:
                request = asked.build()
            except Exception as error:  # noqa: BLE001 - the others of this call have nothing to do with it
                asked.fail(error)
                continue
            if request is None:
                asked.done.set_result(None)
                continue
            if wanted.kind == "partial" and not wanted.bulk:
                self._pace.waited(now - wanted.asked_seconds, now)
            call.append((asked, request))
        return call

    async def _recognise(self, call: _Call) -> list[Hypothesis]:
        loop = asyncio.get_running_loop()
        requests = [request for _, request in call]
        results, seconds = await loop.run_in_executor(self._threads, self._timed, requests)
        if len(results) != len(requests):
            raise RuntimeError("the transcriber did not answer each request")
        self._measure(call[0][0].wanted, requests, seconds)
        return results

    def _timed(self, requests: Sequence[TranscriptionRequest]) -> tuple[list[Hypothesis], float]:
        """Recognise, in a worker thread; return how long the worker was busy as well."""
        began = self._clock.monotonic()
        if len(requests) == 1:
            results = [self._transcriber.transcribe(requests[0])]
        else:
            results = self._transcriber.transcribe_all(requests)
        return results, self._clock.monotonic() - began

    def _measure(
        self, first: InferenceRequest, requests: Sequence[TranscriptionRequest], seconds: float
    ) -> None:
        if first.bulk:
            return  # its long utterances say little about people who talk
        if first.kind == "partial":
            self._meter.partials_ran(len(requests), seconds)
        else:
            self._meter.finals_ran(seconds_of(sum(len(each.waveform) for each in requests)), seconds)

    def _failed(self, call: _Call, error: Exception) -> None:
        """Let those that shared a failed call run again one by one, for one of them is to blame."""
        if len(call) == 1:
            call[0][0].fail(error)
            return
        _log.warning("call_failed", requests=len(call), error=type(error).__name__)
        for asked, _ in call:
            if not asked.done.done():
                del self._asked[asked.wanted]
                asked.wanted = replace(asked.wanted, alone=True)
                self._enqueue(asked)
