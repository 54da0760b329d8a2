"""The audio socket, over a real server."""

from __future__ import annotations

import asyncio
import io
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import av
import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection

from assistant.core.errors import CapacityReached, FrameTooLarge, ModelMissing, StoreUnavailable
from assistant.web.audio_in import pieces_of
from tests.names import MADE_UP_NAMES, REAL_NAMES
from tests.recorder_bytes import recording
from tests.waiting import until
from tests.web.fakes import FakeCaptions
from tests.web.serving import Service, ending, receive, serving

_SPEECH = Path(__file__).parents[1] / "fixtures" / "speech" / "jfk.flac"
_STOP = json.dumps({"type": "stop"})


def _noise(samples: int) -> np.ndarray:
    return np.random.default_rng(1).integers(-9_000, 9_000, samples).astype("<i2")


def _webm() -> bytes:
    """Return speech as a browser's recorder sends it."""
    target = io.BytesIO()
    with (
        av.open(str(_SPEECH)) as source,
        av.open(target, "w", format="webm", options={"live": "1"}) as output,
    ):
        stream = output.add_stream("libopus", rate=48_000, layout="mono")
        resampler = av.AudioResampler(format="s16", layout="mono", rate=48_000)
        for frame in source.decode(audio=0):
            for piece in resampler.resample(frame):
                output.mux(stream.encode(piece))
        output.mux(stream.encode(None))
    return target.getvalue()


_BAD_QUERIES = [
    ("/v1/rooms/weekly/audio", "participant_invalid"),
    ("/v1/rooms/weekly/audio?participant=", "participant_invalid"),
    ("/v1/rooms/weekly/audio?participant=%07", "participant_invalid"),
    ("/v1/rooms/weekly/audio?participant=a&name=%00", "participant_invalid"),
    ("/v1/rooms/weekly/audio?participant=a&name=%E2%80%AE", "participant_invalid"),
    (f"/v1/rooms/weekly/audio?participant={'a' * 201}", "participant_invalid"),
    ("/v1/rooms/we%20ekly/audio?participant=a", "room_name_invalid"),
    ("/v1/rooms/..%2F..%2Fetc/audio?participant=a", "room_name_invalid"),
    ("/v1/rooms//audio?participant=a", "room_name_invalid"),
    (f"/v1/rooms/{'r' * 129}/audio?participant=a", "room_name_invalid"),
    ("/v1/rooms/caf%C3%A9/audio?participant=a", "room_name_invalid"),
    ("/v1/rooms/weekly/audio?participant=a&encoding=mp3", "encoding_unknown"),
    ("/v1/rooms/weekly/audio?participant=a&encoding=", "encoding_unknown"),
    ("/v1/rooms/weekly/audio?participant=a&sample_rate=7999", "sample_rate_invalid"),
    ("/v1/rooms/weekly/audio?participant=a&sample_rate=96000", "sample_rate_invalid"),
    ("/v1/rooms/weekly/audio?participant=a&sample_rate=fast", "sample_rate_invalid"),
    ("/v1/rooms/weekly/audio?participant=a&sample_rate=-16000", "sample_rate_invalid"),
    ("/v1/rooms/weekly/audio?participant=a&sample_rate=1e4", "sample_rate_invalid"),
    ("/v1/rooms/weekly/audio?participant=a&channels=3", "channels_invalid"),
    ("/v1/rooms/weekly/audio?participant=a&channels=0", "channels_invalid"),
    ("/v1/rooms/weekly/audio?participant=a&language=klingon", "language_unknown"),
    ("/v1/rooms/weekly/audio?participant=a&language=xx", "language_unknown"),
]


async def _works(service: Service) -> None:
    """Show that another participant is heard to the end."""
    async with service.audio("bruno") as socket:
        assert (await receive(socket))["type"] == "ready"
        await socket.send(bytes(3_200))
        await socket.send(_STOP)
        assert (await ending(socket)) == (None, 1000)
    assert len(service.fake.connections[-1].samples) == 1_600


