"""A disk or a database that is full, away or at fault for a while costs no word and doubles none."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assistant.adapters import sql_engine
from assistant.adapters.audio_journal import FileAudioJournal
from assistant.adapters.sql_store import SqlTranscriptStore
from assistant.bots.track_subscriber import SubscriberRules, TrackSubscriber
from assistant.captioning.deps import TrackRules
from assistant.captioning.track_registry import Join, TrackRegistryRules
from assistant.core.captions.caption import Caption
from assistant.core.errors import DiskLow, StoreUnavailable
from assistant.core.language import SOURCE, ReaderLanguages
from assistant.core.space_reserve import SpaceReserve
from assistant.core.speech.audio import SAMPLE_RATE, Pcm, Span
from assistant.service.caption_service import CaptionService
from assistant.tasks.retries import Backoff
from assistant.translation.publisher import SavingRules
from tests.bots.scripted_meeting import ScriptedTap
from tests.caption_service import StartService, captioned, clerks_of, crash, journal_of, running, stores_of
from tests.captioning.failing_disk import FAULTS, FailingDisk, ResendingClient, disk
from tests.fakes import LevelTranscriber, ScriptedTextEngine, silence, speech
from tests.waiting import PATIENCE_SECONDS, until

__all__ = ["disk"]

ANA = Join("council", "ana", "Ana", language="en")
BEN = Join("council", "ben", "Ben", language="en")
SAID = [" ".join(f"W{word}" for word in range(first, first + 3)) for first in range(0, 24, 3)]
PASSAGES = [np.concatenate([speech(first, 3), silence(1.0)]) for first in range(0, 24, 3)]
ALL = np.concatenate(PASSAGES)


async def texts(service: CaptionService) -> list[str]:
    return [caption.text for caption in await service.rooms.transcript("council")]


async def all_texts(service: CaptionService, count: int = len(SAID)) -> list[str]:
    """Return the transcript once it has so many captions."""
    await captioned(service, count)
    return await texts(service)


def recorded(folder: Path, session: str | None) -> Pcm:
    """Return all that the journal of a session holds, as a process sees it that starts now."""
    assert session
    journal = FileAudioJournal(folder / "journal")
    return journal.load(session, Span(0, journal.length_samples(session)))


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("breaking", [False, True], ids=["connected", "reconnecting"])
async def test_no_word_is_lost_or_doubled(
    start_service: StartService, disk: FailingDisk, tmp_path: Path, fault: str, *, breaking: bool
) -> None:
    """Three outages within words, whether the client stays or comes back meanwhile; the record is whole."""
    service = await start_service(keep_audio=True)
    client = ResendingClient(service, ANA)
    await client.connect()
    for number, passage in enumerate(PASSAGES):
        middle = 5_000
        await client.say(passage[:middle])
        if number in {1, 3, 6}:
            if fault == "descriptors":
                journal_of(service).close()  # so that it has to open files
            disk.fault = fault
        await client.say(passage[middle:-3_000])
        if disk.fault and breaking:
            await client.break_off()
            reconnecting = asyncio.create_task(client.connect())
            await until(lambda: client.refusals > 3)
            disk.fault = ""
            await reconnecting
        disk.fault = ""
        await client.say(passage[-3_000:])
    assert disk.failures
    await client.acknowledge()
    assert client.backlog.acknowledged_samples == len(ALL)
    np.testing.assert_array_equal(recorded(tmp_path, client.session), ALL)
    await client.stop()
    assert await texts(service) == SAID
    assert service.problems() == []


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_process_that_dies_while_the_disk_fails_loses_nothing(
    start_service: StartService, disk: FailingDisk, fault: str
) -> None:
    """The next process asks the client for all that the journal does not have."""
    service = await start_service()
    client = ResendingClient(service, ANA)
    for passage in PASSAGES[:3]:
        await client.say(passage)
    await all_texts(service, 2)
    if fault == "descriptors":
        journal_of(service).close()  # so that it has to open files
    disk.fault = fault
    for passage in PASSAGES[3:5]:
        await client.say(passage)
    await crash(service)
    disk.fault = ""
    client.service = await start_service()
    client.connection = None
    for passage in PASSAGES[5:]:
        await client.say(passage)
    await client.stop()
    assert await texts(client.service) == SAID


async def test_audio_that_a_loss_of_power_took_is_not_captioned_twice(
    start_service: StartService, tmp_path: Path
) -> None:
    """Where the journal has less than is captioned, the client goes on behind that, at the right times."""
    service = await start_service()
    client = ResendingClient(service, ANA)
    for passage in PASSAGES[:2]:
        await client.say(passage)
    before = await service.rooms.transcript("council") if await all_texts(service, 2) else []
    await crash(service)
    shutil.rmtree(tmp_path / "journal")
    service = await start_service()
    resumed = await service.tracks.connect(replace(ANA, session=client.session))
    ends = round((before[-1].end_seconds - before[0].start_seconds) * SAMPLE_RATE)
    assert len(PASSAGES[0]) < ends <= resumed.received_samples <= 2 * len(PASSAGES[0])
    await resumed.send_audio(ALL[resumed.received_samples : 3 * len(PASSAGES[0])])
    await resumed.stop()
    after = await service.rooms.transcript("council")
    assert [caption.text for caption in after] == SAID[:3]
    assert after[2].start_seconds > after[1].end_seconds


async def test_trouble_is_told_while_it_lasts(start_service: StartService, disk: FailingDisk) -> None:
    """The problem names what is wrong, and goes when the disk is back, though nobody speaks any more."""
    service = await start_service()
    client = ResendingClient(service, ANA)
    await client.connect()
    disk.fault = "full"
    await client.say(PASSAGES[0])
    assert service.problems() == ["Received audio cannot be kept: the disk is full."]
    assert service.missing() == []
    await client.break_off()
    disk.fault = ""
    await until(lambda: not service.problems())


async def test_a_sender_waits_when_memory_is_full_and_is_sent_away_in_the_end(
    start_service: StartService, disk: FailingDisk
) -> None:
    """What was not taken in was not acknowledged either, so it comes again when the disk is back."""
    service = await start_service(
        rules=TrackRegistryRules(disk_patience_seconds=0.3), track_rules=TrackRules(most_pending_seconds=2.0)
    )
    client = ResendingClient(service, ANA)
    await client.connect()
    disk.fault = "full"
    talking = asyncio.create_task(client.say(ALL))
    await until(lambda: client.connection is None)
    (track,) = service.tracks.tracks.values()
    assert track.front_end.received_samples <= 3 * 16_000
    disk.fault = ""
    await talking
    await client.stop()
    assert await texts(service) == SAID


async def test_a_meeting_waits_for_the_disk(start_service: StartService, disk: FailingDisk) -> None:
    """Nobody can send a meeting's audio again, so its listener holds what does not fit any more."""
    service = await start_service(
        rules=TrackRegistryRules(disk_patience_seconds=0.2), track_rules=TrackRules(most_pending_seconds=2.0)
    )
    tap = ScriptedTap()
    rules = SubscriberRules(disk_pauses=Backoff(0.05, 0.05))
    subscriber = TrackSubscriber(service.tracks, ANA, tap, rules=rules)
    tap.say(PASSAGES[0])
    await until(lambda: subscriber.received_samples == len(PASSAGES[0]))
    disk.fault = "full"
    tap.say(*PASSAGES[1:])
    await until(lambda: isinstance(subscriber.problem, StoreUnavailable))
    assert not subscriber.done
    disk.fault = ""
    tap.end()
    await subscriber.finish()
    assert await texts(service) == SAID


