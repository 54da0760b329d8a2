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
from tests.fakes import CountingTelemetry, LevelTranscriber, silence, speech
from tests.hubs import StartHub, captioned, caught_up, clerks_of, service_of, stores_of
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


async def test_a_misheard_name_is_put_right_once_the_promises_were_kept(start_hub: StartHub) -> None:
    """The final has the words that readers were promised; the correction is its one refinement."""
    hub = await start_hub(LevelTranscriber(final_probability=0.5))
    await hub.glossaries.set_of_organisation([Term("Ribeiro", sounds_like=("W3",))])
    seen: list[Caption] = []
    reading = asyncio.create_task(collect(await hub.readers.read("council"), seen))
    connection = await hub.tracks.connect(ALICE)
    await say(connection, silence(0.5), speech(0, 8), silence(1.0), pause_seconds=0.02)
    await connection.stop()
    await caught_up(hub, seen)
    reading.cancel()
    promised = max((caption.text[: caption.stable] for caption in seen if not caption.final), key=len)
    assert "W3" in promised
    final, refined = [caption for caption in seen if caption.final]
    assert (final.text.startswith(promised), final.refined) == (True, False)
    assert (refined.text, refined.refined) == ("W0 W1 W2 Ribeiro W4 W5 W6 W7", True)
    assert texts(await hub.rooms.transcript("council")) == [refined.text]


async def test_speech_becomes_partials_and_one_final(start_hub: StartHub) -> None:
    """A reader sees the utterance grow and end; every revision keeps the promises."""
    hub = await start_hub()
    seen: list[Caption] = []
    reading = asyncio.create_task(collect(await hub.readers.read("council"), seen))
    connection = await hub.tracks.connect(ALICE)
    await say(connection, silence(0.5), speech(0, 6), silence(1.0), pause_seconds=0.01)
    last = await connection.stop()
    await caught_up(hub, seen)
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


async def test_a_final_is_in_the_store_before_anyone_sees_it(start_hub: StartHub) -> None:
    """At the moment a reader gets a final, the transcript has it."""
    hub = await start_hub()
    feed = await hub.readers.read("council")
    connection = await hub.tracks.connect(ALICE)
    talking = asyncio.create_task(say(connection, speech(0, 3), silence(1.0), pause_seconds=0.001))
    async for event in feed:
        if isinstance(event, Caption) and event.final:
            assert texts(await hub.rooms.transcript("council")) == [event.text]
            break
    await talking


async def test_a_better_pass_that_disagrees_comes_as_one_refinement(start_hub: StartHub) -> None:
    """The final keeps the promised words, the transcript the better ones."""
    hub = await start_hub(LevelTranscriber(rewrite=str.lower))
    seen: list[Caption] = []
    reading = asyncio.create_task(collect(await hub.readers.read("council"), seen))
    connection = await hub.tracks.connect(ALICE)
    await say(connection, speech(0, 8), silence(1.0), pause_seconds=0.01)
    await connection.stop()
    await caught_up(hub, seen)
    reading.cancel()
    final, refined = seen[-2:]
    promised = max(caption.stable for caption in seen if not caption.final)
    assert promised > 0
    assert final.text.startswith(words(0, 8)[:promised])
    assert refined.refined
    assert texts(await hub.rooms.transcript("council")) == [words(0, 8).lower().replace("w0", "W0")]


async def test_long_speech_is_cut_between_words_and_loses_none(start_hub: StartHub) -> None:
    """Forty seconds without a pause become several captions with every word once."""
    hub = await start_hub()
    connection = await hub.tracks.connect(ALICE)
    await say(connection, speech(0, 80), silence(1.0), pause_seconds=0.004)
    await connection.stop()
    said = texts(await hub.rooms.transcript("council"))
    assert len(said) >= 2
    assert " ".join(said).split() == words(0, 80).split()


async def test_readers_see_what_follows_where_the_recogniser_gives_up(start_hub: StartHub) -> None:
    """It writes nothing behind one word for as long as it hears that; the next caption begins behind it."""
    hub = await start_hub(LevelTranscriber(gives_up_behind=5))
    seen: list[Caption] = []
    reading = asyncio.create_task(collect(await hub.readers.read("council"), seen))
    connection = await hub.tracks.connect(ALICE)
    border = np.full(480, 1, dtype=np.int16)  # too short for a rest, but quieter than both words
    await say(connection, speech(0, 6), border, speech(6, 34), silence(1.0), pause_seconds=0.004)
    await connection.stop()
    await caught_up(hub, seen)
    reading.cancel()
    assert any("W20" in caption.text for caption in seen if not caption.final)
    said = texts(await hub.rooms.transcript("council"))
    assert said[0].split()[-1] == "W5"
    assert " ".join(said).split() == words(0, 40).split()


