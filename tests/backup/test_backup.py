"""Backups: what goes in while a service writes, what is checked, and what comes back."""

from __future__ import annotations

import io
import json
import sqlite3
import subprocess
import sys
import tarfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from assistant.adapters.audio_journal import FileAudioJournal
from assistant.adapters.sql_snapshot import open_tracks_in
from assistant.adapters.sql_store import SqlTranscriptStore
from assistant.backup.archive import MANIFEST
from assistant.backup.create import Sources, create_backup
from assistant.backup.restore import restore_backup, verify_backup
from assistant.cli.application import build
from assistant.core.errors import BackupFailed, BackupInvalid, DataFolderInUse
from assistant.core.rooms import Room, Track
from assistant.core.speech.audio import SAMPLE_RATE, Span
from tests.captions import a_caption

SECOND = SAMPLE_RATE
ROOM = "council"


class Moments:
    """A progress that lets something happen when a step begins."""

    def __init__(self, **steps: Callable[[], None]) -> None:
        self._steps = steps

    def begin(self, label: str, total_bytes: int | None) -> None:
        """Do what belongs to this moment."""
        del total_bytes
        self._steps.get(label.replace(" ", "_"), lambda: None)()

    def reach(self, done_bytes: int) -> None:
        """Do nothing."""

    def note(self, sentence: str) -> None:
        """Do nothing."""


class DataFolder:
    """A data directory as a service has it: a store, a journal, one track."""

    def __init__(self, data: Path, store: SqlTranscriptStore) -> None:
        self.data = data
        self.store = store
        self.journal = FileAudioJournal(data / "journal", segment_samples=SECOND)
        self.received = 0
        self.captions = 0

    def receive(self, seconds: int, session: str = "ana") -> None:
        """Acknowledge audio; each sample tells the second that it is of."""
        for _ in range(seconds):
            self.journal.append(session, np.full(SECOND, self.received, np.int16))
            self.received += 1
        self.journal.sync(session)

    def caption_up_to(self, seconds: int) -> None:
        """Caption up to a second, as a service does: the database first, then the audio goes."""
        self.captions += 1
        with sqlite3.connect(self.data / "transcripts.db") as database:
            database.execute(
                "UPDATE tracks SET settled_samples = ?, received_samples = ? WHERE session = 'ana'",
                (seconds * SECOND, self.received * SECOND),
            )
        database.close()
        self.journal.drop_before("ana", seconds * SECOND)

    @property
    def sources(self) -> Sources:
        """What a backup is made of."""
        return Sources(self.data / "journal", self.data / "transcripts.db")


TRACK = Track(session="ana", room=ROOM, participant="ana", name="Ana", language="en", origin_seconds=0.0)


@pytest.fixture
async def data_folder(tmp_path: Path) -> AsyncIterator[DataFolder]:
    """Give a data directory whose store is open."""
    data = tmp_path / "data"
    store = await SqlTranscriptStore.open(f"sqlite:///{data / 'transcripts.db'}")
    await store.create_room(Room(name=ROOM, title="", created_at=1.0))
    await store.save_track(TRACK)
    yield DataFolder(data, store)
    await store.close()


@contextmanager
def alone(_: Path) -> Iterator[None]:
    yield


def restored(archive: Path, data: Path) -> tuple[int, int, FileAudioJournal]:
    """Return how far the restored track is settled and received, in samples, and its journal."""
    restore_backup(archive, data, alone)
    track = open_tracks_in(data / "transcripts.db")[0]
    return track.durable_samples, track.received_samples, FileAudioJournal(data / "journal")


def heard_again(settled: int, journal: FileAudioJournal) -> list[int]:
    """Return the seconds that the next start hears, as `TrackRegistry.recover` does."""
    length = journal.length_samples("ana")
    if length <= settled:
        return []
    return list(dict.fromkeys(journal.load("ana", Span(settled, length)).tolist()))


