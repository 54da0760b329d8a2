"""What may happen at the same time in a room that is translated, and what must hold then."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from assistant.adapters.memory_room_log import MemoryRoomLog
from assistant.core.captions.caption import Caption
from assistant.core.captions.events import CaptionTranslated, RoomEvent
from assistant.core.errors import StoreUnavailable
from assistant.core.language import ReaderLanguages
from assistant.core.rooms import Room, Track
from assistant.ports.room_log import RoomLog, Subscription
from assistant.service.caption_service import CaptionService
from tests.caption_service import StartService, clerks_of, running, stores_of
from tests.fakes import ScriptedTextEngine
from tests.translation.test_room_translations import Talk, all_came, has, reading
from tests.waiting import PATIENCE_SECONDS, until


def texts(seen: Sequence[Caption], id_: str) -> list[tuple[int, bool, bool, str]]:
    return [(c.rev, c.final, c.refined, c.text) for c in seen if c.id == id_]


async def translations_of(service: CaptionService, published: list[Caption]) -> Subscription:
    """Note every translation that is published from now on; return what to close."""

    def note(event: RoomEvent) -> bool:
        if isinstance(event, CaptionTranslated):
            published.append(event.caption)
        return False

    return (await (await service.rooms.enter("council")).log.snapshot_and_subscribe(wanted=note)).subscription


async def test_edit_of_a_caption_that_waits_in_history(start_service: StartService) -> None:
    """A clerk's correction stands, though the old text still waited among the past."""
    service = await start_service(text=ScriptedTextEngine(delay_seconds=0.02))
    talk = Talk(service)
    for n in range(6):
        await talk.ends(f"c{n}", f"Number {n}.")
        talk.at_seconds += 60
    async with reading(service, "fr", since=0) as seen:
        await until(has(seen, "Number·fr 5·fr."))
        await clerks_of(service).correct("council", "c0", "Edited.")
        await until(has(seen, "Number·fr 1·fr."))
        await all_came(talk, seen)
        stored = {c.id: c.text for c in await stores_of(service).transcripts.translations("council", "fr")}
    last = [c for c in seen if c.id == "c0"][-1]
    assert (last.text, stored["c0"]) == ("Edited·fr.", "Edited·fr."), texts(seen, "c0")


async def test_two_transcripts_at_once(start_service: StartService) -> None:
    """What two ask for at once is published once."""
    service = await start_service(text=ScriptedTextEngine(delay_seconds=0.01))
    talk = Talk(service)
    for n in range(5):
        await talk.ends(f"c{n}", f"Number {n}.")
        talk.at_seconds += 60
    published: list[Caption] = []
    subscription = await translations_of(service, published)
    await asyncio.gather(service.rooms.transcript("council", "fr"), service.rooms.transcript("council", "fr"))
    subscription.close()
    assert len(published) == 5, [(c.id, c.rev) for c in published]


async def test_final_while_filling(start_service: StartService, monkeypatch: pytest.MonkeyPatch) -> None:
    """A final that comes while a language is opened is translated once."""
    service = await start_service(text=ScriptedTextEngine())
    talk = Talk(service)
    await talk.ends("c0", "Zero.")
    real, read, go_on = stores_of(service).transcripts.translations, asyncio.Event(), asyncio.Event()

    async def slow(*args: Any, **kwargs: Any) -> Any:
        found = await real(*args, **kwargs)
        read.set()
        await go_on.wait()
        return found

    monkeypatch.setattr(stores_of(service).transcripts, "translations", slow)
    published: list[Caption] = []
    subscription = await translations_of(service, published)
    opening = asyncio.create_task(service.readers.open_feed("council", ReaderLanguages.parse("fr")))
    await read.wait()
    await talk.ends("c1", "One.")
    go_on.set()
    feed = await opening
    await service.rooms.transcript("council", "fr")  # waits for all that is to be translated
    feed.close()
    subscription.close()
    assert [c.id for c in published].count("c1") == 1, [(c.id, c.rev, c.text) for c in published]


