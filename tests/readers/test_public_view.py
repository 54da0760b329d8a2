"""Readers of the public version: what a clerk marks goes from their pages, and from theirs alone."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from functools import partial

import pytest

from assistant.core.captions.caption import Caption
from assistant.core.errors import AssistantError, RevisionConflict, RoomUnknown, StoreUnavailable
from assistant.core.language import ReaderLanguages
from assistant.core.minutes import redaction
from assistant.core.minutes.operations import parse_operations
from assistant.core.translation.routes import Scores, TextModel
from assistant.minutes.drafts import MinutesRules
from assistant.minutes.service import MinutesService
from assistant.readers.feed import CaptionFeed
from assistant.rooms.room import RoomSession
from assistant.service.caption_service import CaptionService
from tests.caption_service import StartService, clerks_of, minutes_of, stores_of
from tests.captions import a_caption
from tests.council import hold
from tests.fakes import ScriptedTextEngine
from tests.waiting import PATIENCE_SECONDS

ENGLISH = TextModel("fr-en", "fr", "en", "argos", Scores(0.8), 10.0)
ROOM = "conseil"


@dataclass
class Page:
    """What a reader sees, as the wire contract says: of each caption the highest revision."""

    feed: CaptionFeed
    shown: dict[tuple[str, str], Caption] = field(default_factory=dict)
    came: list[Caption] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    failed: AssertionError | None = None

    async def follow(self) -> None:
        """Take what comes until the feed ends."""
        async with aclosing(aiter(self.feed)) as events:  # type: ignore[type-var] # a generator
            async for event in events:
                if isinstance(event, Caption):
                    try:
                        self.take(event)
                    except AssertionError as failed:
                        self.failed = failed
                        raise
                    finally:
                        self.changed.set()

    def take(self, caption: Caption) -> None:
        """Show a caption, or take one away."""
        self.came.append(caption)
        lang = caption.translation.lang if caption.translation else ""
        known = self.shown.get((caption.id, lang))
        assert known is None or known.rev != caption.rev or known == caption
        if known is None or caption.rev > known.rev:
            self.shown[caption.id, lang] = caption
        if caption.final and not caption.text:  # it goes in every language
            self.shown = {key: one for key, one in self.shown.items() if key[0] != caption.id}

    @property
    def texts(self) -> list[str]:
        """What is read, in the order in which it was said."""
        return [one.text for one in sorted(self.shown.values(), key=lambda one: one.start_seconds)]

    @property
    def words(self) -> dict[str, str]:
        """What is read of each caption."""
        return {key[0]: caption.text for key, caption in self.shown.items()}

    @property
    def only_finals_after_finals(self) -> bool:
        """Whether no partial came after the final of a caption, which withdrawing it is not."""
        ended: set[str] = set()
        for caption in self.came:
            if not caption.final and caption.id in ended:
                return False
            if caption.final and caption.text:
                ended.add(caption.id)
        return True

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds of the page."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not holds():
                self.changed.clear()
                await self.changed.wait()
                if self.failed:
                    raise self.failed

    async def until_shown(self, count: int) -> None:
        """Wait until so many captions are shown."""
        await self.until(lambda: len(self.shown) == count)


@dataclass
class Council:
    """A council that has met, its captions' ids, and who reads."""

    service: CaptionService
    minutes: MinutesService
    ids: Sequence[str]
    pages: list[asyncio.Task[None]] = field(default_factory=list)

    async def read(self, since: int | None = 0, lang: str = "source", *, public: bool = True) -> Page:
        """Open a page."""
        page = Page(
            await self.service.readers.open_feed(ROOM, ReaderLanguages.parse(lang), since, public=public)
        )
        self.pages.append(asyncio.create_task(page.follow()))
        return page

    async def change(self, *operations: object) -> None:
        """Change the minutes as a clerk does, who looks again where corrections changed them meanwhile."""
        wanted = parse_operations(list(operations))
        while True:
            version = await self.minutes.version(ROOM)
            with suppress(RevisionConflict):
                await self.minutes.edit(ROOM, version.revision, wanted, author="Greffe")
                return

    async def mark(self, *ids: str) -> None:
        """Mark captions as confidential."""
        fields = {"captions": list(ids), "confidential": True}
        await self.change({"op": "add", "target": "passage:p", "fields": fields})