async def test_a_stop_waits_for_the_disk(start_service: StartService, disk: FailingDisk) -> None:
    """Whoever stops while nothing can be kept gets the last caption when it can."""
    service = await start_service()
    client = ResendingClient(service, ANA)
    await client.say(PASSAGES[0])
    disk.fault = "full"
    await client.say(speech(3, 3))
    stopping = asyncio.create_task(client.stop())
    await until(lambda: disk.failures > 4)
    assert not stopping.done()
    disk.fault = ""
    await stopping
    assert await texts(service) == SAID[:2]
    assert not service.tracks.tracks


async def test_a_track_that_cannot_be_parked_stays_and_holds_up_nobody(
    start_service: StartService, disk: FailingDisk
) -> None:
    """While somebody's last words wait for the disk, others come in; they can go on where they were."""
    service = await start_service(
        rules=TrackRegistryRules(park_seconds=0.0, look_seconds=0.05),
        track_rules=TrackRules(lost_seconds=0.0),
    )
    client = ResendingClient(service, ANA)
    await client.connect()
    disk.fault = "full"
    await client.say(PASSAGES[0])
    await client.break_off()
    tracks = service.tracks
    await until(lambda: running("track-tending"))
    async with asyncio.timeout(PATIENCE_SECONDS):
        await service.tracks.connect(BEN)
    assert client.session in tracks.tracks
    disk.fault = ""
    await until(lambda: client.session not in tracks.tracks)
    await client.connect()
    await client.say(PASSAGES[1])
    await client.stop()
    assert await texts(service) == SAID[:2]


