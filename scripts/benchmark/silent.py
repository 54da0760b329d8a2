"""The mode `--silent`: many connected tracks on which nobody speaks."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import numpy as np
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from assistant.client import Endpoint
from assistant.client.connection import dial
from assistant.client.messages import Ready, parse_message
from assistant.core.speech.audio import SAMPLE_RATE, samples_of
from benchmark.bench import Bench
from benchmark.doors import Notes, OurDoor
from benchmark.service import Load, Running, ServiceFailed, measured
from benchmark.sheets import DASH, Report, Sheet, mebibytes_text
from benchmark.targets import SILENT_SHARE, SILENT_TRACKS

_CHUNK_SECONDS = 0.1
_NOISE_LOOP_SECONDS = 10.0
_NOISE_DBFS = -60.0
_SEED = 7
_CONNECTING_AT_ONCE = 20
_SETTLE_SECONDS = 3.0
_READY_SECONDS = 20.0
_TIMER_SECONDS = 0.005


@dataclass(frozen=True, slots=True)
class Silence:
    """What many silent tracks amount to.

    Attributes:
        tracks: How many were connected.
        seconds: How long they were measured.
        noise: Whether they sent quiet noise instead of zeros.
        captions: How many caption events came; none should.
        load: What the service used meanwhile; None where its process is not known.
        generator_cores: Cores that the bench itself kept busy.
        late_seconds: By how much the sending was behind its schedule at most.
    """

    tracks: int
    seconds: float
    noise: bool
    captions: int
    load: Load | None
    generator_cores: float
    late_seconds: float

    @property
    def core_percent(self) -> float | None:
        """CPU of the service in % of one core."""
        return 100 * self.load.cpu_seconds / self.seconds if self.load else None


def run_silent(bench: Bench) -> Report:
    """Connect silent tracks and measure what they cost."""
    options = bench.options
    chunks = _chunks(noise=options.room_noise)
    with bench.service(max_tracks=options.silent + 8) as running:
        bench.say(f"Connecting {options.silent} tracks …")
        silence = asyncio.run(_measure(bench, running, chunks))
    kind = "room noise at −60 dBFS" if options.room_noise else "digital silence"
    heading = f"{options.model}, {options.silent} silent tracks, {kind}, {options.seconds:g} seconds"
    return silent_report(silence, heading)


def silent_report(silence: Silence, heading: str) -> Report:
    """Return the report of a run."""
    load, share = silence.load, silence.core_percent
    late = f"{silence.late_seconds:.2f} s"
    rows = (
        ("connected silent tracks", str(silence.tracks)),
        ("service: CPU, % of one core", DASH if share is None else f"{share:.1f}"),
        ("service: peak memory, MiB", mebibytes_text(load.peak_bytes if load else None)),
        ("caption events (none should come)", str(silence.captions)),
        ("bench: CPU, % of one core", f"{100 * silence.generator_cores:.1f}"),
        ("bench: most behind schedule", late),
    )
    target = SILENT_SHARE.held(share if silence.tracks == SILENT_TRACKS else None)
    document: dict[str, object] = {
        "tracks": silence.tracks,
        "seconds": silence.seconds,
        "room_noise": silence.noise,
        "captions": silence.captions,
        "core_percent": share,
        "peak_bytes": load.peak_bytes if load else None,
        "generator_cores": silence.generator_cores,
    }
    return Report(heading, (Sheet("Silence", ("", "value"), rows),), (target,), document)


async def _measure(bench: Bench, running: Running, chunks: Sequence[bytes]) -> Silence:
    try:
        return await _measured(bench, running, chunks)
    except (OSError, ConnectionClosed) as error:
        raise ServiceFailed(f"A silent track was cut: {error}") from error


async def _measured(bench: Bench, running: Running, chunks: Sequence[bytes]) -> Silence:
    options = bench.options
    room = bench.room()
    notes = Notes()
    async with (
        OurDoor(running.endpoint).meeting(room, notes),
        _connected(running.endpoint, room, options.silent) as sockets,
    ):
        bench.say(f"Measuring for {options.seconds:g} seconds …")
        # What connecting and the first chunks cost is over before the clock starts.
        await _send_all(sockets, chunks, _SETTLE_SECONDS)
        began, used = time.monotonic(), time.process_time()
        async with measured(running.pid) as load:
            late_seconds = await _send_all(sockets, chunks, options.seconds)
        seconds = time.monotonic() - began
    return Silence(
        tracks=options.silent,
        seconds=seconds,
        noise=options.room_noise,
        captions=len(notes.events),
        load=load(),
        generator_cores=(time.process_time() - used) / seconds,
        late_seconds=late_seconds,
    )


@contextlib.asynccontextmanager
async def _connected(endpoint: Endpoint, room: str, count: int) -> AsyncIterator[list[ClientConnection]]:
    """Yield so many tracks that are ready for audio; what they answer is read and dropped.

    The streams of `assistant.client` keep their audio to resume after a broken connection, which
    costs more than sending it; here a broken connection ends the run.
    """
    places = asyncio.Semaphore(_CONNECTING_AT_ONCE)
    sockets: list[ClientConnection] = []

    async def join(number: int) -> None:
        async with places:
            parameters = {"participant": f"s{number:04}", "name": f"s{number:04}", "language": "auto"}
            parameters |= {"encoding": "pcm_s16le", "sample_rate": str(SAMPLE_RATE), "channels": "1"}
            socket = await dial(endpoint, endpoint.socket_url("rooms", room, "audio", **parameters))
            sockets.append(socket)
            async with asyncio.timeout(_READY_SECONDS):
                if not isinstance(parse_message(await socket.recv()), Ready):
                    raise ServiceFailed(f"Track {number} was not let in.")

    drains: list[asyncio.Task[None]] = []
    try:
        await asyncio.gather(*(join(number) for number in range(count)))
        drains = [asyncio.create_task(_drain(socket)) for socket in sockets]
        yield sockets
    finally:
        for task in drains:
            task.cancel()
        await asyncio.gather(*drains, return_exceptions=True)
        await asyncio.gather(*(socket.close() for socket in sockets), return_exceptions=True)


async def _drain(socket: ClientConnection) -> None:
    async for _ in socket:
        pass


async def _send_all(sockets: Sequence[ClientConnection], chunks: Sequence[bytes], seconds: float) -> float:
    """Send a chunk to each socket every 0.1 s, evenly spread; return the worst delay in seconds."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    late_seconds = 0.0
    for tick in range(round(seconds / _CHUNK_SECONDS)):
        for number, socket in enumerate(sockets):
            due = began + (tick + number / len(sockets)) * _CHUNK_SECONDS
            wait_seconds = due - loop.time()
            # Sleeping for less than the timer resolves would cost more than it evens out.
            if wait_seconds > _TIMER_SECONDS:
                await asyncio.sleep(wait_seconds)
            late_seconds = max(late_seconds, -wait_seconds)
            await socket.send(chunks[(tick + 7 * number) % len(chunks)])
    return late_seconds


def _chunks(*, noise: bool) -> list[bytes]:
    """Return the chunks that are sent in a circle, as bytes on the wire."""
    size = samples_of(_CHUNK_SECONDS)
    if not noise:
        return [bytes(2 * size)]
    scale = 32768 * 10 ** (_NOISE_DBFS / 20)
    samples = np.random.default_rng(_SEED).normal(0.0, scale, samples_of(_NOISE_LOOP_SECONDS))
    pcm = np.clip(np.rint(samples), -32768, 32767).astype("<i2")
    return [pcm[start : start + size].tobytes() for start in range(0, pcm.size, size)]
