"""One queue for all tracks: what shares a call, what fails, what is withdrawn."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import numpy as np
import pytest

from assistant.adapters.system_clock import SystemClock
from assistant.captioning.scheduler import InferenceScheduler
from assistant.core.errors import ModelMissing, ShuttingDown
from assistant.core.inference.capacity import Costs
from assistant.core.inference.queue import InferenceRequest, Kind
from assistant.core.speech.hypothesis import Hypothesis
from assistant.ports.speech import TranscriberCapabilities, TranscriptionRequest
from tests.fakes import CountingTelemetry
from tests.waiting import until

SECOND = np.zeros(16_000, dtype=np.float32)
SHARING_PAYS = Costs(partial_seconds=0.1, final_share=0.05, further_share=0.1)


class GatedTranscriber:
    """Runs a call when it is let; a request is named by its context.

    Attributes:
        calls: The names of the requests of each call, in the order in which the calls began.
        poison: A call that holds one of these fails.
        error: How it fails.
        short: So many of the next calls answer one request too few.
    """

    def __init__(self, *, workers: int = 1, batch: int = 4) -> None:
        self.capabilities = TranscriberCapabilities(
            "gated",
            frozenset({"en"}),
            "cpu",
            "none",
            29.0,
            workers,
            batch,
            forced_prefix=True,
            word_timestamps=True,
        )
        self.calls: list[list[str]] = []
        self.poison: set[str] = set()
        self.error: Exception = RuntimeError("scripted failure")
        self.short = 0
        self._gate = threading.Semaphore(0)

    def let_run(self, calls: int = 100) -> None:
        """Let so many calls end."""
        for _ in range(calls):
            self._gate.release()

    def transcribe(self, request: TranscriptionRequest) -> Hypothesis:
        """Run a call with one request."""
        return self.transcribe_all([request])[0]

    def transcribe_all(self, requests: Sequence[TranscriptionRequest]) -> list[Hypothesis]:
        """Note the call, wait, and answer with the name of each request as its language."""
        names = [request.context for request in requests]
        self.calls.append(names)
        assert self._gate.acquire(timeout=20)
        if self.poison & set(names):
            raise self.error
        answers = [Hypothesis((), name, 16_000) for name in names]
        if self.short:
            self.short -= 1
            del answers[-1]
        return answers


Ask = Callable[..., asyncio.Task[Hypothesis | None]]


@asynccontextmanager
async def scheduling(
    transcriber: GatedTranscriber, costs: Costs | None = SHARING_PAYS
) -> AsyncIterator[tuple[InferenceScheduler, Ask]]:
    """A running scheduler, and how to ask it for something by name."""
    scheduler = InferenceScheduler(transcriber, CountingTelemetry(), SystemClock(), costs)
    scheduler.start()

    def ask(
        name: str, kind: Kind = "partial", *, due: float = 0.0, bulk: bool = False
    ) -> asyncio.Task[Hypothesis | None]:
        request = TranscriptionRequest(SECOND, "en", context=name, quality=kind)
        return asyncio.create_task(
            scheduler.run(InferenceRequest(kind, due, bulk=bulk), lambda: request, track=name)
        )

    try:
        yield scheduler, ask
    finally:
        transcriber.let_run()
        await scheduler.close()


def names(results: Sequence[Hypothesis | None]) -> list[str | None]:
    return [result.language if result else None for result in results]


async def test_partials_that_wait_share_calls_and_get_their_own_results() -> None:
    """While one runs alone five queue up: four share the next call, and each gets its own words."""
    transcriber = GatedTranscriber()
    async with scheduling(transcriber) as (scheduler, ask):
        tasks = [ask("first")]
        await until(lambda: transcriber.calls)
        tasks += [ask(name, due=float(due)) for due, name in enumerate("abcde")]
        await until(lambda: scheduler.queued("partial") == 5)
        transcriber.let_run()
        assert names(await asyncio.gather(*tasks)) == ["first", *"abcde"]
    assert transcriber.calls == [["first"], [*"abcd"], ["e"]]


async def test_with_little_to_do_everything_runs_alone_and_at_once() -> None:
    """Two workers and two requests: two calls, both before either has ended."""
    transcriber = GatedTranscriber(workers=2)
    async with scheduling(transcriber) as (_, ask):
        tasks = [ask("a"), ask("b")]
        await until(lambda: len(transcriber.calls) == 2)
        transcriber.let_run()
        await asyncio.gather(*tasks)
    assert sorted(transcriber.calls) == [["a"], ["b"]]


async def test_one_bad_request_does_not_harm_those_it_shares_a_call_with() -> None:
    """The call is run again one by one; only the bad one comes to nothing, after three tries."""
    transcriber = GatedTranscriber()
    transcriber.poison = {"bad"}
    async with scheduling(transcriber) as (scheduler, ask):
        tasks = [ask("first")]
        await until(lambda: transcriber.calls)
        tasks += [ask(name) for name in ("a", "bad", "b")]
        await until(lambda: scheduler.queued("partial") == 3)
        transcriber.let_run()
        assert names(await asyncio.gather(*tasks)) == ["first", "a", None, "b"]
    assert transcriber.calls[1] == ["a", "bad", "b"]
    assert all(len(call) == 1 for call in transcriber.calls[2:])
    assert transcriber.calls.count(["bad"]) == 3


async def test_a_call_that_answers_too_few_counts_as_failed() -> None:
    """Nobody gets somebody else's words."""
    transcriber = GatedTranscriber()
    async with scheduling(transcriber) as (scheduler, ask):
        tasks = [ask("first")]
        await until(lambda: transcriber.calls)
        tasks += [ask("a"), ask("b")]
        await until(lambda: scheduler.queued("partial") == 2)
        transcriber.let_run(1)
        await tasks[0]
        transcriber.short = 1
        transcriber.let_run()
        assert names(await asyncio.gather(*tasks)) == ["first", "a", "b"]