async def test_with_the_last_of_the_disk_those_who_speak_go_on(start_service: StartService) -> None:
    """Nobody new comes in below a quarter of the reserve; who was in stays, and may come back."""
    free = [1_000]
    reserve = SpaceReserve(1_000, lambda: free[0])
    service = await start_service(reserve=reserve)
    client = ResendingClient(service, ANA)
    await client.say(PASSAGES[0])
    free[0] = 240
    await until(service.problems)
    with pytest.raises(DiskLow):
        await service.tracks.connect(BEN)
    await client.say(PASSAGES[1])
    await client.break_off()
    await client.say(PASSAGES[2])
    await client.stop()
    assert await texts(service) == SAID[:3]
    free[0] = 1_000
    await until(lambda: not service.problems())
    await service.tracks.connect(BEN)


# --- the database -------------------------------------------------------------------------------


async def seen_of(service: CaptionService, seen: list[Caption], lang: str = SOURCE) -> None:
    async for event in await service.readers.open_feed("council", ReaderLanguages.parse(lang)):
        if isinstance(event, Caption):
            seen.append(event)  # noqa: PERF401 - as they come, for whoever looks meanwhile


async def test_finals_wait_while_another_process_holds_the_database(
    start_service: StartService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each final goes out once, numbered on, when the database is free again; until then that is told."""
    monkeypatch.setattr(sql_engine, "BUSY_SECONDS", 0.05)
    service = await start_service()
    client = ResendingClient(service, ANA)
    await client.connect()
    seen: list[Caption] = []
    reading = asyncio.create_task(seen_of(service, seen))
    await client.say(PASSAGES[0])
    await all_texts(service, 1)
    holder = sqlite3.connect(tmp_path / "t.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    for passage in PASSAGES[1:4]:
        await client.say(passage)
    assert client.backlog.acknowledged_samples == 4 * len(PASSAGES[0]), "audio is safe all the same"
    await until(service.problems)
    assert "another process writes to it" in service.problems()[0]
    with pytest.raises(StoreUnavailable):
        await clerks_of(service).correct("council", (await service.rooms.transcript("council"))[0].id, "W0")
    holder.execute("ROLLBACK")
    holder.close()
    for passage in PASSAGES[4:]:
        await client.say(passage)
    await client.stop()
    assert await texts(service) == SAID
    await until(lambda: not service.problems())
    reading.cancel()
    finals = [caption for caption in seen if caption.final]
    assert [caption.text for caption in finals] == SAID
    numbers = [caption.seq for caption in seen]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("failing", [1, 2])
async def test_a_final_and_its_refinement_come_once_each(
    start_service: StartService, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    """Where storing one of the two fails, only that one is tried again, and nothing is recognised anew."""
    transcriber = LevelTranscriber(rewrite=lambda text: text.replace("W", "X"))
    service = await start_service(transcriber)
    append: Callable[..., Awaitable[None]] = SqlTranscriptStore.append
    calls: list[Caption] = []

    async def append_or_fail(store: SqlTranscriptStore, caption: Caption, **where: object) -> None:
        calls.append(caption)
        if len(calls) == failing:
            raise StoreUnavailable("The disk is full.")
        await append(store, caption, **where)

    monkeypatch.setattr(SqlTranscriptStore, "append", append_or_fail)
    client = ResendingClient(service, ANA)
    await client.connect()
    seen: list[Caption] = []
    reading = asyncio.create_task(seen_of(service, seen))
    await client.say(PASSAGES[0][:12_000])
    await until(lambda: seen)
    await client.say(PASSAGES[0][12_000:20_000])
    await until(lambda: seen[-1].stable, "a promise, which the final has to keep")
    await client.say(PASSAGES[0][20_000:])
    await client.stop()
    await until(lambda: seen and seen[-1].refined)
    reading.cancel()
    assert [caption.refined for caption in seen if caption.final] == [False, True]
    assert seen[-1].text == "X0 X1 X2"
    assert sum(request.quality == "final" for request in transcriber.requests) == 1


async def test_a_refinement_that_waited_does_not_replace_what_a_clerk_wrote(
    start_service: StartService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where storing it failed until the final was edited, it is left out, and the track goes on."""
    service = await start_service(LevelTranscriber(rewrite=lambda text: text.replace("W", "X")))
    append: Callable[..., Awaitable[None]] = SqlTranscriptStore.append
    edited, waits = asyncio.Event(), asyncio.Event()

    async def append_or_fail(store: SqlTranscriptStore, caption: Caption, **where: object) -> None:
        if caption.refined and not edited.is_set():
            waits.set()
            raise StoreUnavailable("The disk is full.")
        await append(store, caption, **where)

    monkeypatch.setattr(SqlTranscriptStore, "append", append_or_fail)
    client = ResendingClient(service, ANA)
    await client.connect()
    seen: list[Caption] = []
    reading = asyncio.create_task(seen_of(service, seen))
    await client.say(PASSAGES[0][:20_000])
    await until(lambda: seen and seen[-1].stable, "a promise, which the final has to keep")
    await client.say(PASSAGES[0][20_000:])
    await until(waits.is_set)
    await clerks_of(service).correct("council", seen[-1].id, "Mended.")
    edited.set()
    await client.say(PASSAGES[1])
    await client.stop()
    reading.cancel()
    mended, following = await texts(service)
    assert mended == "Mended."
    assert following.split()[-1] in {"X5", "W5"}


async def test_a_translation_is_shown_at_once_and_stored_when_that_works(
    start_service: StartService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers do not wait for a database that is away; late ones and files have it afterwards."""
    saving = SavingRules(patience_seconds=0.05, pauses=Backoff(0.02, 0.02))
    service = await start_service(text=ScriptedTextEngine(), saving=saving)
    save: Callable[..., Awaitable[None]] = SqlTranscriptStore.save_translation
    away = True

    async def save_or_fail(store: SqlTranscriptStore, caption: Caption) -> None:
        if away:
            raise StoreUnavailable("The disk is full.")
        await save(store, caption)

    monkeypatch.setattr(SqlTranscriptStore, "save_translation", save_or_fail)
    seen: list[Caption] = []
    reading = asyncio.create_task(seen_of(service, seen, "fr"))
    client = ResendingClient(service, ANA)
    await client.say(np.concatenate(PASSAGES[:2]))
    await client.stop()

    def finals() -> list[str]:
        return [caption.text for caption in seen if caption.final and caption.lang == "fr"]

    await until(lambda: len(finals()) == 2)
    assert not await stores_of(service).transcripts.translations("council", "fr")
    away = False

    async def stored() -> list[str]:
        return [
            caption.text for caption in await stores_of(service).transcripts.translations("council", "fr")
        ]

    async def all_stored() -> bool:
        return len(await stored()) == 2

    await until(all_stored)
    reading.cancel()
    assert await stored() == finals()
