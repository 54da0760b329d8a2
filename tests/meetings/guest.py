"""People in a meeting: real WebRTC participants that publish recorded speech and read captions."""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from livekit import api, rtc

from assistant.core.speech.audio import SAMPLE_RATE, Pcm
from tests.meetings.livekit_server import KEY, SECRET, LiveKitServer

_CHUNK = SAMPLE_RATE // 50


@dataclass
class LiveKitClient:
    """Shows captions as LiveKit's own clients do: the latest text of each segment.

    Attributes:
        lines: Segment id to the text, attributes and speaker of its latest stream.
        first_seen: When a segment's text first had so many words, monotonic seconds.
    """

    lines: dict[str, tuple[str, dict[str, str], str]] = field(default_factory=dict)
    streams: list[tuple[float, str, str, dict[str, str]]] = field(default_factory=list)

    def take(self, speaker: str, attributes: dict[str, str], text: str) -> None:
        """Show one stream."""
        self.lines[attributes["lk.segment_id"]] = (text, attributes, speaker)
        self.streams.append((time.monotonic(), speaker, text, attributes))

    def text_of(self, speaker: str, lang: str | None = None) -> str:
        """Return all that is shown of one speaker, in the order of its first appearance."""
        return " ".join(
            text
            for text, attributes, who in self.lines.values()
            if who == speaker and text and (lang is None or attributes["language"] == lang)
        )

    def unfinished(self) -> list[str]:
        """Return the segments that never became final."""
        return [
            id_
            for id_, (text, attributes, _) in self.lines.items()
            if text and attributes["lk.transcription_final"] != "true"
        ]


@dataclass
class VisioClient:
    """Shows captions as Visio's page does: one segment a packet, and never the same id twice."""

    seen: set[str] = field(default_factory=set)
    shown: list[tuple[float, str, str]] = field(default_factory=list)
    dropped: int = 0

    def take(self, segments: list[rtc.TranscriptionSegment], participant: rtc.Participant | None) -> None:
        """Show one packet, or drop it."""
        if participant is None or len(segments) != 1 or segments[0].id in self.seen:
            self.dropped += 1
            return
        self.seen.add(segments[0].id)
        self.shown.append((time.monotonic(), participant.identity, segments[0].text.strip()))

    def text_of(self, speaker: str) -> str:
        """Return all that is shown of one speaker."""
        return " ".join(text for _, who, text in self.shown if who == speaker and text)


