"""What clerks do to captions reaches every reader, the store, translations and the audio that is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest

from assistant.captioning.track_registry import Join
from assistant.core.captions.caption import Caption
from assistant.core.captions.events import RoomEvent, TranscriptCorrected
from assistant.core.errors import (
    AudioNotKept,
    CaptionsApart,
    CaptionUnknown,
    InvalidInput,
    RevisionConflict,
    RoomUnknown,
    SplitInvalid,
    TextTooLong,
)
from assistant.core.language import ReaderLanguages
from assistant.core.meetings.attendance import Stay
from assistant.core.translation.routes import Scores, TextModel
from assistant.readers.feed import CaptionFeed
from assistant.service.caption_service import CaptionService
from tests.caption_service import StartService, clerks_of, journal_of, stores_of
from tests.council import hold
from tests.fakes import ScriptedTextEngine, silence, speech
from tests.service.test_caption_service import say
from tests.waiting import PATIENCE_SECONDS

ENGLISH = TextModel("fr-en", "fr", "en", "argos", Scores(0.8), 10.0)


async def read(feed: CaptionFeed, count: int) -> list[Caption]:
    found: list[Caption] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for event in feed:
            if isinstance(event, Caption):
                found.append(event)
                if len(found) == count:
                    return found
    return found


class Corrections:
    """Notes the rooms in which a clerk corrected something."""

    def __init__(self, told: list[str]) -> None:
        self.told = told

    def wants(self, event: RoomEvent) -> bool:
        """Want corrections."""
        return isinstance(event, TranscriptCorrected)

    async def take(self, room: str, event: RoomEvent) -> None:
        """Note the room."""
        del event
        self.told.append(room)


async def council(
    start_service: StartService, **options: object
) -> tuple[CaptionService, Sequence[str], list[str]]:
    """Return a service after a council, the captions' ids, and the rooms of which edits are told."""
    service = await start_service(**options)
    told: list[str] = []
    service.rooms.followers.add(Corrections(told))
    ids = await hold(service, "conseil")
    return service, ids, told


async def test_a_split_goes_out_as_two_revisions(start_service: StartService) -> None:
    """Readers get the first part as a new revision and the second as a new caption; the store has both."""
    service, ids, told = await council(start_service)
    feed = await service.readers.open_feed("conseil")
    first, second = await clerks_of(service).split("conseil", ids[0], 16)
    assert (first.text, second.text) == ("Bonsoir à tous,", "la séance est ouverte.")
    assert [caption.id for caption in await read(feed, 2)] == [first.id, second.id]
    texts = [caption.text for caption in await service.rooms.transcript("conseil")]
    assert texts[:2] == [first.text, second.text]
    assert told == ["conseil"]
    with pytest.raises(SplitInvalid):
        await clerks_of(service).split("conseil", ids[0], 0)


async def test_a_merge_empties_the_second(start_service: StartService) -> None:
    """Its readers see it go; captions of two speakers stay apart."""
    service, ids, _ = await council(start_service)
    joined, emptied = await clerks_of(service).merge("conseil", ids[2], ids[3])
    assert joined.text.endswith("à douze mille euros.")
    assert emptied.text == ""
    assert ids[3] not in {caption.id for caption in await service.rooms.transcript("conseil")}
    with pytest.raises(CaptionsApart):
        await clerks_of(service).merge("conseil", ids[1], ids[2])


async def test_an_old_revision_is_refused_with_the_caption_as_it_is(start_service: StartService) -> None:
    """Nobody overwrites silently; without a revision the newest one is changed."""
    service, ids, _ = await council(start_service)
    before = await clerks_of(service).correct("conseil", ids[0], "Un.")
    await clerks_of(service).correct("conseil", ids[0], "Deux.", rev=before.rev)
    with pytest.raises(RevisionConflict) as raised:
        await clerks_of(service).correct("conseil", ids[0], "Trois.", rev=before.rev)
    assert [(isinstance(one, Caption) and one.text) for one in raised.value.captions] == ["Deux."]
    await clerks_of(service).correct("conseil", ids[0], "Quatre.")
    assert (await service.rooms.transcript("conseil"))[0].text == "Quatre."


async def test_a_new_name_is_everywhere(start_service: StartService) -> None:
    """In all captions, in translations of them, and in the attendance."""
    service, _, _ = await council(start_service, text=ScriptedTextEngine(models=(ENGLISH,)))
    await stores_of(service).meetings.save_stay(Stay("conseil", "petit", "M. Petit", 1.0, 2.0, 2.0))
    await service.rooms.transcript("conseil", "en")
    count = await clerks_of(service).rename("conseil", "petit", "M. Le Petit")
    for lang in ("", "en"):
        mine = [one for one in await service.rooms.transcript("conseil", lang) if one.participant == "petit"]
        assert len(mine) == count
        assert {caption.speaker for caption in mine} == {"M. Le Petit"}
    assert [stay.name for stay in await stores_of(service).meetings.stays("conseil")] == ["M. Le Petit"]
    assert await clerks_of(service).rename("conseil", "petit", "M. Le Petit") == 0


