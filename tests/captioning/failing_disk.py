"""A disk under the journal that fails when it is told to, and a client that sends again."""

from __future__ import annotations

import errno
import os
from typing import Any

import pytest

from assistant.adapters import audio_journal
from assistant.captioning.connection import TrackConnection
from assistant.captioning.track_registry import Join
from assistant.client.backlog import Backlog
from assistant.core.errors import StoreUnavailable
from assistant.core.speech.audio import SAMPLE_RATE, Pcm
from assistant.service.caption_service import CaptionService
from tests.waiting import until

FAULTS = ("full", "half", "torn", "unforced", "read-only", "descriptors")


class FailingDisk:
    """Stands before the operating system, for the journal only.

    Attributes:
        fault: What fails now; empty while all is well. `full`: no write; `half`: writes stop in the middle;
            `torn`: they do, and what was written cannot be taken back; `unforced`: nothing is forced, and
            the end of the file is gone; `read-only`: no write, no new file; `descriptors`: no file is opened.
        failures: How often something failed.
    """

    def __init__(self) -> None:
        self.fault = ""
        self.failures = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def write(self, file: int, data: memoryview) -> int:
        """Write, or fail."""
        if self.fault in {"full", "read-only"}:
            self._fail(errno.ENOSPC if self.fault == "full" else errno.EROFS)
        if self.fault in {"half", "torn"}:
            if len(data) < 64:
                self._fail(errno.ENOSPC)
            return os.write(file, data[: len(data) // 4 * 2])
        return os.write(file, data)

    def ftruncate(self, file: int, size: int) -> None:
        """Cut a file, or fail."""
        if self.fault == "torn":
            self._fail(errno.EIO)
        os.ftruncate(file, size)

    def fdatasync(self, file: int) -> None:
        """Force a file, or lose its end."""
        if self.fault == "unforced":
            size = os.fstat(file).st_size
            os.ftruncate(file, max(0, size - 1_000))
            os.pwrite(file, bytes(max(0, size - os.fstat(file).st_size)), os.fstat(file).st_size)
            self._fail(errno.EIO)
        os.fdatasync(file)

    def open(self, path: Any, flags: int, mode: int = 0o777) -> int:
        """Open a file, or fail."""
        if self.fault == "descriptors":
            self._fail(errno.EMFILE)
        if self.fault == "read-only" and flags & (os.O_WRONLY | os.O_CREAT):
            self._fail(errno.EROFS)
        return os.open(path, flags, mode)

    def _fail(self, number: int) -> None:
        self.failures += 1
        raise OSError(number, os.strerror(number))


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> FailingDisk:
    """The disk under the journal."""
    failing = FailingDisk()
    monkeypatch.setattr(audio_journal, "os", failing)
    return failing


class ResendingClient:
    """Speaks as the public client does: what is not acknowledged is kept, and sent again where asked."""

    def __init__(self, service: CaptionService, join: Join) -> None:
        self.service = service
        self.join = join
        self.session: str | None = None
        self.refusals = 0
        self.backlog = Backlog(600 * SAMPLE_RATE)
        self.connection: TrackConnection | None = None

    async def connect(self) -> None:
        """Come in, again and again until that is possible."""
        join = Join(self.join.room, self.join.participant, self.join.name, "en", session=self.session)

        async def joined() -> TrackConnection | None:
            try:
                return await self.service.tracks.connect(join)
            except StoreUnavailable:
                self.refusals += 1
                return None

        self.connection = await until(joined)
        assert self.connection
        self.session = self.connection.session
        self.backlog.resume(self.connection.received_samples)

    async def break_off(self) -> None:
        """Lose the connection."""
        assert self.connection
        await self.connection.detach()
        self.connection = None

    async def say(self, pcm: Pcm) -> None:
        """Send, in small pieces, with acknowledgements between them as far as they come."""
        self.backlog.append(pcm)
        while self.backlog.unsent_samples:
            if self.connection is None:
                await self.connect()
                continue
            try:
                await self.connection.send_audio(self.backlog.take(SAMPLE_RATE // 4))
            except StoreUnavailable:
                self.refusals += 1
                await self.break_off()
                continue
            await self.acknowledge()

    async def acknowledge(self) -> None:
        """Ask for an acknowledgement; there may be none now."""
        assert self.connection
        try:
            self.backlog.acknowledge(await self.connection.acknowledge())
        except StoreUnavailable:
            self.refusals += 1

    async def stop(self) -> None:
        """End the track."""
        assert self.connection
        await self.connection.stop()
