"""The service under test: started for the run, or running already; and what it costs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from assistant.client import Endpoint
from benchmark.stand_ins import Weights

_START_SECONDS = 120.0
_STOP_SECONDS = 30.0
_SAMPLE_SECONDS = 0.5
_LOG_TAIL_LINES = 20


class ServiceFailed(Exception):
    """The service did not start."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the service's processes had used at one moment of the event loop's clock."""

    at_seconds: float
    cpu_seconds: float
    resident_bytes: int


@dataclass(frozen=True, slots=True)
class Load:
    """What the service's processes used.

    Attributes:
        cpu_seconds: User and system time of all cores together.
        peak_bytes: The highest sum of resident memory that was seen.
        other_cores: How many cores everything else on the machine kept busy, the bench included.
        samples: The course of it.
    """

    cpu_seconds: float
    peak_bytes: int
    other_cores: float
    samples: tuple[Sample, ...] = ()

    def cores(self, from_at: float, to_at: float) -> float | None:
        """Return the cores kept busy between two moments; None where too little was seen of it."""
        within = [sample for sample in self.samples if from_at <= sample.at_seconds <= to_at]
        if len(within) < 2:  # noqa: PLR2004 - a difference takes two
            return None
        first, last = within[0], within[-1]
        return (last.cpu_seconds - first.cpu_seconds) / (last.at_seconds - first.at_seconds)

    def resident_bytes(self, from_at: float, to_at: float) -> int | None:
        """Return the most memory seen between two moments."""
        return max((s.resident_bytes for s in self.samples if from_at <= s.at_seconds <= to_at), default=None)


class LoadMeter:
    """Measures a process, with its children or alone, and how busy the machine is with anything else."""

    def __init__(self, pid: int, *, children: bool = True) -> None:
        self._process = psutil.Process(pid)
        self._children = children
        self._samples: list[Sample] = []

    def cpu_seconds(self) -> float:
        """Return the user and system time of the process and its children so far."""
        total_seconds = 0.0
        for process in self._tree():
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total_seconds += times.user + times.system
        return total_seconds

    @asynccontextmanager
    async def measured(self) -> AsyncIterator[Callable[[], Load]]:
        """Measure while the block runs; yield what returns the load, to be called after it."""
        began = time.monotonic()
        before, busy_before = self.cpu_seconds(), self._busy_seconds()
        self._samples = []
        watching = asyncio.create_task(self._watch())
        loads: list[Load] = []
        try:
            yield lambda: loads[0]
        finally:
            watching.cancel()
            used = self.cpu_seconds() - before
            others = (self._busy_seconds() - busy_before - used) / (time.monotonic() - began)
            peak_bytes = max((sample.resident_bytes for sample in self._samples), default=0)
            loads.append(Load(used, peak_bytes, max(0.0, others), tuple(self._samples)))

    async def _watch(self) -> None:
        while True:
            now = asyncio.get_running_loop().time()
            self._samples.append(Sample(now, self.cpu_seconds(), sum(self._resident_bytes())))
            await asyncio.sleep(_SAMPLE_SECONDS)

    @staticmethod
    def _busy_seconds() -> float:
        times = psutil.cpu_times()
        return float(times.user + times.system + getattr(times, "nice", 0.0))

    def _resident_bytes(self) -> Iterator[int]:
        for process in self._tree():
            with contextlib.suppress(psutil.NoSuchProcess):
                yield process.memory_info().rss

    def _tree(self) -> list[psutil.Process]:
        return [self._process, *(self._process.children(recursive=True) if self._children else ())]


@dataclass(frozen=True, slots=True)
class Running:
    """A service that can be reached; its process, where it is known."""

    endpoint: Endpoint
    pid: int | None


@asynccontextmanager
async def measured(pid: int | None) -> AsyncIterator[Callable[[], Load | None]]:
    """Measure a process while the block runs; what is yielded returns None where no process is known."""
    if pid is None:
        yield lambda: None
        return
    async with LoadMeter(pid).measured() as load:
        yield load


@contextmanager
def started(
    model: str,
    log: Path,
    weights: Weights,
    *,
    max_tracks: int = 0,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Running]:
    """Start a service of its own on a free port with an empty data directory, and stop it in the end.

    Args:
        model: The catalogue's name of the weights; they must be installed.
        log: Where its output goes.
        weights: What it finds installed.
        max_tracks: Connected tracks that it must allow; 0 leaves that as it is.
        settings: More of its environment.

    Raises:
        ServiceFailed: It ended, or was not ready in time; the message has the end of its log.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, log.open("wb") as output:
        port = free_port()
        environment = environment_of(Path(folder) / "data", weights, settings)
        if max_tracks:
            environment["ASSISTANT_MAX_TRACKS"] = str(max_tracks)
        command = command_of(port, model)
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            endpoint = Endpoint(f"http://127.0.0.1:{port}")
            wait_until_ready(endpoint, process, log)
            yield Running(endpoint, process.pid)
        finally:
            stop(process)


def command_of(port: int, model: str) -> list[str]:
    """Return the command that starts a service on a port of this machine."""
    command = [sys.executable, "-m", "assistant.cli", "serve", "--no-demo"]
    return [*command, "--host", "127.0.0.1", "--port", str(port), "--model", model]


def environment_of(data: Path, weights: Weights, settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a service: ours, with where its data and weights are and `settings`."""
    environment = os.environ | {
        "ASSISTANT_DATA_DIR": str(data),
        "ASSISTANT_MODELS_DIR": str(weights.directory),
        "ASSISTANT_TOKEN": "",
        # Who joins in the middle of a run is part of the load; nobody is to be refused.
        "ASSISTANT_MAX_TALKERS": "1000",
    }
    if weights.catalog:
        environment["ASSISTANT_CATALOG"] = str(weights.catalog)
    return environment | dict(settings or {})


def wait_until_ready(endpoint: Endpoint, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when a service that was started is ready; raises ServiceFailed where it never is."""
    deadline = time.monotonic() + _START_SECONDS
    url = f"{endpoint.url}/health/ready"
    answer = "no answer"
    with httpx.Client(timeout=5.0, trust_env=False) as http:
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(httpx.TransportError):
                response = http.get(url)
                if response.is_success:
                    return
                answer = response.text
            time.sleep(0.2)
    tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_TAIL_LINES:])
    raise ServiceFailed(f"The service did not become ready ({answer}).\n{tail}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a service that was started, whether it wants to or not."""
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
