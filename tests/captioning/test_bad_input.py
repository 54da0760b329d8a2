"""Input that nobody would wish for: babble, torn words, clocks that jump, files at fifty times real time."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from assistant.captioning.connection import TrackConnection
from assistant.captioning.deps import TrackRules
from assistant.captioning.track_registry import Join
from assistant.core.captions.caption import Caption, check_successor
from assistant.core.speech.audio import SAMPLE_RATE, Pcm, Span
from assistant.core.speech.hypothesis import Hypothesis, Word
from assistant.ports.speech import TranscriptionRequest
from assistant.readers.feed import CaptionFeed
from assistant.service.caption_service import CaptionService
from tests.caption_service import StartService, captioned, caught_up
from tests.fakes import WORD_SAMPLES, JumpingClock, LevelTranscriber, silence, speech
from tests.waiting import until

MINUTE = 60 * SAMPLE_RATE
LONGEST_SAMPLES = 29 * SAMPLE_RATE
"""The longest audio that the recogniser takes."""


def someone(name: str, *, language: str = "en", session: str | None = None) -> Join:
    return Join("council", name, name.title(), language, session=session)


def numbered(first: int, count: int) -> list[str]:
    return [f"W{number}" for number in range(first, first + count)]


def babble(samples: int, seed: int = 1) -> Pcm:
    """Return noise that voice activity takes for speech without a pause."""
    return np.random.default_rng(seed).integers(500, 3000, samples).astype(np.int16)


async def words_of(service: CaptionService, participant: str) -> list[str]:
    captions = await service.rooms.transcript("council")
    return [
        word for caption in captions if caption.participant == participant for word in caption.text.split()
    ]


async def say(connection: TrackConnection, pcm: Pcm, *, chunk: int = 1_600, pause: float = 0.0) -> None:
    for start in range(0, len(pcm), chunk):
        await connection.send_audio(pcm[start : start + chunk])
        await asyncio.sleep(pause)


class Seen:
    """What a reader gets, held against what readers are promised."""

    def __init__(self) -> None:
        self.captions: list[Caption] = []

    async def read(self, feed: CaptionFeed) -> None:
        """Keep what comes."""
        async for event in feed:
            if isinstance(event, Caption):
                self.captions.append(event)

    @property
    def finals(self) -> list[Caption]:
        """What was final when it came."""
        return [caption for caption in self.captions if caption.final]

    async def has_finals(self, count: int) -> None:
        """Wait until so many captions have become final."""
        await until(lambda: len({caption.id for caption in self.finals}) >= count, f"{count} finals")

    def check(self) -> None:
        """Fail where a promise was broken or a time cannot be."""
        before: dict[str, Caption] = {}
        for caption in self.captions:
            if caption.id in before:
                check_successor(before[caption.id], caption)
            before[caption.id] = caption
        check_times([caption for caption in before.values() if caption.final])


def check_times(finals: list[Caption]) -> None:
    """Fail unless each track's captions follow each other, none before the room began."""
    tracks: defaultdict[str, list[Caption]] = defaultdict(list)
    for caption in sorted(finals, key=lambda caption: int(caption.id.rsplit(".")[-1])):
        tracks[caption.id.rsplit(".")[0]].append(caption)
    for captions in tracks.values():
        assert captions[0].start_seconds >= 0
        for caption in captions:
            assert caption.start_seconds <= caption.end_seconds
        for before, after in pairwise(captions):
            assert before.end_seconds <= after.start_seconds + 0.002


@asynccontextmanager
async def reading(service: CaptionService) -> AsyncIterator[Seen]:
    seen = Seen()
    task = asyncio.create_task(seen.read(await service.readers.open_feed("council")))
    yield seen
    await caught_up(service, seen.captions)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    seen.check()


# --- half an hour of babble -----------------------------------------------------------------------


def as_prefix_says(request: TranscriptionRequest, words: list[Word]) -> tuple[Word, ...]:
    return (*request.prefix, *words[len(request.prefix) :])


