"""Received audio on disk until it is captioned.

Each session has a folder of segment files: raw samples (16 bit, little-endian, mono, 16 kHz), named
by the number of their first sample. A segment is closed after a minute of audio. Audio that is not needed
any more goes with the segments that hold nothing else, and from the head of the last one. That one always
stays, if need be empty, so its name and size tell how long the record is.

A sample handed to `append` is with the operating system when the call returns, so it survives the
death of the process; `sync` makes it survive the loss of power. A segment is forced to disk before the
next begins, so a record never has a hole.

After a failure it is not known what is on disk of what was written and not forced: whoever wrote it
lets the record go on where it is known (`restart_at`), in a new segment, and writes the rest again. What
an older segment holds behind the first sample of the next one counts as forgotten.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from assistant.adapters.data_folder import flush_directory
from assistant.core.disk_errors import reason_of
from assistant.core.errors import SessionUnknown, StoreUnavailable
from assistant.core.speech.audio import SAMPLE_RATE, Pcm, Span

SEGMENT_SAMPLES = 60 * SAMPLE_RATE
"""How much audio a segment holds before the next begins; a chunk is never split."""

SHORT_SAMPLES = 10 * SAMPLE_RATE
"""How much audio is copied, however little can be freed by that."""

MAX_OPEN_FILES = 256
"""How many segments stay open for appending; idle sessions are opened again when they need it.

