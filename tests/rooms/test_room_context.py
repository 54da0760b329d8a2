"""What a room knows when it makes a final: its glossary and what was said in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from assistant.adapters.memory_room_log import MemoryRoomLog
from assistant.adapters.sql_database import SqlDatabase
from assistant.adapters.sql_minutes import SqlMinutesStore
from assistant.adapters.sql_store import SqlTranscriptStore
from assistant.core.captions.caption import Caption
from assistant.core.captions.edits import corrected
from assistant.core.errors import GlossaryInvalid, RoomUnknown
from assistant.core.glossary.glossary import Glossary
from assistant.core.glossary.terms import Term
from assistant.core.rooms import Room, Track
from assistant.core.speech.audio import Span
from assistant.core.speech.context import ContextRules, MeetingContext
from assistant.core.speech.hypothesis import Word
from assistant.rooms.room import RoomSession
from tests.caption_service import StartService
from tests.captions import a_caption
from tests.fakes import ManualClock

HEARD = ("words",)
ORGANISATION = Glossary.of(("Dinum", "Visio"))
TELLING = ContextRules(speech_bytes=120)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqlDatabase]:
    database = await SqlDatabase.open(f"sqlite:///{tmp_path / 't.db'}")
    yield database
    await database.close()


@pytest.fixture
async def store(database: SqlDatabase) -> SqlTranscriptStore:
    store = SqlTranscriptStore(database)
    await store.create_room(Room("council", "", 1.0, glossary=(Term("DINUM"),)))
    await store.save_track(Track("s", "council", "ana", "Ana", "fr", 0.0))
    return store


@pytest.fixture
async def room(store: SqlTranscriptStore, database: SqlDatabase) -> RoomSession:
    """Return the room in use, in an organisation that knows `Visio` and has another spelling of `DINUM`."""
    stored = await store.room("council")
    assert stored
    log = await MemoryRoomLog.open(stored, store, SqlMinutesStore(database))
    session = RoomSession(stored, log, store, ManualClock())
    session.context = MeetingContext(rules=TELLING)
    session.use_glossaries(Glossary(stored.glossary), ORGANISATION)
    return session


def final(text: str, *, probability: float = 0.95, refined: bool = False) -> Caption:
    return a_caption(
        0,
        text,
        room="council",
        id="s.0",
        participant="ana",
        end_seconds=3.0,
        refined=refined,
        words=tuple(
            Word(f" {word}", Span(100 * number, 100 * number + 90), probability)
            for number, word in enumerate(text.split())
        ),
    )


async def append(room: RoomSession, caption: Caption) -> Caption:
    return await room.append_final(caption, session="s", durable_samples=0)


async def test_a_room_knows_its_own_terms_before_those_of_the_organisation(room: RoomSession) -> None:
    """The spelling of the room wins; what it replaces takes effect at once."""
    assert room.context.context_for("ana", "fr", 0.0, HEARD) == "DINUM, Visio."
    room.use_glossaries(Glossary.of(["Ana Ribeiro"]), ORGANISATION)
    assert room.context.context_for("ana", "fr", 0.0, HEARD) == "Ana Ribeiro, Dinum, Visio."


async def test_what_the_organisation_changes_reaches_a_room_in_use(room: RoomSession) -> None:
    """The room's own terms stay first; one of which the room has only the spelling gets the rest."""
    known = Term.of("Dinum", sounds_like=["di noume"], keep=True)
    room.use_glossaries(room.own_glossary, Glossary.of([known, "Docs"]))
    spellings: tuple[str, ...] = room.context.glossary.spellings
    assert spellings == ("DINUM", "Docs")
    assert room.context.glossary.terms[0] == replace(known, spelling="DINUM")
    room.use_glossaries(Glossary.of(["Ana Ribeiro"]), Glossary.of([known, "Docs"]))
    spellings = room.context.glossary.spellings
    assert spellings == ("Ana Ribeiro", "Dinum", "Docs")


async def test_finals_are_remembered_refined_and_edited(room: RoomSession) -> None:
    """The latest text of a caption is what the next final is told."""
    room.context.glossary = Glossary()
    await append(room, final("bon jour à tous"))
    assert room.context.context_for("ana", "fr", 4.0, HEARD) == "bon jour à tous"
    await append(room, final("Bonjour à tous.", refined=True))
    assert room.context.context_for("ana", "fr", 4.0, HEARD) == "Bonjour à tous."
    await room.edit(["s.0"], lambda found: [corrected(found[0], "Bonjour à toutes.")])
    assert room.context.context_for("ana", "fr", 4.0, HEARD) == "Bonjour à toutes."


