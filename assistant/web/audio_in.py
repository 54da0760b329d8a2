"""Audio in: `WS /v1/rooms/{room}/audio`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from assistant.captioning.connection import TrackConnection
from assistant.captioning.track_registry import Join
from assistant.core.errors import (
    AssistantError,
    ChannelsInvalid,
    EncodingUnknown,
    FrameTooLarge,
    IdleTimeout,
    SampleRateInvalid,
    StoreUnavailable,
)
from assistant.core.language import AUTO, parse_spoken_language
from assistant.core.rooms import check_participant, check_room_name
from assistant.core.speech.audio import SAMPLE_RATE, Pcm, joined
from assistant.ports.media import AudioDecoder
from assistant.tasks.owner import TaskOwner
from assistant.tasks.threads import Threads
from assistant.web.messages import (
    AckMessage,
    Message,
    ReadyMessage,
    SpeakMessage,
    StopMessage,
    StoppedMessage,
    parse_message,
    type_of,
)
from assistant.web.services import Services, services_of
from assistant.web.sockets import Gatherer, send, serve_socket

_PCM = "pcm_s16le"
_RECORDED = ("opus", "mp4")
_SAMPLE_BYTES = 2
_RECORDED_PIECE_BYTES = 1 << 14
_RATES = range(8_000, 48_001)
_CHANNELS = range(1, 3)
_MAX_DIGITS = 9
_MOST_TEXT_CHARACTERS = 4_096
_GATHERED_BYTES = 1 << 16
_DECODING_THREADS = 2
_GATHERED_SAMPLES = SAMPLE_RATE // 2
_REST_SECONDS = 0.2
"""How long audio gathers while nobody speaks: shorter than what an utterance keeps before its first word."""
_LONG_REST_SECONDS = 0.4
_LONG_SILENCE_SECONDS = 3.0
"""How long nobody speaks before audio gathers for longer: the next word may come a moment later then."""


@dataclass(frozen=True, slots=True)
class AudioQuery:
    """What a client announces about its audio.

    Attributes:
        join: Who speaks, and where.
        encoding: `pcm_s16le` or `opus`.
        sample_rate: Samples a second of raw audio.
        channels: How many channels raw audio has, 1 or 2.
    """

    join: Join
    encoding: str
    sample_rate: int
    channels: int

    @classmethod
    def parse(cls, room: str, query: Mapping[str, str]) -> AudioQuery:
        """Return the checked query of an audio socket; raises one `InvalidInput` per parameter."""
        participant = check_participant(query.get("participant", ""))
        join = Join(
            room=check_room_name(room),
            participant=participant,
            name=check_participant(query.get("name") or participant, "name"),
            language=parse_spoken_language(query.get("language") or AUTO),
            session=query.get("session") or None,
        )
        encoding = query.get("encoding", _PCM)
        if encoding not in {_PCM, *_RECORDED}:
            raise EncodingUnknown(f"The encoding must be one of {', '.join((_PCM, *_RECORDED))}.")
        sample_rate = _whole(query.get("sample_rate", str(SAMPLE_RATE)))
        if sample_rate not in _RATES:
            raise SampleRateInvalid(f"The sample_rate must be a number from {_RATES[0]} to {_RATES[-1]}.")
        channels = _whole(query.get("channels", "1"))
        if channels not in _CHANNELS:
            raise ChannelsInvalid("The number of channels must be 1 or 2.")
        return cls(join, encoding, sample_rate, channels)


def audio_router() -> APIRouter:
    """Return the route of audio in."""
    router = APIRouter()
    threads = Threads("decoding", _DECODING_THREADS)

    # A room name that holds a slash reaches the check as well, so that it gets a proper error.
    @router.websocket("/v1/rooms/{room:path}/audio")
    async def audio(socket: WebSocket, room: str) -> None:
        async def converse(socket: WebSocket) -> None:
            query = AudioQuery.parse(room, socket.query_params)
            await AudioConversation(socket, services_of(socket), query, threads).run()

        await serve_socket(socket, converse)

    return router


class AudioConversation:
    """One connection of one participant, from `ready` to its end."""

    def __init__(self, socket: WebSocket, services: Services, query: AudioQuery, threads: Threads) -> None:
        self._socket = socket
        self._threads = threads
        self._services = services
        self._query = query
        self._decoder: AudioDecoder = services.new_decoder(query.encoding, query.sample_rate, query.channels)
        now = services.clock.monotonic()
        self._heard_monotonic = now
        self._ack_due_monotonic: float | None = None
        self._acked_monotonic = now
        self._talked_monotonic = now
        self._unhurried = False
        self._gone = False
        self._second_bytes = query.sample_rate * query.channels * _SAMPLE_BYTES

    async def run(self) -> None:
        """Take audio until the client stops or leaves, or until the service wants the place."""
        connection = await self._services.captions.tracks.connect(self._query.join)
        inbox = Gatherer(self._socket, limit_bytes=_GATHERED_BYTES)
        tasks = TaskOwner()
        displaced = tasks.start(connection.displaced(), "audio-displaced", awaited=True)
        displaced.add_done_callback(lambda _: inbox.stir())
        try:
            ready = ReadyMessage(session=connection.session, offset_samples=connection.received_samples)
            await self._tell(ready)
            while await self._step(connection, inbox, displaced):
                pass
        finally:
            await tasks.close()
            await inbox.close()
            # Of a track that stopped, or that another connection took over, nothing is left here.
            await connection.detach()

    async def _step(
        self, connection: TrackConnection, inbox: Gatherer, displaced: asyncio.Task[AssistantError]
    ) -> bool:
        """Wait for what comes first and handle it; return whether to go on.

        Only the waiting is ever broken off: samples that were handed to the service are taken in whole.
        """
        rest_seconds = self._rest_seconds(connection)
        if rest_seconds:
            await inbox.rest(rest_seconds)
        await inbox.wait(self._patience_seconds())
        if displaced.done():
            raise displaced.result()
        frames = inbox.take()
        while frames:
            texts = (at for at, frame in enumerate(frames) if isinstance(frame, str))
            heard = next(texts, len(frames))
            await self._hear(connection, frames[:heard])
            if heard < len(frames) and not await self._heed(connection, str(frames[heard])):
                return False
            frames = frames[heard + 1 :]
        await self._acknowledge(connection)
        self._check_idle()
        return True

    async def _heed(self, connection: TrackConnection, text: str) -> bool:
        """Do what a message asks for; return whether to go on."""
        if len(text) > _MOST_TEXT_CHARACTERS:
            raise FrameTooLarge(f"A message may have at most {_MOST_TEXT_CHARACTERS} characters.")
        if type_of(text) == "language":
            await connection.speak(parse_spoken_language(parse_message(SpeakMessage, text).language))
            return True
        parse_message(StopMessage, text)
        await self._stop(connection)
        return False

    def _rest_seconds(self, connection: TrackConnection) -> float:
        """Return how long audio may gather before it is heard; 0 while somebody speaks."""
        now = self._services.clock.monotonic()
        if connection.talking:
            self._talked_monotonic = now
            return 0.0
        if not self._unhurried:
            return 0.0
        long_silence = now - self._talked_monotonic >= _LONG_SILENCE_SECONDS
        return _LONG_REST_SECONDS if long_silence else _REST_SECONDS

    async def _hear(self, connection: TrackConnection, frames: Sequence[bytes | str]) -> None:
        """Take in audio; small frames together."""
        gathered: list[Pcm] = []
        pieces = samples = 0
        try:
            for piece in self._pieces(frames):
                gathered.append(await self._decode(piece))
                pieces += 1
                samples += len(gathered[-1])
                if samples >= _GATHERED_SAMPLES:
                    await self._feed(connection, gathered)
                    samples = 0
                    await asyncio.sleep(0)
        finally:  # what came before a frame that is no audio counts
            await self._feed(connection, gathered)
        if not pieces:
            return
        # Whoever sends faster than people speak must not wait.
        self._unhurried = sum(map(len, frames)) <= self._second_bytes
        now = self._services.clock.monotonic()
        self._heard_monotonic = now
        if self._ack_due_monotonic is None:
            self._ack_due_monotonic = max(now, self._acked_monotonic + self._services.settings.ack_seconds)

    def _pieces(self, frames: Sequence[bytes | str]) -> Iterator[bytes]:
        limit = self._services.settings.max_frame_bytes
        recorded = self._query.encoding in _RECORDED
        size = _RECORDED_PIECE_BYTES if recorded else self._second_bytes
        return pieces_of(frames, size, limit_bytes=limit, together=not recorded)

    async def _decode(self, piece: bytes) -> Pcm:
        if self._query.encoding in _RECORDED:
            return await self._threads.run(self._decoder.feed, piece)
        return self._decoder.feed(piece)  # a second of raw audio costs less than a change of threads

    @staticmethod
    async def _feed(connection: TrackConnection, gathered: list[Pcm]) -> None:
        """Hand what was gathered to the service, once, a second at a time."""
        pcm = joined(gathered)
        gathered.clear()
        for start in range(0, len(pcm), SAMPLE_RATE):
            await connection.send_audio(pcm[start : start + SAMPLE_RATE])

    async def _acknowledge(self, connection: TrackConnection) -> None:
        now = self._services.clock.monotonic()
        if self._ack_due_monotonic is None or now < self._ack_due_monotonic:
            return
        self._ack_due_monotonic, self._acked_monotonic = None, now
        try:
            offset_samples = await connection.acknowledge()
        except StoreUnavailable:
            # The client keeps what is not acknowledged, and so does the track: nothing is lost by waiting.
            self._ack_due_monotonic = now + self._services.settings.ack_seconds
            return
        await self._tell(AckMessage(offset_samples=offset_samples))

    async def _stop(self, connection: TrackConnection) -> None:
        await self._feed(connection, [await self._threads.run(self._decoder.finish)])
        await self._tell(StoppedMessage(seq=await connection.stop()))

    async def _tell(self, message: Message) -> None:
        """Send a message, unless the client is gone: what it sent before that is heard all the same.

        A page that is closed sends its last words and a stop, and reads no more. The inbox tells of the end
        behind the last message.
        """
        if self._gone:
            return
        try:
            await send(self._socket, message)
        except WebSocketDisconnect:
            self._gone = True

    def _check_idle(self) -> None:
        idle_seconds = self._services.settings.audio_idle_seconds
        if self._services.clock.monotonic() - self._heard_monotonic >= idle_seconds:
            raise IdleTimeout(f"No audio came for {idle_seconds:g} seconds; connect again to go on.")

    def _patience_seconds(self) -> float:
        """Return how long to wait for the next message before something else is due."""
        now = self._services.clock.monotonic()
        due = self._heard_monotonic + self._services.settings.audio_idle_seconds
        if self._ack_due_monotonic is not None:
            due = min(due, self._ack_due_monotonic)
        return max(0.0, due - now)


def pieces_of(
    frames: Sequence[bytes | str], size_bytes: int, *, limit_bytes: int, together: bool
) -> Iterator[bytes]:
    """Yield what frames hold, cut so that a burst of audio leaves room for other connections.

    Args:
        frames: What came; texts are no audio.
        size_bytes: The longest piece.
        limit_bytes: The longest frame.
        together: Whether small frames become one piece, which costs as much as one of them.

    Raises:
        FrameTooLarge: A frame is too long; what came before it was yielded.
    """
    small: list[bytes] = []
    small_bytes = 0
    for frame in frames:
        if isinstance(frame, str):
            continue
        if small and (len(frame) > limit_bytes or small_bytes + len(frame) > size_bytes):
            yield b"".join(small)
            small.clear()
            small_bytes = 0
        if len(frame) > limit_bytes:
            raise FrameTooLarge(f"A frame may have at most {limit_bytes} bytes.")
        if together and len(frame) <= size_bytes:
            small.append(frame)
            small_bytes += len(frame)
            continue
        for start in range(0, max(1, len(frame)), size_bytes):
            yield frame[start : start + size_bytes]
    if small:
        yield b"".join(small)


def _whole(text: str) -> int:
    """Return the number that `text` writes in digits, or -1."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS else -1
