"""What every `RoomLog` does, whatever carries it: another implementation joins `IMPLEMENTATIONS`."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.adapters.memory_room_log import MemoryRoomLog, MemorySubscription, key_of
from assistant.adapters.sql_database import SqlDatabase
from assistant.adapters.sql_minutes import SqlMinutesStore
from assistant.adapters.sql_store import SqlTranscriptStore
from assistant.core.captions.caption import Caption, RevisionRefused, Translation
from assistant.core.captions.events import (
    CaptionEdited,
    CaptionEvent,
    CaptionTranslated,
    DraftingProgressed,
    FinalAppended,
    MinutesSaved,
    NotEnded,
    NotRevised,
    PartialShown,
    PreconditionFailed,
    PublicVersionAmended,
    RoomEvent,
    RoomRemoved,
    StatusChanged,
    TranscriptCorrected,
    seq_of,
)
from assistant.core.captions.lateness import ON_TIME, Status
from assistant.core.errors import (
    ReaderTooSlow,
    RevisionConflict,
    RoomUnknown,
    SessionUnknown,
    SinceInFuture,
    StoreUnavailable,
)
from assistant.core.minutes.document import Change, Meeting, Minutes, MinutesVersion
from assistant.core.rooms import Room, Track
from assistant.ports.room_log import RoomLog, Subscription
from tests.captions import a_caption

ROOM = "council"
LATE = Status(4.0, degraded=True)

Open = Callable[[Room, SqlTranscriptStore, SqlMinutesStore, int], Awaitable[RoomLog]]


async def open_memory(
    room: Room, store: SqlTranscriptStore, minutes: SqlMinutesStore, max_pending: int
) -> RoomLog:
    return await MemoryRoomLog.open(room, store, minutes, max_pending=max_pending)


IMPLEMENTATIONS: dict[str, Open] = {"memory": open_memory}


@dataclass
class RoomStorage:
    """Opens the log of one room, as processes do that come one after the other."""

    implementation: Open
    store: SqlTranscriptStore
    minutes: SqlMinutesStore

    async def open(self, max_pending: int = 1000) -> RoomLog:
        """Go on with the room as it is stored."""
        room = await self.store.room(ROOM)
        assert room
        return await self.implementation(room, self.store, self.minutes, max_pending)


@pytest.fixture(params=IMPLEMENTATIONS)
async def storage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RoomStorage]:
    """A room with one track."""
    database = await SqlDatabase.open(f"sqlite+aiosqlite:///{tmp_path / 't.db'}")
    store = SqlTranscriptStore(database)
    await store.create_room(Room(ROOM, "", 1.0))
    await store.save_track(Track("s", ROOM, "ana", "Ana", "fr", 0.0))
    yield RoomStorage(IMPLEMENTATIONS[request.param], store, SqlMinutesStore(database))
    await store.close()


@pytest.fixture
async def log(storage: RoomStorage) -> RoomLog:
    return await storage.open()


def caption(id_: str = "s.0", text: str = "Bonjour", **changes: Any) -> Caption:
    return replace(a_caption(0, text, room=ROOM, id=id_, participant="ana", final=False), **changes)


def partial(id_: str = "s.0", text: str = "Bonjour", **changes: Any) -> PartialShown:
    return PartialShown(caption(id_, text, **changes))


def final(id_: str = "s.0", text: str = "Bonjour.", **changes: Any) -> FinalAppended:
    return FinalAppended(caption(id_, text, final=True, **changes), "s", 0)


def edit(id_: str = "s.0", text: str = "Bonsoir.") -> CaptionEdited:
    return CaptionEdited(caption(id_, text, final=True, edited=True))


def translation(id_: str = "s.0", lang: str = "en", *, rev: int = 1, **changes: Any) -> CaptionTranslated:
    return CaptionTranslated(caption(id_, "Hello.", lang=lang, translation=Translation(lang, rev), **changes))


def saved(revision: int = 1, number: int = 1, status: Any = "draft") -> MinutesSaved:
    version = MinutesVersion(number, revision, status, Minutes(ROOM, Meeting(ROOM)))
    return MinutesSaved(version, Change(number, revision, 1.0, "Greffe", "edited"))


async def waiting(log: RoomLog, subscription: Subscription) -> list[RoomEvent]:
    """Take what is pending: all that comes before something that is told now."""
    mark = DraftingProgressed("mark", 1.0)
    log.tell(mark)
    got: list[RoomEvent] = []
    async for event in subscription:
        if event == mark:
            break
        got.append(event)
    return got


def seqs(events: Sequence[RoomEvent]) -> list[int]:
    return [seq_of(event) for event in events]


def shown(events: Sequence[RoomEvent]) -> list[Caption]:
    return [event.caption for event in events if isinstance(event, CaptionEvent)]


# --- numbers ----------------------------------------------------------------------------------------


async def test_numbers_grow_and_are_the_revisions(log: RoomLog) -> None:
    """Each event has a higher number than the one before; a caption's is its revision."""
    everything = (await log.snapshot_and_subscribe()).subscription
    first = await log.append([partial()])
    second = await log.append(
        [
            final(),
        ]
    )
    third = await log.append([edit("s.0"), edit("s.0.p", "Madame.")])
    numbers = [*first, *second, *third]
    assert numbers == sorted(set(numbers))
    assert min(numbers) > 0
    assert await log.position() == numbers[-1]
    seen = shown(await waiting(log, everything))
    assert [(one.seq, one.rev) for one in seen] == [(seq, seq) for seq in third]