async def test_audio_is_heard_acknowledged_and_stopped() -> None:
    """`ready`, then every sample in order, `ack` of what the service holds safe, `stopped`, close 1000."""
    pcm = _noise(40_000)
    async with (
        serving(ack_seconds=0.02) as service,
        service.audio(name="Ana%20Lopes", language="pt-BR") as socket,
    ):
        assert await receive(socket) == {"type": "ready", "session": "s0", "offset_samples": 0}
        for start in range(0, len(pcm), 1_600):
            await socket.send(pcm[start : start + 1_600].tobytes())
        while (message := await receive(socket)) != {"type": "ack", "offset_samples": len(pcm)}:
            assert message["type"] == "ack"
        await socket.send(_STOP)
        assert await receive(socket) == {"type": "stopped", "seq": 42}
        assert await ending(socket) == (None, 1000)
        connection = service.fake.connections[0]
        assert np.array_equal(connection.samples, pcm)
        assert (connection.join.participant, connection.join.name, connection.join.language) == (
            "ana",
            "Ana Lopes",
            "pt",
        )
        assert connection.end == "stop"


async def test_names_come_in_as_people_have_them() -> None:
    """Joiners, spaces of all kinds and marks of direction too; what turns text round is taken out."""
    async with serving() as service:
        for name, shown in [*((name, name) for name in REAL_NAMES), *MADE_UP_NAMES]:
            async with service.audio(name=quote(name)) as socket:
                assert (await receive(socket))["type"] == "ready"
                assert service.fake.connections[-1].join.name == shown


async def test_frames_have_any_size() -> None:
    """Also one that ends within a sample: nothing is lost, and nothing shifts."""
    pcm = _noise(4_000)
    async with serving() as service, service.audio() as socket:
        await receive(socket)
        for start in range(0, 2 * len(pcm), 641):
            await socket.send(pcm.tobytes()[start : start + 641])
        await socket.send(_STOP)
        assert (await ending(socket)) == (None, 1000)
        assert np.array_equal(service.fake.connections[0].samples, pcm)


def test_small_frames_are_heard_together() -> None:
    """Whoever sends each sample by itself takes no more of the service than others."""
    audio = _noise(40_000).tobytes()
    frames = [audio[at : at + 3] for at in range(0, len(audio), 3)]
    pieces = list(pieces_of(["{}", *frames, b""], 32_000, limit_bytes=1 << 20, together=True))
    assert b"".join(pieces) == audio
    assert [len(piece) for piece in pieces] == [31_998, 31_998, 16_004]
    assert list(pieces_of([b"", b""], 32_000, limit_bytes=1 << 20, together=True)) == [b""]
    assert list(pieces_of([b"ab", b"c"], 32_000, limit_bytes=1 << 20, together=False)) == [b"ab", b"c"]
    begun = pieces_of([b"ab", b"c", bytes(9)], 4, limit_bytes=8, together=True)
    assert next(begun) == b"abc"
    with pytest.raises(FrameTooLarge):
        next(begun)


async def test_a_speaker_may_change_their_language() -> None:
    """At that place of their audio, as often as they like, whatever else comes with the message."""
    pcm = _noise(3_200)
    async with serving() as service, service.audio() as socket:
        await receive(socket)
        await socket.send(pcm[:1_600].tobytes())
        await socket.send('{"type":"language","language":"pt-BR"}')
        await socket.send(pcm[1_600:].tobytes())
        await socket.send('{"type":"language","language":"auto"}')
        await socket.send(_STOP)
        assert (await ending(socket)) == (None, 1000)
        connection = service.fake.connections[0]
        assert connection.spoken == [("pt", 1_600), ("auto", 3_200)]
        assert np.array_equal(connection.samples, pcm)


async def test_a_language_that_is_none_ends_the_connection() -> None:
    """With the code that says so; what was sent before counts."""
    async with serving() as service, service.audio() as socket:
        await receive(socket)
        await socket.send(bytes(3_200))
        await socket.send('{"type":"language","language":"klingon"}')
        assert (await ending(socket))[0] == "language_unknown"
        assert len(service.fake.connections[0].samples) == 1_600