Open = Callable[..., Awaitable[Council]]


@pytest.fixture
async def open_council(start_service: StartService) -> AsyncIterator[Open]:
    """A council has met, and there is a draft of its minutes."""
    councils: list[Council] = []

    async def open_() -> Council:
        service = await start_service(text=ScriptedTextEngine(models=(ENGLISH,)))
        minutes = minutes_of(service, MinutesRules("Europe/Paris"))
        service.rooms.followers.add(minutes.follower)
        ids = await hold(service, ROOM)
        await minutes.draft(ROOM)
        councils.append(Council(service, minutes, ids))
        return councils[-1]

    yield open_
    for council in councils:
        for page in council.pages:
            page.cancel()
        ended = await asyncio.gather(*council.pages, return_exceptions=True)
        await council.minutes.close()
        # A page may be let go; what it noticed itself fails the test.
        for problem in ended:
            if isinstance(problem, Exception) and not isinstance(problem, AssistantError):
                raise problem


async def test_a_passage_that_is_marked_goes_from_open_pages_in_every_language(open_council: Open) -> None:
    """What takes it away tells neither words nor speaker; who may read everything goes on seeing it."""
    council = await open_council()
    secret = council.ids[3]
    public, english = await council.read(), await council.read(lang="en")
    beside, whole = await council.read(lang="source,en"), await council.read(public=False)
    for page, count in ((public, 14), (english, 14), (beside, 28), (whole, 14)):
        await page.until_shown(count)
    await council.mark(secret)
    for page, count in ((public, 13), (english, 13), (beside, 26)):
        await page.until_shown(count)
        assert not any("subvention de la cantine à" in text and "propose" in text for text in page.texts)
        gone = page.came[-1]
        assert (gone.id, gone.text, gone.speaker, gone.participant) == (secret, "", "", "")
        assert gone.seq > whole.feed.hello.seq
    await clerks_of(council.service).correct(ROOM, council.ids[0], "Bonsoir.")
    await whole.until(lambda: whole.texts[0] == "Bonsoir.")
    assert len(whole.shown) == 14
    assert all(one.text for one in whole.came)


async def test_who_comes_later_sees_no_sign_of_it_and_who_comes_back_learns_of_it(open_council: Open) -> None:
    """A new page gets the rest; one that was away when it was marked is told to drop it."""
    council = await open_council()
    away = await council.read()
    await away.until(lambda: len(away.shown) == 14)
    seen = max(one.seq for one in away.came)
    council.pages.pop().cancel()
    await council.mark(council.ids[3])
    fresh = await council.read()
    await fresh.until(lambda: len(fresh.shown) == 13)
    assert council.ids[3] not in {one.id for one in fresh.came}
    back = await council.read(since=seen)
    await back.until(lambda: bool(back.came))
    assert [(one.id, one.text) for one in back.came] == [(council.ids[3], "")]
    again = await council.read(since=back.came[-1].seq)
    await clerks_of(council.service).correct(ROOM, council.ids[0], "Bonsoir.")
    await again.until(lambda: bool(again.came))
    assert [one.text for one in again.came] == ["Bonsoir."]