@dataclass
class BabbleTranscriber(LevelTranscriber):
    """Hears two words a second in anything, as a script says.

    Attributes:
        script: Returns the text of a word, given the number of the call and of the word.
        probability: How sure it is of each word.
        looped: Whether it says of each hypothesis that it loops.
        faithful: Whether hypotheses begin with the promised words, as they have to.
    """

    script: Callable[[int, int], str] = lambda call, word: f"c{call}w{word}"
    probability: float = 0.5
    looped: bool = False
    faithful: bool = True
    longest_samples: int = 0
    calls: int = field(default=0)

    def _read(self, request: TranscriptionRequest) -> Hypothesis:
        self.requests.clear()  # half an hour of them is more than this test may hold
        self.calls += 1
        heard = len(request.waveform)
        self.longest_samples = max(self.longest_samples, heard)
        count = max(1, heard // WORD_SAMPLES)
        spans = [Span(n * heard // count, (n + 1) * heard // count) for n in range(count)]
        words = [
            Word(f" {self.script(self.calls, n)}", span, self.probability, (n,))
            for n, span in enumerate(spans)
        ]
        read = as_prefix_says(request, words) if self.faithful else tuple(words)
        language = request.language if isinstance(request.language, str) else "en"
        return Hypothesis(read, language, heard, mean_log_probability=-0.5, looped=self.looped)


BABBLE = {
    "no two partials agree": BabbleTranscriber(),
    "sure of other nonsense each time": BabbleTranscriber(probability=0.99),
    "every partial loops": BabbleTranscriber(script=lambda _call, _word: "no", looped=True),
    "finds words, then loops": BabbleTranscriber(
        script=lambda call, word: f"w{word}" if call % 7 == 1 else "no", probability=0.9
    ),
    "forgets what was promised": BabbleTranscriber(probability=0.9, faithful=False),
    "sentences that never agree": BabbleTranscriber(script=lambda call, word: f"c{call}w{word}."),
}


MINUTES = dict.fromkeys(BABBLE, 6) | {"no two partials agree": 30}


@pytest.mark.parametrize(("kind", "minutes"), MINUTES.items())
async def test_babble_stays_bounded(
    start_service: StartService, tmp_path: Path, kind: str, minutes: int
) -> None:
    """Pushed in: memory, disk, queue, utterances and captions have bounds; promises hold."""
    transcriber = BABBLE[kind]
    service = await start_service(transcriber, track_rules=TrackRules(most_waiting=8))
    connection = await service.tracks.connect(someone("crowd"))
    track = service.tracks.tracks[connection.session]
    minute = babble(MINUTE)
    kept_samples, queued, waiting, journal_bytes = 0, 0, 0, 0
    async with reading(service) as seen:
        for _ in range(minutes):
            for start in range(0, MINUTE, 10 * SAMPLE_RATE):
                await connection.send_audio(minute[start : start + 10 * SAMPLE_RATE])
                statistics = service.statistics()
                queued = max(queued, statistics.queued_partials + statistics.queued_finals)
                kept_samples = max(kept_samples, track.front_end.endpointer.kept.length_samples)
                waiting = max(waiting, len(track.utterances.ended))
            await connection.acknowledge()
            files = (tmp_path / "journal").rglob("*.pcm")
            journal_bytes = max(journal_bytes, sum(file.stat().st_size for file in files))
        await connection.stop()
    assert transcriber.longest_samples <= LONGEST_SAMPLES
    assert kept_samples <= LONGEST_SAMPLES
    assert queued <= 2, "a track has at most one partial and one final waiting"
    assert waiting <= 8
    assert journal_bytes <= 5 * MINUTE * 2
    ids = {caption.id for caption in seen.captions}
    assert len(ids) <= minutes * 60 / 5
    assert max((caption.end_seconds - caption.start_seconds for caption in seen.finals), default=0.0) <= 29
    assert not (await (await service.rooms.enter("council")).log.snapshot_and_subscribe()).open, (
        "nothing stays open"
    )


# --- words that are torn -----------------------------------------------------------------------------


@pytest.mark.parametrize("last_samples", [WORD_SAMPLES // 2 + 77, WORD_SAMPLES - 1])
async def test_a_stop_in_the_middle_of_a_word_keeps_what_was_said_of_it(
    start_service: StartService, last_samples: int
) -> None:
    """Also where the last frame is not whole: the final hears all samples, and the stop names its `seq`."""
    transcriber = LevelTranscriber()
    service = await start_service(transcriber)
    connection = await service.tracks.connect(someone("alice"))
    audio = speech(0, 6)[: 5 * WORD_SAMPLES + last_samples]
    async with reading(service) as seen:
        await say(connection, audio, pause=0.01)
        last = await connection.stop()
    (final,) = seen.finals
    assert final.text.split() == numbered(0, 6)
    assert final.seq == last
    heard = [len(request.waveform) for request in transcriber.requests if request.quality == "final"]
    assert heard[-1] >= len(audio)


async def test_a_stop_before_the_first_partial_and_one_without_audio(start_service: StartService) -> None:
    """Half a word is captioned, nothing at all is not; neither keeps the other from ending."""
    service = await start_service()
    short, mute = (
        await service.tracks.connect(someone("short")),
        await service.tracks.connect(someone("mute")),
    )
    await short.send_audio(speech(7, 1)[: WORD_SAMPLES // 2 + 3])
    await asyncio.gather(short.stop(), mute.stop())
    assert [caption.text for caption in await service.rooms.transcript("council")] == ["W7"]
    assert not service.tracks.tracks


async def test_a_connection_that_breaks_in_every_word_loses_and_doubles_none(
    start_service: StartService,
) -> None:
    """Cut off in mid-word and mid-frame again and again, then stopped in mid-word: each word once."""
    service = await start_service()
    audio = speech(0, 12)[: 11 * WORD_SAMPLES + WORD_SAMPLES // 2]
    session = None
    async with reading(service) as seen:
        for number in range(1, 12):
            connection = await service.tracks.connect(someone("alice", session=session))
            session = connection.session
            upto = number * WORD_SAMPLES + 3_001 + 17 * number
            await say(connection, audio[connection.received_samples : upto], pause=0.005)
            await connection.detach()
        connection = await service.tracks.connect(someone("alice", session=session))
        await say(connection, audio[connection.received_samples :])
        await connection.stop()
    assert [caption.text.split() for caption in seen.finals] == [numbered(0, 12)]


async def test_a_word_waits_for_a_connection_that_comes_back(start_service: StartService) -> None:
    """The network is away for longer than a pause may be: the utterance goes on where it was torn."""
    rules = TrackRules(idle_seconds=0.3, lost_seconds=30.0, look_seconds=0.02)
    service = await start_service(track_rules=rules)
    bob = await service.tracks.connect(someone("bob"))
    audio = np.concatenate([speech(0, 6), silence(1.0)])
    async with reading(service) as seen:
        first = await service.tracks.connect(someone("alice"))
        await say(first, audio[: 3 * WORD_SAMPLES + 4_001])
        await first.detach()
        for count in (1, 2):  # so often a pause is over meanwhile, for who is there
            await say(bob, speech(20, 2))
            await captioned(service, count)
        second = await service.tracks.connect(someone("alice", session=first.session))
        await say(second, audio[second.received_samples :])
        await second.stop()
    assert [caption.participant for caption in seen.finals] == ["bob", "bob", "alice"]
    assert seen.finals[-1].text.split() == numbered(0, 6)


async def test_an_utterance_of_a_lost_connection_ends_after_a_while(start_service: StartService) -> None:
    """Nobody comes back: what was said becomes final without a stop."""
    service = await start_service(
        track_rules=TrackRules(idle_seconds=0.1, lost_seconds=0.2, look_seconds=0.05)
    )
    connection = await service.tracks.connect(someone("alice"))
    await say(connection, speech(0, 4))
    await connection.detach()
    await captioned(service, 1)
    assert await words_of(service, "alice") == numbered(0, 4)


async def test_a_sender_that_is_held_back_is_not_cut_in_mid_word(start_service: StartService) -> None:
    """Audio waits at the door for longer than a pause may be: the open utterance is not ended for that."""
    transcriber = LevelTranscriber(delay_seconds=0.5, workers=1)
    rules = TrackRules(idle_seconds=0.1, most_waiting=1, look_seconds=0.05)
    service = await start_service(transcriber, track_rules=rules)
    connection = await service.tracks.connect(someone("file"))
    audio = np.concatenate([speech(0, 4), silence(0.8), speech(4, 7), silence(1.0)])
    await connection.send_audio(audio)  # the third second ends one utterance and begins another
    await connection.stop()
    assert [caption.text.split() for caption in await service.rooms.transcript("council")] == [
        numbered(0, 4),
        numbered(4, 7),
    ]


# --- clocks that jump --------------------------------------------------------------------------------


@pytest.mark.parametrize("jumps", [(7200.0,), (-7200.0,), (0.4, -0.4, 0.4), (-1.7e9,)])
async def test_the_wall_clock_may_jump_while_people_speak(
    start_service: StartService, jumps: tuple[float, ...]
) -> None:
    """Hours, steps of NTP, back to 1970: captions have the times they would have had."""
    clock = JumpingClock()
    service = await start_service(clock=clock)
    connection = await service.tracks.connect(someone("alice"))
    async with reading(service) as seen:
        await say(connection, speech(0, 4), pause=0.005)
        for jump in jumps:
            clock.wall_jump += jump
            await say(connection, np.concatenate([speech(4, 3), silence(0.8), speech(7, 2)]), pause=0.005)
        clock.wall_jump += 5.0
        late = await service.tracks.connect(someone("bob"))
        await say(late, speech(50, 3))
        await connection.stop()
        await late.stop()
    assert seen.captions
    assert all(0 <= caption.start_seconds < caption.end_seconds < 60 for caption in seen.captions)
    assert await words_of(service, "bob") == numbered(50, 3)


@pytest.mark.parametrize("jump", [-7200.0, -1.7e9, 7200.0])
async def test_a_restart_after_the_wall_clock_jumped_keeps_the_order(
    start_service: StartService, jump: float
) -> None:
    """What is said after the restart stands behind what was said before it, on old and new tracks."""
    clock = JumpingClock()
    service = await start_service(clock=clock)
    alice = await service.tracks.connect(someone("alice"))
    await say(alice, np.concatenate([speech(0, 20), silence(1.0)]))
    await alice.acknowledge()
    await service.close()
    clock.wall_jump = jump
    again = await start_service(clock=clock)
    resumed = await again.tracks.connect(someone("alice", session=alice.session))
    bob = await again.tracks.connect(someone("bob"))
    await say(resumed, np.concatenate([speech(20, 3), silence(1.0)]))
    await say(bob, np.concatenate([speech(30, 3), silence(1.0)]))
    await resumed.stop()
    await bob.stop()
    captions = list(await again.rooms.transcript("council"))
    check_times(captions)
    said = [word for caption in captions for word in caption.text.split()]
    assert said[:20] == numbered(0, 20)
    assert sorted(said[20:]) == sorted(numbered(20, 3) + numbered(30, 3))


async def test_the_monotonic_clock_may_stall(start_service: StartService) -> None:
    """It stands still while audio comes: all words come, in order, at times that can be."""
    clock = JumpingClock()
    service = await start_service(clock=clock)
    connection = await service.tracks.connect(someone("alice"))
    async with reading(service) as seen:
        await say(connection, speech(0, 4), pause=0.01)
        clock.stall()
        await say(connection, np.concatenate([speech(4, 40), silence(0.8)]), pause=0.002)
        clock.go_on()
        await say(connection, speech(44, 4), pause=0.01)
        await connection.stop()
    assert await words_of(service, "alice") == numbered(0, 48)
    assert len(seen.finals) >= 2


async def test_after_an_hours_sleep_the_captions_go_on(start_service: StartService) -> None:
    """The machine slept between two words: nothing is lost, nobody is told of a delay that is none."""
    clock = JumpingClock()
    service = await start_service(clock=clock)
    connection = await service.tracks.connect(someone("alice"))
    async with reading(service) as seen:
        await say(connection, speech(0, 5), pause=0.005)
        clock.monotonic_jump += 3600.0
        clock.wall_jump += 3600.0
        await say(connection, np.concatenate([speech(5, 5), silence(0.8)]), pause=0.1)
        await say(connection, np.concatenate([speech(20, 3), silence(1.0)]), pause=0.01)
        await connection.stop()
    assert await words_of(service, "alice") == [*numbered(0, 10), *numbered(20, 3)]
    assert seen.finals[-1].start_seconds >= 3600.0, "what is said later is shown later"
    assert service.statistics().behind_seconds == 0
    await service.tracks.connect(someone("bob"))


# --- faster than real time ---------------------------------------------------------------------------


async def test_a_file_at_fifty_times_real_time_does_not_hold_up_who_talks(
    start_service: StartService,
) -> None:
    """While four minutes are worked off, a live final waits for one call at most that was not live."""
    transcriber = LevelTranscriber(delay_seconds=0.05, workers=1)
    service = await start_service(transcriber)
    live, pushed = (
        await service.tracks.connect(someone("live")),
        await service.tracks.connect(someone("file")),
    )
    file = np.concatenate([np.concatenate([speech(12 * n, 12), silence(0.7)]) for n in range(40)])
    most_queued = 0

    async def push() -> None:
        nonlocal most_queued
        loop = asyncio.get_running_loop()
        began = loop.time()
        for start in range(0, len(file), SAMPLE_RATE):
            await asyncio.sleep(max(0.0, began + start / SAMPLE_RATE / 50 - loop.time()))
            await pushed.send_audio(file[start : start + SAMPLE_RATE])
            statistics = service.statistics()
            most_queued = max(most_queued, statistics.queued_partials + statistics.queued_finals)
        await pushed.stop()

    async with reading(service) as seen:
        pushing = asyncio.create_task(push())
        await say(live, np.concatenate([speech(800, 6), silence(0.7), speech(806, 3)]), pause=0.1)
        calls = len(transcriber.requests)
        await live.stop()
        finals = [r for r in transcriber.requests[calls:] if r.quality == "final"]
        unfinished = not pushing.done()
        await pushing
    assert unfinished, "the file was worked off at the same time"
    assert len(finals) <= 3, "its own, one that was running, one that began before it was asked for"
    assert most_queued <= 4
    assert await words_of(service, "file") == [f"W{number % 250}" for number in range(480)]
    assert await words_of(service, "live") == [f"W{number % 250}" for number in range(800, 809)]
    shown = [caption.participant for caption in seen.captions if not caption.final]
    assert shown.count("live") >= 6


# --- a language for each sentence --------------------------------------------------------------------


@dataclass
class PolyglotTranscriber(LevelTranscriber):
    """Reads scripted speech, whose language changes every hundred words; short audio says little of it."""

    def _read(self, request: TranscriptionRequest) -> Hypothesis:
        hypothesis = super()._read(request)
        if isinstance(request.language, str) or not hypothesis.words:
            return hypothesis
        tags = [("en", "fr", "pt")[word.tokens[0] // 80 % 3] for word in hypothesis.words]
        sure = min(0.97, 0.4 + 0.15 * len(tags))
        heard = dict.fromkeys(("en", "fr", "pt"), (1 - sure) / 2) | {tags[-1]: sure}
        return Hypothesis(
            hypothesis.words,
            request.language(heard),
            hypothesis.audio_length,
            mean_log_probability=hypothesis.mean_log_probability,
        )


async def test_a_language_for_each_sentence(start_service: StartService) -> None:
    """English, French and Portuguese in turn on one track: each final and each promise is in its own."""
    service = await start_service(PolyglotTranscriber())
    connection = await service.tracks.connect(someone("alice", language="auto"))
    starts = [0, 80, 160, 10, 90, 170, 80, 0]
    async with reading(service) as seen:
        for count, start in enumerate(starts, 1):
            await say(connection, np.concatenate([speech(start, 6), silence(0.8)]), pause=0.004)
            await seen.has_finals(count)  # their language is what is expected of the next words
        await connection.stop()
    assert [caption.source_lang for caption in seen.finals] == [
        ("en", "fr", "pt")[start // 80] for start in starts
    ]
    of_final = {caption.id: caption.source_lang for caption in seen.finals}
    promised = [caption for caption in seen.captions if not caption.final and caption.stable > 8]
    assert promised
    assert all(caption.source_lang == of_final[caption.id] for caption in promised)