async def test_what_was_acknowledged_is_captioned_or_heard_again(
    data_folder: DataFolder, tmp_path: Path
) -> None:
    """At rest: the settled part is in the database, the rest in the journal, and nothing in both."""
    data_folder.receive(5)
    data_folder.caption_up_to(2)
    create_backup(data_folder.sources, tmp_path / "b.tar")
    settled, received, journal = restored(tmp_path / "b.tar", tmp_path / "there")
    assert (settled, received) == (2 * SECOND, 5 * SECOND)
    assert heard_again(settled, journal) == [2, 3, 4]


async def test_audio_that_is_settled_and_dropped_meanwhile_is_not_lost(
    data_folder: DataFolder, tmp_path: Path
) -> None:
    """What the journal loses between the two copies is in the database, since that is copied later."""
    data_folder.receive(5)
    data_folder.caption_up_to(1)
    moments = Moments(transcripts=lambda: data_folder.caption_up_to(4))
    create_backup(data_folder.sources, tmp_path / "b.tar", moments)
    settled, _, journal = restored(tmp_path / "b.tar", tmp_path / "there")
    assert settled == 4 * SECOND
    assert heard_again(settled, journal) == [4]


async def test_segments_that_vanish_while_they_are_listed_are_no_error(
    data_folder: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settled between listing and reading: the database, which comes later, has it."""
    data_folder.receive(5)
    read = Path.read_bytes

    def late(path: Path) -> bytes:
        if path.name.startswith("000000000000000"):
            data_folder.caption_up_to(3)
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", late)
    create_backup(data_folder.sources, tmp_path / "b.tar")
    settled, _, journal = restored(tmp_path / "b.tar", tmp_path / "there")
    assert heard_again(settled, journal) == [3, 4]


async def test_a_last_segment_that_is_written_anew_is_found_again(
    data_folder: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not settled of it is nowhere else, so its new name is looked for."""
    data_folder.journal = FileAudioJournal(data_folder.data / "journal")
    data_folder.receive(5)
    read, moved = Path.read_bytes, 0

    def shortened(path: Path) -> bytes:
        nonlocal moved
        if path.suffix == ".pcm" and moved < 2:
            moved += 1
            content = read(path)
            name = f"{int(path.stem) + SECOND:015d}.pcm"
            path.with_name(name).write_bytes(content[2 * SECOND :])
            path.unlink()
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", shortened)
    moments = Moments(transcripts=lambda: data_folder.caption_up_to(2))
    create_backup(data_folder.sources, tmp_path / "b.tar", moments)
    settled, _, journal = restored(tmp_path / "b.tar", tmp_path / "there")
    assert moved == 2
    assert heard_again(settled, journal) == [2, 3, 4]


async def test_a_track_that_went_on_far_meanwhile_goes_on_from_what_is_captioned(
    data_folder: DataFolder, tmp_path: Path
) -> None:
    """The next sample gets the number that it would have had, so times are right and nothing comes twice."""

    def go_on() -> None:
        data_folder.receive(5)
        data_folder.caption_up_to(8)

    data_folder.receive(5)
    create_backup(data_folder.sources, tmp_path / "b.tar", Moments(transcripts=go_on))
    settled, received, journal = restored(tmp_path / "b.tar", tmp_path / "there")
    assert (settled, received) == (8 * SECOND, 8 * SECOND)
    assert journal.length_samples("ana") == 8 * SECOND
    assert heard_again(settled, journal) == []
    journal.append("ana", np.full(SECOND, 8, np.int16))
    assert journal.load("ana", Span(8 * SECOND, 9 * SECOND))[0] == 8


async def test_what_was_received_after_the_copy_never_was(data_folder: DataFolder, tmp_path: Path) -> None:
    """A client that resumes is asked for it again; the record is as long as the database says."""

    def go_on() -> None:
        data_folder.receive(5)
        data_folder.caption_up_to(2)

    data_folder.receive(5)
    create_backup(data_folder.sources, tmp_path / "b.tar", Moments(transcripts=go_on))
    settled, received, journal = restored(tmp_path / "b.tar", tmp_path / "there")
    assert received == journal.length_samples("ana") == 5 * SECOND
    assert heard_again(settled, journal) == [2, 3, 4]


async def test_audio_of_rooms_that_are_gone_does_not_come_back(
    data_folder: DataFolder, tmp_path: Path
) -> None:
    """A room that was deleted while the backup was made leaves no audio behind when it is restored."""
    data_folder.receive(2)

    def delete() -> None:
        with sqlite3.connect(data_folder.data / "transcripts.db") as database:
            database.execute("PRAGMA foreign_keys=ON")
            database.execute("DELETE FROM rooms")
        database.close()

    create_backup(data_folder.sources, tmp_path / "b.tar", Moments(transcripts=delete))
    restore_backup(tmp_path / "b.tar", tmp_path / "there", alone)
    assert list((tmp_path / "there" / "journal").iterdir()) == []


async def test_a_snapshot_has_no_deleted_words(data_folder: DataFolder, tmp_path: Path) -> None:
    """What was deleted before the backup is not in its free pages either."""
    text = "unmistakable secret " * 200
    caption = a_caption(1, text, room=ROOM, participant="ana")
    await data_folder.store.append(caption, session="ana", durable_samples=0)
    await data_folder.store.delete_room(ROOM)
    create_backup(data_folder.sources, tmp_path / "b.tar")
    assert b"unmistakable" not in (tmp_path / "b.tar").read_bytes()


async def test_glossary_levels_and_weights_come_along(data_folder: DataFolder, tmp_path: Path) -> None:
    """Files that settings name are in it; weights only when asked for, without work in progress."""
    glossary, levels, weights = tmp_path / "terms.csv", tmp_path / "levels.toml", tmp_path / "models"
    glossary.write_text("term\nDINUM\n")
    levels.write_text("[[level]]\ncode = 'open'\n")
    (weights / "small").mkdir(parents=True)
    (weights / "small" / "model.bin").write_bytes(b"weights")
    (weights / ".staging-1").mkdir()
    (weights / ".staging-1" / "half").write_bytes(b"half")
    (weights / "link").symlink_to("/etc/hostname")
    sources = replace(data_folder.sources, glossary=glossary, levels=levels)
    create_backup(sources, tmp_path / "without.tar")
    contents = create_backup(replace(sources, weights_dir=weights), tmp_path / "with.tar")
    assert [file.path for file in contents.files if file.path.startswith("models")] == [
        "models/small/model.bin"
    ]
    there = tmp_path / "there"
    restore_backup(tmp_path / "without.tar", there, alone)
    assert (there / "glossary" / "terms.csv").read_text() == glossary.read_text()
    assert (there / "levels" / "levels.toml").exists()
    assert not (there / "models").exists()


# --- the file --------------------------------------------------------------------------------------


async def test_a_backup_is_for_its_owner_and_is_never_half(
    data_folder: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fails on the way leaves nothing, neither under the final name nor beside it."""
    data_folder.receive(2)
    target = tmp_path / "backups" / "b.tar"
    target.parent.mkdir()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("assistant.backup.create.take_snapshot", full)
        with pytest.raises(BackupFailed, match="No space left"):
            create_backup(data_folder.sources, target)
    assert list(target.parent.iterdir()) == []
    create_backup(data_folder.sources, target)
    assert target.stat().st_mode & 0o777 == 0o600
    assert list(target.parent.iterdir()) == [target]
    with pytest.raises(BackupFailed, match="already"):
        create_backup(data_folder.sources, target)


async def test_what_a_killed_backup_left_is_cleared_away(
    data_folder: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But not what another one is writing just now."""
    left = tmp_path / ".assistant-backup-dead"
    left.mkdir()
    (left / "transcripts.db").write_bytes(b"words")
    create_backup(data_folder.sources, tmp_path / "one.tar")
    assert left.exists()
    later = time.time() + 3600
    monkeypatch.setattr("assistant.backup.create.time.time", lambda: later)
    create_backup(data_folder.sources, tmp_path / "two.tar")
    assert not left.exists()


async def test_a_disk_without_room_is_told_before_anything_is_written(
    data_folder: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence says how much is needed."""
    usage = type("Usage", (), {"free": 1 << 20})()
    monkeypatch.setattr("assistant.backup.create.shutil.disk_usage", lambda _: usage)
    with pytest.raises(BackupFailed, match="MB"):
        create_backup(data_folder.sources, tmp_path / "b.tar")
    assert not (tmp_path / "b.tar").exists()


def spoilt(content: bytes) -> dict[str, bytes]:
    """Return backups that are none, by what was done to them."""
    middle = content.index(b"SQLite format 3") + 5000

    def rewritten(change: Callable[[dict[str, bytes]], None]) -> bytes:
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            members = {member.name: (tar.extractfile(member) or io.BytesIO()).read() for member in tar}
        change(members)
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            for name, body in members.items():
                header = tarfile.TarInfo(name)
                header.size = len(body)
                tar.addfile(header, io.BytesIO(body))
        return buffer.getvalue()

    def inject(path: str) -> Callable[[dict[str, bytes]], None]:
        def change(members: dict[str, bytes]) -> None:
            told = members.pop(MANIFEST)
            members[path] = b"evil"
            members[MANIFEST] = told

        return change

    def future(members: dict[str, bytes]) -> None:
        members[MANIFEST] = json.dumps(json.loads(members[MANIFEST]) | {"format": 2}).encode()

    def unlisted(members: dict[str, bytes]) -> None:
        members.pop(MANIFEST)

    def lacks(members: dict[str, bytes]) -> None:
        members.pop("database/transcripts.db")

    link = tarfile.TarInfo("journal/evil")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return {
        "empty": b"",
        "something else": b"no archive" * 1000,
        "a flipped byte": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
        "truncated": content[: len(content) // 2],
        "without its list": rewritten(unlisted),
        "an unknown place": rewritten(inject("elsewhere/evil")),
        "a way out": rewritten(inject("journal/../../evil")),
        "an absolute path": rewritten(inject("/evil")),
        "more than it names": rewritten(inject("journal/evil/000000000000000.pcm")),
        "less than it names": rewritten(lacks),
        "a newer format": rewritten(future),
        "a link": link.tobuf() + content,
    }


SPOILT = (
    "empty, something else, a flipped byte, truncated, without its list, an unknown place, a way out,"
    " an absolute path, more than it names, less than it names, a newer format, a link"
).split(", ")


@pytest.mark.parametrize("case", SPOILT)
async def test_a_spoilt_backup_is_refused_and_restores_nothing(
    data_folder: DataFolder, tmp_path: Path, case: str
) -> None:
    """Whatever is wrong with it, checking says so, and what is in the data directory stays as it is."""
    data_folder.receive(2)
    create_backup(data_folder.sources, tmp_path / "b.tar")
    bad = tmp_path / "bad.tar"
    bad.write_bytes(spoilt((tmp_path / "b.tar").read_bytes())[case])
    with pytest.raises(BackupInvalid):
        verify_backup(bad)
    there = tmp_path / "there"
    there.mkdir()
    (there / "transcripts.db").write_bytes(b"what was there")
    with pytest.raises(BackupInvalid):
        restore_backup(bad, there, alone, force=True)
    assert [path.name for path in there.iterdir()] == ["transcripts.db"]
    assert (there / "transcripts.db").read_bytes() == b"what was there"
    assert not list(tmp_path.rglob("evil*"))  # noqa: ASYNC240 - a test may wait for its disk


async def test_a_store_of_a_newer_version_is_refused(data_folder: DataFolder, tmp_path: Path) -> None:
    """Both when it is copied and when it is checked, before a service would fail on it."""
    create_backup(data_folder.sources, tmp_path / "b.tar")
    with sqlite3.connect(data_folder.data / "transcripts.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    with pytest.raises(BackupFailed, match="newer version"):
        create_backup(data_folder.sources, tmp_path / "newer.tar")
    assert verify_backup(tmp_path / "b.tar").database == "sqlite"


# --- bringing back ---------------------------------------------------------------------------------


async def test_restoring_keeps_what_was_there_aside(data_folder: DataFolder, tmp_path: Path) -> None:
    """Only with --force, and without the weights, which are of use to both."""
    data_folder.receive(2)
    create_backup(data_folder.sources, tmp_path / "b.tar")
    there = tmp_path / "there"
    (there / "models").mkdir(parents=True)
    (there / "transcripts.db").write_bytes(b"old")
    with pytest.raises(BackupFailed, match="--force"):
        restore_backup(tmp_path / "b.tar", there, alone)
    result = restore_backup(tmp_path / "b.tar", there, alone, force=True)
    assert result.aside is not None
    assert (result.aside / "transcripts.db").read_bytes() == b"old"
    assert sorted(path.name for path in there.iterdir()) == sorted(
        [result.aside.name, "journal", "models", "transcripts.db"]
    )
    brought = [there / "transcripts.db", there / "journal", *(there / "journal").rglob("*")]
    assert all(path.stat().st_mode & 0o077 == 0 for path in brought)


def test_nothing_is_restored_under_a_running_service(data_folder: DataFolder, tmp_path: Path) -> None:
    """Whoever has the data folder keeps it, and is named; nothing of the backup gets into it."""
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from assistant.adapters.data_folder import claimed\n"
        "with claimed(Path(sys.argv[1]), 'http://127.0.0.1:8123'):\n"
        "    print('claimed', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    create_backup(data_folder.sources, tmp_path / "b.tar")
    folder = tmp_path / "held"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"claimed\n"
        refused = invoke("backup", "restore", tmp_path / "b.tar", "--force", "--data-dir", folder)
        assert isinstance(refused.exception, DataFolderInUse)
        assert "http://127.0.0.1:8123" in refused.exception.message
        assert not (folder / "transcripts.db").exists()
        holder.communicate()
    assert invoke("backup", "restore", tmp_path / "b.tar", "--data-dir", folder).exit_code == 0


# --- the command line ------------------------------------------------------------------------------


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(build(), [str(argument) for argument in arguments])


async def test_the_commands_tell_what_they_did(data_folder: DataFolder, tmp_path: Path) -> None:
    """Create, verify, restore, as the documentation has it."""
    data_folder.receive(1)
    archive, there = tmp_path / "b.tar", tmp_path / "there"
    assert "holds 2 files" in invoke("backup", "create", archive, "--data-dir", data_folder.data).output
    assert "is whole" in invoke("backup", "verify", archive).output
    assert "is restored" in invoke("backup", "restore", archive, "--data-dir", there).output
    assert (there / "transcripts.db").exists()
    nothing = invoke("backup", "create", tmp_path / "n.tar", "--data-dir", tmp_path / "nothing")
    assert isinstance(nothing.exception, BackupFailed)


async def test_transcripts_in_another_database_are_named(
    data_folder: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest is backed up; that the transcripts are not, and how they are, is said without the address."""
    data_folder.receive(1)
    monkeypatch.setenv("ASSISTANT_DATABASE_URL", "postgresql://user:secret@db/name")
    told = invoke("backup", "create", tmp_path / "b.tar", "--data-dir", data_folder.data)
    assert told.exit_code == 0
    assert "pg_dump" in told.output
    assert "secret" not in told.output
    monkeypatch.delenv("ASSISTANT_DATABASE_URL")
    assert "postgresql" in invoke("backup", "verify", tmp_path / "b.tar").output