async def test_no_edit_of_what_is_marked_brings_it_back(open_council: Open) -> None:
    """Neither a correction, nor its halves, nor a line that it is merged into; unmarked it comes again."""
    council = await open_council()
    first, second = council.ids[2], council.ids[3]
    page = await council.read(lang="source,en")
    await page.until(lambda: len(page.shown) == 28)
    await council.mark(second)
    await page.until(lambda: len(page.shown) == 26)
    before = len(page.came)
    await clerks_of(council.service).correct(ROOM, second, "Je propose un terrain secret pour la mairie.")
    await clerks_of(council.service).split(ROOM, second, 11)
    await clerks_of(council.service).merge(ROOM, first, second)
    await page.until(lambda: (first, "") not in page.shown)
    await clerks_of(council.service).correct(ROOM, council.ids[0], "Bonsoir.")
    await page.until(lambda: page.texts[0] == "Bonsoir.")
    assert not any("propose" in one.text or "terrain" in one.text for one in page.came[before:])
    shown = await council.minutes.views.public_transcript(ROOM, "en")
    assert not any("propose" in one.text or "terrain" in one.text for one in shown)
    # The draft is made anew after corrections; what unmarks it goes out once that is done.
    await council.minutes.draft(ROOM)
    await council.change({"op": "remove", "target": "passage:p"})
    await page.until(lambda: any("terrain" in text for text in page.texts))


async def test_a_person_who_is_confidential_is_silent_from_then_on(open_council: Open) -> None:
    """Their words go, those that they say later never come, and their name is masked in what others say."""
    council = await open_council()
    named = "Merci à M. Petit pour ce rapport."
    await clerks_of(council.service).correct(ROOM, council.ids[0], named)
    await council.minutes.draft(ROOM)
    page = await council.read()
    await page.until(lambda: named in page.texts)
    await council.change({"op": "set", "target": "attendee:petit", "fields": {"confidential": True}})
    await page.until(lambda: "Merci à […] pour ce rapport." in " ".join(page.texts).replace("M. […]", "[…]"))
    await page.until(lambda: not any(one.participant == "petit" for one in page.shown.values()))
    before = len(page.came)
    await hold(council.service, ROOM, (("petit", "M. Petit", "Un mot de plus."), ("roy", "Mme Roy", "Fin.")))
    await page.until(lambda: any(one.text == "Fin." for one in page.came[before:]))
    assert not any("Un mot" in one.text for one in page.came)