async def test_noise_that_nobody_spoke_is_counted_and_not_shown(
    start_hub: StartHub, telemetry: CountingTelemetry
) -> None:
    """An utterance without words leaves no caption."""
    hub = await start_hub()
    connection = await hub.tracks.connect(ALICE)
    noise = np.random.default_rng(1).integers(-900, 900, 16_000).astype(np.int16)
    await say(connection, noise, silence(1.0))
    await connection.stop()
    assert await hub.rooms.transcript("council") == []
    assert telemetry.rejected["empty"] == 1


async def test_a_late_reader_catches_up_with_the_latest_revisions(start_hub: StartHub) -> None:
    """`since` brings each caption that changed once, in its latest form."""
    hub = await start_hub()
    connection = await hub.tracks.connect(ALICE)
    await say(connection, speech(0, 3), silence(1.0), speech(10, 3), silence(1.0))
    await connection.stop()
    first, second = await hub.rooms.transcript("council")
    edited = await clerks_of(hub).correct("council", first.id, "corrected")
    feed = await hub.readers.read("council", since=0)
    caught = [event async for event in _first(feed, 2)]
    assert [caption.text for caption in caught if isinstance(caption, Caption)] == [second.text, "corrected"]
    late = await hub.readers.read("council", since=edited.seq)
    assert late.hello.seq == edited.seq
    with pytest.raises(SinceInFuture):
        await hub.readers.read("council", since=edited.seq + 1)


async def _first(feed: CaptionFeed, count: int) -> AsyncIterator[Caption | Status]:
    async for event in feed:
        yield event
        count -= 1
        if not count:
            break


async def test_a_clerks_correction_is_shown_and_kept(start_hub: StartHub) -> None:
    """Readers get a new revision, the transcript changes, unknown captions are refused."""
    hub = await start_hub()
    connection = await hub.tracks.connect(ALICE)
    await say(connection, speech(0, 3), silence(1.0))
    await connection.stop()
    (caption,) = await hub.rooms.transcript("council")
    edited = await clerks_of(hub).correct("council", caption.id, "  the  vote ")
    assert (edited.text, edited.edited, edited.stable) == ("the vote", True, 8)
    assert edited.rev > caption.rev
    assert texts(await hub.rooms.transcript("council")) == ["the vote"]
    with pytest.raises(CaptionUnknown):
        await clerks_of(hub).correct("council", "nothing", "x")


async def test_a_broken_connection_resumes_without_losing_or_doubling(start_hub: StartHub) -> None:
    """The second connection is told where to go on, and the words come out once."""
    hub = await start_hub()
    audio = np.concatenate([speech(0, 7), silence(1.0)])
    first = await hub.tracks.connect(ALICE)
    await say(first, audio[:20_000])
    assert await first.acknowledge() == 20_000
    await first.detach()
    second = await hub.tracks.connect(Join("council", "alice", "Alice Martin", "en", session=first.session))
    assert second.received_samples == 20_000
    await say(second, audio[second.received_samples :])
    await second.stop()
    assert texts(await hub.rooms.transcript("council")) == [words(0, 7)]
    with pytest.raises(SessionUnknown):
        await hub.tracks.connect(Join("council", "alice", "Alice Martin", "en", session=first.session))


async def test_a_parked_session_can_be_resumed_later(start_hub: StartHub) -> None:
    """A phone that slept comes back after its track has left memory."""
    hub = await start_hub(rules=TrackRegistryRules(park_seconds=0.1, look_seconds=0.05))
    first = await hub.tracks.connect(ALICE)
    await say(first, speech(0, 3), silence(1.0))
    await first.acknowledge()
    await first.detach()
    await until(lambda: not hub.tracks.tracks)
    second = await hub.tracks.connect(Join("council", "alice", "Alice Martin", "en", session=first.session))
    assert second.received_samples == 40_000
    await say(second, speech(10, 2), silence(1.0))
    await second.stop()
    assert texts(await hub.rooms.transcript("council")) == [words(0, 3), words(10, 2)]


async def test_the_newer_connection_of_a_participant_takes_over(start_hub: StartHub) -> None:
    """The older one is told why, can feed no more, and what it said is kept."""
    hub = await start_hub()
    older = await hub.tracks.connect(ALICE)
    await say(older, speech(0, 3))
    newer = await hub.tracks.connect(ALICE)
    assert isinstance(await older.displaced(), ParticipantReplaced)
    with pytest.raises(ParticipantReplaced):
        await older.send_audio(speech(0, 1))
    await say(newer, speech(10, 2), silence(1.0))
    await newer.stop()
    await captioned(hub, 2)
    assert sorted(texts(await hub.rooms.transcript("council"))) == sorted([words(0, 3), words(10, 2)])