async def test_acknowledgements_are_paced() -> None:
    """However many frames come, an acknowledgement follows the other after `ack_seconds` at the earliest."""
    async with serving(ack_seconds=30.0) as service, service.audio() as socket:
        await receive(socket)
        for _ in range(50):
            await socket.send(bytes(320))
        await socket.send(_STOP)
        assert (await receive(socket))["type"] == "stopped"
        assert service.fake.connections[0].acknowledged == []


async def test_other_rates_and_channels_become_mono_at_16_khz() -> None:
    """48 kHz stereo is mixed and resampled; the tail comes out at the stop."""
    async with serving() as service, service.audio(sample_rate=48_000, channels=2) as socket:
        await receive(socket)
        stereo = np.repeat(_noise(48_000), 2).tobytes()
        for start in range(0, len(stereo), 19_200):
            await socket.send(stereo[start : start + 19_200])
        await socket.send(_STOP)
        assert await ending(socket) == (None, 1000)
        assert len(service.fake.connections[0].samples) == 16_000


@pytest.mark.parametrize(("encoding", "container"), [("opus", "webm"), ("opus", "mp4"), ("mp4", "mp4")])
async def test_a_browsers_recording_is_heard_while_it_arrives(encoding: str, container: str) -> None:
    """WebM with Opus or MP4 with AAC, cut anywhere, is decoded before the stop; all of it is heard."""
    data = _webm() if container == "webm" else recording(container)
    async with serving() as service, service.audio(encoding=encoding) as socket:
        await receive(socket)
        half = len(data) // 2
        for start in range(0, half, 777):
            await socket.send(data[start : min(start + 777, half)])
        connection = service.fake.connections[0]
        await until(lambda: len(connection.samples) > 4 * 16_000)
        await socket.send(data[half:])
        await socket.send(_STOP)
        assert await ending(socket) == (None, 1000)
        assert abs(len(connection.samples) - 11 * 16_000) < 0.1 * 16_000


async def test_a_burst_is_fed_in_pieces() -> None:
    """A frame with minutes of audio reaches the service second by second."""
    async with serving() as service, service.audio(sample_rate=8_000) as socket:
        await receive(socket)
        await socket.send(bytes(2 * 8_000 * 60))
        await socket.send(_STOP)
        assert await ending(socket) == (None, 1000)
        connection = service.fake.connections[0]
        assert max(len(piece) for piece in connection.pieces) <= 16_000
        assert len(connection.samples) == 60 * 16_000


async def test_silence_gathers_and_speech_does_not() -> None:
    """While nobody speaks small frames are heard together, while somebody does one by one; none is lost."""
    fed: dict[bool, int] = {}
    async with serving() as service:
        for talking in (False, True):
            async with service.audio() as socket:
                await receive(socket)
                connection = service.fake.connections[-1]
                connection.talking = talking
                pcm = _noise(100 * 160)
                for start in range(0, len(pcm), 160):
                    await socket.send(pcm[start : start + 160].tobytes())
                    await asyncio.sleep(0.01)
                await socket.send(_STOP)
                assert await ending(socket) == (None, 1000)
                assert np.array_equal(connection.samples, pcm)
                fed[talking] = len(connection.pieces)
    assert fed[False] * 3 < fed[True]


async def test_audio_before_a_bad_frame_is_heard() -> None:
    """What was gathered together with a frame that is no message is not lost with it."""
    async with serving() as service, service.audio() as socket:
        await receive(socket)
        pcm = _noise(3 * 160)
        for start in range(0, len(pcm), 160):
            await socket.send(pcm[start : start + 160].tobytes())
        await socket.send("odd")
        assert await ending(socket) == ("message_invalid", 4400)
        assert np.array_equal(service.fake.connections[0].samples, pcm)


