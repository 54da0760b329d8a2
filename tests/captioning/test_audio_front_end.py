"""What one track hears, and what of it is on disk when."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from assistant.adapters.audio_journal import FileAudioJournal
from assistant.captioning.audio_front_end import AudioFrontEnd
from assistant.captioning.journal_writer import JournalWriter, WriteRounds
from assistant.core.errors import StoreUnavailable
from assistant.core.speech.audio import SAMPLE_RATE, Pcm, Span
from assistant.core.speech.segmentation import SpeechEnded, SpeechStarted
from tests.fakes import LevelDetector, silence, speech


class CountingJournal(FileAudioJournal):
    """Counts what is forced to disk."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.forced_samples: list[int] = []

    def sync(self, session: str) -> int:
        """Force, and note what was forced."""
        self.forced_samples.append(super().sync(session))
        return self.forced_samples[-1]


@pytest.fixture
def journal(tmp_path: Path) -> CountingJournal:
    return CountingJournal(tmp_path)


@pytest.fixture
def front_end(journal: CountingJournal) -> AudioFrontEnd:
    return AudioFrontEnd(JournalWriter(journal, "s1", WriteRounds()), LevelDetector(), origin_seconds=0.0)


async def _hear_seconds(front_end: AudioFrontEnd, pcm: Pcm) -> list[int]:
    """Hear `pcm` with a `sync` after each second; return what each said."""
    safe: list[int] = []
    for start in range(0, len(pcm), SAMPLE_RATE):
        await front_end.record(pcm[start : start + SAMPLE_RATE], arrived_seconds=start / SAMPLE_RATE)
        safe.append(await front_end.sync())
    return safe


async def test_silence_survives_the_process_but_is_seldom_forced(
    front_end: AudioFrontEnd, journal: CountingJournal, tmp_path: Path
) -> None:
    """Each `sync` covers all that came, readable by another process; the disk is asked rarely."""
    safe = await _hear_seconds(front_end, silence(60.0))
    assert safe == [second * SAMPLE_RATE for second in range(1, 61)]
    assert len(journal.forced_samples) <= 8
    assert max(np.diff([0, *journal.forced_samples])) <= 10 * SAMPLE_RATE
    another = FileAudioJournal(tmp_path)
    assert another.length_samples("s1") == 60 * SAMPLE_RATE
    assert len(another.load("s1", Span(0, 60 * SAMPLE_RATE))) == 60 * SAMPLE_RATE


async def test_what_may_be_speech_is_forced_each_time(
    front_end: AudioFrontEnd, journal: CountingJournal
) -> None:
    """While somebody speaks, and once more after the last word, nothing acknowledged is left in memory."""
    await _hear_seconds(front_end, silence(3.0))
    before = len(journal.forced_samples)
    safe = await _hear_seconds(front_end, speech(0, 10))
    assert journal.forced_samples[before:] == safe
    safe = await _hear_seconds(front_end, silence(2.0))
    assert journal.forced_samples[-1] >= safe[0]


async def test_speech_that_ends_while_the_disk_works_is_forced_next(
    front_end: AudioFrontEnd, journal: CountingJournal
) -> None:
    """An utterance that comes and goes during a `sync` is not taken for silence by the next one."""
    going, go_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()
    force = journal.sync

    def slow(session: str) -> int:
        loop.call_soon_threadsafe(going.set)
        length_samples = force(session)
        go_on.wait(10)
        return length_samples

    journal.sync = slow  # type: ignore[method-assign] # slow disk
    await front_end.record(silence(1.0), arrived_seconds=0.0)
    syncing = asyncio.create_task(front_end.sync())
    await going.wait()
    events = [
        event
        for second in (speech(0, 1), silence(1.0))
        for event in await front_end.record(second, arrived_seconds=1.0)
    ]
    assert [type(event) for event in events] == [SpeechStarted, SpeechEnded]
    go_on.set()
    await syncing
    assert await front_end.sync() == journal.forced_samples[-1] == front_end.received_samples


async def test_only_safe_audio_is_durable(front_end: AudioFrontEnd) -> None:
    """Silence that a loss of power could take is not recorded as heard."""
    await _hear_seconds(front_end, silence(5.0))
    assert front_end.durable_samples <= front_end.safe_samples < front_end.received_samples


async def test_a_full_disk_is_told_each_time(
    front_end: AudioFrontEnd, journal: CountingJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence that cannot be written is no safe silence."""
    await _hear_seconds(front_end, silence(2.0))

    def full(*_: object) -> None:
        raise StoreUnavailable("The disk is full.")

    monkeypatch.setattr(journal, "append", full)
    await front_end.record(silence(1.0), arrived_seconds=3.0)
    with pytest.raises(StoreUnavailable):
        await front_end.sync()


async def test_rounds_take_the_calls_of_many_together() -> None:
    """Calls made at the same time run in one thread, in order; one that fails hurts no other."""
    rounds = WriteRounds()
    threads: list[int] = []

    def call(number: int) -> Callable[[], int]:
        def run() -> int:
            threads.append(threading.get_ident())
            if number == 3:
                raise StoreUnavailable("The disk is full.")
            return number

        return run

    results = await asyncio.gather(
        *(rounds.run(call(number)) for number in range(50)), return_exceptions=True
    )
    assert [number for number in results if isinstance(number, int)] == [*range(3), *range(4, 50)]
    assert isinstance(results[3], StoreUnavailable)
    assert len(set(threads)) == 1
    assert await rounds.run(call(7)) == 7
