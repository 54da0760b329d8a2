"""What was deleted is in no file of the data folder, while the service still runs."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from assistant.adapters import sql_database
from assistant.adapters.sql_database import SqlDatabase
from assistant.adapters.sql_scrub import scrub
from assistant.adapters.sql_store import SqlTranscriptStore
from assistant.captioning.track_registry import Join
from assistant.core.glossary.terms import Term
from assistant.core.jobs import Job
from assistant.core.meetings.attendance import Stay
from assistant.core.rooms import Room, Track
from assistant.core.translation.routes import Scores, TextModel
from assistant.minutes.drafts import DraftWish, MinutesRules
from assistant.minutes.service import MinutesService
from assistant.service.caption_service import CaptionService
from tests.caption_service import StartService, clerks_of, minutes_of, stores_of
from tests.council import hold
from tests.fakes import ScriptedTextEngine, silence, speech
from tests.small_disk import IN_A_NAMESPACE, can_mount
from tests.waiting import until

SAID = (
    ("quagga", "Mme Axolotl", "Premier point, le budget de la Zibeline."),
    ("quagga", "Mme Axolotl", "Je propose de porter la subvention du Numbat à douze mille euros."),
    ("tarsier", "M. Okapi", "Je vous envoie le tableau du Fossa d'ici vendredi."),
)
PEOPLE = ("quagga", "tarsier", "Axolotl", "Okapi", "Kakapo", "Bilby")
WORDS = (*PEOPLE, "Zibeline", "Numbat", "Fossa", "Pangolin", "Markhor", "Saola")
REPLACED = "Dugong"


def contents(folder: Path) -> dict[str, bytes]:
    """Return all files, whatever they are for."""
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def found(folder: Path, words: Iterable[str] = WORDS) -> dict[str, list[str]]:
    """Return which words are in which files, as UTF-8."""
    files = contents(folder)
    hits = {word: [name for name, data in files.items() if word.encode() in data] for word in words}
    return {word: names for word, names in hits.items() if names}


async def meet(service: CaptionService, minutes: MinutesService) -> None:
    """Leave everything in a room that may be left in one."""
    ids = await hold(service, "conseil", SAID)
    await service.glossaries.set_of_room("conseil", [Term(REPLACED)])
    await service.glossaries.set_of_room("conseil", [Term("Pangolin")])
    await service.rooms.transcript("conseil", "en")
    await clerks_of(service).correct("conseil", ids[0], "Premier point, le budget du Markhor.")
    await minutes.records.set_agenda("conseil", ["Budget du Saola"])
    version = await minutes.draft("conseil", DraftWish(author="Mme Kakapo", agenda=("Budget du Saola",)))
    await minutes.records.give_copy("conseil", version.number, "M. Bilby", "minutes")
    await stores_of(service).meetings.save_stay(Stay("conseil", "quagga", "Mme Axolotl", 1.0, 2.0, 3.0))


@pytest.fixture
async def service(start_service: StartService) -> CaptionService:
    engine = ScriptedTextEngine(models=(TextModel("fr-en", "fr", "en", "argos", Scores(0.8), 10.0),))
    return await start_service(text=engine)


async def test_a_deleted_room_leaves_no_word(service: CaptionService, tmp_path: Path) -> None:
    """Captions before and after they were edited, translations, minutes, agenda, glossary, names, copies."""
    minutes = minutes_of(service, MinutesRules("Europe/Paris", "Ville"))
    await hold(service, "other", [("roy", "Mme Roy", f"Ligne {number}.") for number in range(40)])
    await meet(service, minutes)
    await until(lambda: found(tmp_path, ["Numbat·en"]))
    assert sorted(found(tmp_path)) == sorted(WORDS)
    await stores_of(service).transcripts.scrub(quiet=True)
    assert found(tmp_path, [REPLACED]) == {}
    await minutes.close()
    await service.delete_room("conseil")
    assert found(tmp_path, [*WORDS, "conseil"]) == {}
    assert len(await service.rooms.transcript("other")) == 40


async def test_a_deleted_room_leaves_no_sound(service: CaptionService, tmp_path: Path) -> None:
    """Also while somebody is still talking into it."""
    connection = await service.tracks.connect(Join("conseil", "quagga", "Mme Axolotl", "en"))
    await connection.send_audio(np.concatenate([speech(0, 2), silence(1.0), speech(3, 4)]))
    await connection.acknowledge()
    wanted = speech(4, 1).astype("<i2").tobytes()
    assert any(wanted in data for data in contents(tmp_path).values())
    await service.delete_room("conseil")
    assert not [name for name in contents(tmp_path) if name.endswith(".pcm")]
    assert found(tmp_path) == {}


async def test_a_job_that_is_over_leaves_no_word(service: CaptionService, tmp_path: Path) -> None:
    """Neither what a summary was made of, nor, when its time has come, the summary."""
    pending = Job("j1", "summary", "pending", '{"content": "Zibeline"}', 1.0, "s")
    await stores_of(service).jobs.save_job(pending)
    await stores_of(service).jobs.save_job(
        Job("j1", "summary", "success", "{}", 1.0, "s", result="Numbat " * 900)
    )
    await stores_of(service).transcripts.scrub(quiet=False)
    assert list(found(tmp_path)) == ["Numbat"]
    await stores_of(service).jobs.forget_jobs(2.0)
    assert found(tmp_path) == {}


async def test_rows_that_grew_and_moved_leave_no_word(tmp_path: Path) -> None:
    """Pages keep copies of rows that were moved between them; those go as well."""
    database = await SqlDatabase.open(f"sqlite:///{tmp_path / 't.db'}")
    chance = np.random.default_rng(2)
    names = [f"{chance.integers(1_000)}-{number}" for number in range(2_000)]
    rows = [(name, number % 20) for number, name in enumerate(names)]
    with closing(sqlite3.connect(tmp_path / "t.db")) as connection, connection:
        connection.execute("PRAGMA secure_delete=ON")
        connection.executemany("INSERT INTO house VALUES (?, '')", [(name,) for name in names])
        for index in chance.integers(len(rows), size=8_000):
            name, who = rows[index]
            words = f"Numbat{who:02d} " * int(chance.choice((1, 2, 4, 12, 30, 100)))
            connection.execute("UPDATE house SET value=? WHERE name=?", (words, name))
    async with database.transaction(deletes=True) as writer:
        await writer.exec_driver_sql("DELETE FROM house WHERE value LIKE 'Numbat07%'")
    await database.scrub()
    assert found(tmp_path, ["Numbat07", "Numbat08"]) == {"Numbat08": ["t.db"]}
    await database.close()


@pytest.mark.parametrize("large", [False, True])
async def test_a_large_database_waits_for_a_quiet_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, large: bool
) -> None:
    """It is not rewritten while people talk; its log is emptied all the same."""
    rewritten = []

    def note(path: Path, *, rewrite: bool) -> bool:
        rewritten.append(rewrite)
        return scrub(path, rewrite=rewrite)

    monkeypatch.setattr(sql_database, "scrub", note)
    if large:
        monkeypatch.setattr(sql_database, "SMALL_BYTES", 0)
    store = await SqlTranscriptStore.open(f"sqlite:///{tmp_path / 't.db'}")
    await store.create_room(Room("r", "Zibeline", 1.0))
    await store.delete_room("r")
    assert (tmp_path / "t.db-wal").stat().st_size == 0
    await store.scrub(quiet=True)
    assert rewritten == ([False, True] if large else [True])
    await store.close()


async def test_what_a_killed_process_deleted_goes_at_the_next_start(tmp_path: Path) -> None:
    """Its files, copied as they were between the deletion and the scrubbing, are clean once opened."""
    (tmp_path / "a").mkdir()
    database = await SqlDatabase.open(f"sqlite:///{tmp_path / 'a' / 't.db'}")
    store = SqlTranscriptStore(database)
    await store.create_room(Room("r", "Zibeline", 1.0))
    await store.save_track(Track("s", "r", "quagga", "Mme Axolotl", "fr", 0.0))
    async with database.transaction(deletes=True) as connection:
        await connection.exec_driver_sql("DELETE FROM rooms")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    assert found(tmp_path / "b")
    again = await SqlTranscriptStore.open(f"sqlite:///{tmp_path / 'b' / 't.db'}")
    assert found(tmp_path / "b") == {}
    await again.close()
    await store.close()


async def test_an_older_database_is_scrubbed_once(tmp_path: Path) -> None:
    """What was deleted before deletions were thorough goes when the database is opened."""
    path = tmp_path / "t.db"
    store = await SqlTranscriptStore.open(f"sqlite:///{path}")
    await store.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA user_version=0")
        connection.execute("PRAGMA secure_delete=OFF")
        connection.execute("INSERT INTO house VALUES ('Zibeline', 'Numbat')")
        connection.execute("DELETE FROM house")
    assert list(found(tmp_path)) == ["Zibeline", "Numbat"]
    path.chmod(0o644)
    store = await SqlTranscriptStore.open(f"sqlite:///{path}")
    assert found(tmp_path) == {}
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in contents(tmp_path)} == {0o600}
    await store.close()


async def test_what_could_not_be_scrubbed_is_tried_again(tmp_path: Path) -> None:
    """Whoever reads at that moment, a backup perhaps, only puts it off; a deletion does not fail."""
    store = await SqlTranscriptStore.open(f"sqlite:///{tmp_path / 't.db'}")
    await store.create_room(Room("r", "Zibeline", 1.0))
    with closing(sqlite3.connect(tmp_path / "t.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM rooms").fetchall()
        await store.delete_room("r")
        assert found(tmp_path)
        reader.execute("COMMIT")
    await store.scrub(quiet=False)
    assert found(tmp_path) == {}
    await store.close()


ON_A_SMALL_DISK = """
import asyncio, os, subprocess, sys
from pathlib import Path
from assistant.adapters.sql_store import SqlTranscriptStore
from assistant.core.rooms import Room