class Guest:
    """One person in a meeting; `visio`: with what La Suite Meet lets its users do."""

    def __init__(
        self,
        server: LiveKitServer,
        meeting: str,
        identity: str,
        name: str = "",
        key: str = "",
        *,
        visio: bool = False,
    ) -> None:
        self.identity = identity
        self.livekit = LiveKitClient()
        self.visio = VisioClient()
        self.data: list[tuple[str, dict[str, Any]]] = []
        self.chat: list[str] = []
        self.chat_from: list[str] = []
        self._in_visio = visio
        self.room = rtc.Room()
        self._server = server
        self._meeting = meeting
        self._name = name or identity.title()
        self._key = key
        self._source: rtc.AudioSource | None = None
        self._publication: rtc.LocalTrackPublication | None = None
        self._track: rtc.LocalAudioTrack | None = None
        self._reading: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Guest:
        await self.enter()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.leave()

    async def enter(self) -> None:
        """Come into the meeting."""
        grants = api.VideoGrants(
            room_join=True, room=self._meeting, can_update_own_metadata=not self._in_visio
        )
        token = api.AccessToken(KEY, SECRET).with_identity(self.identity).with_name(self._name)
        if self._in_visio:
            token = token.with_attributes({"color": "hsl(1, 2%, 3%)", "is_authenticated": "false"})
        options = rtc.RoomOptions(auto_subscribe=False)
        if self._key:
            provider = rtc.KeyProviderOptions(shared_key=self._key.encode())
            options.encryption = rtc.E2EEOptions(key_provider_options=provider)
        room = self.room = rtc.Room()
        room.on("transcription_received", lambda segments, who, _: self.visio.take(segments, who))
        room.on("data_received", self._heard_data)
        room.register_text_stream_handler("lk.transcription", self._heard_stream)
        room.register_text_stream_handler("lk.chat", self._heard_chat)
        await room.connect(self._server.url, token.with_grants(grants).to_jwt(), options)

    async def leave(self) -> None:
        """Go."""
        await self.room.disconnect()
        self._source = self._publication = self._track = None

    async def publish(self, *, screen: bool = False) -> str:
        """Open the microphone (or share a screen's sound); return the id of the track."""
        self._source = rtc.AudioSource(SAMPLE_RATE, 1, queue_size_ms=200)
        self._track = rtc.LocalAudioTrack.create_audio_track("sound", self._source)
        options = rtc.TrackPublishOptions()
        options.source = (
            rtc.TrackSource.SOURCE_SCREENSHARE_AUDIO if screen else rtc.TrackSource.SOURCE_MICROPHONE
        )
        options.audio_encoding.max_bitrate = 48_000  # as browsers do
        self._publication = await self.room.local_participant.publish_track(self._track, options)
        return self._publication.sid

    async def unpublish(self) -> None:
        """Close the microphone."""
        assert self._publication is not None
        await self.room.local_participant.unpublish_track(self._publication.sid)

    def mute(self, *, muted: bool) -> None:
        """Mute the microphone, or open it again."""
        assert self._track is not None
        (self._track.mute if muted else self._track.unmute)()

    async def say(self, pcm: Pcm, *, then_seconds: float = 1.5) -> float:
        """Say something at the pace of speech, and be silent for a while; return when speech ended."""
        if self._source is None:
            await self.publish()
        ended = 0.0
        for piece in (pcm, np.zeros(round(then_seconds * SAMPLE_RATE), dtype=np.int16)):
            for start in range(0, len(piece), _CHUNK):
                await self._capture(piece[start : start + _CHUNK])
            ended = ended or time.monotonic()
        return ended

    async def ask(self, method: str, payload: str, listener: str) -> str:
        """Ask the listener something."""
        return await self.room.local_participant.perform_rpc(
            destination_identity=listener, method=method, payload=payload, response_timeout=10.0
        )

    async def set_attributes(self, **attributes: str) -> None:
        """Say something about oneself; `_` stands for a dot."""
        named = {name.replace("__", "."): value for name, value in attributes.items()}
        await self.room.local_participant.set_attributes(named)

    async def write(self, text: str, sender: str | None = None) -> None:
        """Write something in the chat, as a text stream; as somebody else, where that can be."""
        participant = self.room.local_participant
        writer = await participant.stream_text(topic="lk.chat", sender_identity=sender)
        await writer.write(text)
        await writer.aclose()

    async def write_as_before(self, **message: Any) -> None:
        """Send the packet that older clients write in the chat with."""
        packet = json.dumps({"id": "1", "timestamp": 1, **message})
        await self.room.local_participant.publish_data(packet, topic="lk-chat-topic")

    async def _capture(self, piece: Pcm) -> None:
        assert self._source is not None
        frame = rtc.AudioFrame(piece.tobytes(), SAMPLE_RATE, 1, len(piece))
        await self._source.capture_frame(frame)

    def _heard_data(self, packet: rtc.DataPacket) -> None:
        if packet.topic:
            self.data.append((packet.topic, json.loads(packet.data)))

    def _heard_stream(self, reader: rtc.TextStreamReader, speaker: str) -> None:
        async def read() -> None:
            text = await reader.read_all()
            self.livekit.take(speaker, dict(reader.info.attributes or {}), text)

        self._spawn(read())

    def _heard_chat(self, reader: rtc.TextStreamReader, sender: str) -> None:
        async def read() -> None:
            self.chat.append(await reader.read_all())
            self.chat_from.append(sender)

        self._spawn(read())

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)


def plain(text: str) -> str:
    """Return the words of a text, as they are compared."""
    return " ".join(re.findall(r"\w+", text.casefold()))