async def test_what_is_shown_in_place_of_a_translation_keeps_the_revision_of_its_words(log: RoomLog) -> None:
    """It is no revision of its own, though it is an event of its own."""
    (rev,) = await log.append([final()])
    everything = (await log.snapshot_and_subscribe()).subscription
    marked = caption(final=True, rev=rev, translation=Translation("en", rev, problem="failed"))
    (seq,) = await log.append([CaptionTranslated(marked)])
    (seen,) = shown(await waiting(log, everything))
    assert (seen.seq, seen.rev) == (seq, rev)
    assert seq > rev


async def test_what_only_tells_takes_no_number(log: RoomLog) -> None:
    """Neither told alone nor appended beside others."""
    before = await log.position()
    log.tell(StatusChanged(LATE))
    log.tell(DraftingProgressed("reading", 0.0))
    assert await log.position() == before
    await log.append([final()])
    numbers = await log.append([edit(), TranscriptCorrected()])
    assert numbers == [await log.position(), 0]


async def test_numbers_go_on_after_a_crash(storage: RoomStorage) -> None:
    """What a process may have handed out is never handed out again, and only what is reserved is."""
    log = await storage.open()
    (last,) = await log.append([partial()])
    room = await storage.store.room(ROOM)
    assert room
    assert last < room.seq_reserved
    again = await storage.open()
    (following,) = await again.append([partial()])
    assert following > last
    assert await storage.store.captions(ROOM) == [], "partials live in memory"


