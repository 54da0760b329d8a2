"""The transcript store on real SQLite files."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.adapters.sql_store import SqlTranscriptStore
from assistant.core.captions.caption import Caption, Translation
from assistant.core.errors import CaptionUnknown, RoomUnknown, SessionUnknown, StoreUnavailable
from assistant.core.glossary.terms import Term
from assistant.core.rooms import Room, Track
from assistant.core.speech.audio import Span
from assistant.core.speech.hypothesis import Word
from tests.captions import a_caption
from tests.small_disk import IN_A_NAMESPACE, can_mount

RICH = Term.of(
    "town hall",
    language="en",
    sounds_like=["down hole"],
    translations={"fr": "mairie", "pt": "câmara"},
    keep=True,
)
ROOM = Room("r", "Weekly", 1_700_000_000.25)
TRACK = Track("s", "r", "p", "Ana", "auto", 12.5)
CAPTION = a_caption(
    4,
    "Ça va ?",
    room="r",
    id="c1",
    participant="p",
    start_seconds=12.75,
    end_seconds=13.5,
    words=(Word(" Ça", Span(0, 4000), 0.9), Word(" va ?", Span(4000, 12000), 0.123456789)),
)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'deep' / 'transcripts.db'}"


@pytest.fixture
async def store(url: str) -> AsyncIterator[SqlTranscriptStore]:
    store = await SqlTranscriptStore.open(url)
    await store.create_room(ROOM)
    await store.save_track(TRACK)
    yield store
    await store.close()


async def _append(store: SqlTranscriptStore, *captions: Caption, durable_samples: int = 0) -> None:
    for caption in captions:
        await store.append(caption, session="s", durable_samples=durable_samples)


async def test_room_is_created_once(store: SqlTranscriptStore) -> None:
    """The second room of a name is not stored; the first is returned."""
    assert await store.create_room(replace(ROOM, title="Other", created_at=5.0)) == ROOM
    assert await store.room("r") == ROOM
    assert await store.room("R") is None


async def test_rooms_come_newest_first(store: SqlTranscriptStore) -> None:
    """The list begins with the room made last."""
    newer, older = Room("a", "", ROOM.created_at + 1), Room("b", "", ROOM.created_at - 1)
    await store.create_room(older)
    await store.create_room(newer)
    assert list(await store.rooms()) == [newer, ROOM, older]


async def test_room_begins_once(store: SqlTranscriptStore) -> None:
    """The time of the first audio stays, whatever comes later."""
    await store.begin_room("r", 100.5)
    await store.begin_room("r", 200.0)
    assert await store.room("r") == replace(ROOM, began_at=100.5)


async def test_glossary_is_kept_and_replaced(store: SqlTranscriptStore, url: str) -> None:
    """A room keeps the terms it was made with until others come; all else about it stays."""
    other = await store.create_room(Room("other", "", 1.0, glossary=(Term("Ana Ribeiro"), RICH)))
    assert other.glossary == (Term("Ana Ribeiro"), RICH)
    await store.set_glossary("r", [Term("東京都"), Term('C#, "Ça"', keep=True)])
    await store.set_glossary("other", [])
    reopened = await SqlTranscriptStore.open(url)
    assert await reopened.room("r") == replace(ROOM, glossary=(Term("東京都"), Term('C#, "Ça"', keep=True)))
    assert await reopened.room("other") == replace(other, glossary=())
    await reopened.close()


async def test_spoken_languages_are_kept_with_a_room(store: SqlTranscriptStore, url: str) -> None:
    """They are replaced as a whole, survive a restart, and need a room."""
    await store.create_room(Room("other", "", 1.0, spoken=("fr", "en")))
    await store.set_spoken("r", ["pt"])
    reopened = await SqlTranscriptStore.open(url)
    assert await reopened.room("r") == replace(ROOM, spoken=("pt",))
    assert await reopened.room("other") == Room("other", "", 1.0, spoken=("fr", "en"))
    await reopened.set_spoken("other", [])
    await reopened.close()
    assert await store.room("other") == Room("other", "", 1.0)
    with pytest.raises(RoomUnknown):
        await store.set_spoken("nowhere", ["pt"])


async def test_glossary_needs_a_room(store: SqlTranscriptStore) -> None:
    """A room that does not exist (any more) is not made by its glossary."""
    await store.delete_room("r")
    with pytest.raises(RoomUnknown):
        await store.set_glossary("r", [Term("DINUM")])
    assert await store.rooms() == []


async def test_the_organisation_keeps_a_glossary_apart_from_rooms(
    store: SqlTranscriptStore, url: str
) -> None:
    """There is none at first; it is replaced as a whole, survives a restart, and rooms have no part in it."""
    assert await store.organisation_glossary() == ()
    await store.set_organisation_glossary([Term("DINUM")])
    await store.set_organisation_glossary([RICH, Term("Visio")])
    await store.delete_room("r")
    reopened = await SqlTranscriptStore.open(url)
    assert await reopened.organisation_glossary() == (RICH, Term("Visio"))
    await reopened.set_organisation_glossary([])
    assert await store.organisation_glossary() == ()
    await reopened.close()


async def test_reserved_seq_never_falls(store: SqlTranscriptStore) -> None:
    """A lower reservation changes nothing."""
    for below, kept in ((1000, 1000), (500, 1000), (2000, 2000)):
        await store.reserve_seq("r", below)
        assert await store.room("r") == replace(ROOM, seq_reserved=kept)


async def test_deleted_room_takes_everything_with_it(store: SqlTranscriptStore, tmp_path: Path) -> None:
    """Tracks, captions and history go; other rooms and unknown names are not touched."""
    await store.create_room(Room("other", "", 1.0))
    await store.save_track(replace(TRACK, session="t", room="other"))
    await store.append(replace(CAPTION, room="other"), session="t", durable_samples=1)
    await _append(store, CAPTION)
    await store.delete_room("r")
    await store.delete_room("never")
    assert await store.room("r") is None
    assert await store.track("s") is None
    assert await store.captions("other") == [replace(CAPTION, room="other")]
    with sqlite3.connect(tmp_path / "deep" / "transcripts.db") as connection:
        assert connection.execute("SELECT count(*) FROM revisions").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM captions").fetchone() == (1,)
    connection.close()


async def test_track_is_replaced(store: SqlTranscriptStore) -> None:
    """Saving a track again replaces all of it."""
    changed = replace(TRACK, name="Ana B.", language="fr", received_samples=9, durable_samples=5, closed=True)
    await store.save_track(changed)
    assert await store.track("s") == changed
    assert await store.track("unknown") is None


async def test_track_needs_a_room(store: SqlTranscriptStore) -> None:
    """A track of a room that does not exist is refused."""
    with pytest.raises(RoomUnknown):
        await store.save_track(replace(TRACK, session="t", room="gone"))


async def test_tracks_are_found_by_room_and_state(store: SqlTranscriptStore) -> None:
    """Tracks of one room or all, and of those the ones that are not closed."""
    await store.create_room(Room("other", "", 1.0))
    ended = replace(TRACK, session="t", closed=True)
    elsewhere = replace(TRACK, session="u", room="other")
    await store.save_track(ended)
    await store.save_track(elsewhere)
    assert list(await store.tracks()) == [TRACK, ended, elsewhere]
    assert list(await store.tracks("r")) == [TRACK, ended]
    assert list(await store.tracks(open_only=True)) == [TRACK, elsewhere]
    assert list(await store.tracks("r", open_only=True)) == [TRACK]


async def test_settling_never_goes_back(store: SqlTranscriptStore) -> None:
    """Each of the two numbers grows by itself and never falls."""
    for received, settled, kept in ((100, 50, (100, 50)), (80, 60, (100, 60)), (200, 10, (200, 60))):
        await store.advance_track("s", received_samples=received, durable_samples=settled)
        track = await store.track("s")
        assert track
        assert (track.received_samples, track.durable_samples) == kept
    await store.advance_track("unknown", received_samples=1, durable_samples=1)


async def test_caption_comes_back_as_it_was(store: SqlTranscriptStore) -> None:
    """All fields and word times are kept; the recogniser's tokens are not."""
    with_tokens = replace(CAPTION, words=tuple(replace(word, tokens=(1, 2)) for word in CAPTION.words))
    await _append(store, with_tokens)
    assert await store.captions("r") == [CAPTION]
    assert await store.caption("r", "c1") == CAPTION
    assert await store.caption("r", "c2") is None
    assert await store.captions("nowhere") == []


