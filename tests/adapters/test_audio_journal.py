"""The audio journal, with real files and a real child process that is killed."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from assistant.adapters.audio_journal import FileAudioJournal
from assistant.core.errors import SessionUnknown, StoreUnavailable
from assistant.core.speech.audio import Pcm, Span
from tests.small_disk import IN_A_NAMESPACE, can_mount


@pytest.fixture
def journal(tmp_path: Path) -> FileAudioJournal:
    return FileAudioJournal(tmp_path / "journal", segment_samples=100, short_samples=0, max_open_files=4)


def _pcm(first: int, count: int) -> Pcm:
    return np.arange(first, first + count).astype(np.int16)


def _fill(journal: FileAudioJournal, session: str, samples: int, chunk: int = 30) -> None:
    for first in range(0, samples, chunk):
        journal.append(session, _pcm(first, min(chunk, samples - first)))


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _segments(tmp_path: Path, session: str) -> list[str]:
    return sorted(path.name for path in (tmp_path / "journal" / session).iterdir())


def test_reads_back_across_segments(journal: FileAudioJournal, tmp_path: Path) -> None:
    """Any span of what was appended is read back, also over the borders of files."""
    _fill(journal, "s", 500)
    assert len(_segments(tmp_path, "s")) > 3
    for start, end in ((0, 500), (0, 1), (99, 130), (119, 121), (250, 499), (500, 500)):
        np.testing.assert_array_equal(journal.load("s", Span(start, end)), _pcm(start, end - start))
    assert journal.load("s", Span(0, 10)).dtype == np.int16


def test_extreme_samples_are_kept(journal: FileAudioJournal) -> None:
    """The whole range of 16 bits is stored."""
    loud = np.array([-32768, 32767, 0, -1], np.int16)
    journal.append("s", loud)
    np.testing.assert_array_equal(journal.load("s", Span(0, 4)), loud)


def test_what_never_came_is_an_error(journal: FileAudioJournal) -> None:
    """Reading past the end, or from an unknown session, raises ValueError."""
    _fill(journal, "s", 50)
    for session, span in (("s", Span(40, 51)), ("s", Span(60, 70)), ("unknown", Span(0, 1))):
        with pytest.raises(ValueError, match="not in the journal"):
            journal.load(session, span)


def test_length_survives_reopening(journal: FileAudioJournal, tmp_path: Path) -> None:
    """A new journal on the same directory goes on where the other stopped."""
    _fill(journal, "s", 250)
    assert journal.sync("s") == 250
    again = FileAudioJournal(tmp_path / "journal", segment_samples=100)
    assert again.length_samples("s") == 250
    again.append("s", _pcm(250, 50))
    np.testing.assert_array_equal(again.load("s", Span(200, 300)), _pcm(200, 100))


def test_unknown_sessions_have_no_length(journal: FileAudioJournal, tmp_path: Path) -> None:
    """Asking for a session's length, or forcing it to disk, makes no record."""
    assert journal.length_samples("s") == 0
    assert journal.sync("s") == 0
    journal.append("s", _pcm(0, 0))
    journal.delete("s")
    assert not (tmp_path / "journal").exists()


def test_torn_sample_is_cut_off(journal: FileAudioJournal, tmp_path: Path) -> None:
    """Half a sample at the end, as a crash may leave it, is dropped when the record is opened."""
    _fill(journal, "s", 150)
    journal.close()
    with (tmp_path / "journal" / "s" / _segments(tmp_path, "s")[-1]).open("ab") as file:
        file.write(b"\x7f")
    assert journal.length_samples("s") == 150
    journal.append("s", _pcm(150, 10))
    np.testing.assert_array_equal(journal.load("s", Span(0, 160)), _pcm(0, 160))


def test_settled_audio_is_freed_by_whole_segments(journal: FileAudioJournal, tmp_path: Path) -> None:
    """Only segments that are settled to their end go; the length still counts them."""
    _fill(journal, "s", 360)
    names = _segments(tmp_path, "s")
    journal.drop_before("s", 239)
    assert _segments(tmp_path, "s") == names[1:]
    journal.drop_before("s", 240)
    assert _segments(tmp_path, "s") == names[2:]
    with pytest.raises(ValueError, match="not in the journal"):
        journal.load("s", Span(239, 241))
    np.testing.assert_array_equal(journal.load("s", Span(240, 360)), _pcm(240, 120))
    assert FileAudioJournal(tmp_path / "journal").length_samples("s") == 360


