"""From audio to captions: joining, reading, resuming, stopping, starting again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from assistant.adapters.sql_stores import SqlStores
from assistant.captioning.connection import TrackConnection
from assistant.captioning.deps import TrackDeps, TrackRules
from assistant.captioning.track_registry import Join, TrackRegistryRules
from assistant.core.captions.caption import Caption, check_successor
from assistant.core.captions.lateness import Status
from assistant.core.errors import (
    AssistantError,
    CapacityReached,
    CaptionUnknown,
    LanguageUnavailable,
    ModelMissing,
    ParticipantReplaced,
    RoomDeleted,
    RoomNameInvalid,
    RoomUnknown,
    SessionUnknown,
    ShuttingDown,
    SinceInFuture,
    StoreUnavailable,
    Unavailable,
)
from assistant.core.glossary.terms import Term
from assistant.core.language import ReaderLanguages
from assistant.readers.feed import CaptionFeed
from assistant.translation.translator import TranslationService
from tests.caption_service import StartService, captioned, caught_up, clerks_of, crash, service_of, stores_of
from tests.fakes import CountingTelemetry, LevelTranscriber, silence, speech
from tests.waiting import PATIENCE_SECONDS, until

ALICE = Join("council", "alice", "Alice Martin", language="en")


async def say(connection: TrackConnection, *pieces: np.ndarray, pause_seconds: float = 0.0) -> None:
    """Feed audio in chunks of a tenth of a second."""
    for piece in pieces:
        for start in range(0, len(piece), 1_600):
            await connection.send_audio(piece[start : start + 1_600])
            await asyncio.sleep(pause_seconds)


def words(first: int, count: int) -> str:
    return " ".join(f"W{number}" for number in range(first, first + count))


def texts(captions: Sequence[Caption]) -> list[str]:
    return [caption.text for caption in captions]


async def collect(feed: CaptionFeed, seen: list[Caption]) -> None:
    async for event in feed:
        if isinstance(event, Caption):
            seen.append(event)  # noqa: PERF401 - the list is read while it grows


async def test_a_misheard_name_is_put_right_once_the_promises_were_kept(start_service: StartService) -> None:
    """The final has the words that readers were promised; the correction is its one refinement."""
    service = await start_service(LevelTranscriber(final_probability=0.5))
    await service.glossaries.set_of_organisation([Term("Ribeiro", sounds_like=("W3",))])
    seen: list[Caption] = []
    reading = asyncio.create_task(collect(await service.readers.open_feed("council"), seen))
    connection = await service.tracks.connect(ALICE)
    await say(connection, silence(0.5), speech(0, 8), silence(1.0), pause_seconds=0.02)
    await connection.stop()
    await caught_up(service, seen)
    reading.cancel()
    promised = max((caption.text[: caption.stable] for caption in seen if not caption.final), key=len)
    assert "W3" in promised
    final, refined = [caption for caption in seen if caption.final]
    assert (final.text.startswith(promised), final.refined) == (True, False)
    assert (refined.text, refined.refined) == ("W0 W1 W2 Ribeiro W4 W5 W6 W7", True)
    assert texts(await service.rooms.transcript("council")) == [refined.text]


async def test_speech_becomes_partials_and_one_final(start_service: StartService) -> None:
    """A reader sees the utterance grow and end; every revision keeps the promises."""
    service = await start_service()
    seen: list[Caption] = []
    reading = asyncio.create_task(collect(await service.readers.open_feed("council"), seen))
    connection = await service.tracks.connect(ALICE)
    await say(connection, silence(0.5), speech(0, 6), silence(1.0), pause_seconds=0.01)
    last = await connection.stop()
    await caught_up(service, seen)
    reading.cancel()
    assert seen[-1].final
    assert seen[-1].text == words(0, 6)
    assert seen[-1].seq == last
    assert any(not caption.final for caption in seen)
    assert any(0 < caption.stable < len(caption.text) for caption in seen)
    for before, after in pairwise(seen):
        assert before.seq < after.seq
        check_successor(before, after)
    assert seen[-1].start_seconds == pytest.approx(0.25, abs=0.3)


async def test_a_final_is_in_the_store_before_anyone_sees_it(start_service: StartService) -> None:
    """At the moment a reader gets a final, the transcript has it."""
    service = await start_service()
    feed = await service.readers.open_feed("council")
    connection = await service.tracks.connect(ALICE)
    talking = asyncio.create_task(say(connection, speech(0, 3), silence(1.0), pause_seconds=0.001))
    async for event in feed:
        if isinstance(event, Caption) and event.final:
            assert texts(await service.rooms.transcript("council")) == [event.text]
            break
    await talking


async def test_a_better_pass_that_disagrees_comes_as_one_refinement(start_service: StartService) -> None:
    """The final keeps the promised words, the transcript the better ones."""
    service = await start_service(LevelTranscriber(rewrite=str.lower))
    seen: list[Caption] = []
    reading = asyncio.create_task(collect(await service.readers.open_feed("council"), seen))
    connection = await service.tracks.connect(ALICE)
    await say(connection, speech(0, 8), silence(1.0), pause_seconds=0.01)
    await connection.stop()
    await caught_up(service, seen)
    reading.cancel()
    final, refined = seen[-2:]
    promised = max(caption.stable for caption in seen if not caption.final)
    assert promised > 0
    assert final.text.startswith(words(0, 8)[:promised])
    assert refined.refined
    assert texts(await service.rooms.transcript("council")) == [words(0, 8).lower().replace("w0", "W0")]


async def test_long_speech_is_cut_between_words_and_loses_none(start_service: StartService) -> None:
    """Forty seconds without a pause become several captions with every word once."""
    service = await start_service()
    connection = await service.tracks.connect(ALICE)
    await say(connection, speech(0, 80), silence(1.0), pause_seconds=0.004)
    await connection.stop()
    said = texts(await service.rooms.transcript("council"))
    assert len(said) >= 2
    assert " ".join(said).split() == words(0, 80).split()


async def test_readers_see_what_follows_where_the_recogniser_gives_up(start_service: StartService) -> None:
    """It writes nothing behind one word for as long as it hears that; the next caption begins behind it."""
    service = await start_service(LevelTranscriber(gives_up_behind=5))
    seen: list[Caption] = []
    reading = asyncio.create_task(collect(await service.readers.open_feed("council"), seen))
    connection = await service.tracks.connect(ALICE)
    border = np.full(480, 1, dtype=np.int16)  # too short for a rest, but quieter than both words
    await say(connection, speech(0, 6), border, speech(6, 34), silence(1.0), pause_seconds=0.004)
    await connection.stop()
    await caught_up(service, seen)
    reading.cancel()
    assert any("W20" in caption.text for caption in seen if not caption.final)
    said = texts(await service.rooms.transcript("council"))
    assert said[0].split()[-1] == "W5"
    assert " ".join(said).split() == words(0, 40).split()


async def test_noise_that_nobody_spoke_is_counted_and_not_shown(
    start_service: StartService, telemetry: CountingTelemetry
) -> None:
    """An utterance without words leaves no caption."""
    service = await start_service()
    connection = await service.tracks.connect(ALICE)
    noise = np.random.default_rng(1).integers(-900, 900, 16_000).astype(np.int16)
    await say(connection, noise, silence(1.0))
    await connection.stop()
    assert await service.rooms.transcript("council") == []
    assert telemetry.rejected["empty"] == 1


async def test_a_late_reader_catches_up_with_the_latest_revisions(start_service: StartService) -> None:
    """`since` brings each caption that changed once, in its latest form."""
    service = await start_service()
    connection = await service.tracks.connect(ALICE)
    await say(connection, speech(0, 3), silence(1.0), speech(10, 3), silence(1.0))
    await connection.stop()
    first, second = await service.rooms.transcript("council")
    edited = await clerks_of(service).correct("council", first.id, "corrected")
    feed = await service.readers.open_feed("council", since=0)
    caught = [event async for event in _first(feed, 2)]
    assert [caption.text for caption in caught if isinstance(caption, Caption)] == [second.text, "corrected"]
    late = await service.readers.open_feed("council", since=edited.seq)
    assert late.hello.seq == edited.seq
    with pytest.raises(SinceInFuture):
        await service.readers.open_feed("council", since=edited.seq + 1)


async def _first(feed: CaptionFeed, count: int) -> AsyncIterator[Caption | Status]:
    async for event in feed:
        yield event
        count -= 1
        if not count:
            break


async def test_a_clerks_correction_is_shown_and_kept(start_service: StartService) -> None:
    """Readers get a new revision, the transcript changes, unknown captions are refused."""
    service = await start_service()
    connection = await service.tracks.connect(ALICE)
    await say(connection, speech(0, 3), silence(1.0))
    await connection.stop()
    (caption,) = await service.rooms.transcript("council")
    edited = await clerks_of(service).correct("council", caption.id, "  the  vote ")
    assert (edited.text, edited.edited, edited.stable) == ("the vote", True, 8)
    assert edited.rev > caption.rev
    assert texts(await service.rooms.transcript("council")) == ["the vote"]
    with pytest.raises(CaptionUnknown):
        await clerks_of(service).correct("council", "nothing", "x")


async def test_a_broken_connection_resumes_without_losing_or_doubling(start_service: StartService) -> None:
    """The second connection is told where to go on, and the words come out once."""
    service = await start_service()
    audio = np.concatenate([speech(0, 7), silence(1.0)])
    first = await service.tracks.connect(ALICE)
    await say(first, audio[:20_000])
    assert await first.acknowledge() == 20_000
    await first.detach()
    second = await service.tracks.connect(
        Join("council", "alice", "Alice Martin", "en", session=first.session)
    )
    assert second.received_samples == 20_000
    await say(second, audio[second.received_samples :])
    await second.stop()
    assert texts(await service.rooms.transcript("council")) == [words(0, 7)]
    with pytest.raises(SessionUnknown):
        await service.tracks.connect(Join("council", "alice", "Alice Martin", "en", session=first.session))


async def test_a_parked_session_can_be_resumed_later(start_service: StartService) -> None:
    """A phone that slept comes back after its track has left memory."""
    service = await start_service(rules=TrackRegistryRules(park_seconds=0.1, look_seconds=0.05))
    first = await service.tracks.connect(ALICE)
    await say(first, speech(0, 3), silence(1.0))
    await first.acknowledge()
    await first.detach()
    await until(lambda: not service.tracks.tracks)
    second = await service.tracks.connect(
        Join("council", "alice", "Alice Martin", "en", session=first.session)
    )
    assert second.received_samples == 40_000
    await say(second, speech(10, 2), silence(1.0))
    await second.stop()
    assert texts(await service.rooms.transcript("council")) == [words(0, 3), words(10, 2)]


async def test_the_newer_connection_of_a_participant_takes_over(start_service: StartService) -> None:
    """The older one is told why, can feed no more, and what it said is kept."""
    service = await start_service()
    older = await service.tracks.connect(ALICE)
    await say(older, speech(0, 3))
    newer = await service.tracks.connect(ALICE)
    assert isinstance(await older.displaced(), ParticipantReplaced)
    with pytest.raises(ParticipantReplaced):
        await older.send_audio(speech(0, 1))
    await say(newer, speech(10, 2), silence(1.0))
    await newer.stop()
    await captioned(service, 2)
    assert sorted(texts(await service.rooms.transcript("council"))) == sorted([words(0, 3), words(10, 2)])


async def test_audio_that_stops_coming_ends_the_utterance(start_service: StartService) -> None:
    """A participant who mutes in mid-sentence is captioned without having to speak again."""
    service = await start_service(track_rules=TrackRules(idle_seconds=0.2, look_seconds=0.05))
    connection = await service.tracks.connect(ALICE)
    await say(connection, speech(0, 4))
    await captioned(service, 1)
    assert texts(await service.rooms.transcript("council")) == [words(0, 4)]


async def test_a_recognition_that_fails_is_tried_again(start_service: StartService) -> None:
    """Two failures in a row lose nothing."""
    service = await start_service(LevelTranscriber(failures=2))
    connection = await service.tracks.connect(ALICE)
    await say(connection, speech(0, 4), silence(1.0))
    await connection.stop()
    assert texts(await service.rooms.transcript("council")) == [words(0, 4)]


async def test_an_utterance_that_cannot_be_read_for_a_while_is_read_later(
    start_service: StartService,
) -> None:
    """The scheduler gives up after three failures in a row; the track does not."""
    transcriber = LevelTranscriber()
    service = await start_service(transcriber)
    connection = await service.tracks.connect(ALICE)
    await say(connection, speech(0, 4))
    transcriber.failures = 5
    await connection.send_audio(silence(1.0))
    await connection.stop()
    assert texts(await service.rooms.transcript("council")) == [words(0, 4)]


async def test_of_an_utterance_that_can_never_be_read_stays_what_readers_saw(
    start_service: StartService, telemetry: CountingTelemetry
) -> None:
    """Promised or not, and what is said after it is captioned."""
    service = await start_service(LevelTranscriber(unreadable=1))
    seen: list[Caption] = []
    reading = asyncio.create_task(collect(await service.readers.open_feed("council"), seen))
    connection = await service.tracks.connect(ALICE)
    await say(connection, speech(0, 4), silence(1.0), pause_seconds=0.01)
    await say(connection, speech(10, 2), silence(1.0))
    await connection.stop()
    await caught_up(service, seen)
    reading.cancel()
    shown = [caption.text for caption in seen if not caption.final and caption.text.startswith("W0")][-1]
    assert texts(await service.rooms.transcript("council")) == [shown, words(10, 2)]
    assert telemetry.rejected["failed"] == 1


async def test_a_clean_shutdown_finishes_open_utterances(start_service: StartService) -> None:
    """What was said up to the end is in the transcript, and clients are told to come back."""
    service = await start_service()
    connection = await service.tracks.connect(ALICE)
    await say(connection, speech(0, 4))
    await service.close()
    assert isinstance(await connection.displaced(), ShuttingDown)
    again = await start_service()
    assert texts(await again.rooms.transcript("council")) == [words(0, 4)]
    resumed = await again.tracks.connect(replace(ALICE, session=connection.session))
    assert resumed.received_samples == 32_000


async def test_acknowledged_audio_survives_a_crash(start_service: StartService) -> None:
    """A process that dies in mid-sentence leaves its audio to the next, which captions it once."""
    service = await start_service(LevelTranscriber(delay_seconds=60.0))
    connection = await service.tracks.connect(ALICE)
    await say(connection, speech(0, 5))
    safe = await connection.acknowledge()
    await crash(service)

    again = await start_service()
    resumed = await again.tracks.connect(replace(ALICE, session=connection.session))
    assert resumed.received_samples == safe == 40_000
    await say(resumed, speech(5, 2), silence(1.0))
    await resumed.stop()
    assert texts(await again.rooms.transcript("council")) == [words(0, 7)]


async def test_what_a_final_leaves_out_is_read_by_itself_after_a_crash(start_service: StartService) -> None:
    """No partial was made of it, so nothing but the final has its words."""
    service = await start_service(LevelTranscriber(delay_seconds=60.0))
    connection = await service.tracks.connect(ALICE)
    await say(connection, speech(0, 16), silence(1.0))
    await connection.acknowledge()
    await crash(service)

    again = await start_service(LevelTranscriber(ends_behind=6))
    resumed = await again.tracks.connect(replace(ALICE, session=connection.session))
    await resumed.stop()
    assert texts(await again.rooms.transcript("council")) == [words(0, 16)]


async def test_numbers_grow_across_a_restart(start_service: StartService) -> None:
    """A reader who reconnects with `since` after a restart misses nothing and is not refused."""
    service = await start_service()
    connection = await service.tracks.connect(ALICE)
    await say(connection, speech(0, 4), silence(1.0), pause_seconds=0.005)
    last = await connection.stop()
    await service.close()
    again = await start_service()
    assert (await again.readers.open_feed("council", since=last)).hello.seq >= last
    connection = await again.tracks.connect(ALICE)
    await say(connection, speech(9, 2), silence(1.0))
    assert await connection.stop() > last


async def test_what_cannot_be_read_is_refused(start_service: StartService) -> None:
    """Unknown rooms, odd names and languages that cannot be shown have their own errors."""
    service = await start_service()
    with pytest.raises(RoomUnknown):
        await service.rooms.transcript("nowhere")
    with pytest.raises(RoomNameInvalid):
        await service.readers.open_feed("no/where")
    with pytest.raises(LanguageUnavailable):
        await service.readers.open_feed("council", ReaderLanguages.parse("fr"))


async def test_more_tracks_than_allowed_are_refused(start_service: StartService) -> None:
    """The ones that run go on; when one leaves there is room again."""
    service = await start_service(rules=TrackRegistryRules(max_tracks=1))
    connection = await service.tracks.connect(ALICE)
    with pytest.raises(CapacityReached):
        await service.tracks.connect(Join("council", "bob", "Bob"))
    await connection.stop()
    await service.tracks.connect(Join("council", "bob", "Bob"))


async def test_deleting_a_room_lets_everybody_go_and_leaves_nothing(start_service: StartService) -> None:
    """Speakers and readers learn it; transcript and audio are gone."""
    service = await start_service()
    feed = await service.readers.open_feed("council")
    connection = await service.tracks.connect(ALICE)
    await say(connection, speech(0, 3), silence(1.0))
    await service.delete_room("council")
    assert isinstance(await connection.displaced(), RoomDeleted)
    with pytest.raises(RoomDeleted):
        async for _ in feed:
            pass
    with pytest.raises(RoomUnknown):
        await service.rooms.transcript("council")
    assert not await stores_of(service).transcripts.tracks("council")


async def test_readers_learn_that_captions_run_late(start_service: StartService) -> None:
    """A recogniser that takes seconds makes the service say how far behind it is."""
    service = await start_service(LevelTranscriber(delay_seconds=60.0, workers=1))
    feed = await service.readers.open_feed("council")
    connection = await service.tracks.connect(ALICE)
    await say(connection, speech(0, 4), silence(1.0))
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for event in feed:
            if isinstance(event, Status):
                assert event.degraded
                assert event.behind_seconds >= 3
                break
    assert service.statistics().behind_seconds >= 3


async def test_without_weights_the_service_reads_but_does_not_hear(start_service: StartService) -> None:
    """What is missing is said, joining is refused, transcripts are there."""
    service = await start_service(missing=("The weights x are not here.",))
    assert service.missing() == ["The weights x are not here."]
    with pytest.raises(ModelMissing, match="not here"):
        await service.tracks.connect(ALICE)
    assert (await service.rooms.create_room("council")).name == "council"


async def test_before_the_start_everything_is_unavailable() -> None:
    """A service that was never started says so and closes without harm."""

    async def never() -> tuple[TrackDeps, TranslationService]:
        raise AssertionError

    service = service_of(never, SqlStores.at("sqlite+aiosqlite:///nowhere.db"))
    assert service.missing()
    with pytest.raises(Unavailable) as caught:
        await service.rooms.every_room()
    assert isinstance(caught.value, AssistantError)
    assert caught.value.retryable
    await service.close()


async def test_a_room_whose_deletion_fails_can_be_read_again(
    start_service: StartService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its readers are told why they are let go; what was said is there, and the next try deletes it."""
    service = await start_service()
    connection = await service.tracks.connect(ALICE)
    await say(connection, speech(0, 3), silence(1.0))
    await connection.stop()
    feed = await service.readers.open_feed("council")

    async def fails(_: str) -> None:
        raise StoreUnavailable("The disk is away.")

    with monkeypatch.context() as patch:
        patch.setattr(stores_of(service).transcripts, "delete_room", fails)
        with pytest.raises(StoreUnavailable):
            await service.delete_room("council")
    with pytest.raises(StoreUnavailable):
        await anext(aiter(feed))
    caught = [event async for event in _first(await service.readers.open_feed("council", since=0), 1)]
    assert [event.text for event in caught if isinstance(event, Caption)] == [words(0, 3)]
    last = await service.readers.open_feed("council")
    await service.delete_room("council")
    with pytest.raises(RoomDeleted):
        await anext(aiter(last))
