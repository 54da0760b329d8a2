"""The service of a soak: killed and started again on the same data, on a small disk that can be filled."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from assistant.client import Endpoint
from benchmark.service import command_of, environment_of, free_port, stop, wait_until_ready
from benchmark.stand_ins import Weights

_DISK = "size=512m,mode=700"
_FILL_BYTES = 1 << 20
_SAMPLE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which lags are not the service's fault.

    Attributes:
        what: Why.
        began_at: Moment of its beginning, on the clock of the event loop.
        ended_at: Moment at which the service was ready again.
    """

    what: str
    began_at: float
    ended_at: float


@dataclass(frozen=True, slots=True)
class MemorySample:
    """What the service's processes held at one moment.

    Attributes:
        life: Which start of the service it is of.
        at_seconds: On the clock of the event loop.
        resident_bytes: Of all its processes together.
        descriptors: Open files and sockets of the process that serves.
    """

    life: int
    at_seconds: float
    resident_bytes: int
    descriptors: int


@dataclass(slots=True)
class SoakService:
    """A service with one data directory and many lives.

    Attributes:
        endpoint: Where it listens, in every life.
        data: Its data directory.
        log: Where its output goes.
        fillable: Whether `data` is on a small disk of its own.
        outages: When it was not there, or could not write.
        samples: What it held, in order.
    """

    endpoint: Endpoint
    data: Path
    log: Path
    fillable: bool
    _command: Sequence[str]
    _environment: dict[str, str]
    outages: list[Outage] = field(default_factory=list)
    samples: list[MemorySample] = field(default_factory=list)
    _process: subprocess.Popen[bytes] | None = None
    _lives: int = 0

    def start(self) -> None:
        """Start it; blocks until it is ready."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command, env=self._environment, stdout=output, stderr=subprocess.STDOUT
            )
        self._lives += 1
        wait_until_ready(self.endpoint, self._process, self.log)

    def stop(self) -> None:
        """End it; blocks."""
        if self._process is not None:
            stop(self._process)
            self._process = None

    @property
    def lives(self) -> int:
        """How often it was started."""
        return self._lives

    async def kill(self, pause_seconds: float) -> None:
        """End it in the middle of everything, and start it again after a pause."""
        now = asyncio.get_running_loop().time
        began_at = now()
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            await asyncio.to_thread(process.wait)
        await asyncio.sleep(pause_seconds)
        await asyncio.to_thread(self.start)
        self.outages.append(Outage("killed", began_at, now()))

    async def fill_disk(self, seconds: float) -> None:
        """Leave no byte free on its disk for a while."""
        now = asyncio.get_running_loop().time
        began_at = now()
        filler = self.data.parent / "filler"
        try:
            await asyncio.to_thread(_fill, filler)
            await asyncio.sleep(seconds)
        finally:
            filler.unlink(missing_ok=True)
        self.outages.append(Outage("disk full", began_at, now()))

    async def watch(self) -> None:
        """Write down what it holds, until cancelled."""
        while True:
            process = self._process
            if process is not None:
                with contextlib.suppress(psutil.Error):
                    self.samples.append(self._sample(psutil.Process(process.pid)))
            await asyncio.sleep(_SAMPLE_SECONDS)

    def _sample(self, process: psutil.Process) -> MemorySample:
        resident_bytes = process.memory_info().rss
        for child in process.children(recursive=True):
            with contextlib.suppress(psutil.Error):
                resident_bytes += child.memory_info().rss
        now = asyncio.get_running_loop().time()
        return MemorySample(self._lives, now, resident_bytes, process.num_fds())


@contextmanager
def soaking(model: str, log: Path, weights: Weights, *, small_disk: bool) -> Iterator[SoakService]:
    """Give a running service; in the end it is stopped, and its data and disk are gone.

    Args:
        model: The catalogue's name of the weights.
        log: Where its output goes; emptied first.
        weights: What it finds installed.
        small_disk: Whether to give it a disk of its own, where this program may make one.
    """
    log.write_bytes(b"")
    with tempfile.TemporaryDirectory(prefix="soak-") as folder, _disk(Path(folder), wanted=small_disk) as own:
        port = free_port()
        data = Path(folder) / "data"
        service = SoakService(
            Endpoint(f"http://127.0.0.1:{port}"),
            data,
            log,
            own,
            command_of(port, model),
            environment_of(data, weights),
        )
        try:
            service.start()
            yield service
        finally:
            service.stop()


@contextmanager
def _disk(folder: Path, *, wanted: bool) -> Iterator[bool]:
    """Lay a small disk in memory over a folder; say whether that was possible."""
    if not (wanted and os.geteuid() == 0 and shutil.which("mount")):
        yield False
        return
    mounting = ["mount", "-t", "tmpfs", "-o", _DISK, "soak", str(folder)]
    if subprocess.run(mounting, check=False, capture_output=True).returncode:
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False, capture_output=True)


def _fill(path: Path) -> None:
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(_FILL_BYTES))