async def test_a_caption_moves_to_another_speaker_and_is_translated_anew(start_service: StartService) -> None:
    """Readers of another language get the corrected words under the new name."""
    service, ids, _ = await council(start_service, text=ScriptedTextEngine(models=(ENGLISH,)))
    feed = await service.readers.open_feed("conseil", ReaderLanguages.parse("en"))
    await clerks_of(service).correct("conseil", ids[4], "Je propose.", speaker=("blin", "Mme Blin"))
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for event in feed:
            if isinstance(event, Caption) and event.id == ids[4] and event.edited:
                break
    assert isinstance(event, Caption)
    assert (event.text, event.speaker) == ("Je·en propose·en.", "Mme Blin")


async def test_replacing_is_shown_before_it_is_done(start_service: StartService) -> None:
    """A preview changes nothing; what is replaced goes out."""
    service, _, told = await council(start_service)
    shown = await clerks_of(service).replace("conseil", "rue du moulin", "rue du Canal", preview=True)
    assert shown.matches == 3
    assert not any("Canal" in caption.text for caption in await service.rooms.transcript("conseil"))
    assert told == []
    done = await clerks_of(service).replace("conseil", "rue du moulin", "rue du Canal")
    assert done.matches == 3
    assert sum("rue du Canal" in caption.text for caption in await service.rooms.transcript("conseil")) == 3
    nothing = await clerks_of(service).replace("conseil", "rue du moulin", "x")
    assert (nothing.matches, list(nothing.captions)) == (0, [])
    with pytest.raises(InvalidInput):
        await clerks_of(service).replace("conseil", " ", "x")


async def test_replacing_does_not_blow_up_a_room(start_service: StartService) -> None:
    """A caption that would be too long is refused with all others unchanged; two calls gain nothing."""
    service, _, _ = await council(start_service)
    before = [caption.text for caption in await service.rooms.transcript("conseil")]
    put = "e" * 1_000
    for preview in (True, False):
        with pytest.raises(TextTooLong):
            await clerks_of(service).replace("conseil", "e", put, whole_words=False, preview=preview)
    assert [caption.text for caption in await service.rooms.transcript("conseil")] == before


async def test_a_refused_change_leaves_nothing(start_service: StartService) -> None:
    """No room, no caption: an error, and nothing is made by asking."""
    service, _, told = await council(start_service)
    with pytest.raises(RoomUnknown):
        await clerks_of(service).correct("nowhere", "c", "x")
    with pytest.raises(CaptionUnknown):
        await clerks_of(service).correct("conseil", "nothing", "x")
    with pytest.raises(RoomUnknown):
        await service.rooms.room("nowhere")
    assert told == []


async def test_kept_audio_is_what_was_heard(start_service: StartService) -> None:
    """Of a caption and of its halves, with a little around; gone with its room, and never there otherwise."""
    service, ids, _ = await council(start_service, keep_audio=True)
    journal = journal_of(service)
    with pytest.raises(AudioNotKept):
        await clerks_of(service).audio("conseil", ids[0])
    sound = np.arange(30 * 16_000, dtype=np.int64).astype(np.int16)
    journal.append("conseil-roy", sound)
    session, span = await clerks_of(service).audio("conseil", ids[1])
    assert (session, span.start_samples, span.end_samples) == ("conseil-roy", 75_200, 156_800)
    assert np.array_equal(clerks_of(service).read_audio(session, span), sound[75_200:156_800])
    first, second = await clerks_of(service).split("conseil", ids[1], 14)
    _, span = await clerks_of(service).audio("conseil", second.id)
    assert span.start_samples == 80_000 + round((first.end_seconds - 5.0) * 16_000) - 4_800
    await service.delete_room("conseil")
    assert journal.length_samples("conseil-roy") == 0


@pytest.mark.parametrize("keep", [False, True])
async def test_audio_stays_until_its_room_goes(start_service: StartService, *, keep: bool) -> None:
    """Where it is kept; else it goes when the track closes, and nothing can be played."""
    service = await start_service(keep_audio=keep)
    connection = await service.tracks.connect(Join("council", "alice", "Alice", language="en"))
    await say(connection, speech(0, 4), silence(2.0))
    await connection.stop()
    (caption,) = await service.rooms.transcript("council")
    if keep:
        session, span = await clerks_of(service).audio("council", caption.id)
        heard = clerks_of(service).read_audio(session, span)
        assert len(heard) >= 2.0 * 16_000
        assert np.abs(heard).max() == speech(0, 4).max()
    else:
        with pytest.raises(AudioNotKept):
            await clerks_of(service).audio("council", caption.id)
    session = caption.id.rpartition(".")[0]
    await service.delete_room("council")
    assert journal_of(service).length_samples(session) == 0


async def test_kept_audio_is_not_heard_again_after_a_restart(start_service: StartService) -> None:
    """What is transcribed stays as it is, though its audio is still there."""
    service = await start_service(keep_audio=True)
    connection = await service.tracks.connect(Join("council", "alice", "Alice", language="en"))
    await say(connection, speech(0, 4), silence(2.0))
    await connection.stop()
    before = await service.rooms.transcript("council")
    await service.close()
    again = await start_service(keep_audio=True)
    beside = await again.tracks.connect(Join("council", "bob", "Bob", language="en"))
    await say(beside, speech(10, 2), silence(1.0))
    await beside.stop()  # what is heard again would be heard before that
    *others, last = await again.rooms.transcript("council")
    assert (others, last.participant) == (before, "bob")
    assert await clerks_of(again).audio("council", before[0].id)
