"""A way into the service through a LiveKit server: each talker in a meeting of their own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from livekit import api, rtc

from assistant.client import CaptionEvent, CaptionReader, Endpoint, Hello
from assistant.core.errors import MeetingUnreachable
from assistant.core.speech.audio import SAMPLE_RATE, Pcm
from benchmark.doors import Linger, Meeting, Notes, TrackIn, first_of, quiet
from benchmark.light_guests import LightGuest, LightGuests
from benchmark.service import ServiceFailed

KEY, SECRET = "bench", "a secret of one run of the bench on loopback"
_START_SECONDS = 20.0
_JOIN_SECONDS = 30.0
_LISTENERS = 2
_SILENCE_SAMPLES = SAMPLE_RATE // 5


@contextmanager
def livekit_server(log: Path) -> Iterator[tuple[str, int]]:
    """Run a LiveKit server on free ports of loopback; yield its address and its process.

    Raises:
        ServiceFailed: There is no `livekit-server`, or it does not start.
    """
    program = os.environ.get("LIVEKIT_SERVER") or shutil.which("livekit-server")
    if program is None:
        raise ServiceFailed("There is no livekit-server on the PATH, and LIVEKIT_SERVER does not name one.")
    port, tcp = _free_port(socket.SOCK_STREAM), _free_port(socket.SOCK_STREAM)
    rtc_config = {"tcp_port": tcp, "udp_port": _free_port(socket.SOCK_DGRAM), "node_ip": "127.0.0.1"}
    config = {
        "port": port,
        "bind_addresses": ["127.0.0.1"],
        "keys": {KEY: SECRET},
        "rtc": rtc_config
        | {"use_external_ip": False, "enable_loopback_candidate": True, "stun_servers": ["127.0.0.1:3478"]},
    }
    with log.open("wb") as output:
        command = [program, "--config-body", json.dumps(config)]
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            _wait_until_there(port, process)
            yield f"ws://127.0.0.1:{port}", process.pid
        finally:
            process.kill()
            process.wait()


@dataclass(slots=True)
class Shown:
    """What clients in meetings were shown, beside what readers of our own socket were.

    Attributes:
        added_seconds: How much later each revision was in the meeting than at the socket.
        lines: By participant: caption id to the newest text of a LiveKit client.
        pieces: By participant: what a page that only appends has, as that of La Suite Meet.
    """

    added_seconds: list[float] = field(default_factory=list)
    lines: defaultdict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    pieces: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


class LiveKitDoor:
    """Meetings of a LiveKit server that the service listens to.

    Args:
        endpoint: Where the service is.
        url: Where LiveKit is.
        light: What participants are made of that only speak; None for a whole WebRTC stack each.
    """

    def __init__(self, endpoint: Endpoint, url: str, light: LightGuests | None = None) -> None:
        self.shown = Shown()
        self._endpoint = endpoint
        self._url = url
        self._light = light

    @asynccontextmanager
    async def meeting(self, room: str, notes: Notes, linger: Linger | None = None) -> AsyncIterator[Meeting]:
        """Open meetings, one for each talker; the rooms are deleted in the end."""
        meeting = _Meetings(
            self._endpoint, self._url, room, notes, linger or Linger(), self.shown, self._light
        )
        try:
            yield meeting
        finally:
            await meeting.close()


class _Meetings:
    def __init__(
        self,
        endpoint: Endpoint,
        url: str,
        room: str,
        notes: Notes,
        linger: Linger,
        shown: Shown,
        light: LightGuests | None,
    ) -> None:
        self._endpoint = endpoint
        self._url = url
        self._room = room
        self._notes = notes
        self._linger = linger
        self._shown = shown
        self._light = light
        self._rooms: list[str] = []
        self._readers: list[asyncio.Task[None]] = []
        self._watching = [asyncio.create_task(light.watch())] if light else []

    def join(self, participant: str, language: str) -> AbstractAsyncContextManager[TrackIn]:
        del language  # a meeting tells nobody's language
        return self._joined(participant)

    async def guard(self, work: Coroutine[Any, Any, object]) -> None:
        await first_of(self._watching, work)

    async def drain(self, last_seq: int) -> None:
        await self.guard(quiet(self._notes, self._linger, last_seq))

    async def close(self) -> None:
        tasks = [*self._watching, *self._readers]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        async with httpx.AsyncClient(trust_env=False, timeout=30.0) as http:
            for room in self._rooms:
                with contextlib.suppress(httpx.HTTPError):
                    await http.delete(self._endpoint.http_url("rooms", room))

    @asynccontextmanager
    async def _joined(self, participant: str) -> AsyncIterator[TrackIn]:
        room = f"{self._room}-{participant}"
        self._rooms.append(room)
        at_socket: dict[tuple[str, str], float] = {}
        self._readers.append(asyncio.create_task(self._read(room, at_socket)))
        names = [participant, *(f"{participant}-listener-{number}" for number in range(_LISTENERS))]
        # Whole WebRTC stacks are dear: where the others are light, the first meeting has the one that reads.
        reads = self._light is None or len(self._rooms) == 1
        guests: list[_Guest | LightGuest] = []
        try:
            for name in names[:-1]:
                guests.append(await self._enter(room, name, muted=bool(guests)))
            guests.append(await self._enter(room, names[-1], muted=True, reads=reads))
            if isinstance(guests[-1], _Guest):
                guests[-1].read(self._shown, at_socket)
            await self._listen(room, len(guests))
            yield guests[0]
        finally:
            for guest in guests:
                await guest.leave()

    async def _enter(self, room: str, name: str, *, muted: bool, reads: bool = False) -> _Guest | LightGuest:
        if self._light is not None and not reads:
            token = _token(room, name, subscribes=False)
            return await self._light.enter(name, self._url, token, muted=muted)
        guest = _Guest(self._url, room, name)
        await guest.enter(muted=muted)
        return guest

    async def _read(self, room: str, at_socket: dict[tuple[str, str], float]) -> None:
        async with contextlib.aclosing(CaptionReader(self._endpoint, room).events()) as events:
            async for event in events:
                if isinstance(event, CaptionEvent):
                    at_socket[event.id, event.text] = time.monotonic()
                if not isinstance(event, Hello):
                    self._notes.note(event)

    async def _listen(self, room: str, tracks: int) -> None:
        """Send the listener, and wait until it hears everybody; raises MeetingUnreachable."""
        async with httpx.AsyncClient(trust_env=False, timeout=30.0) as http:
            path = self._endpoint.http_url("rooms", room, "listener")
            (await http.post(path)).raise_for_status()
            try:
                async with asyncio.timeout(_JOIN_SECONDS):
                    while (await http.get(path)).json().get("heard") != tracks:  # noqa: ASYNC110 - over HTTP
                        await asyncio.sleep(0.1)
            except TimeoutError:
                raise MeetingUnreachable(f"The listener of {room} does not hear everybody.") from None


class _Guest:
    """One WebRTC participant, silent until it sends."""

    def __init__(self, url: str, room: str, identity: str) -> None:
        self._url = url
        self._token = _token(room, identity)
        self._room = rtc.Room()
        self._source = rtc.AudioSource(SAMPLE_RATE, 1, queue_size_ms=500)
        self._silence: asyncio.Task[None] | None = None
        self._speaks = False
        self._reading: set[asyncio.Task[None]] = set()

    async def enter(self, *, muted: bool = False) -> None:
        await self._room.connect(self._url, self._token, rtc.RoomOptions(auto_subscribe=False))
        track = rtc.LocalAudioTrack.create_audio_track("microphone", self._source)
        options = rtc.TrackPublishOptions()
        options.source = rtc.TrackSource.SOURCE_MICROPHONE
        options.audio_encoding.max_bitrate = 48_000
        await self._room.local_participant.publish_track(track, options)
        if muted:
            track.mute()
        else:
            self._silence = asyncio.create_task(self._be_silent())

    async def leave(self) -> None:
        self._speaks = True
        if self._silence:
            await self._silence
        await self._room.disconnect()

    async def send(self, pcm: Pcm) -> None:
        if self._silence:
            self._speaks = True
            await self._silence
            self._silence = None
            self._source.clear_queue()  # else all speech is later by the silence that is still to be sent
        await self._source.capture_frame(rtc.AudioFrame(pcm.tobytes(), SAMPLE_RATE, 1, len(pcm)))

    async def stop(self) -> int | None:
        await asyncio.sleep(2.0)  # the last words are on their way
        return None

    def read(self, shown: Shown, at_socket: dict[tuple[str, str], float]) -> None:
        async def take(reader: rtc.TextStreamReader, speaker: str) -> None:
            id_ = (reader.info.attributes or {}).get("lk.segment_id", "")
            text = await reader.read_all()
            now = time.monotonic()
            shown.lines[speaker][id_] = text
            await asyncio.sleep(1.0)  # the socket may be the later one
            at = at_socket.get((id_, text))
            if at is not None:
                shown.added_seconds.append(now - at)

        def begin(reader: rtc.TextStreamReader, speaker: str) -> None:
            task = asyncio.create_task(take(reader, speaker))
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)

        def append(segments: list[rtc.TranscriptionSegment], speaker: rtc.Participant, _: object) -> None:
            shown.pieces[speaker.identity] += [segment.text for segment in segments]

        self._room.on("transcription_received", append)
        self._room.register_text_stream_handler("lk.transcription", begin)

    async def _be_silent(self) -> None:
        quiet_pcm = np.zeros(_SILENCE_SAMPLES, dtype=np.int16)
        while not self._speaks:
            frame = rtc.AudioFrame(quiet_pcm.tobytes(), SAMPLE_RATE, 1, len(quiet_pcm))
            await self._source.capture_frame(frame)


def _token(room: str, identity: str, *, subscribes: bool = True) -> str:
    grants = api.VideoGrants(room_join=True, room=room, can_subscribe=subscribes)
    return (
        api.AccessToken(KEY, SECRET).with_identity(identity).with_name(identity).with_grants(grants).to_jwt()
    )


def settings_of(url: str) -> dict[str, str]:
    """Return the settings with which a service listens to the meetings of that server."""
    return {
        "ASSISTANT_LIVEKIT_URL": url,
        "ASSISTANT_LIVEKIT_API_KEY": KEY,
        "ASSISTANT_LIVEKIT_API_SECRET": SECRET,
        "ASSISTANT_LIVEKIT_NOTICES": "false",
    }


def _wait_until_there(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"http://127.0.0.1:{port}", trust_env=False).is_success:
                return
        time.sleep(0.1)
    raise ServiceFailed("livekit-server did not start.")


def _free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