async def test_audio_that_stops_coming_ends_the_utterance(start_hub: StartHub) -> None:
    """A participant who mutes in mid-sentence is captioned without having to speak again."""
    hub = await start_hub(track_rules=TrackRules(idle_seconds=0.2, look_seconds=0.05))
    connection = await hub.tracks.connect(ALICE)
    await say(connection, speech(0, 4))
    await captioned(hub, 1)
    assert texts(await hub.rooms.transcript("council")) == [words(0, 4)]


async def test_a_recognition_that_fails_is_tried_again(start_hub: StartHub) -> None:
    """Two failures in a row lose nothing."""
    hub = await start_hub(LevelTranscriber(failures=2))
    connection = await hub.tracks.connect(ALICE)
    await say(connection, speech(0, 4), silence(1.0))
    await connection.stop()
    assert texts(await hub.rooms.transcript("council")) == [words(0, 4)]


async def test_an_utterance_that_cannot_be_read_for_a_while_is_read_later(start_hub: StartHub) -> None:
    """The scheduler gives up after three failures in a row; the track does not."""
    transcriber = LevelTranscriber()
    hub = await start_hub(transcriber)
    connection = await hub.tracks.connect(ALICE)
    await say(connection, speech(0, 4))
    transcriber.failures = 5
    await connection.send_audio(silence(1.0))
    await connection.stop()
    assert texts(await hub.rooms.transcript("council")) == [words(0, 4)]


async def test_of_an_utterance_that_can_never_be_read_stays_what_readers_saw(
    start_hub: StartHub, telemetry: CountingTelemetry
) -> None:
    """Promised or not, and what is said after it is captioned."""
    hub = await start_hub(LevelTranscriber(unreadable=1))
    seen: list[Caption] = []
    reading = asyncio.create_task(collect(await hub.readers.read("council"), seen))
    connection = await hub.tracks.connect(ALICE)
    await say(connection, speech(0, 4), silence(1.0), pause_seconds=0.01)
    await say(connection, speech(10, 2), silence(1.0))
    await connection.stop()
    await caught_up(hub, seen)
    reading.cancel()
    shown = [caption.text for caption in seen if not caption.final and caption.text.startswith("W0")][-1]
    assert texts(await hub.rooms.transcript("council")) == [shown, words(10, 2)]
    assert telemetry.rejected["failed"] == 1


async def test_a_clean_shutdown_finishes_open_utterances(start_hub: StartHub) -> None:
    """What was said up to the end is in the transcript, and clients are told to come back."""
    hub = await start_hub()
    connection = await hub.tracks.connect(ALICE)
    await say(connection, speech(0, 4))
    await hub.close()
    assert isinstance(await connection.displaced(), ShuttingDown)
    again = await start_hub()
    assert texts(await again.rooms.transcript("council")) == [words(0, 4)]
    resumed = await again.tracks.connect(replace(ALICE, session=connection.session))
    assert resumed.received_samples == 32_000


async def test_acknowledged_audio_survives_a_crash(start_hub: StartHub) -> None:
    """A process that dies in mid-sentence leaves its audio to the next, which captions it once."""
    hub = await start_hub(LevelTranscriber(delay_seconds=60.0))
    connection = await hub.tracks.connect(ALICE)
    await say(connection, speech(0, 5))
    safe = await connection.acknowledge()
    await hub._watching.close()
    for task in asyncio.all_tasks():
        if task.get_name() in {"partials", "finals"}:
            task.cancel()
    hub.tracks.tracks.clear()

    again = await start_hub()
    resumed = await again.tracks.connect(replace(ALICE, session=connection.session))
    assert resumed.received_samples == safe == 40_000
    await say(resumed, speech(5, 2), silence(1.0))
    await resumed.stop()
    assert texts(await again.rooms.transcript("council")) == [words(0, 7)]


async def test_what_a_final_leaves_out_is_read_by_itself_after_a_crash(start_hub: StartHub) -> None:
    """Nobody newest it, so nothing but the final has its words."""
    hub = await start_hub(LevelTranscriber(delay_seconds=60.0))
    connection = await hub.tracks.connect(ALICE)
    await say(connection, speech(0, 16), silence(1.0))
    await connection.acknowledge()
    await hub._watching.close()
    for track in hub.tracks.tracks.values():
        await track.abandon()
    hub.tracks.tracks.clear()

    again = await start_hub(LevelTranscriber(ends_behind=6))
    resumed = await again.tracks.connect(replace(ALICE, session=connection.session))
    await resumed.stop()
    assert texts(await again.rooms.transcript("council")) == [words(0, 16)]


