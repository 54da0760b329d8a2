"""Readers of the public version: what a clerk marks goes from their pages, and from theirs alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

import pytest

from assistant.core.captions.caption import Caption
from assistant.core.errors import AssistantError, RoomUnknown, StoreUnavailable
from assistant.core.language import ReaderLanguages
from assistant.core.minutes import redaction
from assistant.core.minutes.operations import parse_operations
from assistant.core.translation.routes import TextModel
from assistant.minutes.drafts import MinutesRules
from assistant.minutes.service import MinutesService
from assistant.readers.feed import CaptionFeed
from assistant.rooms.service import CaptionService
from tests.caption_service import StartService, clerks_of, minutes_of, stores_of
from tests.council import hold
from tests.fakes import ScriptedTextEngine
from tests.waiting import PATIENCE_SECONDS

ENGLISH = TextModel("fr-en", "fr", "en", "argos", 0.8, 10.0)
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
        """Change the minutes as a clerk does."""
        version = await self.minutes.version(ROOM)
        await self.minutes.edit(ROOM, version.revision, parse_operations(list(operations)), author="Greffe")

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