async def test_a_number_whose_reservation_failed_is_not_handed_out(
    storage: RoomStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is told either."""
    log = await storage.open()
    everything = (await log.snapshot_and_subscribe()).subscription
    with monkeypatch.context() as patch:
        patch.setattr(storage.store, "reserve_seq", _fails)
        with pytest.raises(StoreUnavailable):
            await log.append([partial()])
    assert await waiting(log, everything) == []
    (seq,) = await log.append([partial()])
    room = await storage.store.room(ROOM)
    assert room
    assert seq < room.seq_reserved


# --- on disk first ----------------------------------------------------------------------------------


async def test_what_is_seen_is_on_disk(storage: RoomStorage) -> None:
    """Finals, edits and minutes: at the moment a reader gets one, the store has it."""
    log = await storage.open()
    everything = aiter((await log.snapshot_and_subscribe()).subscription)

    async def next_caption() -> Caption:
        event = await anext(everything)
        assert isinstance(event, FinalAppended | CaptionEdited)
        return event.caption

    await log.append([final()])
    seen = await next_caption()
    assert await storage.store.captions(ROOM) == [seen]
    await log.append([edit()])
    seen = await next_caption()
    assert await storage.store.captions(ROOM) == [seen]
    await log.append([saved()])
    event = await anext(everything)
    assert isinstance(event, MinutesSaved)
    assert await storage.minutes.version(ROOM) == event.version


@pytest.mark.parametrize(
    ("method", "event"), [("append", final()), ("edit", edit()), ("delete_room", RoomRemoved())]
)
async def test_what_is_not_stored_is_not_seen(
    storage: RoomStorage, monkeypatch: pytest.MonkeyPatch, method: str, event: RoomEvent
) -> None:
    """Where the disk fails everything is as before: the caption still grows, and the next try works."""
    log = await storage.open()
    await log.append([partial("s.9")])
    everything = (await log.snapshot_and_subscribe()).subscription
    with monkeypatch.context() as patch:
        patch.setattr(storage.store, method, _fails)
        with pytest.raises(StoreUnavailable):
            await log.append([event])
    assert await waiting(log, everything) == []
    assert [one.id for one in (await log.snapshot_and_subscribe()).open] == ["s.9"]
    await log.append([event])
    assert len(await waiting(log, everything)) == 1


async def test_a_final_of_a_track_that_is_not_known_is_refused(storage: RoomStorage) -> None:
    """It would belong to a room that was deleted."""
    log = await storage.open()
    with pytest.raises(SessionUnknown):
        await log.append([replace(final(), session="nobody")])
    assert await storage.store.captions(ROOM) == []


async def test_all_or_none(storage: RoomStorage) -> None:
    """Several edits are in the store together; kinds that no transaction holds are refused together."""
    log = await storage.open()
    everything = (await log.snapshot_and_subscribe()).subscription
    refused: list[list[RoomEvent]] = [
        [edit("a"), final("b")],
        [final("a"), final("b")],
        [final("a"), saved()],
    ]
    for events in refused:
        with pytest.raises(ValueError, match="one transaction"):
            await log.append(events)
    assert await waiting(log, everything) == []
    assert await storage.store.captions(ROOM) == []


async def test_minutes_that_others_changed_meanwhile_are_refused(storage: RoomStorage) -> None:
    """The store says which revision comes before; nobody is told."""
    log = await storage.open()
    await log.append([saved(1)])
    everything = (await log.snapshot_and_subscribe()).subscription
    with pytest.raises(RevisionConflict):
        await log.append([saved(3)])
    assert await waiting(log, everything) == []


# --- promises and preconditions -----------------------------------------------------------------------


async def test_what_was_promised_is_kept(storage: RoomStorage) -> None:
    """Neither a partial nor a final takes back what readers were promised; nothing of it is stored."""
    log = await storage.open()
    everything = (await log.snapshot_and_subscribe()).subscription
    await log.append([partial(text="Bonjour à")])
    for event in (partial(text="Bonsoir à"), final(text="Bonsoir.")):
        with pytest.raises(RevisionRefused):
            await log.append([event])
    assert [one.text for one in shown(await waiting(log, everything))] == ["Bonjour à"]
    assert await storage.store.captions(ROOM) == []
    await log.append([final(text="Bonjour à tous.")])


@pytest.mark.parametrize("opened_anew", [False, True])
async def test_a_final_is_not_overtaken_by_a_partial(storage: RoomStorage, *, opened_anew: bool) -> None:
    """Neither for a reader who has not taken it yet nor for who comes later: it grows no more."""
    log = await storage.open()
    everything = (await log.snapshot_and_subscribe()).subscription
    await log.append([partial()])
    (rev,) = await log.append([final()])
    if opened_anew:
        assert seqs(await waiting(log, everything)) == [rev]
        log = await storage.open()
        everything = (await log.snapshot_and_subscribe()).subscription
    with pytest.raises(RevisionRefused):
        await log.append([partial(text="Bonjour à")])
    assert seqs(await waiting(log, everything)) == ([] if opened_anew else [rev])
    assert (await log.snapshot_and_subscribe()).open == ()
    with pytest.raises(PreconditionFailed):
        await log.append([translation()], [NotEnded("s.0")])


async def test_what_waits_for_a_reader_is_overtaken_by_nothing_older() -> None:
    """Whatever carries events to it: neither a partial nor an older revision takes the place of a final."""
    subscription = MemorySubscription(10, lambda _: None)
    for event in (final(rev=5, seq=5), partial(rev=6, seq=6), final(rev=4, seq=4)):
        subscription.offer(event, key_of(event))
    assert seqs([await anext(aiter(subscription))]) == [5]
    following = partial("s.1", rev=7, seq=7)
    subscription.offer(following, key_of(following))
    assert seqs([await anext(aiter(subscription))]) == [7], "there was nothing else"


async def test_a_final_changes_by_one_refined_revision_and_by_clerks(storage: RoomStorage) -> None:
    """Not by another final, not by two refined revisions, and a clerk's text by nobody else."""
    log = await storage.open()
    refined = final(text="Bonsoir.", refined=True)

    async def refuses(*events: RoomEvent) -> None:
        for event in events:
            with pytest.raises(RevisionRefused):
                await log.append([event])

    await log.append([final()])
    await refuses(final(text="Bonsoir."))
    await log.append([refined])
    await refuses(refined, final())
    await log.append([edit(text="Madame.")])
    await refuses(refined, replace(edit(), caption=replace(edit().caption, edited=False)))
    await log.append([edit(text="Madame, Monsieur.")])
    log = await storage.open()
    await refuses(refined, final())
    assert [one.text for one in await storage.store.captions(ROOM)] == ["Madame, Monsieur."]


async def test_what_grows_is_not_edited(log: RoomLog) -> None:
    """Its final would have to take the clerk's words back."""
    await log.append([partial()])
    with pytest.raises(RevisionRefused):
        await log.append([edit()])
    await log.append([final()])
    await log.append([edit()])


async def test_what_was_said_before_is_translated_while_the_store_is_away(
    storage: RoomStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it was revised is known without asking: who talks does not wait for the past of the room."""
    log = await storage.open()
    revs = {id_: (await log.append([final(id_)]))[0] for id_ in ("s.0", "s.1", "s.2")}
    log = await storage.open()
    await log.append([edit("s.1")])
    everything = (await log.snapshot_and_subscribe()).subscription
    for name, _ in inspect.getmembers(storage.store, inspect.iscoroutinefunction):
        monkeypatch.setattr(storage.store, name, _fails)
    for id_ in ("s.0", "s.2"):
        await log.append([translation(id_, rev=revs[id_], final=True)], [NotRevised(id_, revs[id_])])
    with pytest.raises(PreconditionFailed):
        await log.append([translation("s.1", rev=revs["s.1"])], [NotRevised("s.1", revs["s.1"])])
    assert [one.id for one in shown(await waiting(log, everything))] == ["s.0", "s.2"]


@pytest.mark.parametrize("opened_anew", [False, True])
async def test_an_edit_of_an_older_revision_fails(storage: RoomStorage, *, opened_anew: bool) -> None:
    """It names the revision that its clerk has seen; one that is the newest passes, also after a crash."""
    log = await storage.open()
    (first,) = await log.append([final()])
    (second,) = await log.append([edit()], [NotRevised("s.0", first)])
    if opened_anew:
        log = await storage.open()
    everything = (await log.snapshot_and_subscribe()).subscription
    with pytest.raises(PreconditionFailed) as failed:
        await log.append([edit(text="Trop tard.")], [NotRevised("s.0", first)])
    assert failed.value.precondition == NotRevised("s.0", first)
    assert await waiting(log, everything) == []
    await log.append([edit(text="À temps.")], [NotRevised("s.0", second)])
    assert [one.text for one in await storage.store.captions(ROOM)] == ["À temps."]


async def test_one_precondition_that_fails_stops_all(storage: RoomStorage) -> None:
    """Of a merge neither caption is changed where one was meanwhile."""
    log = await storage.open()
    (first,) = await log.append([final("s.0")])
    (other,) = await log.append([final("s.1")])
    await log.append([edit("s.1", "Autre.")])
    with pytest.raises(PreconditionFailed):
        await log.append(
            [edit("s.0", "Les deux."), edit("s.1", "")], [NotRevised("s.0", first), NotRevised("s.1", other)]
        )
    assert [one.text for one in await storage.store.captions(ROOM)] == ["Bonjour.", "Autre."]


async def test_what_may_depend_on_a_caption(log: RoomLog) -> None:
    """A translation of what grows fails once that has ended, one of a final once that was revised."""
    (first,) = await log.append([partial()])
    (second,) = await log.append([partial()], [NotRevised("s.0", first)])
    with pytest.raises(PreconditionFailed):
        await log.append([partial()], [NotRevised("s.0", first)])
    await log.append([translation()], [NotEnded("s.0")])
    (rev,) = await log.append([final()])
    with pytest.raises(PreconditionFailed):
        await log.append([partial()], [NotRevised("s.0", second)])
    with pytest.raises(PreconditionFailed):
        await log.append([translation()], [NotEnded("s.0")])
    await log.append([translation(rev=rev, final=True)], [NotRevised("s.0", rev)])
    await log.append([edit()])
    with pytest.raises(PreconditionFailed):
        await log.append([translation(rev=rev, final=True)], [NotRevised("s.0", rev)])


async def test_neither_translations_nor_the_public_version_revise_a_caption(log: RoomLog) -> None:
    """What was said is as it was."""
    (rev,) = await log.append([final()])
    await log.append([translation(rev=rev, final=True)])
    await log.append([PublicVersionAmended(caption(text="", final=True, public_only=True))])
    await log.append([edit()], [NotRevised("s.0", rev)])


# --- snapshot and subscription ------------------------------------------------------------------------


async def test_nothing_falls_between_snapshot_and_subscription(storage: RoomStorage) -> None:
    """Appends go on while readers come: each has every final once, before or after its snapshot."""
    log = await storage.open()

    async def talk() -> None:
        for number in range(40):
            await log.append([partial(f"s.{number}", f"word {number}")])
            await log.append([final(f"s.{number}", f"word {number}.")])

    talking = asyncio.create_task(talk())
    snapshots = []
    while not talking.done():
        snapshots.append(await log.snapshot_and_subscribe(0))
        await asyncio.sleep(0)
    await talking
    assert len(snapshots) > 3
    for snapshot in snapshots:
        missed, after = list(snapshot.missed), await waiting(log, snapshot.subscription)
        assert all(one.seq <= snapshot.seq for one in [*missed, *snapshot.open])
        assert all(seq > snapshot.seq for seq in seqs(after))
        finals = [*missed, *(event.caption for event in after if isinstance(event, FinalAppended))]
        assert sorted(one.id for one in finals) == sorted(f"s.{number}" for number in range(40))


async def test_a_snapshot_is_the_room_at_one_moment(log: RoomLog) -> None:
    """What grows in its newest revision, how late captions are, and each final since in its latest."""
    (first,) = await log.append([final("s.0")])
    (second,) = await log.append([final("s.1")])
    await log.append([edit("s.0")])
    await log.append([partial("s.2", "Un")])
    (newest,) = await log.append([partial("s.2", "Un deux")])
    log.tell(StatusChanged(LATE))
    snapshot = await log.snapshot_and_subscribe(second)
    assert (snapshot.seq, snapshot.status) == (newest, LATE)
    assert [one.text for one in snapshot.open] == ["Un deux"]
    assert [one.text for one in snapshot.missed] == ["Bonsoir."]
    everything = await log.snapshot_and_subscribe(0)
    assert sorted(one.id for one in everything.missed) == ["s.0", "s.1"]
    assert (await log.snapshot_and_subscribe(first)).missed != ()
    assert (await log.snapshot_and_subscribe()).missed == ()
    with pytest.raises(SinceInFuture):
        await log.snapshot_and_subscribe(newest + 1)


async def test_captions_are_on_time_at_first_and_a_final_is_open_no_more(log: RoomLog) -> None:
    """A partial that became a final is in the store, not in the snapshot."""
    await log.append([partial()])
    await log.append([final()])
    snapshot = await log.snapshot_and_subscribe()
    assert (snapshot.open, snapshot.status) == ((), ON_TIME)


async def test_subscribers_get_what_comes_after_they_subscribe(log: RoomLog) -> None:
    """All of them, from the moment on, in order."""
    await log.append([partial("early")])
    one = (await log.snapshot_and_subscribe()).subscription
    other = (await log.snapshot_and_subscribe()).subscription
    (a,) = await log.append([partial("a")])
    (b,) = await log.append([partial("b")])
    for subscription in (one, other):
        assert seqs(await waiting(log, subscription)) == [a, b]


async def test_a_subscriber_that_waits_wakes(log: RoomLog) -> None:
    """As soon as something happens; a wait that was cancelled loses nothing."""
    iterator = aiter((await log.snapshot_and_subscribe()).subscription)
    for give_up in (False, True):
        reading = asyncio.ensure_future(anext(iterator))
        await asyncio.sleep(0)
        (seq,) = await log.append([partial()])
        if give_up:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            assert seqs([await anext(iterator)]) == [seq]
        else:
            assert seqs([await reading]) == [seq]


async def test_a_busy_subscriber_gets_the_latest_in_its_new_place(log: RoomLog) -> None:
    """A caption that changed while it waited comes once; what only tells comes in its latest form."""
    subscription = (await log.snapshot_and_subscribe()).subscription
    await log.append([partial("a")])
    log.tell(StatusChanged(LATE))
    (b,) = await log.append([partial("b")])
    (a,) = await log.append([final("a")])
    log.tell(StatusChanged(ON_TIME))
    events = await waiting(log, subscription)
    assert seqs(events) == [b, a, 0]
    assert events[-1] == StatusChanged(ON_TIME)


async def test_translations_do_not_replace_each_other(log: RoomLog) -> None:
    """One caption in three languages is three things to deliver; a corrected language of speech is not."""
    subscription = (await log.snapshot_and_subscribe()).subscription
    for event in (
        partial(),
        translation(lang="en"),
        translation(lang="pt"),
        partial(text="Bonjour Guten", lang="de", source_lang="de"),
    ):
        await log.append([event])
    assert [one.lang for one in shown(await waiting(log, subscription))] == ["en", "pt", "de"]


async def test_what_the_public_version_alone_is_shown_is_delivered(log: RoomLog) -> None:
    """A revision that these readers may not see does not take the place of what withdraws the caption."""
    subscription = (await log.snapshot_and_subscribe()).subscription
    await log.append([final()])
    (gone,) = await log.append([PublicVersionAmended(caption(text="", final=True, public_only=True))])
    (edited,) = await log.append([edit()])
    assert seqs(await waiting(log, subscription)) == [gone, edited]
    await log.append([PublicVersionAmended(caption(text="", final=True, public_only=True))])
    (again,) = await log.append([PublicVersionAmended(caption(public_only=True))])
    assert seqs(await waiting(log, subscription)) == [again]


async def test_whoever_depends_on_a_subscriber_waits_until_it_is_done(log: RoomLog) -> None:
    """It is done with an event once it asks for the next; nobody waits for what it never gets."""
    snapshot = await log.snapshot_and_subscribe(wanted=lambda event: not isinstance(event, CaptionTranslated))
    subscription = snapshot.subscription
    (first,) = await log.append([final("a")])
    (overtaken,) = await log.append([partial("b")])
    (newer,) = await log.append([partial("b")])
    depending = asyncio.create_task(subscription.until(overtaken))
    events = aiter(subscription)
    assert seqs([await anext(events)]) == [first]
    await asyncio.sleep(0)
    assert not depending.done(), "it has the first in hand"
    assert seqs([await anext(events)]) == [newer]
    assert await depending
    asking = asyncio.ensure_future(anext(events))
    (unwanted,) = await log.append([translation("a")])
    assert await subscription.until(unwanted)
    (last,) = await log.append([partial("c")])
    assert seqs([await asking]) == [last]


@pytest.mark.parametrize("ends", ["closed", "too slow", "removed"])
async def test_nobody_waits_for_a_subscriber_that_is_gone(storage: RoomStorage, ends: str) -> None:
    """What it had not taken is never done; at the end of a room it was done with everything."""
    log = await storage.open(max_pending=1)
    subscription = (await log.snapshot_and_subscribe()).subscription
    depending = asyncio.create_task(subscription.until(await log.position() + 1))
    await asyncio.sleep(0)
    if ends == "removed":
        await log.append([RoomRemoved()])
        assert [type(event) async for event in subscription] == [RoomRemoved]
    else:
        await log.append([partial("a")])
        if ends == "too slow":
            await log.append([partial("b")])
        else:
            subscription.close()
    assert await depending is (ends == "removed")


async def test_that_minutes_were_published_is_always_told(log: RoomLog) -> None:
    """What is done to the next version does not take its place."""
    subscription = (await log.snapshot_and_subscribe()).subscription
    for event in (saved(1), saved(2, status="published"), saved(1, 2), saved(2, 2)):
        await log.append([event])
    told = [event.version for event in await waiting(log, subscription) if isinstance(event, MinutesSaved)]
    assert [(one.number, one.revision, one.status) for one in told] == [
        (1, 1, "draft"),
        (1, 2, "published"),
        (2, 2, "draft"),
    ]


async def test_a_subscription_holds_only_what_is_wanted(storage: RoomStorage) -> None:
    """What a reader does not want takes no place; that the room is gone is wanted by all."""
    log = await storage.open(max_pending=1)
    wanted = (
        await log.snapshot_and_subscribe(wanted=lambda event: isinstance(event, MinutesSaved))
    ).subscription
    for number in range(5):
        await log.append([partial(f"s.{number}")])
    (seq,) = await log.append([saved()])
    assert seqs([await anext(aiter(wanted))]) == [seq]
    await log.append([RoomRemoved()])
    assert [type(event) async for event in wanted] == [RoomRemoved]


async def test_a_reader_that_is_gone_is_let_go(storage: RoomStorage) -> None:
    """More pending events than the bound end the subscription with `ReaderTooSlow`, and only that one."""
    log = await storage.open(max_pending=3)
    slow = (await log.snapshot_and_subscribe()).subscription
    quick = (await log.snapshot_and_subscribe()).subscription
    for number in range(4):
        (seq,) = await log.append([partial(f"s.{number}")])
        assert seqs([await anext(aiter(quick))]) == [seq]
    iterator = aiter(slow)
    with pytest.raises(ReaderTooSlow):
        await anext(iterator)
    with pytest.raises(StopAsyncIteration):
        await anext(iterator)


async def test_revisions_of_what_waits_need_no_place(storage: RoomStorage) -> None:
    """They never make a reader too slow."""
    log = await storage.open(max_pending=1)
    subscription = (await log.snapshot_and_subscribe()).subscription
    last = 0
    for _ in range(50):
        (last,) = await log.append([partial()])
    assert seqs([await anext(aiter(subscription))]) == [last]
    (following,) = await log.append([partial()])
    assert seqs([await anext(aiter(subscription))]) == [following], "there was nothing else"


async def test_closing_ends_a_subscription(log: RoomLog) -> None:
    """Also one on which somebody waits; what is pending is dropped; it may happen twice."""
    subscription = (await log.snapshot_and_subscribe()).subscription
    reading = asyncio.ensure_future(anext(aiter(subscription)))
    await asyncio.sleep(0)
    subscription.close()
    subscription.close()
    with pytest.raises(StopAsyncIteration):
        await reading
    await log.append([partial()])
    assert [event async for event in subscription] == []


async def test_nothing_follows_a_deletion(storage: RoomStorage) -> None:
    """What came before is delivered, then that the room is gone; who comes later is refused."""
    log = await storage.open()
    subscription = (await log.snapshot_and_subscribe()).subscription
    (last,) = await log.append([final()])
    (gone,) = await log.append([RoomRemoved()])
    assert await storage.store.room(ROOM) is None
    assert seqs([event async for event in subscription]) == [last, gone]
    log.tell(StatusChanged(LATE))
    for ask in (log.append([partial()]), log.snapshot_and_subscribe(), log.append([final()])):
        with pytest.raises(RoomUnknown):
            await ask


async def test_a_slow_disk_lets_nobody_overtake(
    storage: RoomStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a final is written, partials, readers and edits wait: `seq` grows for everybody."""
    log = await storage.open()
    everything = (await log.snapshot_and_subscribe()).subscription
    writes, really = asyncio.Event(), storage.store.append

    async def slow(*args: Any, **named: Any) -> None:
        await writes.wait()
        await really(*args, **named)

    monkeypatch.setattr(storage.store, "append", slow)
    writing = asyncio.create_task(log.append([final("s.0")]))
    await asyncio.sleep(0)
    showing = asyncio.create_task(log.append([partial("s.1")]))
    coming = asyncio.create_task(log.snapshot_and_subscribe(0))
    await asyncio.sleep(0)
    assert not showing.done()
    assert not coming.done()
    writes.set()
    (first,), (second,), snapshot = await asyncio.gather(writing, showing, coming)
    assert first < second
    assert seqs(await waiting(log, everything)) == [first, second]
    assert (snapshot.seq, [one.id for one in snapshot.missed]) == (second, ["s.0"])


async def _fails(*_args: object, **_named: object) -> None:
    raise StoreUnavailable("scripted")


actions = st.lists(st.one_of(st.tuples(st.sampled_from("abcd"), st.booleans()), st.just("read")), max_size=40)


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS.values(), ids=IMPLEMENTATIONS)
@settings(deadline=None, max_examples=40)
@given(script=actions)
def test_conflation_keeps_the_latest(
    implementation: Open, tmp_path_factory: pytest.TempPathFactory, script: list[tuple[str, bool] | str]
) -> None:
    """Whenever a reader reads, `seq` grows, and in the end it has the latest revision of every caption."""

    async def play() -> None:
        database = await SqlDatabase.open(f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('log') / 't.db'}")
        store = SqlTranscriptStore(database)
        await store.create_room(Room(ROOM, "", 1.0))
        await store.save_track(Track("s", ROOM, "ana", "Ana", "fr", 0.0))
        log = await RoomStorage(implementation, store, SqlMinutesStore(database)).open()
        subscription = (await log.snapshot_and_subscribe()).subscription
        got: list[Caption] = []
        latest: dict[str, int] = {}
        ended: set[str] = set()
        for action in script:
            if isinstance(action, str):
                got += shown(await waiting(log, subscription))
                continue
            id_, ends = action
            if id_ not in ended:
                (latest[id_],) = await log.append([final(id_, "Bonjour") if ends else partial(id_)])
                ended |= {id_} if ends else set()
        got += shown(await waiting(log, subscription))
        assert [one.seq for one in got] == sorted({one.seq for one in got})
        assert {one.id: one.seq for one in got} == latest
        await store.close()

    asyncio.run(play())


# --- closing ----------------------------------------------------------------------------------------


async def test_a_log_that_is_closed_gives_what_waits_and_ends(log: RoomLog) -> None:
    """Nothing more is appended or told, and nobody else is subscribed."""
    subscription = (await log.snapshot_and_subscribe()).subscription
    await log.append([final()])
    log.close()
    log.tell(DraftingProgressed("reading", 0.0))
    for refused in (log.append([edit()]), log.snapshot_and_subscribe()):
        with pytest.raises(StoreUnavailable):
            await refused
    assert [caption.text for caption in shown([event async for event in subscription])] == ["Bonjour."]


async def test_a_room_goes_on_in_its_next_log(storage: RoomStorage) -> None:
    """With higher numbers, from whatever event somebody has seen."""
    log = await storage.open()
    first, second = [(await log.append([event]))[0] for event in (final(), final("s.1", "Madame."))]
    log.close()
    again = await storage.open()
    snapshot = await again.snapshot_and_subscribe(since=first)
    assert [caption.text for caption in snapshot.missed] == ["Madame."]
    assert min(await again.append([edit()])) > second