disk = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)], check=True)

def free_bytes():
    return os.statvfs(disk).f_bavail * os.statvfs(disk).f_bsize

async def main():
    store = await SqlTranscriptStore.open(f"sqlite:///{disk / 't.db'}")
    for number in range(4):
        await store.create_room(Room(f"r{number}", "x" * 1_000_000, 1.0))
    await store.scrub(quiet=True)
    (disk / "filler").write_bytes(bytes(free_bytes() - 2_500_000))
    await store.create_room(Room("gone", "Zibeline", 1.0))
    await store.delete_room("gone")
    await store.scrub(quiet=False)
    assert free_bytes() > 2_000_000, free_bytes()
    (disk / "filler").unlink()
    await store.scrub(quiet=False)
    assert b"Zibeline" not in b"".join(path.read_bytes() for path in disk.iterdir())
    await store.close()

asyncio.run(main())
"""


def test_to_delete_does_not_fill_a_disk_that_is_nearly_full(tmp_path: Path) -> None:
    """What is free stays for those who talk; the deleted words go from the files when there is room."""
    if not can_mount():
        pytest.skip("needs unshare, and a system that lets us mount: apt-get install util-linux")
    command = [*IN_A_NAMESPACE, sys.executable, "-c", ON_A_SMALL_DISK, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
