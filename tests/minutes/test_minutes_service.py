"""The service of minutes over a real store: drafts, edits, approval, and what follows a correction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from assistant.adapters.system_clock import SystemClock
from assistant.core.captions.events import MinutesSaved, RoomEvent
from assistant.core.errors import (
    AgendaInvalid,
    LanguageUnavailable,
    LevelUnknown,
    LoweringRefused,
    MinutesFrozen,
    MinutesUnknown,
    OperationInvalid,
    RevisionConflict,
    RoomUnknown,
)
from assistant.core.minutes.document import MinutesVersion
from assistant.core.minutes.operations import parse_operations
from assistant.core.translation.routes import Scores, TextModel
from assistant.minutes.drafting.draft import Reading
from assistant.minutes.drafting.finding import Finding
from assistant.minutes.drafts import DraftWish, MinutesRules
from assistant.minutes.reader import ModelFindings, ModelReading
from assistant.minutes.service import MinutesService
from assistant.service.caption_service import CaptionService
from tests.caption_service import StartService, clerks_of, minutes_of, stores_of
from tests.council import hold
from tests.fakes import ScriptedTextEngine
from tests.waiting import PATIENCE_SECONDS, until

AGENDA = ("Budget de la cantine", "Travaux rue du Moulin", "Questions diverses")

OpenMinutes = Callable[..., Awaitable[tuple[CaptionService, MinutesService]]]


@pytest.fixture
async def open_minutes(start_service: StartService) -> AsyncIterator[OpenMinutes]:
    """A council has met in the room `conseil`."""
    services: list[MinutesService] = []

    async def open_(
        model: ModelReading | None = None, **service_options: Any
    ) -> tuple[CaptionService, MinutesService]:
        captions = await start_service(**service_options)
        service = MinutesService(
            captions.rooms,
            stores_of(captions).minutes,
            stores_of(captions).meetings,
            SystemClock(),
            MinutesRules("Europe/Paris", "Ville", quiet_seconds=0.1),
            model,
        )
        captions.rooms.followers.add(service.follower)
        await hold(captions, "conseil")
        services.append(service)
        return captions, service

    yield open_
    for service in services:
        await service.close()


class Publications:
    """Notes which versions of which rooms were published."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int]] = []

    def wants(self, event: RoomEvent) -> bool:
        """Want publications."""
        return isinstance(event, MinutesSaved) and event.version.status == "published"

    async def take(self, room: str, event: RoomEvent) -> None:
        """Note one."""
        assert isinstance(event, MinutesSaved)
        self.told.append((room, event.version.number))


def texts(version: MinutesVersion, kind: str) -> list[str]:
    return [one.text for one in version.minutes.statements if one.kind == kind]


async def edit(
    service: MinutesService, version: MinutesVersion, *documents: object, **further: Any
) -> MinutesVersion:
    operations = parse_operations(list(documents))
    edited = await service.edit(
        "conseil",
        version.revision,
        operations,
        **({"author": "Mme Greffe"} | further),
    )
    return edited.version


async def test_a_council_gets_minutes(open_minutes: OpenMinutes) -> None:
    """Items, a vote with its numbers, an action with its day, the open question, all with evidence."""
    _, service = await open_minutes()
    version = await service.draft("conseil", DraftWish(author="Mme Greffe", agenda=AGENDA))
    minutes = version.minutes
    assert (version.number, version.revision, version.status, version.changed_by) == (
        1,
        1,
        "draft",
        "Mme Greffe",
    )
    assert [item.title for item in minutes.items if item.kept] == list(AGENDA)
    vote = next(one.vote for one in minutes.statements if one.vote)
    assert (vote.in_favour, vote.against, vote.abstentions, vote.result) == (12, 3, 2, "adopted")
    action = next(one for one in minutes.statements if one.kind == "action")
    assert (action.who, action.due) == ("Mme Blin", "2026-11-27")
    assert any("prévenus" in text for text in texts(version, "question"))
    assert "15 janvier" in minutes.meeting.next_meeting
    assert [person.name for person in minutes.attendees] == ["Mme Roy", "M. Petit", "Mme Blin"]
    said = {caption.id for caption in await service.views.transcript("conseil")}
    for statement in minutes.statements:
        assert statement.evidence
        assert {evidence.caption for evidence in statement.evidence} <= said