async def test_numbers_grow_across_a_restart(start_hub: StartHub) -> None:
    """A reader who reconnects with `since` after a restart misses nothing and is not refused."""
    hub = await start_hub()
    connection = await hub.tracks.connect(ALICE)
    await say(connection, speech(0, 4), silence(1.0), pause_seconds=0.005)
    last = await connection.stop()
    await hub.close()
    again = await start_hub()
    assert (await again.readers.read("council", since=last)).hello.seq >= last
    connection = await again.tracks.connect(ALICE)
    await say(connection, speech(9, 2), silence(1.0))
    assert await connection.stop() > last


async def test_what_cannot_be_read_is_refused(start_hub: StartHub) -> None:
    """Unknown rooms, odd names and languages that cannot be shown have their own errors."""
    hub = await start_hub()
    with pytest.raises(RoomUnknown):
        await hub.rooms.transcript("nowhere")
    with pytest.raises(RoomNameInvalid):
        await hub.readers.read("no/where")
    with pytest.raises(LanguageUnavailable):
        await hub.readers.read("council", ReaderLanguages.parse("fr"))


async def test_more_tracks_than_allowed_are_refused(start_hub: StartHub) -> None:
    """The ones that run go on; when one leaves there is room again."""
    hub = await start_hub(rules=TrackRegistryRules(max_tracks=1))
    connection = await hub.tracks.connect(ALICE)
    with pytest.raises(CapacityReached):
        await hub.tracks.connect(Join("council", "bob", "Bob"))
    await connection.stop()
    await hub.tracks.connect(Join("council", "bob", "Bob"))


async def test_deleting_a_room_lets_everybody_go_and_leaves_nothing(start_hub: StartHub) -> None:
    """Speakers and readers learn it; transcript and audio are gone."""
    hub = await start_hub()
    feed = await hub.readers.read("council")
    connection = await hub.tracks.connect(ALICE)
    await say(connection, speech(0, 3), silence(1.0))
    await hub.delete_room("council")
    assert isinstance(await connection.displaced(), RoomDeleted)
    with pytest.raises(RoomDeleted):
        async for _ in feed:
            pass
    with pytest.raises(RoomUnknown):
        await hub.rooms.transcript("council")
    assert not await stores_of(hub).transcripts.tracks("council")


async def test_readers_learn_that_captions_run_late(start_hub: StartHub) -> None:
    """A recogniser that takes seconds makes the hub say how far behind it is."""
    hub = await start_hub(LevelTranscriber(delay_seconds=60.0, workers=1))
    feed = await hub.readers.read("council")
    connection = await hub.tracks.connect(ALICE)
    await say(connection, speech(0, 4), silence(1.0))
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for event in feed:
            if isinstance(event, Status):
                assert event.degraded
                assert event.behind_seconds >= 3
                break
    assert hub.statistics().behind_seconds >= 3


async def test_without_weights_the_service_reads_but_does_not_hear(start_hub: StartHub) -> None:
    """What is missing is said, joining is refused, transcripts are there."""
    hub = await start_hub(missing=("The weights x are not here.",))
    assert hub.missing() == ["The weights x are not here."]
    with pytest.raises(ModelMissing, match="not here"):
        await hub.tracks.connect(ALICE)
    assert (await hub.rooms.create_room("council")).name == "council"


async def test_before_the_start_everything_is_unavailable() -> None:
    """A hub that was never started says so and closes without harm."""

    async def never() -> TrackDeps:
        raise AssertionError

    hub = service_of(never, SqlStores.at("sqlite+aiosqlite:///nowhere.db"))
    assert hub.missing()
    with pytest.raises(Unavailable) as caught:
        await hub.rooms.every_room()
    assert isinstance(caught.value, AssistantError)
    assert caught.value.retryable
    await hub.close()


async def test_a_room_whose_deletion_fails_can_be_read_again(
    start_hub: StartHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its readers are told why they are let go; what was said is there, and the next try deletes it."""
    hub = await start_hub()
    connection = await hub.tracks.connect(ALICE)
    await say(connection, speech(0, 3), silence(1.0))
    await connection.stop()
    feed = await hub.readers.read("council")

    async def fails(_: str) -> None:
        raise StoreUnavailable("The disk is away.")

    with monkeypatch.context() as patch:
        patch.setattr(stores_of(hub).transcripts, "delete_room", fails)
        with pytest.raises(StoreUnavailable):
            await hub.delete_room("council")
    with pytest.raises(StoreUnavailable):
        await anext(aiter(feed))
    caught = [event async for event in _first(await hub.readers.read("council", since=0), 1)]
    assert [event.text for event in caught if isinstance(event, Caption)] == [words(0, 3)]
    last = await hub.readers.read("council")
    await hub.delete_room("council")
    with pytest.raises(RoomDeleted):
        await anext(aiter(last))