More than the tracks of a process: opening one costs more than a second of silence does otherwise.
"""

_SAMPLE = np.dtype("<i2")
_SESSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_SEGMENT = re.compile(r"([0-9]{15})\.pcm")
_UNFINISHED_SUFFIX = ".new"
"""Ends the name of a segment while it is written; one that is found later was left by a dead process."""


@dataclass(slots=True)
class _Tail:
    """The open last segment of a record.

    Attributes:
        file: An OS-level file descriptor that appends.
        first_samples: The number of the segment's first sample.
        length_samples: The length of the whole record, dropped samples counted.
    """

    file: int
    first_samples: int
    length_samples: int

    def use(self, file: int, first_samples: int) -> None:
        """Go on in another segment; of the old one all that counts is on disk."""
        old, self.file, self.first_samples = self.file, file, first_samples
        # A descriptor is gone also where closing it fails; its number may be another file's already.
        with suppress(OSError):
            os.close(old)


class FileAudioJournal:
    """The `AudioJournal` in a directory; sessions may be used from different threads at a time."""

    def __init__(
        self,
        directory: Path,
        *,
        segment_samples: int = SEGMENT_SAMPLES,
        short_samples: int = SHORT_SAMPLES,
        max_open_files: int = MAX_OPEN_FILES,
    ) -> None:
        """Use `directory`, which is made when the first sample comes.

        Args:
            directory: Holds one folder per session; nothing else writes there.
            segment_samples: How much audio a segment holds before the next begins.
            short_samples: How much is copied however little can be freed by that.
            max_open_files: How many files stay open between calls.
        """
        self._directory = directory
        self._segment_samples = segment_samples
        self._short_samples = short_samples
        self._max_open_files = max_open_files
        # A tail in use is taken out, so whatever is in here may be closed at any time.
        self._idle_tails: OrderedDict[str, _Tail] = OrderedDict()
        self._failed: set[str] = set()
        self._lock = threading.Lock()

    def append(self, session: str, pcm: Pcm) -> None:
        """Add samples at the end of the record; either all of them or, with an error, none."""
        if len(pcm) == 0:
            return
        with self._tail(session) as tail:
            if tail.length_samples - tail.first_samples >= self._segment_samples:
                self._rotate(session, tail)
            self._write(session, tail, pcm.astype(_SAMPLE, copy=False).tobytes())
            tail.length_samples += len(pcm)

    def sync(self, session: str) -> int:
        """Force the record to disk and return its length in samples since the track began."""
        if not self._known(session):
            return 0
        with self._tail(session) as tail:
            self._force(session, tail)
            return tail.length_samples

    def load(self, session: str, span: Span) -> Pcm:
        """Return the samples of `span`; raises ValueError where they were dropped or never came."""
        parts: list[Pcm] = []
        wanted = span.start_samples
        with _disk_errors():
            segments = self._segments(session)
            for (first, path), (following, _) in pairwise([*segments, (sys.maxsize, self._directory)]):
                end = min(following, first + _samples_in(path))
                if wanted < span.end_samples and first <= wanted < end:
                    count = min(end, span.end_samples) - wanted
                    offset_bytes = (wanted - first) * _SAMPLE.itemsize
                    parts.append(np.fromfile(path, _SAMPLE, count, offset=offset_bytes))
                    wanted += len(parts[-1])
        if wanted != span.end_samples:
            raise ValueError(f"samples {wanted}..{span.end_samples} of {session} are not in the journal")
        return np.concatenate([np.empty(0, np.int16), *parts], dtype=np.int16)

    def length_samples(self, session: str) -> int:
        """Return the length in samples since the track began, dropped ones counted; 0 if unknown."""
        if not self._known(session):
            return 0
        with self._tail(session) as tail:
            return tail.length_samples

    def kept(self, session: str) -> Span:
        """Return the samples from the first on disk to the last; empty where the session is unknown.

        It only looks, so it may be called while the record grows.
        """
        with _disk_errors():
            segments = self._segments(session)
            if not segments:
                return Span(0, 0)
            last_first, path = segments[-1]
            return Span(segments[0][0], last_first + _samples_in(path))

    def sessions(self) -> Sequence[str]:
        """Return the sessions that there are records of."""
        if not self._directory.is_dir():
            return []
        with _disk_errors():
            return sorted(
                path.name
                for path in self._directory.iterdir()
                if _SESSION.fullmatch(path.name) and path.is_dir()
            )

    def skip_to(self, session: str, samples: int) -> int:
        """Let a record that ends before that sample go on there; return its length.

        So a session goes on where it was, though its audio is gone.
        """
        if samples == 0 and not self._known(session):
            return 0
        with self._tail(session) as tail:
            if tail.length_samples < samples:
                self._force(session, tail)
                tail.use(_begin_segment(self._folder(session), samples), samples)
                tail.length_samples = samples
            return tail.length_samples

    def restart_at(self, session: str, samples: int, pcm: Pcm) -> None:
        """Let the record go on at that sample with `pcm`, whatever became of it; or, with an error, leave it.

        What it holds from there on is forgotten; what it lacks before counts as dropped. The old file is
        left alone: the system may have forgotten what it could not write to it. The new one takes its place
        when it is whole, so that a process that dies meanwhile leaves no less than there was.
        """
        folder, data = self._folder(session), pcm.astype(_SAMPLE, copy=False).tobytes()
        tail = self._take_idle(session)
        with _disk_errors():
            if tail is not None:
                with suppress(OSError):  # what it has to tell is known already
                    os.close(tail.file)
            _make_directory(folder)
            with _closed_on_failure(_write_segment(folder, samples, data)) as file:
                for first, path in reversed(self._segments(session)):
                    if first > samples:
                        path.unlink()
        with self._lock:
            self._failed.discard(session)
        self._give_back(session, _Tail(file, samples, samples + len(pcm)))

    def drop_before(self, session: str, samples: int) -> None:
        """Free the space of what lies before that sample; the record keeps its length."""
        with _disk_errors():
            segments = self._segments(session)
            for (_, path), (next_first, _) in pairwise(segments):
                if next_first <= samples:
                    path.unlink()
        if segments and segments[-1][0] < samples and session not in self._failed:
            self._shorten(session, samples)

    def release(self, session: str) -> None:
        """Close the file of a record; it is opened again when it is needed."""
        if tail := self._take_idle(session):
            self._close_idle(session, tail)

    def delete(self, session: str) -> None:
        """Remove the whole record; unknown sessions are no error."""
        folder, tail = self._folder(session), self._take_idle(session)
        with self._lock:
            self._failed.discard(session)
        with _disk_errors():
            if tail is not None:
                os.close(tail.file)
            if folder.is_dir():
                shutil.rmtree(folder)

    def close(self) -> None:
        """Let go of the open files; the journal can still be used."""
        with self._lock:
            while self._idle_tails:
                os.close(self._idle_tails.popitem()[1].file)

    # --- inside ----------------------------------------------------------------------------------

    def _folder(self, session: str) -> Path:
        """Return the folder of a session, whose id may come from outside and must not leave ours."""
        if not _SESSION.fullmatch(session):
            raise SessionUnknown("There is no session of that name.")
        return self._directory / session

    def _known(self, session: str) -> bool:
        return session in self._idle_tails or self._folder(session).is_dir()

    def _segments(self, session: str) -> list[tuple[int, Path]]:
        """Return number of the first sample and path of each segment, in order."""
        folder = self._folder(session)
        if not folder.is_dir():
            return []
        named = ((_SEGMENT.fullmatch(path.name), path) for path in folder.iterdir())
        return sorted((int(match[1]), path) for match, path in named if match)

    @contextmanager
    def _tail(self, session: str) -> Iterator[_Tail]:
        """Lend the last segment of a record, opened or created as needed."""
        if session in self._failed:
            raise StoreUnavailable("The disk lost audio of this session; it has to be written again.")
        with _disk_errors():
            tail = self._take_idle(session) or self._open_tail(session)
            try:
                yield tail
            finally:
                self._give_back(session, tail)

    def _take_idle(self, session: str) -> _Tail | None:
        with self._lock:
            return self._idle_tails.pop(session, None)

    def _give_back(self, session: str, tail: _Tail) -> None:
        with self._lock:
            self._idle_tails[session] = tail
            while len(self._idle_tails) > self._max_open_files:
                self._close_idle(*self._idle_tails.popitem(last=False))

    def _close_idle(self, session: str, tail: _Tail) -> None:
        try:
            os.close(tail.file)
        except OSError:  # it is told when the record is used again, and is no failure of another one
            self._failed.add(session)

    def _open_tail(self, session: str) -> _Tail:
        folder, segments = self._folder(session), self._segments(session)
        if not segments:
            _make_directory(folder)
            return _Tail(_begin_segment(folder, 0), 0, 0)
        for unfinished in folder.glob(f"*{_UNFINISHED_SUFFIX}"):
            unfinished.unlink()
        first_samples, path = segments[-1]
        with _closed_on_failure(os.open(path, os.O_WRONLY | os.O_APPEND)) as file:
            size_bytes = os.fstat(file).st_size
            if size_bytes % _SAMPLE.itemsize:  # the process died between the two bytes of a sample
                os.ftruncate(file, size_bytes - size_bytes % _SAMPLE.itemsize)
        return _Tail(file, first_samples, first_samples + size_bytes // _SAMPLE.itemsize)

    def _rotate(self, session: str, tail: _Tail) -> None:
        """Force the last segment to disk and begin the next."""
        self._force(session, tail)
        tail.use(_begin_segment(self._folder(session), tail.length_samples), tail.length_samples)

    def _shorten(self, session: str, samples: int) -> None:
        """Take audio that is not needed from the head of the last segment, by a copy of what follows it.

        The copy gets its name when it is on disk, and the old segment goes after that, so at any moment
        one of them is whole. What is long is copied only where it is no longer than what goes, so all
        copies together are hardly longer than the audio. Where the disk is too full for a copy, the old
        segment stays until the next try: audio that stays is no reason to caption it again.
        """
        with self._tail(session) as tail:
            first = min(samples, tail.length_samples)
            old = self._folder(session) / _segment_name(tail.first_samples)
            going, staying = first - tail.first_samples, tail.length_samples - first
            if going <= 0 or staying > max(going, self._short_samples):
                return
            data = _read_end(old, staying * _SAMPLE.itemsize)
            try:
                file = _write_segment(self._folder(session), first, data)
            except OSError:
                copy = self._folder(session) / _segment_name(first)
                with suppress(OSError):
                    copy.unlink(missing_ok=True)
                if copy.exists():
                    self._failed.add(session)  # nobody could say which of the two is the record
                    raise
                return
            tail.use(file, first)
            old.unlink()

    def _force(self, session: str, tail: _Tail) -> None:
        try:
            os.fdatasync(tail.file)
        except OSError:
            # The system forgets what it could not write: a later success would prove nothing.
            self._failed.add(session)
            raise

    def _write(self, session: str, tail: _Tail, data: bytes) -> None:
        """Append all of `data`, or nothing."""
        try:
            _write_all(tail.file, data)
        except OSError:
            self._failed.add(session)
            os.ftruncate(tail.file, (tail.length_samples - tail.first_samples) * _SAMPLE.itemsize)
            self._failed.discard(session)
            raise


def _segment_name(first_samples: int) -> str:
    return f"{first_samples:015d}.pcm"


def _samples_in(path: Path) -> int:
    return path.stat().st_size // _SAMPLE.itemsize


def _write_all(file: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]


@contextmanager
def _closed_on_failure(file: int) -> Iterator[int]:
    """Close a descriptor where what is done with it fails."""
    try:
        yield file
    except OSError:
        os.close(file)
        raise


def _read_end(path: Path, size_bytes: int) -> bytes:
    with path.open("rb") as file:
        file.seek(-size_bytes, os.SEEK_END)
        return file.read()


def _write_segment(folder: Path, first_samples: int, data: bytes) -> int:
    """Create a segment of `data`, in place of one of that name; return its descriptor.

    It gets its name when all of it is on disk, so whoever dies meanwhile leaves what there was.
    """
    path = folder / _segment_name(first_samples)
    unfinished = path.with_suffix(_UNFINISHED_SUFFIX)
    file = os.open(unfinished, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        _write_all(file, data)
        os.fsync(file)
        unfinished.replace(path)
        flush_directory(folder)
    except OSError:
        os.close(file)
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)  # its space may be what is wanting
        raise
    return file


def _begin_segment(folder: Path, first_samples: int) -> int:
    """Create a segment whose name survives a power cut; return its descriptor."""
    path = folder / _segment_name(first_samples)
    with _closed_on_failure(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)) as file:
        flush_directory(folder)
    return file


def _make_directory(path: Path) -> None:
    """Make a directory and its missing parents, for the owner only."""
    if not path.is_dir():
        _make_directory(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
        flush_directory(path.parent)


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(f"Received audio cannot be kept: {reason_of(error)}.") from error