async def test_append_settles_the_track(store: SqlTranscriptStore) -> None:
    """The caption and how far its own track is settled are stored together; settled never falls."""
    other = replace(TRACK, session="t")
    await store.save_track(other)
    await _append(store, CAPTION, durable_samples=700)
    await _append(store, replace(CAPTION, id="c2", seq=5, rev=5), durable_samples=300)
    assert list(await store.tracks()) == [replace(TRACK, durable_samples=700), other]


async def test_same_revision_is_stored_once(store: SqlTranscriptStore) -> None:
    """Appending a revision again changes nothing."""
    await _append(store, CAPTION, CAPTION, replace(CAPTION, text="other words"))
    assert await store.history("r", "c1") == [CAPTION]
    assert await store.captions("r") == [CAPTION]


async def test_latest_revision_is_shown_and_all_are_kept(store: SqlTranscriptStore) -> None:
    """Readers get the newest revision, also when an older one is stored later; the history has all."""
    refined = replace(CAPTION, seq=9, rev=9, text="Ça va.", refined=True)
    edited = replace(refined, seq=12, rev=12, text="Ça va bien.", edited=True, words=())
    await _append(store, CAPTION)
    await store.edit([edited])
    await _append(store, refined)
    assert await store.captions("r") == [edited]
    assert await store.caption("r", "c1") == edited
    assert await store.history("r", "c1") == [CAPTION, refined, edited]