async def test_what_the_recogniser_doubted_is_not_told_unless_a_clerk_says_so(room: RoomSession) -> None:
    """Unsure text makes Whisper repeat itself; a person's correction is sure."""
    room.context.glossary = Glossary()
    await append(room, final("bonne heure à tous", probability=0.5))
    assert room.context.context_for("ana", "fr", 4.0, HEARD) == ""
    await room.edit(["s.0"], lambda found: [corrected(found[0], "Bonjour à tous.")])
    assert room.context.context_for("ana", "fr", 4.0, HEARD) == "Bonjour à tous."


async def test_two_who_edit_at_once_lose_neither(room: RoomSession) -> None:
    """Who comes second changes what the first one has made of it."""
    await append(room, final("bonjour"))

    async def add(word: str) -> None:
        await room.edit(["s.0"], lambda found: [corrected(found[0], f"{found[0].text} {word}")])

    await asyncio.gather(add("à"), add("tous"), add("vraiment"))
    (kept,) = (await room.log.snapshot_and_subscribe(0)).missed
    assert sorted(kept.text.split()) == ["bonjour", "tous", "vraiment", "à"]


async def test_a_service_keeps_the_glossary_of_a_room(start_service: StartService) -> None:
    """It is made with the room, replaced later, there after a restart, and gone with the room."""
    service = await start_service(rooms=())
    rich = Term.of("town hall", language="en", translations={"fr": "mairie"})
    assert (await service.rooms.create_room("council", "", ["DINUM"])).glossary == (Term("DINUM"),)
    assert (await service.rooms.create_room("council", "", ["Visio"])).glossary == (Term("DINUM"),)
    assert (
        await service.glossaries.set_of_room("council", [" Ana  Ribeiro", "ana ribeiro", rich])
    ).terms == (
        Term("Ana Ribeiro"),
        rich,
    )
    await service.close()
    again = await start_service(rooms=())
    assert (await again.glossaries.of_room("council")).terms == (Term("Ana Ribeiro"), rich)
    await again.delete_room("council")
    for ask in (again.glossaries.set_of_room("council", ["DINUM"]), again.glossaries.of_room("council")):
        with pytest.raises(RoomUnknown):
            await ask
    with pytest.raises(GlossaryInvalid):
        await again.rooms.create_room("other", "", ["x" * 100])
    assert await again.rooms.every_room() == []


async def test_a_glossary_that_is_refused_changes_nothing(start_service: StartService) -> None:
    """Neither that of a room nor that of the organisation."""
    service = await start_service(rooms=())
    await service.rooms.create_room("council", "", ["DINUM"])
    await service.glossaries.set_of_organisation(["Visio"])
    for replace_by in (
        partial(service.glossaries.set_of_room, "council"),
        service.glossaries.set_of_organisation,
    ):
        with pytest.raises(GlossaryInvalid):
            await replace_by(["fine", "x" * 100])
    assert (await service.glossaries.of_room("council")).spellings == ("DINUM",)
    assert (await service.glossaries.of_organisation()).spellings == ("Visio",)


async def test_a_service_keeps_the_glossary_of_the_organisation(start_service: StartService) -> None:
    """It counts in every room before that of the file, at once, and after a restart."""
    file = Glossary.of(["Docs", "visio"])
    service = await start_service(glossary=file, rooms=())
    await service.rooms.create_room("council", "", ["DINUM"])
    used = await service.rooms.enter_to_speak("council")
    assert used.context.glossary.spellings == ("DINUM", "Docs", "visio")
    assert (await service.glossaries.set_of_organisation(["Visio"])).spellings == ("Visio",)
    assert used.context.glossary.spellings == ("DINUM", "Visio", "Docs")
    await service.close()
    again = await start_service(glossary=file, rooms=())
    assert (await again.glossaries.of_organisation()).spellings == ("Visio",)
    assert (await again.rooms.enter_to_speak("council")).context.glossary.spellings == (
        "DINUM",
        "Visio",
        "Docs",
    )
    assert (await again.rooms.enter_to_speak("new")).context.glossary.spellings == ("Visio", "Docs")