async def test_a_mark_costs_no_new_search_for_names(
    open_council: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the same people are confidential nothing that was said is looked through again."""
    council = await open_council()
    page = await council.read()
    await council.change({"op": "set", "target": "attendee:petit", "fields": {"confidential": True}})
    await page.until(lambda: not any(one.participant == "petit" for one in page.shown.values()))
    before = len(page.shown)
    looked: list[str] = []
    folded = redaction._folded

    def counting(text: str) -> str:
        looked.append(text)
        return folded(text)

    monkeypatch.setattr(redaction, "_folded", counting)
    kept = next(key[0] for key in page.shown)
    await council.mark(kept)
    await page.until(lambda: len(page.shown) < before)
    assert not looked


@dataclass
class HeldView:
    """The public view between what it has read and what it publishes."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)


def hold_view(council: Council, monkeypatch: pytest.MonkeyPatch) -> HeldView:
    """Hold the view up whenever it has read what was said, until it may go."""
    held, transcripts = HeldView(), stores_of(council.service).transcripts
    really = transcripts.translated_languages

    async def held_up(room: str) -> Sequence[str]:
        task = asyncio.current_task()
        if task and task.get_name() == "public-view":
            held.reached.set()
            await held.go.wait()
        return await really(room)

    monkeypatch.setattr(transcripts, "translated_languages", held_up)
    return held


async def words(council: Council) -> dict[str, str]:
    """Return what the public transcript has of each caption."""
    captions = await council.minutes.views.public_transcript(ROOM)
    return {caption.id: caption.text for caption in captions if caption.text}


async def test_what_is_corrected_while_it_is_unmarked_is_shown_corrected(
    open_council: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The view has read the old words: they reach neither who stays nor who comes back."""
    council = await open_council()
    secret = council.ids[3]
    old = (await words(council))[secret]
    await council.mark(secret)
    page = await council.read()
    await page.until_shown(13)
    seen = max(one.seq for one in page.came)
    held = hold_view(council, monkeypatch)
    await council.change({"op": "remove", "target": "passage:p"})
    await held.reached.wait()
    await clerks_of(council.service).correct(ROOM, secret, "Je propose dix mille euros.")
    held.go.set()
    await page.until(lambda: "Je propose dix mille euros." in page.texts)
    await clerks_of(council.service).correct(ROOM, council.ids[0], "Bonsoir.")
    await page.until(lambda: page.texts[0] == "Bonsoir.")
    back = await council.read(since=seen)
    await back.until(lambda: len(back.shown) == 2)
    fresh = await council.read()
    await fresh.until_shown(14)
    for one in (page, fresh):
        assert one.words == await words(council)
    for one in (page, back, fresh):
        assert one.shown[secret, ""].text == "Je propose dix mille euros."
        assert old not in [caption.text for caption in one.came]


async def test_a_final_is_not_replaced_by_its_partial(
    open_council: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An utterance ends while the view amends its partial; whoever opens a page then need not wait."""
    council = await open_council()
    page = await council.read()
    await page.until_shown(14)
    await council.change({"op": "set", "target": "attendee:petit", "fields": {"confidential": True}})
    await page.until(lambda: not any(one.participant == "petit" for one in page.shown.values()))
    seen = max(one.seq for one in page.came)
    said = await stores_of(council.service).transcripts.caption(ROOM, council.ids[3])
    assert said
    session = f"{ROOM}-petit"
    room = await council.service.rooms.enter(ROOM)
    grows = replace(said, id=f"{session}.9000000", text="Nous avons", stable=4, final=False)
    await room.show_partial(grows)
    held = hold_view(council, monkeypatch)
    await council.change({"op": "set", "target": "attendee:petit", "fields": {"confidential": False}})
    await held.reached.wait()
    final = replace(grows, text="Nous avons fini.", stable=16, final=True)
    await room.append_final(final, session=session, durable_samples=9_100_000)
    held.go.set()
    # Nothing happens after the view has published: who comes now waits for nothing that was dropped.
    async with asyncio.timeout(PATIENCE_SECONDS):
        fresh, back = await council.read(), await council.read(since=seen)
    for one in (page, fresh, back):
        await one.until(lambda one=one: (final.id, "") in one.shown)  # type: ignore[misc]
    await clerks_of(council.service).correct(ROOM, council.ids[0], "Bonsoir.")
    for one in (page, fresh, back):
        await one.until(lambda one=one: "Bonsoir." in one.texts)  # type: ignore[misc]
        assert one.shown[final.id, ""].text == "Nous avons fini."
        assert one.shown[final.id, ""].final
        ended = [caption.final for caption in one.came if caption.id == final.id and caption.text]
        assert ended == sorted(ended), "no partial after the final"
        assert final.id not in one.feed.hello.open_ids


async def test_what_a_clerk_gives_away_while_it_is_withdrawn_comes_back(
    open_council: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The view withdraws what somebody confidential said, and a clerk knows meanwhile who said it."""
    council = await open_council()
    page = await council.read()
    await page.until_shown(14)
    held = hold_view(council, monkeypatch)
    await council.change({"op": "set", "target": "attendee:petit", "fields": {"confidential": True}})
    await held.reached.wait()
    await clerks_of(council.service).correct(ROOM, council.ids[3], speaker=("roy", "Mme Roy"))
    held.go.set()
    await page.until(lambda: not any(one.participant == "petit" for one in page.shown.values()))
    await page.until(lambda: (council.ids[3], "") in page.shown)
    # The other way round it goes, though the same people are confidential as before.
    await clerks_of(council.service).correct(ROOM, council.ids[3], speaker=("petit", "M. Petit"))
    await page.until(lambda: (council.ids[3], "") not in page.shown)
    assert page.words == await words(council)


async def test_a_slow_page_learns_that_a_caption_is_withdrawn(open_council: Open) -> None:
    """Also where what is withheld was corrected before the page took anything."""
    council = await open_council()
    slow = Page(await council.service.readers.open_feed(ROOM, since=0, public=True))
    quick = await council.read()
    await quick.until_shown(14)
    await council.mark(council.ids[3])
    await quick.until_shown(13)
    await clerks_of(council.service).correct(ROOM, council.ids[3], "Je propose un terrain secret.")
    await clerks_of(council.service).correct(ROOM, council.ids[0], "Bonsoir.")
    await quick.until(lambda: quick.texts[0] == "Bonsoir.")
    council.pages.append(asyncio.create_task(slow.follow()))
    await slow.until(lambda: bool(slow.texts) and slow.texts[0] == "Bonsoir.")
    assert slow.words == await words(council)
    assert not any("terrain" in one.text for one in slow.came)


async def test_reading_makes_no_room(open_council: Open) -> None:
    """Neither one that never was nor one that was deleted, whatever is asked of it."""
    council = await open_council()
    await council.read()
    await council.service.delete_room(ROOM)
    for room in (ROOM, "nowhere"):
        for asked in (
            council.service.readers.open_feed(room),
            council.service.readers.open_feed(room, public=True),
            council.service.rooms.transcript(room, "en"),
            council.service.rooms.glossary_of(room),
            council.service.rooms.enter(room),
            council.minutes.views.public_transcript(room),
        ):
            with pytest.raises(RoomUnknown):
                await asked
    assert ROOM not in {room.name for room in await council.service.rooms.every_room()}


async def test_where_it_is_not_known_what_is_public_nothing_is_shown(
    open_council: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that fails while a mark is set lets the readers go; they come back to what they may see."""
    council = await open_council()
    page = await council.read()
    await page.until(lambda: len(page.shown) == 14)
    reads = stores_of(council.service).transcripts.translated_languages

    async def fails(room: str) -> Sequence[str]:
        del room
        raise StoreUnavailable("The disk is full.")

    monkeypatch.setattr(stores_of(council.service).transcripts, "translated_languages", fails)
    await council.mark(council.ids[3])
    with pytest.raises(StoreUnavailable):
        await council.pages[-1]
    monkeypatch.setattr(stores_of(council.service).transcripts, "translated_languages", reads)
    back = await council.read()
    await back.until(lambda: len(back.shown) == 13)


@dataclass
class Restless:
    """A page whose reader goes away and comes back again and again, and keeps what it has seen."""

    council: Council
    page: Page
    task: asyncio.Task[None]

    async def come_back(self) -> None:
        """Go on where the page was left."""
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        if self.page.failed:
            raise self.page.failed
        since = max((one.seq for one in self.page.came), default=0)
        self.page.feed = await self.council.service.readers.open_feed(ROOM, since=since, public=True)
        self.task = asyncio.create_task(self.page.follow())
        self.council.pages.append(self.task)


class Meeting:
    """A meeting that goes on while clerks correct and mark what was said.

    Attributes:
        ids: Of the finals.
        marked: Whether a passage is confidential.
    """

    def __init__(self, council: Council, room: RoomSession, chance: random.Random) -> None:
        """Begin with what was said so far."""
        self.ids = list(council.ids)
        self._council = council
        self._room = room
        self._chance = chance
        self._count = 0
        self._growing: dict[str, Caption] = {}
        self.marked = False
        self._silent = False

    async def talk(self) -> None:
        """Let a caption begin, grow or end."""
        self._count += 1
        speaker = self._chance.choice(("petit", "roy"))
        grown = self._growing.get(speaker)
        if grown is None:
            start = 100.0 + self._count
            grown = a_caption(
                0,
                f"M. Petit dit {self._count}",
                room=ROOM,
                id=f"{ROOM}-{speaker}.{8_000_000 + self._count * 16_000}",
                participant=speaker,
                speaker=speaker,
                final=False,
                stable=0,
                start_seconds=start,
                end_seconds=start + 0.9,
            )
            self._growing[speaker] = await self._room.show_partial(grown)
        elif self._chance.random() < 0.5:
            grown = replace(grown, text=f"{grown.text} et {self._count}")
            self._growing[speaker] = await self._room.show_partial(grown)
        else:
            final = replace(self._growing.pop(speaker), text=f"{grown.text}.", final=True)
            final = replace(final, stable=len(final.text))
            await self._room.append_final(final, session=f"{ROOM}-{speaker}", durable_samples=self._count)
            self.ids.append(final.id)

    async def correct(self) -> None:
        """Change the words of a caption, take them away, or give them to somebody."""
        self._count += 1
        text = self._chance.choice(("", f"Correction {self._count}.", f"M. Petit corrige {self._count}."))
        speaker = self._chance.choice((None, None, ("roy", "Mme Roy"), ("petit", "M. Petit")))
        await clerks_of(self._council.service).correct(
            ROOM, self._chance.choice(self.ids), text, speaker=speaker
        )

    async def mark(self) -> None:
        """Mark a passage or a person as confidential, or take the mark away."""
        if self._chance.random() < 0.5:
            self._silent = not self._silent
            fields = {"confidential": self._silent}
            await self._council.change({"op": "set", "target": "attendee:petit", "fields": fields})
        elif self.marked:
            await self.unmark()
        else:
            await self._council.mark(*self._chance.sample(self.ids, 3))
            self.marked = True

    async def unmark(self) -> None:
        """Take the mark of the passage away."""
        await self._council.change({"op": "remove", "target": "passage:p"})
        self.marked = False

    async def end(self) -> None:
        """Let what grows end."""
        while self._growing:
            await self.talk()


@pytest.mark.parametrize("seed", range(12))
async def test_however_it_comes_together_pages_end_as_the_public_transcript(
    open_council: Open, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Talk, corrections and marks at once, before a reader who stays and one who comes and goes."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    council = await open_council()
    meeting = Meeting(council, await council.service.rooms.enter(ROOM), chance)
    transcripts = stores_of(council.service).transcripts
    acted = asyncio.Event()

    async def slowly(read: Callable[..., Awaitable[object]], *args: object, **named: object) -> object:
        found, task = await read(*args, **named), asyncio.current_task()
        if task and task.get_name() == "public-view" and chance.random() < 0.7:
            await acted.wait()  # something happens between what the view reads and what it publishes
        return found

    for name in ("captions", "translated_languages"):
        monkeypatch.setattr(transcripts, name, partial(slowly, getattr(transcripts, name)))
    stays, page = await council.read(), await council.read()
    restless = Restless(council, page, council.pages[-1])

    async def plays(act: Callable[[], Awaitable[None]], times: int) -> None:
        for _ in range(times):
            await act()
            acted.set()
            acted.clear()

    coming = asyncio.create_task(plays(restless.come_back, 12))
    await asyncio.gather(plays(meeting.talk, 40), plays(meeting.correct, 15), plays(meeting.mark, 10))
    acted.set()
    monkeypatch.setattr(acted, "clear", lambda: None)
    await coming
    await meeting.end()
    await clerks_of(council.service).correct(ROOM, council.ids[0], "Fini.", speaker=("blin", "Mme Blin"))
    if meeting.marked:
        await meeting.unmark()
    public, fresh = await words(council), await council.read()
    assert council.ids[0] in public
    for name, one in (("stays", stays), ("comes and goes", page), ("fresh", fresh)):
        with suppress(TimeoutError):
            await one.until(lambda one=one: one.words == public)  # type: ignore[misc]
        assert one.words == public, name
        assert one.only_finals_after_finals, name