async def test_an_edit_is_stored_as_a_whole(store: SqlTranscriptStore) -> None:
    """Revisions and captions that were split off come together; none where a room is not there."""
    await _append(store, CAPTION)
    half = replace(CAPTION, id="c1~9", seq=10, rev=10, text="va.", edited=True)
    first = replace(CAPTION, seq=9, rev=9, text="Ça", edited=True)
    await store.edit([first, half])
    assert {caption.id: caption.text for caption in await store.captions("r")} == {"c1": "Ça", "c1~9": "va."}
    lost = replace(CAPTION, room="nowhere")
    with pytest.raises(RoomUnknown):
        await store.edit([replace(first, seq=11, rev=11, text="x"), lost])
    kept = await store.caption("r", "c1")
    assert kept
    assert kept.text == "Ça"


async def test_many_captions_are_edited_and_found_by_their_ids(store: SqlTranscriptStore) -> None:
    """Also more than one query takes; what there is not, or is another room's, is left out."""
    many = [replace(CAPTION, id=f"c{number}", seq=number, rev=number) for number in range(1, 1201)]
    await store.create_room(replace(ROOM, name="other"))
    await store.edit([*many, replace(CAPTION, room="other", id="elsewhere")])
    newer = replace(many[700], seq=2000, rev=2000, text="Ça va.")
    await store.edit([newer])
    await store.edit([])
    wanted = [caption.id for caption in many]
    found = await store.captions_by_id("r", [*wanted, "nobody", "elsewhere"])
    assert found == {caption.id: caption for caption in many} | {newer.id: newer}
    assert await store.captions_by_id("r", []) == {}
    assert await store.revisions("r") == {caption.id: caption.rev for caption in many} | {newer.id: 2000}
    assert await store.revisions("nowhere") == {}


async def test_captions_of_a_deleted_room_do_not_return(store: SqlTranscriptStore) -> None:
    """A final that comes late is refused, even where a new room has the name of the old one."""
    await store.delete_room("r")
    await store.create_room(ROOM)
    with pytest.raises(SessionUnknown):
        await _append(store, CAPTION)
    assert await store.captions("r") == []


async def test_captions_are_ordered_by_start(store: SqlTranscriptStore) -> None:
    """Captions come in the order of start, then of `seq`, whatever the order in which they ended."""
    late = replace(CAPTION, id="c2", seq=5, rev=5, start_seconds=20.0)
    early = replace(CAPTION, id="c3", seq=6, rev=6, start_seconds=1.0, text="")
    same = replace(CAPTION, id="c4", seq=7, rev=7)
    await _append(store, CAPTION, late, early, same)
    assert [caption.id for caption in await store.captions("r")] == ["c3", "c1", "c4", "c2"]


async def test_since_gives_what_changed_after(store: SqlTranscriptStore) -> None:
    """Only captions whose latest revision is newer than `since` are returned."""
    other = replace(CAPTION, id="c2", seq=5, rev=5)
    edited = replace(CAPTION, seq=8, rev=8, text="x", edited=True)
    await _append(store, CAPTION, other)
    await store.edit([edited])
    assert {since: [c.seq for c in await store.captions("r", since=since)] for since in (3, 4, 5, 8)} == {
        3: [5, 8],
        4: [5, 8],
        5: [8],
        8: [],
    }