async def test_errors_of_the_house_reach_whoever_asked() -> None:
    """An error with a code is not tried again."""
    transcriber = GatedTranscriber()
    transcriber.poison, transcriber.error = {"bad"}, ModelMissing("gone")
    async with scheduling(transcriber) as (_, ask):
        transcriber.let_run()
        with pytest.raises(ModelMissing):
            await ask("bad")
    assert transcriber.calls == [["bad"]]


async def test_finals_go_first_and_pushed_files_last() -> None:
    """Whatever the order of asking: finals, partials, bulk."""
    transcriber = GatedTranscriber(batch=1)
    async with scheduling(transcriber) as (scheduler, ask):
        tasks = [ask("first")]
        await until(lambda: transcriber.calls)
        tasks += [ask("file", "final", bulk=True), ask("partial"), ask("final", "final", due=9.0)]
        await until(lambda: scheduler.queued("final") == 2)
        assert scheduler.queued("partial") == 1
        transcriber.let_run()
        await asyncio.gather(*tasks)
    assert transcriber.calls == [["first"], ["final"], ["partial"], ["file"]]


async def test_what_is_cancelled_leaves_the_queue() -> None:
    """A track that is gone costs no recognition, waiting alone or in the company of others."""
    transcriber = GatedTranscriber()
    async with scheduling(transcriber) as (scheduler, ask):
        tasks = [ask("first")]
        await until(lambda: transcriber.calls)
        tasks += [ask("a"), ask("gone"), ask("b")]
        await until(lambda: scheduler.queued("partial") == 3)
        tasks[2].cancel()
        await until(lambda: scheduler.queued("partial") == 2)
        transcriber.let_run()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert transcriber.calls == [["first"], ["a", "b"]]


async def test_a_partial_whose_utterance_has_ended_is_dropped_when_its_turn_comes() -> None:
    """`build` says there is nothing to do any more; the others of the call run."""
    transcriber = GatedTranscriber()
    async with scheduling(transcriber) as (scheduler, ask):
        first = ask("first")
        await until(lambda: transcriber.calls)
        dropped = asyncio.create_task(
            scheduler.run(InferenceRequest("partial", 0.0), lambda: None, track="x")
        )
        stays = ask("stays", due=1.0)
        await until(lambda: scheduler.queued("partial") == 2)
        transcriber.let_run()
        assert await dropped is None
        assert names([await first, await stays]) == ["first", "stays"]
    assert transcriber.calls == [["first"], ["stays"]]


async def test_a_request_that_cannot_be_built_harms_nobody() -> None:
    """It counts as nothing heard; the worker goes on."""
    transcriber = GatedTranscriber()

    def broken() -> TranscriptionRequest:
        raise ValueError

    async with scheduling(transcriber) as (scheduler, ask):
        transcriber.let_run()
        assert await scheduler.run(InferenceRequest("partial", 0.0), broken, track="x") is None
        assert names([await ask("next")]) == ["next"]


async def test_closing_ends_what_runs_and_what_waits() -> None:
    """Everybody who waits is told that the service shuts down; later requests as well."""
    transcriber = GatedTranscriber()
    async with scheduling(transcriber) as (scheduler, ask):
        running = ask("running")
        await until(lambda: transcriber.calls)
        waiting = ask("waiting")
        await until(lambda: scheduler.queued("partial") == 1)
        transcriber.let_run()
        await scheduler.close()
        for task in (running, waiting, ask("late")):
            with pytest.raises(ShuttingDown):
                await task
        assert scheduler.queued("partial") == 0


async def test_what_runs_is_measured() -> None:
    """Before the first recognition nobody knows the capacity; after it there is an estimate."""
    transcriber = GatedTranscriber()
    async with scheduling(transcriber, None) as (scheduler, ask):
        assert scheduler.talkers() is None
        assert scheduler.step_seconds(0.4) == 0.4
        transcriber.let_run()
        await ask("a", "final")
        await ask("b")
        assert scheduler.talkers()
        assert scheduler.others_talk("b")
        assert not InferenceScheduler(transcriber, CountingTelemetry(), SystemClock()).others_talk("b")