async def test_a_broken_connection_is_resumed() -> None:
    """A client that vanished is detached; its session tells where to go on."""
    async with serving() as service:
        async with service.audio() as socket:
            session = (await receive(socket))["session"]
            await socket.send(bytes(6_400))
            await until(lambda: len(service.fake.connections[0].samples) == 3_200)
            socket.transport.abort()
        await until(service.fake.connections[0].ended.is_set)
        assert service.fake.connections[0].end == "detach"
        async with service.audio(session=session) as socket:
            assert await receive(socket) == {"type": "ready", "session": session, "offset_samples": 3_200}


async def test_what_a_client_sent_before_it_vanished_is_heard() -> None:
    """Though nothing can be told to it any more: all of its audio counts, and so does its stop."""
    fake = FakeCaptions()
    async with serving(fake, ack_seconds=0.0) as service:
        async with service.audio() as socket:
            await receive(socket)
            fake.gate.clear()
            await socket.send(bytes(640))
            await until(fake.connections[0].heard.is_set)
            for _ in range(5):
                await socket.send(bytes(640))
            await socket.send(_STOP)
        fake.gate.set()
        await until(fake.connections[0].ended.is_set)
        assert fake.connections[0].end == "stop"
        assert len(fake.connections[0].samples) == 6 * 320


async def test_the_sender_waits_for_a_busy_service() -> None:
    """While the service takes nothing, nothing more is read from that client, and others are served."""
    fake = FakeCaptions()
    async with serving(fake) as service, service.audio() as socket:
        await receive(socket)
        fake.gate.clear()
        sending = asyncio.create_task(_flood(socket))
        await until(fake.connections[0].heard.is_set)
        await until(socket.transport.get_write_buffer_size, "a client that cannot send")
        assert (await service.http.get("/health/live")).status_code == 200
        assert fake.connections[0].pieces == []
        assert not sending.done()
        fake.gate.set()
        await sending
        await socket.send(_STOP)
        assert await ending(socket) == (None, 1000)
        assert len(fake.connections[0].samples) == 24 * (1 << 19)


async def _flood(socket: ClientConnection) -> None:
    for _ in range(24):
        await socket.send(bytes(1 << 20))


async def test_bad_queries_are_named() -> None:
    """Each parameter that cannot work has its own code; the client can read it; others go on."""
    async with serving() as service:
        for path, code in _BAD_QUERIES:
            async with service.socket(path) as socket:
                assert (path, await ending(socket)) == (path, (code, 4400))
        assert service.fake.connections == []
        await _works(service)


_BAD_FRAMES: list[tuple[dict[str, Any], bytes | str, str, int]] = [
    ({}, "hello", "message_invalid", 4400),
    ({}, '{"type":"dance"}', "message_invalid", 4400),
    ({}, "[1,2]", "message_invalid", 4400),
    ({}, "{}", "message_invalid", 4400),
    ({}, "[" * 4_000, "message_invalid", 4400),
    ({}, "[" * 100_000, "frame_too_large", 4413),
    ({}, b"\0" * (4_096 + 2), "frame_too_large", 4413),
    ({"encoding": "opus"}, b"garbage, not Opus" * 9, "audio_malformed", 4400),
    ({"encoding": "opus"}, b"\xff\xd8\xff\xe0\x00\x10JFIF" * 9, "audio_malformed", 4400),
]


async def test_bad_frames_end_one_connection_only() -> None:
    """What is no audio and no message gets its code and close code; the track may be resumed."""
    async with serving(max_frame_bytes=4_096) as service:
        for query, frame, code, close_code in _BAD_FRAMES:
            async with service.audio(**query) as socket:
                assert (await receive(socket))["type"] == "ready"
                await socket.send(frame)
                assert (frame[:80], await ending(socket)) == (frame[:80], (code, close_code))
            connection = service.fake.connections[-1]
            await until(connection.ended.is_set)
            assert connection.end == "detach"
            await _works(service)