async def test_an_empty_meeting_has_minutes_that_say_so(open_minutes: OpenMinutes) -> None:
    """No items, nobody, no times; a meeting of one word has that word's speaker."""
    captions, service = await open_minutes()
    await captions.rooms.create_room("empty", "Nobody came")
    empty = (await service.draft("empty")).minutes
    assert (empty.items, empty.attendees, empty.meeting.began_at) == ((), (), None)
    await hold(captions, "word", (("roy", "Mme Roy", "Oui."),))
    word = (await service.draft("word")).minutes
    assert [person.name for person in word.attendees] == ["Mme Roy"]
    assert list(word.statements) == []


async def test_what_is_not_there_is_said(open_minutes: OpenMinutes) -> None:
    """No room, no minutes, no such version, an agenda without items."""
    captions, service = await open_minutes()
    with pytest.raises(RoomUnknown):
        await service.draft("nowhere")
    with pytest.raises(MinutesUnknown):
        await service.version("conseil")
    await service.draft("conseil")
    with pytest.raises(MinutesUnknown):
        await service.version("conseil", 7)
    with pytest.raises(AgendaInvalid):
        await service.draft("conseil", DraftWish(agenda=[" "]))
    del captions


async def test_two_clerks_cannot_overwrite_each_other(open_minutes: OpenMinutes) -> None:
    """Who comes second with an old revision learns what was changed, and nothing is stored."""
    _, service = await open_minutes()
    version = await service.draft("conseil")
    await edit(service, version, {"op": "set", "target": "meeting", "fields": {"title": "Premier"}})
    with pytest.raises(RevisionConflict) as raised:
        await edit(service, version, {"op": "set", "target": "meeting", "fields": {"title": "Second"}})
    assert raised.value.revision == version.revision + 1
    change = raised.value.changes[0]
    assert (change["author"], change["action"]) == ("Mme Greffe", "edited")
    assert change["operations"] == [{"op": "set", "target": "meeting", "fields": {"title": "Premier"}}]
    assert (await service.version("conseil")).minutes.meeting.title == "Premier"