async def test_a_transcript_ends_when_its_room_does(start_service: StartService) -> None:
    """Who waits for a transcript of a room that is deleted does not wait for ever."""
    engine = ScriptedTextEngine(delay_seconds=0.2)
    service = await start_service(text=engine)
    talk = Talk(service)
    for n in range(5):
        await talk.ends(f"c{n}", f"Number {n}.")
        talk.at_seconds += 60
    asked = asyncio.create_task(service.rooms.transcript("council", "fr"))
    await until(lambda: engine.asked)
    await service.delete_room("council")
    done, _ = await asyncio.wait({asked}, timeout=PATIENCE_SECONDS)
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    assert done


async def test_opening_that_fails_is_no_use(
    start_service: StartService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader who could not be served leaves no language open."""
    service = await start_service(text=ScriptedTextEngine())
    await service.rooms.enter_to_speak("council")

    async def broken(*_args: Any, **_kwargs: Any) -> None:
        raise StoreUnavailable("scripted")

    with monkeypatch.context() as patch:
        patch.setattr(stores_of(service).transcripts, "translations", broken)
        with pytest.raises(StoreUnavailable):
            await service.readers.open_feed("council", ReaderLanguages.parse("fr"))
    await until(lambda: not running("translate-"), "the end of what was opened")


async def test_a_language_that_fell_behind_goes_on_while_the_store_is_away(
    start_service: StartService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is said meanwhile is translated at once, and what was missed when the store is back."""

    async def open_log(room: Room) -> RoomLog:
        return await MemoryRoomLog.open(room, stores.transcripts, stores.minutes, max_pending=5)

    service = await start_service(text=ScriptedTextEngine(), translate_to=("fr",), open_log=open_log)
    stores = stores_of(service)
    talk, tries = Talk(service), 0

    async def translated(id_: str) -> bool:
        return any(caption.id == id_ for caption in await stores.transcripts.translations("council", "fr"))

    async def away(*_args: Any, **_kwargs: Any) -> Any:
        nonlocal tries
        tries += 1
        raise StoreUnavailable("scripted")

    await talk.ends("c0", "Zero.")
    await until(lambda: translated("c0"))
    with monkeypatch.context() as patch:
        patch.setattr(stores.transcripts, "captions", away)
        # Nothing is awaited from the final on that lets anybody take what waits.
        await talk.ends("missed", "One.")
        for n in range(6):
            await talk.grows(f"p{n}", "Two", participant=f"p{n}")
        await until(lambda: tries)
        await talk.ends("c1", "Three.")
        await until(lambda: translated("c1"))
        assert not await translated("missed")
    await until(lambda: translated("missed"))


async def test_language_changes_into_the_readers(start_service: StartService) -> None:
    """A partial taken for English whose final is French leaves no partial translation behind."""
    service = await start_service(text=ScriptedTextEngine())
    talk = Talk(service)
    async with reading(service, "fr"), reading(service, "source,fr") as both:
        await talk.grows("c1", "Nous allons bien merci")
        await until(has(both, "Nous·fr allons·fr bien·fr"))
        await talk.ends("c1", "Nous allons bien merci.", lang="fr", source_lang="fr")
        await all_came(talk, both)
        async with reading(service, "fr", since=0) as later:
            await until(has(later, "Fin."))
        translations = service.rooms.translations_of("council")
        assert translations
        left = translations.growing("fr")
    assert [(c.id, c.final) for c in later] == [("c1", True), ("the end", True)], [
        (c.seq, c.final, c.text) for c in later
    ]
    assert not left


async def test_refined_once(start_service: StartService) -> None:
    """A translation is improved once by the next caption, however often that changes."""
    engine = ScriptedTextEngine(
        rewrite=lambda text: text.replace("not·fr go·fr", "leave·fr no·fr") if "you" in text else text
    )
    service = await start_service(text=engine)
    talk = Talk(service)
    async with reading(service, "fr") as seen:
        await talk.ends("c1", "Today we do not go")
        await until(has(seen, "Today·fr we·fr do·fr not·fr go·fr"))
        await talk.ends("c2", "without you.")
        await until(lambda: seen[-1].refined)
        await clerks_of(service).correct("council", "c2", "With you.")
        await all_came(talk, seen)
    assert len([c for c in seen if c.id == "c1" and c.refined]) == 1, (texts(seen, "c1"), texts(seen, "c2"))


async def test_unexpected_error_over_a_final_is_shown(start_service: StartService) -> None:
    """Whatever breaks, a reader sees the final, at least as it was said."""

    class Short(ScriptedTextEngine):
        async def translate(self, model: str, sentences: Sequence[str]) -> list[str]:
            """Leave one out."""
            found = await super().translate(model, sentences)
            return found[1:] if "Bad." in sentences else found

    service = await start_service(text=Short())
    talk = Talk(service)
    async with reading(service, "fr") as seen:
        await talk.ends("c1", "Bad.")
        await until(has(seen, "Bad."))


async def test_seq_is_reserved_first(start_service: StartService, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number whose reservation failed is not handed out."""
    service = await start_service(text=ScriptedTextEngine())
    talk = Talk(service)
    room = await service.rooms.enter_to_speak("council")

    async def broken(*_args: Any, **_kwargs: Any) -> None:
        raise StoreUnavailable("scripted")

    with monkeypatch.context() as patch:
        patch.setattr(stores_of(service).transcripts, "reserve_seq", broken)
        with pytest.raises(StoreUnavailable):
            await talk.ends("c1", "Hello.")
    await talk.ends("c1", "Hello.")
    stored = await stores_of(service).transcripts.room("council")
    assert stored
    assert await room.log.position() < stored.seq_reserved


async def test_a_failed_partial_takes_nothing_back(start_service: StartService) -> None:
    """A translation that fails once leaves what was promised."""
    engine = ScriptedTextEngine()
    service = await start_service(text=engine)
    talk = Talk(service)
    async with reading(service, "fr") as seen:
        await talk.grows("c1", "One two three. Four five six")
        await until(lambda: bool(seen))
        engine.failures.add("Four five six seven")
        await talk.grows("c1", "One two three. Four five six seven")
        await until(lambda: any("Four five six seven" in sentences for _, sentences in engine.asked))
        await talk.grows("c1", "One two three. Four five six seven eight nine")
        await until(lambda: len(seen) > 1)
    before = seen[0]
    assert all(c.text.startswith(before.text[: before.stable]) for c in seen), [
        (c.text, c.stable) for c in seen
    ]


async def test_partial_after_a_final_in_the_readers_language(
    start_service: StartService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A partial translation that waited for the lock does not come after the final."""
    engine = ScriptedTextEngine()
    service = await start_service(text=engine)
    talk = Talk(service)
    real = stores_of(service).transcripts.append

    async def slow(*args: Any, **kwargs: Any) -> Any:
        await until(lambda: engine.asked)
        return await real(*args, **kwargs)

    monkeypatch.setattr(stores_of(service).transcripts, "append", slow)
    async with reading(service, "fr") as seen:
        await talk.grows("c1", "Nous allons bien merci")
        await stores_of(service).transcripts.save_track(Track("s", "council", "alice", "Alice", "auto", 0.0))
        await talk.ends("c1", "Nous allons bien merci.", lang="fr", source_lang="fr")
        await all_came(talk, seen)
    assert seen[-1].final, [(c.seq, c.final, c.text) for c in seen]


async def test_history_and_edit_at_once(start_service: StartService) -> None:
    """An edit that overtakes the old text at the engine stands."""
    engine = ScriptedTextEngine(delay_seconds=0.03)
    service = await start_service(text=engine)
    talk = Talk(service)
    await talk.ends("k", "Known already.")
    await service.rooms.transcript("council", "fr")
    await talk.ends("c1", "Old one.")
    async with reading(service, "fr", since=0) as seen:
        await until(lambda: ("en-fr", ("Old one.",)) in engine.asked)
        await clerks_of(service).correct("council", "c1", "Known already.")
        await all_came(talk, seen)
    assert [c for c in seen if c.id == "c1"][-1].text == "Known·fr already·fr.", texts(seen, "c1")
