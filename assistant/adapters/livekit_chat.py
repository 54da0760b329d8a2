"""The chat of a LiveKit room, of which a listener reads what is meant for it and nothing else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

from livekit import rtc

from assistant.adapters.livekit_messages import CHAT_TOPIC
from assistant.core.errors import AssistantError
from assistant.core.json_bounds import check_json
from assistant.core.meetings.chat_words import MOST_CHARACTERS, ChatWord, read_chat_word
from assistant.tasks.owner import TaskOwner

_OLDER_CHAT_TOPIC = "lk-chat-topic"
_READ_SECONDS = 10.0
_MOST_PACKET_BYTES = 1_000
"""An older packet with a word and what LiveKit's clients put around it has less."""

Tell = Callable[[str, ChatWord], None]
"""Takes the identity of who wrote, and what."""


class LiveKitChat:
    """Follows a room's chat: text streams, and the data packets of older clients."""

    def __init__(self, room: rtc.Room, tell: Tell) -> None:
        self._tell = tell
        self._reading = TaskOwner()
        room.register_text_stream_handler(CHAT_TOPIC, self._streamed)
        room.on("data_received", self._sent)

    async def close(self) -> None:
        """Follow it no more."""
        await self._reading.close()

    def _streamed(self, reader: rtc.TextStreamReader, identity: str) -> None:
        self._reading.start(self._read(reader, identity), "livekit-chat")

    async def _read(self, reader: rtc.TextStreamReader, identity: str) -> None:
        """Read a stream as long as it may be a word."""
        text = ""
        try:
            async with asyncio.timeout(_READ_SECONDS):
                async for piece in reader:
                    text += piece
                    if len(text) > MOST_CHARACTERS:
                        return
        except (rtc.StreamError, TimeoutError):  # who wrote it went, or never ends
            return
        finally:
            reader.close()
        self._take(identity, text)

    def _sent(self, packet: rtc.DataPacket) -> None:
        """Take a packet, unless its sender marked it as one that a stream repeats."""
        if packet.topic != _OLDER_CHAT_TOPIC or packet.participant is None:
            return
        if len(packet.data) > _MOST_PACKET_BYTES:
            return
        try:
            check_json(packet.data)
            fields = json.loads(packet.data)
        except (ValueError, AssistantError):
            return
        text = fields.get("message") if isinstance(fields, dict) and not fields.get("ignoreLegacy") else None
        if isinstance(text, str):
            self._take(packet.participant.identity, text)

    def _take(self, identity: str, text: str) -> None:
        word = read_chat_word(text)
        if word:
            self._tell(identity, word)