def test_wholly_settled_record_keeps_its_length(journal: FileAudioJournal, tmp_path: Path) -> None:
    """When everything is settled, a restart still knows how much there was."""
    _fill(journal, "s", 360)
    journal.drop_before("s", 360)
    assert len(_segments(tmp_path, "s")) == 1
    assert FileAudioJournal(tmp_path / "journal").length_samples("s") == 360


def test_delete_removes_everything(journal: FileAudioJournal, tmp_path: Path) -> None:
    """A deleted session is unknown, on disk too; the others stay."""
    _fill(journal, "s", 150)
    _fill(journal, "t", 10)
    journal.delete("s")
    assert journal.length_samples("s") == 0
    assert [path.name for path in (tmp_path / "journal").iterdir()] == ["t"]


@pytest.mark.parametrize(
    "session", ["", ".", "..", "../x", "a/b", "/etc", ".hidden", "a\0b", "a\n", "x" * 129]
)
def test_session_ids_cannot_leave_the_directory(
    journal: FileAudioJournal, tmp_path: Path, session: str
) -> None:
    """An id that is no plain name is refused by every method, and nothing is made or removed."""
    (tmp_path / "x").mkdir()
    for call in (
        lambda: journal.append(session, _pcm(0, 1)),
        lambda: journal.sync(session),
        lambda: journal.load(session, Span(0, 1)),
        lambda: journal.length_samples(session),
        lambda: journal.drop_before(session, 1),
        lambda: journal.delete(session),
    ):
        with pytest.raises(SessionUnknown):
            call()
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_files_are_for_their_owner_only(journal: FileAudioJournal, tmp_path: Path) -> None:
    """Nobody else on the machine can read what was said."""
    _fill(journal, "s", 150)
    for path in [tmp_path / "journal", *(tmp_path / "journal").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_idle_sessions_hold_few_files(journal: FileAudioJournal) -> None:
    """However many sessions there are, few files stay open, and all records stay right."""
    before = _open_files()
    for first in (0, 60, 120):
        for session in range(50):
            journal.append(f"s{session}", _pcm(first, 60))
            journal.sync(f"s{session}")
    assert _open_files() <= before + 4
    for session in range(50):
        np.testing.assert_array_equal(journal.load(f"s{session}", Span(0, 180)), _pcm(0, 180))
    journal.close()
    assert _open_files() <= before


def test_a_released_record_holds_no_file_and_goes_on(journal: FileAudioJournal) -> None:
    """Nothing stays open of it, and what is added later follows what was there."""
    before = _open_files()
    journal.release("s")
    journal.append("s", _pcm(0, 60))
    journal.release("s")
    assert _open_files() == before
    journal.append("s", _pcm(60, 60))
    np.testing.assert_array_equal(journal.load("s", Span(0, 120)), _pcm(0, 120))


def test_sessions_are_written_from_several_threads(journal: FileAudioJournal) -> None:
    """Sessions used at the same time, more than files may stay open, do not disturb each other."""

    def talk(session: str) -> None:
        for first in range(0, 900, 30):
            journal.append(session, _pcm(first, 30))
            journal.sync(session)

    threads = [threading.Thread(target=talk, args=(f"s{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(8):
        np.testing.assert_array_equal(journal.load(f"s{number}", Span(0, 900)), _pcm(0, 900))


def test_full_disk_is_told_and_leaves_no_half_chunk(
    journal: FileAudioJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chunk that the disk takes only in part is not in the record, and appending goes on later."""
    journal.append("s", _pcm(0, 40))
    real_write = os.write
    calls: list[int] = []

    def full(file: int, data: memoryview) -> int:
        calls.append(file)
        if len(calls) > 1:
            raise OSError(errno.ENOSPC, "No space left on device", "/secret/path")
        return real_write(file, data[:7])

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(StoreUnavailable, match="disk is full") as caught:
            journal.append("s", _pcm(40, 40))
    assert "secret" not in caught.value.message
    assert isinstance(caught.value.__cause__, OSError)
    assert journal.length_samples("s") == 40
    journal.append("s", _pcm(40, 40))
    np.testing.assert_array_equal(journal.load("s", Span(0, 80)), _pcm(0, 80))


def test_failed_sync_is_never_taken_back(journal: FileAudioJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the disk lost data, the session is refused: a second sync would only seem to work."""
    journal.append("s", _pcm(0, 40))

    def broken(_file: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", broken)
        with pytest.raises(StoreUnavailable):
            journal.sync("s")
    for call in (lambda: journal.sync("s"), lambda: journal.append("s", _pcm(40, 1))):
        with pytest.raises(StoreUnavailable):
            call()
    journal.append("t", _pcm(0, 1))
    assert journal.sync("t") == 1


def test_unusable_directory_is_told(tmp_path: Path) -> None:
    """Where the journal cannot be made, the caller hears that the store is unavailable."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable):
        FileAudioJournal(tmp_path / "file" / "journal").append("s", _pcm(0, 1))


def test_settled_audio_goes_from_the_head_of_the_last_segment(
    journal: FileAudioJournal, tmp_path: Path
) -> None:
    """What is left begins with the first sample that is not settled, and recording goes on behind it."""
    _fill(journal, "s", 100)
    journal.drop_before("s", 70)
    assert _segments(tmp_path, "s") == ["000000000000070.pcm"]
    assert journal.kept("s") == Span(70, 100)
    _fill_on(journal, 100, 150)
    for again in (journal, FileAudioJournal(tmp_path / "journal", segment_samples=100)):
        assert again.sync("s") == again.length_samples("s") == 150
        np.testing.assert_array_equal(again.load("s", Span(70, 150)), _pcm(70, 80))
        with pytest.raises(ValueError, match="not in the journal"):
            again.load("s", Span(69, 71))


def test_a_wholly_settled_record_holds_no_audio(journal: FileAudioJournal, tmp_path: Path) -> None:
    """An empty segment, named by it, keeps the length; what comes later has its right number."""
    _fill(journal, "s", 130)
    journal.drop_before("s", 10_000)
    assert [path.stat().st_size for path in (tmp_path / "journal" / "s").iterdir()] == [0]
    again = FileAudioJournal(tmp_path / "journal", segment_samples=100)
    assert again.length_samples("s") == 130
    again.append("s", _pcm(130, 20))
    np.testing.assert_array_equal(again.load("s", Span(130, 150)), _pcm(130, 20))


def test_little_is_not_taken_from_the_head_of_much(journal: FileAudioJournal, tmp_path: Path) -> None:
    """All copies together are no longer than the audio, however often something is settled."""
    _fill(journal, "s", 100)
    journal.drop_before("s", 49)
    assert _segments(tmp_path, "s") == ["000000000000000.pcm"]


@pytest.mark.parametrize("where", ["write", "fsync", "replace"])
def test_a_death_while_settled_audio_goes_loses_nothing(
    journal: FileAudioJournal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """At each step one whole segment is on disk; a draft that was left is removed with the next use."""

    class Death(BaseException):
        pass

    def die(*_: object) -> None:
        raise Death

    _fill(journal, "s", 100)
    with monkeypatch.context() as patch:
        owner = Path if where == "replace" else os
        patch.setattr(owner, where, die)
        with pytest.raises(Death):
            journal.drop_before("s", 70)
    again = FileAudioJournal(tmp_path / "journal", segment_samples=100)
    assert again.length_samples("s") == 100
    np.testing.assert_array_equal(again.load("s", Span(70, 100)), _pcm(70, 30))
    assert _segments(tmp_path, "s") == ["000000000000000.pcm"]


def test_a_death_before_the_old_segment_goes_loses_nothing(
    journal: FileAudioJournal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both segments are there then; the newer one goes on, and the older goes the next time."""
    _fill(journal, "s", 100)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", die)
        with pytest.raises(KeyboardInterrupt):
            journal.drop_before("s", 70)
    again = FileAudioJournal(tmp_path / "journal", segment_samples=100)
    again.append("s", _pcm(100, 20))
    np.testing.assert_array_equal(again.load("s", Span(0, 120)), _pcm(0, 120))
    again.drop_before("s", 75)
    assert again.kept("s") == Span(75, 120)


def test_a_full_disk_keeps_settled_audio_for_the_next_try(
    journal: FileAudioJournal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody hears of it, nothing is lost, and audio still comes in."""
    _fill(journal, "s", 100)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", _raise_full)
        journal.drop_before("s", 70)
    assert _segments(tmp_path, "s") == ["000000000000000.pcm"]
    _fill_on(journal, 100, 110)
    np.testing.assert_array_equal(journal.load("s", Span(0, 110)), _pcm(0, 110))


def test_a_record_whose_audio_is_gone_goes_on_where_it_was(journal: FileAudioJournal, tmp_path: Path) -> None:
    """Also where nothing of it is on disk; a record that is longer stays as it is."""
    assert journal.skip_to("s", 0) == 0
    assert journal.sessions() == []
    assert journal.skip_to("s", 500) == 500
    journal.append("s", _pcm(500, 20))
    assert journal.skip_to("s", 510) == 520
    again = FileAudioJournal(tmp_path / "journal", segment_samples=100)
    assert again.skip_to("s", 600) == 600
    again.append("s", _pcm(600, 10))
    assert again.sync("s") == 610
    np.testing.assert_array_equal(again.load("s", Span(600, 610)), _pcm(600, 10))
    assert again.sessions() == ["s"]


def _fill_on(journal: FileAudioJournal, first: int, end: int) -> None:
    journal.append("s", _pcm(first, end - first))


def _raise_full(*_: object) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_record_goes_on_where_it_is_known(journal: FileAudioJournal, tmp_path: Path) -> None:
    """What lies behind is forgotten, also for a process that starts now; what comes again takes its place."""
    _fill(journal, "s", 250)
    journal.restart_at("s", 130, _pcm(1_000, 15))
    assert journal.length_samples("s") == 145
    journal.append("s", _pcm(1_015, 25))
    expected = np.concatenate([_pcm(0, 130), _pcm(1_000, 40)])
    for one in (journal, FileAudioJournal(tmp_path / "journal", segment_samples=100)):
        assert one.length_samples("s") == 170
        np.testing.assert_array_equal(one.load("s", Span(0, 170)), expected)
    journal.restart_at("s", 130, _pcm(0, 0))
    assert journal.length_samples("s") == 130, "the same place, again"


def test_a_record_may_go_on_behind_its_end(journal: FileAudioJournal) -> None:
    """What it lacks counts as dropped, also where there was no record at all."""
    _fill(journal, "s", 50)
    for session in ("s", "t"):
        journal.restart_at(session, 400, _pcm(0, 0))
        journal.append(session, _pcm(400, 20))
        assert journal.length_samples(session) == 420
        np.testing.assert_array_equal(journal.load(session, Span(400, 420)), _pcm(400, 20))
        with pytest.raises(ValueError, match="not in the journal"):
            journal.load(session, Span(380, 410))


def test_a_restart_that_fails_leaves_the_record(
    journal: FileAudioJournal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that dies then leaves what there was, and no half of what was to be."""
    _fill(journal, "s", 250)

    def full(_file: int, _data: memoryview) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    names = _segments(tmp_path, "s")
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(StoreUnavailable):
            journal.restart_at("s", 130, _pcm(130, 120))
    assert _segments(tmp_path, "s") == names
    np.testing.assert_array_equal(journal.load("s", Span(0, 250)), _pcm(0, 250))


def test_a_lost_sync_is_made_good_by_writing_again(
    journal: FileAudioJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that the disk failed goes on once it was told from where."""
    journal.append("s", _pcm(0, 40))
    journal.sync("s")
    journal.append("s", _pcm(40, 40))

    def broken(_file: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", broken)
        with pytest.raises(StoreUnavailable):
            journal.sync("s")
    journal.restart_at("s", 40, _pcm(40, 40))
    assert journal.sync("s") == 80
    np.testing.assert_array_equal(journal.load("s", Span(0, 80)), _pcm(0, 80))


ON_A_SMALL_DISK = """
import asyncio, os, resource, subprocess, sys
from pathlib import Path
import numpy as np
from assistant.adapters.audio_journal import FileAudioJournal
from assistant.core.speech.audio import Span
from assistant.core.errors import StoreUnavailable
from assistant.captioning.journal_writer import JournalWriter, WriteRounds

disk = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)], check=True)
journal = FileAudioJournal(disk / "journal", segment_samples=8_000)
pcm = np.arange(65_000).astype(np.int16)

def remount(how):
    journal.close()  # a file that is written to keeps a disk from being remounted
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)

limits = resource.getrlimit(resource.RLIMIT_NOFILE)
kept = []
TROUBLES = {
    "is full": (lambda: (disk / "filler").write_bytes(bytes(os.statvfs(disk).f_bavail * 4096)),
                lambda: (disk / "filler").unlink()),
    "read-only": (lambda: remount("ro"), lambda: remount("rw")),
    "too many files": (
        lambda: (journal.close(), resource.setrlimit(resource.RLIMIT_NOFILE, (64, limits[1])),
                 kept.extend(iter(one_more, None))),
        lambda: ([os.close(file) for file in kept], kept.clear(),
                 resource.setrlimit(resource.RLIMIT_NOFILE, limits)),
    ),
}

def one_more():
    try:
        return os.open("/dev/null", os.O_RDONLY)
    except OSError:
        return None

async def main():
    recorder = JournalWriter(journal, "s", WriteRounds())
    at = 0
    def take():
        nonlocal at
        recorder.add(pcm[at : at + 5_000])
        at += 5_000
    take()
    await recorder.sync()
    for expected, (begin, end) in TROUBLES.items():
        take()
        await recorder.sync()
        begin()
        for call in (recorder.sync, recorder.write, recorder.sync):
            take()
            try:
                await call()
            except StoreUnavailable as error:
                assert expected in error.message, error.message
            else:
                raise AssertionError(f"nothing failed: {expected}")
        end()
        assert await recorder.write() == at
        assert await recorder.sync() == at
        assert recorder.problem is None
    again = FileAudioJournal(disk / "journal")
    assert again.length_samples("s") == at
    np.testing.assert_array_equal(again.load("s", Span(0, at)), pcm[:at])
    print("WHOLE", at)

asyncio.run(main())
"""


def test_a_real_disk_that_is_full_read_only_or_without_descriptors_costs_no_sample(tmp_path: Path) -> None:
    """On a small disk of its own a record is whole after each, and only the trouble itself is told."""
    command = [*IN_A_NAMESPACE, sys.executable, "-c", ON_A_SMALL_DISK, str(tmp_path)]
    if not can_mount():
        pytest.skip("needs unshare, and a system that lets us mount: apt-get install util-linux")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "WHOLE 65000" in done.stdout


@pytest.mark.parametrize("change", ["rotate", "shorten", "skip"])
def test_a_file_that_fails_to_close_is_not_used_again(
    journal: FileAudioJournal, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """Its number may be that of another session's file by then."""
    journal.append("s", _pcm(0, 100))
    close = os.close

    def fail(file: int) -> None:
        close(file)
        if "journal" in str(files.get(file)):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    files = {int(link.name): link.readlink() for link in Path("/proc/self/fd").iterdir() if link.is_symlink()}
    with monkeypatch.context() as failing:
        failing.setattr(os, "close", fail)
        if change == "rotate":
            journal.append("s", _pcm(100, 100))
        elif change == "shorten":
            journal.drop_before("s", 60)
        else:
            assert journal.skip_to("s", 300) == 300
    journal.append("other", _pcm(0, 10))
    length = journal.length_samples("s")
    journal.append("s", _pcm(length, 50))
    assert journal.load("s", Span(length, length + 50)).tolist() == _pcm(length, 50).tolist()
    assert journal.load("other", Span(0, 10)).tolist() == _pcm(0, 10).tolist()
    assert journal.length_samples("other") == 10
