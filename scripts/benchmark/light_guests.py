"""Participants of LiveKit meetings that cost next to nothing: a program in Go sends what is encoded here.

A whole WebRTC stack for each participant, with its audio processing, takes more of two cores than the
service that is measured. These share one process, and send packets of Opus as they come.
"""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import av
import numpy as np

from assistant.core.audio import SAMPLE_RATE, Pcm
from benchmark.service import ServiceFailed

SOURCE = Path(__file__).with_name("meeting_load")
_BUILD_SECONDS = 600
_JOIN_SECONDS = 30.0
_PACKET_SAMPLES = SAMPLE_RATE // 50
_BITS_A_SECOND = 32_000


class OpusPackets:
    """Encodes speech as a microphone would, 20 ms in each packet."""

    def __init__(self) -> None:
        self._encoder: Any = av.CodecContext.create("libopus", "w")
        self._encoder.sample_rate = SAMPLE_RATE
        self._encoder.layout = "mono"
        self._encoder.format = "s16"
        self._encoder.bit_rate = _BITS_A_SECOND
        # The least work for the encoder; at this rate speech does not suffer from it.
        self._encoder.options = {"frame_duration": "20", "compression_level": "0", "application": "voip"}
        self._left = np.zeros(0, dtype=np.int16)

    def take(self, pcm: Pcm) -> list[bytes]:
        """Return the packets that are full; what is left comes with the next samples."""
        samples = np.concatenate((self._left, pcm))
        full = len(samples) // _PACKET_SAMPLES * _PACKET_SAMPLES
        self._left = samples[full:]
        return [
            bytes(packet)
            for start in range(0, full, _PACKET_SAMPLES)
            for packet in self._encoder.encode(_frame(samples[start : start + _PACKET_SAMPLES]))
        ]


class LightGuests:
    """The program, running."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._reading = asyncio.create_task(self._read())

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    async def enter(self, identity: str, url: str, token: str, *, muted: bool) -> LightGuest:
        """Let somebody join a meeting, whose token allows to publish and not to subscribe.

        Raises:
            ServiceFailed: The meeting does not let them in.
        """
        joined = self._waiting[identity] = asyncio.get_running_loop().create_future()
        await self.tell({"join": identity, "url": url, "token": token, "muted": muted})
        try:
            await asyncio.wait_for(joined, _JOIN_SECONDS)
        except TimeoutError:
            raise ServiceFailed(f"{identity} could not join the meeting in {_JOIN_SECONDS:g} s.") from None
        return LightGuest(self, identity)

    async def tell(self, *commands: dict[str, object]) -> None:
        """Write commands to the program."""
        assert self._process.stdin is not None  # noqa: S101 - a pipe, as it was started
        self._process.stdin.write("".join(json.dumps(each) + "\n" for each in commands).encode())
        try:
            await self._process.stdin.drain()
        except ConnectionError as error:
            raise ServiceFailed("The program of light participants has ended.") from error

    async def close(self) -> None:
        """Let everybody leave, and end the program."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), 5.0)
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        await self._reading

    async def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - a pipe, as it was started
        async for line in self._process.stdout:
            answer = json.loads(line)
            waiting = self._waiting.pop(answer.get("joined") or answer.get("failed") or "", None)
            if waiting is None or waiting.done():
                continue
            if "joined" in answer:
                waiting.set_result(None)
            else:
                waiting.set_exception(ServiceFailed(f"{answer['failed']} could not join: {answer['why']}"))
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(ServiceFailed("The program of light participants has ended."))


class LightGuest:
    """One participant, silent until it sends."""

    def __init__(self, guests: LightGuests, identity: str) -> None:
        self._guests = guests
        self._identity = identity
        self._packets = OpusPackets()

    async def send(self, pcm: Pcm) -> None:
        """Send samples at 16 kHz."""
        packets = self._packets.take(pcm)
        await self._guests.tell(
            *({"send": self._identity, "packet": base64.b64encode(packet).decode()} for packet in packets)
        )

    async def stop(self) -> int | None:
        """Wait for the last words, which are on their way."""
        await asyncio.sleep(2.0)
        return None

    async def leave(self) -> None:
        """Leave the meeting."""
        with suppress(ServiceFailed):
            await self._guests.tell({"leave": self._identity})


def can_be_light() -> bool:
    """Whether there is a Go that can build the program."""
    return shutil.which("go") is not None


def build(folder: Path) -> Path:
    """Build the program into a folder, and return it; a second time it takes a moment.

    Raises:
        ServiceFailed: There is no Go, or it cannot be built.
    """
    program = (folder / "meeting-load").resolve()
    go = shutil.which("go")
    if go is None:
        raise ServiceFailed("There is no go on the PATH to build light participants with.")
    built = subprocess.run(
        [go, "build", "-o", program, "."],
        cwd=SOURCE,
        capture_output=True,
        text=True,
        check=False,
        timeout=_BUILD_SECONDS,
    )
    if built.returncode:
        raise ServiceFailed(f"The program of light participants cannot be built.\n{built.stderr[-2000:]}")
    return program


@asynccontextmanager
async def light_guests(program: Path, log: Path) -> AsyncIterator[LightGuests]:
    """Run the program while the block runs; what it complains about goes to `log`."""
    with log.open("wb") as complaints:
        process = await asyncio.create_subprocess_exec(
            program, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=complaints
        )
    guests = LightGuests(process)
    try:
        yield guests
    finally:
        await guests.close()


def _frame(samples: Pcm) -> Any:  # noqa: ANN401 - the library has no types
    frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
    frame.sample_rate = SAMPLE_RATE
    return frame