async def test_silence_on_the_line_ends_the_connection() -> None:
    """A socket over which nothing comes is closed with idle_timeout; one that is in use stays."""
    async with serving(audio_idle_seconds=1.0) as service, service.audio("bruno") as busy:
        await receive(busy)
        async with service.audio() as socket:
            await receive(socket)
            leaving = asyncio.create_task(ending(socket))
            while not leaving.done():
                await busy.send(bytes(320))
                await asyncio.sleep(0.05)
            assert leaving.result() == ("idle_timeout", 4408)
        await busy.send(_STOP)
        assert await ending(busy) == (None, 1000)


async def test_the_newer_connection_takes_over() -> None:
    """Of two connections of one participant the older is told and closed; the newer is heard."""
    async with serving() as service, service.audio() as older, service.audio("bruno") as other:
        await receive(older)
        await receive(other)
        async with service.audio() as newer:
            assert (await receive(newer))["type"] == "ready"
            assert await ending(older) == ("participant_replaced", 4409)
            for socket in (newer, other):
                await socket.send(bytes(640))
                await socket.send(_STOP)
                assert await ending(socket) == (None, 1000)
        assert len(service.fake.connections[-1].samples) == 320


@pytest.mark.parametrize(
    ("fault", "code", "close_code"),
    [
        (CapacityReached("Too many participants."), "capacity_reached", 4503),
        (ModelMissing("The weights are missing."), "model_missing", 4503),
        (RuntimeError("secret path /srv/x"), "internal", 4500),
    ],
)
async def test_a_service_that_refuses_is_quoted(fault: Exception, code: str, close_code: int) -> None:
    """A refusal reaches the client with its code; a fault in the service as `internal`, without its text."""
    async with serving(FakeCaptions(join_fault=fault)) as service, service.audio() as socket:
        message = await receive(socket)
        assert message["code"] == code
        assert "secret" not in message["message"]
        assert await ending(socket) == (None, close_code)


async def test_an_unknown_session_cannot_be_resumed() -> None:
    """A session nobody knows is answered with session_unknown."""
    async with serving() as service, service.audio(session="gone") as socket:
        assert await ending(socket) == ("session_unknown", 4404)


async def test_a_full_disk_is_no_acknowledgement() -> None:
    """While audio cannot be made safe no `ack` goes out; once it can, all of it is acknowledged."""
    fake = FakeCaptions(disk_fault=StoreUnavailable("The disk is full."))
    async with serving(fake, ack_seconds=0.01) as service, service.audio() as socket:
        await receive(socket)
        await socket.send(bytes(640))
        await until(lambda: fake.connections[0].refused)
        await socket.send(bytes(640))
        await until(lambda: len(fake.connections[0].samples) == 640)
        fake.disk_fault = None
        assert await receive(socket) == {"type": "ack", "offset_samples": 640}, "none came before"


async def test_a_fault_while_hearing_is_contained() -> None:
    """An exception that nobody foresaw ends one connection, with `internal`."""
    fake = FakeCaptions(feed_fault=ZeroDivisionError("secret"))
    async with serving(fake) as service, service.audio() as socket:
        await receive(socket)
        await socket.send(bytes(640))
        assert await ending(socket) == ("internal", 4500)
        fake.feed_fault = None
        await _works(service)


async def test_deleting_the_room_ends_its_audio() -> None:
    """Speakers of a deleted room are told room_deleted."""
    async with serving() as service, service.audio() as socket:
        await receive(socket)
        await service.fake.rooms.create_room("weekly")
        assert (await service.http.delete("/v1/rooms/weekly")).status_code == 204
        assert await ending(socket) == ("room_deleted", 4410)


async def test_sockets_at_unknown_addresses_are_answered() -> None:
    """A socket at an address that does not exist gets an error that a browser can read."""
    async with serving() as service:
        for path in ("/v1/elsewhere", "/v1/rooms", "/static/app.js", "/"):
            async with service.socket(path) as socket:
                assert (path, await ending(socket)) == (path, ("not_found", 4404))
