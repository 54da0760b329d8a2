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
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import av
import numpy as np

from assistant.core.errors import MeetingUnreachable
from assistant.core.speech.audio import SAMPLE_RATE, Pcm
from benchmark.service import ServiceFailed

SOURCE = Path(__file__).with_name("meeting_load")
_BUILD_SECONDS = 600
_JOIN_SECONDS = 30.0
_TAIL_CHARACTERS = 2000
_PACKET_SECONDS = 0.02
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
    """The program, running.

    Attributes:
        late_seconds: How much speech of those who have left came to the program after its time.
    """

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self.late_seconds = 0.0
        self._process = process
        self._log = log
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._failures: dict[str, str] = {}
        self._reading = asyncio.create_task(self._read())

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    async def enter(self, identity: str, url: str, token: str, *, muted: bool) -> LightGuest:
        """Let somebody join a meeting, whose token allows to publish and not to subscribe.

        Raises:
            MeetingUnreachable: The meeting does not let them in.
        """
        joined = self._waiting[identity] = asyncio.get_running_loop().create_future()
        await self.tell(identity, {"join": identity, "url": url, "token": token, "muted": muted})
        try:
            await asyncio.wait_for(joined, _JOIN_SECONDS)
        except TimeoutError:
            raise MeetingUnreachable(f"{identity} could not join in {_JOIN_SECONDS:g} s.") from None
        return LightGuest(self, identity)

    async def tell(self, identity: str, *commands: Mapping[str, object]) -> None:
        """Write commands for somebody to the program; raises MeetingUnreachable where they are out."""
        if why := self._failures.get(identity):
            raise MeetingUnreachable(f"{identity} is in the meeting no longer: {why}")
        if self._reading.done():
            raise MeetingUnreachable("The program of light participants has ended.")
        assert self._process.stdin is not None  # noqa: S101 - a pipe, as it was started
        with suppress(ConnectionError):  # whoever watches is told
            self._process.stdin.write("".join(json.dumps(each) + "\n" for each in commands).encode())
            await self._process.stdin.drain()

    async def watch(self) -> None:
        """Raise ServiceFailed, with the end of its log, once the program has ended; return never."""
        await asyncio.wait([self._reading])
        complaints = self._log.read_text(encoding="utf-8", errors="replace")[-_TAIL_CHARACTERS:]
        raise ServiceFailed(f"The program of light participants has ended.\n{complaints}")

    async def close(self) -> None:
        """Let everybody leave, and end the program."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), 5.0)
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - a pipe, as it was started
        try:
            async for line in self._process.stdout:
                self._note(json.loads(line))
        finally:
            for waiting in self._waiting.values():
                _answer(waiting, MeetingUnreachable("The program of light participants has ended."))

    def _note(self, answer: dict[str, Any]) -> None:
        if "left" in answer:
            self.late_seconds += answer.get("late", 0) * _PACKET_SECONDS
        elif "joined" in answer:
            _answer(self._waiting.pop(answer["joined"], None))
        else:
            name, why = answer["failed"], answer["why"]
            self._failures[name] = why
            _answer(self._waiting.pop(name, None), MeetingUnreachable(f"{name} could not join: {why}"))


class LightGuest:
    """One participant, silent until it sends."""

    def __init__(self, guests: LightGuests, identity: str) -> None:
        self._guests = guests
        self._identity = identity
        self._packets = OpusPackets()

    async def send(self, pcm: Pcm) -> None:
        """Send samples at 16 kHz; raises MeetingUnreachable where the participant is out."""
        packets = self._packets.take(pcm)
        await self._guests.tell(
            self._identity,
            *({"send": self._identity, "packet": base64.b64encode(packet).decode()} for packet in packets),
        )

    async def stop(self) -> int | None:
        """Wait for the last words, which are on their way."""
        await asyncio.sleep(2.0)
        return None

    async def leave(self) -> None:
        """Leave the meeting."""
        with suppress(MeetingUnreachable):
            await self._guests.tell(self._identity, {"leave": self._identity})


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
    guests = LightGuests(process, log)
    try:
        yield guests
    finally:
        await guests.close()


def _answer(waiting: asyncio.Future[None] | None, error: Exception | None = None) -> None:
    if waiting is None or waiting.done():
        return
    if error:
        waiting.set_exception(error)
    else:
        waiting.set_result(None)


def _frame(samples: Pcm) -> Any:  # noqa: ANN401 - the library has no types
    frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
    frame.sample_rate = SAMPLE_RATE
    return frame