async def test_edits_at_once_are_made_one_after_the_other(open_minutes: OpenMinutes) -> None:
    """Of ten on the same revision one wins, nine learn of it."""
    _, service = await open_minutes()
    version = await service.draft("conseil")
    done = await asyncio.gather(
        *(
            edit(service, version, {"op": "set", "target": "meeting", "fields": {"title": f"T{number}"}})
            for number in range(10)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(one, MinutesVersion) for one in done) == 1
    assert sum(isinstance(one, RevisionConflict) for one in done) == 9


async def test_published_minutes_are_never_changed(open_minutes: OpenMinutes) -> None:
    """Approved ones are reopened, published ones superseded; each step has its author."""
    _, service = await open_minutes()
    version = await service.draft("conseil")
    with pytest.raises(MinutesFrozen):
        await service.publish("conseil", version.revision, "Mme Greffe")
    approved = await service.approve("conseil", version.revision, "M. Maire")
    with pytest.raises(MinutesFrozen):
        await edit(service, approved, {"op": "set", "target": "meeting", "fields": {"title": "Trop tard"}})
    reopened = await service.reopen("conseil", approved.revision, "M. Maire", "une faute")
    approved = await service.approve("conseil", reopened.revision, "M. Maire")
    published = await service.publish("conseil", approved.revision, "Mme Greffe")
    with pytest.raises(MinutesFrozen):
        await service.reopen("conseil", published.revision, "M. Maire")
    second = await service.draft("conseil")
    assert (second.number, second.status) == (2, "draft")
    assert await service.version("conseil", 1) == published
    actions = [
        (change.action, change.author, change.reason) for change in await service.changes("conseil", 1)
    ]
    assert actions == [
        ("drafted", "assistant", ""),
        ("approved", "M. Maire", ""),
        ("reopened", "M. Maire", "une faute"),
        ("approved", "M. Maire", ""),
        ("published", "Mme Greffe", ""),
    ]


async def test_a_correction_changes_the_minutes_that_rest_on_it(open_minutes: OpenMinutes) -> None:
    """What the method told is told anew; what the clerk wrote is marked; watchers hear of it."""
    captions, service = await open_minutes()
    version = await service.draft("conseil", DraftWish(agenda=AGENDA))
    point = next(one for one in version.minutes.statements if "neuf euros" in one.text)
    action = next(one for one in version.minutes.statements if one.kind == "action")
    version = await edit(
        service,
        version,
        {"op": "set", "target": f"statement:{action.id}", "fields": {"text": "Écrit à la main."}},
    )
    seen: list[str] = []

    async def watch() -> None:
        async for event in service.views.watch("conseil"):
            seen.append(event.kind)  # noqa: PERF401 - each as it comes

    async def caught_up() -> bool:
        return (await service.version("conseil")).transcript_seq == newest

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    newest = 0
    for statement, text in (
        (point, "Le coût du repas est passé à huit euros avec la hausse de l'énergie."),
        (action, "Je vous envoie le tableau des coûts d'ici jeudi."),
    ):
        newest = (await clerks_of(captions).correct("conseil", statement.evidence[0].caption, text)).seq
    await until(caught_up)
    await until(lambda: "minutes" in seen)
    watching.cancel()
    after = await service.version("conseil")
    assert any("huit euros" in text for text in texts(after, "point"))
    assert not any("neuf euros" in text for text in texts(after, "point"))
    mine = next(one for one in after.minutes.statements if one.id == action.id)
    assert (mine.text, mine.stale) == ("Écrit à la main.", True)
    assert seen[0] == "captions"
    assert [change.action for change in await service.changes("conseil", 1)][-1] == "transcript_corrected"


async def test_a_correction_after_publication_leaves_the_minutes_alone(open_minutes: OpenMinutes) -> None:
    """They only tell that the transcript has changed since."""
    captions, service = await open_minutes()
    version = await service.draft("conseil")
    approved = await service.approve("conseil", version.revision, "M. Maire")
    published = await service.publish("conseil", approved.revision, "M. Maire")
    caption = (await service.views.transcript("conseil"))[0]
    await clerks_of(captions).correct("conseil", caption.id, "Autre chose.")

    def following() -> bool:
        return any(task.get_name() in {"minutes-follow", "minutes"} for task in asyncio.all_tasks())

    await until(following)
    await until(lambda: not following())
    assert await service.version("conseil") == published
    assert await service.views.transcript_changed("conseil", published)


async def test_levels_rise_freely_and_fall_with_a_reason(open_minutes: OpenMinutes) -> None:
    """Of rooms and of what is in a document; the reason is kept."""
    _, service = await open_minutes()
    version = await service.draft("conseil")
    statement = next(iter(version.minutes.statements))
    up = {"op": "set", "target": f"statement:{statement.id}", "fields": {"level": "restricted"}}
    down = {"op": "set", "target": f"statement:{statement.id}", "fields": {"level": ""}}
    version = await edit(service, version, up)
    assert await service.records.level("conseil", version.minutes) == "restricted"
    with pytest.raises(LoweringRefused):
        await edit(service, version, down)
    with pytest.raises(LoweringRefused):
        await edit(service, version, down, may_lower=True)
    version = await edit(service, version, down, may_lower=True, reason="déclassifié")
    assert (await service.changes("conseil", 1))[-1].reason == "déclassifié"
    with pytest.raises(LevelUnknown):
        await edit(service, version, {"op": "set", "target": "meeting", "fields": {"level": "cosmic"}})
    await service.records.set_room_level("conseil", "restricted", author="M. Maire")
    assert await service.records.level("conseil", version.minutes) == "restricted"
    assert await service.records.transcript_level("conseil") == "restricted"
    with pytest.raises(LoweringRefused):
        await service.records.set_room_level("conseil", "public", author="M. Maire")
    await service.records.set_room_level("conseil", "public", author="M. Maire", reason="fin", may_lower=True)
    assert [
        (one.before, one.after, one.reason) for one in await service.records.level_changes("conseil")
    ] == [
        ("public", "restricted", ""),
        ("restricted", "public", "fin"),
    ]


async def test_numbered_copies_are_registered(open_minutes: OpenMinutes) -> None:
    """Each has a number of its own, whoever asks at the same time."""
    _, service = await open_minutes()
    copies = await asyncio.gather(
        *(service.records.give_copy("conseil", 1, f"Mme {name}", "pdf") for name in ("A", "B", "C"))
    )
    assert sorted(copy.number for copy in copies) == [1, 2, 3]
    assert [copy.number for copy in await service.records.copies("conseil")] == [1, 2, 3]


async def test_minutes_in_another_language(open_minutes: OpenMinutes) -> None:
    """Every text goes there; a language without a route is refused with those there are."""
    engine = ScriptedTextEngine(models=(TextModel("fr-en", "fr", "en", "argos", Scores(0.8), 10.0),))
    _, service = await open_minutes(text=engine)
    version = await service.draft("conseil", DraftWish(agenda=AGENDA))
    shown = await service.views.shown("conseil", version, lang="en")
    assert {one.lang for one in shown.minutes.statements} == {"en"}
    assert [item.title for item in shown.minutes.items] != [item.title for item in version.minutes.items]
    with pytest.raises(LanguageUnavailable, match="en, fr"):
        await service.views.shown("conseil", version, lang="de")


async def test_the_public_version_never_reaches_the_translator(open_minutes: OpenMinutes) -> None:
    """What is confidential is taken out before anything is translated."""
    engine = ScriptedTextEngine(models=(TextModel("fr-en", "fr", "en", "argos", Scores(0.8), 10.0),))
    _, service = await open_minutes(text=engine)
    version = await service.draft("conseil", DraftWish(agenda=AGENDA))
    version = await edit(
        service, version, {"op": "set", "target": "attendee:petit", "fields": {"confidential": True}}
    )
    shown = await service.views.shown("conseil", version, lang="en", public=True)
    for words in (repr(shown.minutes), repr(engine.asked)):
        assert "Petit" not in words
        assert "neuf euros" not in words
    public = await service.views.transcript("conseil", public=True)
    assert public
    assert all(caption.participant != "petit" for caption in public)


class Model:
    """Tells one point and one sentence, as a language model that was checked."""

    def __init__(self, notes: tuple[str, ...] = ()) -> None:
        self.notes = notes

    async def read(self, reading: Reading, progress: Callable[[float], None]) -> ModelFindings:
        """Tell it, or what went wrong."""
        progress(0.5)
        if self.notes:
            return ModelFindings((), self.notes)
        told = Finding("point", (2,), f"Résumé de {len(reading.lines)} lignes.", "fr", origin="model")
        return ModelFindings((told,))


async def test_a_model_adds_to_what_the_method_finds(open_minutes: OpenMinutes) -> None:
    """Its points replace the ranked ones of that item; votes and actions of the method stay."""
    _, service = await open_minutes(model=Model())
    version = await service.draft("conseil", DraftWish(agenda=AGENDA))
    assert "Résumé de 14 lignes." in texts(version, "point")
    assert texts(version, "vote")
    assert texts(version, "action")


async def test_a_model_that_fails_is_told_of(open_minutes: OpenMinutes) -> None:
    """The draft is made by method, and says so."""
    _, service = await open_minutes(model=Model(("model_unreachable",)))
    version = await service.draft("conseil", DraftWish(agenda=AGENDA))
    assert version.minutes.draft_notes == ("model_unreachable",)
    assert texts(version, "point")


async def test_a_draft_in_the_background_tells_how_far_it_is(open_minutes: OpenMinutes) -> None:
    """Steps come as events, and the minutes in the end."""
    _, service = await open_minutes()
    kinds: list[str] = []

    async def watch() -> None:
        async for event in service.views.watch("conseil"):
            kinds.append(event.kind)
            if event.kind == "minutes":
                return

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    service.draft_later("conseil", DraftWish(author="Mme Greffe"))
    assert service.drafting("conseil") is not None
    async with asyncio.timeout(PATIENCE_SECONDS):
        await watching
    assert "drafting" in kinds
    await until(lambda: service.drafting("conseil") is None)


async def test_minutes_survive_the_process(open_minutes: OpenMinutes, start_service: StartService) -> None:
    """Another process on the same store shows the same version with its history."""
    captions, service = await open_minutes()
    version = await service.draft("conseil", DraftWish(agenda=AGENDA))
    version = await edit(service, version, {"op": "set", "target": "meeting", "fields": {"place": "Mairie"}})
    await service.close()
    await captions.close()
    again = minutes_of(await start_service())
    assert await again.version("conseil") == version
    assert [change.action for change in await again.changes("conseil", 1)] == ["drafted", "edited"]
    assert list(await again.records.agenda("conseil")) == list(AGENDA)


async def test_a_deleted_room_takes_its_minutes_along(open_minutes: OpenMinutes) -> None:
    """Nothing of it stays in the store."""
    captions, service = await open_minutes()
    version = await service.draft("conseil", DraftWish(agenda=AGENDA))
    await service.records.give_copy("conseil", version.number, "Mme A", "pdf")
    await captions.delete_room("conseil")
    store = stores_of(captions).minutes
    assert await store.version("conseil") is None
    assert list(await store.changes("conseil", 1)) == []
    assert list(await store.copies("conseil")) == []
    assert list(await store.agenda("conseil")) == []
    with pytest.raises(OperationInvalid):
        parse_operations([{"op": "set", "target": "item:x", "fields": {"title": ""}}])


async def test_who_watches_a_room_that_is_deleted_is_let_go(open_minutes: OpenMinutes) -> None:
    """What happened before comes first: each step of a draft that counts, then the end."""
    captions, service = await open_minutes()
    seen: list[str] = []

    async def watch() -> None:
        seen.extend([event.kind async for event in service.views.watch("conseil")])

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    await service.draft("conseil")
    await captions.delete_room("conseil")
    async with asyncio.timeout(PATIENCE_SECONDS):
        await watching
    assert {"drafting", "minutes"} <= set(seen)


async def test_minutes_of_an_old_room_are_watched_and_saved_without_bringing_it_into_use(
    start_service: StartService,
) -> None:
    """Who follows rooms learns of the minutes all the same; nothing is left once nobody watches."""
    captions = await start_service(text=ScriptedTextEngine(), translate_to=("fr",))
    service = minutes_of(captions)
    news = Publications()
    captions.rooms.followers.add(news)
    before = asyncio.all_tasks()
    watching = service.views.watch("council")
    first = asyncio.ensure_future(anext(watching))
    await asyncio.sleep(0)
    version = await service.draft("council", DraftWish(agenda=AGENDA))
    assert (await first).kind == "drafting"
    await watching.aclose()
    version = await service.approve("council", version.revision, "Greffe")
    version = await service.publish("council", version.revision, "Greffe")
    await service.views.shown("council", version, lang="fr")
    assert not captions.rooms.in_use
    await until(lambda: news.told == [("council", 1)])
    await until(lambda: not (asyncio.all_tasks() - before), "no task is left")
    async with captions.rooms.log("council") as log:
        assert await log.position() > version.transcript_seq
    await service.close()