async def test_what_is_written_is_there_after_reopening(url: str) -> None:
    """A second opening finds rooms, tracks and captions of the first."""
    first = await SqlTranscriptStore.open(url)
    await first.create_room(ROOM)
    await first.save_track(TRACK)
    await _append(first, CAPTION, durable_samples=5)
    await first.close()
    second = await SqlTranscriptStore.open(url)
    assert await second.captions("r") == [CAPTION]
    assert await second.track("s") == replace(TRACK, durable_samples=5)
    await second.close()


@pytest.mark.usefixtures("store")
async def test_file_is_for_its_owner_only(tmp_path: Path) -> None:
    """Nobody else on the machine can read transcripts, not even the write-ahead log."""
    files = list((tmp_path / "deep").iterdir())
    assert any(path.name.endswith("-wal") for path in files)
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "deep").stat().st_mode) == 0o700


async def test_commits_are_forced_to_disk(store: SqlTranscriptStore) -> None:
    """Connections write ahead, synchronise at each commit and hold to foreign keys."""
    async with store._database._engine.connect() as connection:
        found = {
            name: (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


async def test_two_stores_write_the_same_file(store: SqlTranscriptStore, url: str) -> None:
    """Two processes' worth of writers on one file lose nothing and refuse nothing."""
    other = await SqlTranscriptStore.open(url)

    async def write(to: SqlTranscriptStore, first: int) -> None:
        for seq in range(first, 100, 4):
            caption = replace(CAPTION, id=f"c{seq % 10}", seq=seq, rev=seq)
            await to.append(caption, session="s", durable_samples=seq)
            await to.captions("r", since=seq - 5)

    await asyncio.gather(write(store, 1), write(other, 2), write(store, 3), write(other, 4))
    shown = {caption.id: caption.rev for caption in await store.captions("r")}
    assert shown == {f"c{number}": 90 + number for number in range(10)}
    assert sum([len(await store.history("r", f"c{number}")) for number in range(10)]) == 99
    assert await other.track("s") == replace(TRACK, durable_samples=99)
    await other.close()


async def test_cancelled_writers_leave_the_store_usable(store: SqlTranscriptStore) -> None:
    """Writes that are cut off half-way happen as a whole or not at all, and hold up nobody."""
    chance = random.Random(4)  # noqa: S311 - no secret
    for seq in range(60):
        caption = replace(CAPTION, id=f"c{seq}", seq=seq, rev=seq)
        writing = [
            asyncio.create_task(store.append(caption, session="s", durable_samples=seq)),
            asyncio.create_task(store.advance_track("s", received_samples=seq, durable_samples=0)),
        ]
        await asyncio.sleep(chance.random() * 0.005)
        for task in writing:
            task.cancel()
        await asyncio.gather(*writing, return_exceptions=True)
    last = replace(CAPTION, id="last", seq=1000, rev=1000)
    await _append(store, last, durable_samples=1000)
    captions = await store.captions("r")
    assert last in captions
    assert [len(await store.history("r", caption.id)) for caption in captions] == [1] * len(captions)


async def test_closing_waits_for_what_runs(store: SqlTranscriptStore) -> None:
    """Calls that run when the store is closed finish; later ones are refused."""
    running = [asyncio.create_task(_append(store, CAPTION)), asyncio.create_task(store.rooms())]
    await asyncio.sleep(0)
    await store.close()
    assert [done is not None for done in await asyncio.gather(*running)] == [False, True]
    for call in (store.rooms(), store.begin_room("r", 1.0)):
        with pytest.raises(StoreUnavailable, match="closed"):
            await call
    await store.close()


async def test_broken_database_is_told_without_internals(store: SqlTranscriptStore, tmp_path: Path) -> None:
    """When a table is gone, the caller gets a sentence without SQL or paths, and the cause behind it."""
    with sqlite3.connect(tmp_path / "deep" / "transcripts.db") as connection:
        connection.execute("DROP TABLE captions")
    connection.close()
    for call in (store.captions("r"), _append(store, CAPTION)):
        with pytest.raises(StoreUnavailable) as caught:
            await call
        assert caught.value.retryable
        assert caught.value.__cause__ is not None
        for internal in ("captions", "SELECT", "sqlite", os.fspath(tmp_path)):
            assert internal not in caught.value.message


def _translation(seq: int, text: str, lang: str = "en", source_rev: int = 4, **changes: object) -> Caption:
    caption = replace(
        CAPTION, seq=seq, rev=seq, lang=lang, text=text, stable=len(text), words=(),
        translation=Translation(lang, source_rev),
    )  # fmt: skip
    return replace(caption, **changes)  # type: ignore[arg-type] # names are checked by replace


async def test_a_translation_is_kept_in_its_newest_revision(store: SqlTranscriptStore) -> None:
    """With all that it says of its making; an older revision that comes late changes nothing."""
    await _append(store, CAPTION)
    translation = Translation("en", 4, ("es", "de"), "speech", rough=True)
    newest = _translation(9, "How is it?", translation=translation, refined=True)
    for caption in (_translation(7, "How are you?"), newest, _translation(8, "What?")):
        await store.save_translation(caption)
    await store.save_translation(_translation(10, "Como vai?", "pt"))
    assert list(await store.translations("r", "en")) == [newest]
    assert await store.translations("r", "en", since=9) == []
    assert list(await store.translated_languages("r")) == ["en", "pt"]
    assert await store.translated_languages("other") == []


async def test_a_translation_shares_what_is_known_of_its_final(store: SqlTranscriptStore) -> None:
    """Speaker and times are those of the final's latest revision; translations come in its order."""
    later = replace(CAPTION, id="c2", seq=5, rev=5, start_seconds=20.0)
    await _append(store, later, CAPTION)
    await store.save_translation(_translation(7, "Second.", id="c2", source_rev=5))
    await store.save_translation(_translation(8, "First."))
    await store.edit([replace(CAPTION, seq=9, rev=9, speaker="Ana Ribeiro", edited=True)])
    first, second = await store.translations("r", "en")
    assert (first.text, first.speaker, second.text) == ("First.", "Ana Ribeiro", "Second.")
    assert second.start_seconds == 20.0
    assert first.translation is not None
    assert first.translation.source_rev == 4


async def test_what_is_gone_has_no_translation(store: SqlTranscriptStore) -> None:
    """A final that is not there is named; a room takes its translations with it; a source is none."""
    with pytest.raises(CaptionUnknown):
        await store.save_translation(_translation(7, "Late."))
    await _append(store, CAPTION)
    await store.save_translation(_translation(7, "Hello."))
    with pytest.raises(ValueError, match="no translation"):
        await store.save_translation(CAPTION)
    await store.delete_room("r")
    assert await store.translated_languages("r") == []


async def test_a_room_keeps_its_languages(store: SqlTranscriptStore) -> None:
    """The languages it is always translated into, in their order."""
    room = replace(ROOM, name="x", languages=("pt", "en"))
    await store.create_room(room)
    assert await store.room("x") == room


ON_A_SMALL_DISK = """
import asyncio, os, subprocess, sys
from pathlib import Path
from assistant.adapters.sql_database import SqlDatabase
from assistant.adapters.sql_store import SqlTranscriptStore
from assistant.core.errors import StoreUnavailable
from assistant.core.rooms import Room

disk = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)], check=True)

async def remount(database, how):
    # A file that is written to keeps a disk from being remounted; what a process that died left behind stays.
    left = {name: (disk / name).read_bytes() for name in ("t.db-wal", "t.db-shm")}
    await database._engine.dispose()
    for name, content in left.items():
        (disk / name).write_bytes(content)
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)

async def main():
    database = await SqlDatabase.open(f"sqlite:///{disk / 't.db'}")
    store = SqlTranscriptStore(database)
    async def trouble(name):
        for number in range(3):
            try:
                await store.create_room(Room(f"{name}{number}", "x" * 900_000, 1.0))
            except StoreUnavailable as error:
                print(name, error.message)
        assert store.problem is not None
    async def well(name):
        await store.probe()
        assert store.problem is None
        await store.create_room(Room(name, name, 1.0))
    await well("first")
    (disk / "filler").write_bytes(bytes(os.statvfs(disk).f_bavail * os.statvfs(disk).f_bsize))
    await trouble("full")
    (disk / "filler").unlink()
    await well("second")
    await remount(database, "ro")
    await trouble("readonly")
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    await well("third")
    assert {"first", "second", "third"} <= {room.name for room in await store.rooms()}
    await store.close()
    print("WELL")

asyncio.run(main())
"""


def test_a_real_disk_that_is_full_or_read_only_is_told_and_gets_over(tmp_path: Path) -> None:
    """Connections that were opened meanwhile do not keep what was wrong; the problem goes with a write."""
    if not can_mount():
        pytest.skip("needs unshare, and a system that lets us mount: apt-get install util-linux")
    command = [*IN_A_NAMESPACE, sys.executable, "-c", ON_A_SMALL_DISK, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    assert "full The transcript store cannot be used now" in done.stdout
    assert "(the disk is full)" in done.stdout
    assert "(the disk is read-only)" in done.stdout
    assert done.stdout.endswith("WELL\n")
