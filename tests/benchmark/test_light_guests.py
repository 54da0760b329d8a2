"""Light participants of meetings: what is encoded for them, and that a real server lets them in."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import av
import numpy as np
import pytest
from benchmark.light_guests import LightGuest, LightGuests, OpusPackets, build, light_guests
from benchmark.livekit import KEY, SECRET, livekit_server
from benchmark.service import ServiceFailed
from livekit import api, rtc

from assistant.core.errors import MeetingUnreachable
from tests.waiting import PATIENCE_SECONDS, until


def token(identity: str, *, subscribes: bool) -> str:
    grants = api.VideoGrants(room_join=True, room="council", can_subscribe=subscribes)
    return api.AccessToken(KEY, SECRET).with_identity(identity).with_grants(grants).to_jwt()


def tone(seconds: float) -> np.ndarray:
    places = np.arange(round(16_000 * seconds)) / 16_000
    return (8_000 * np.sin(2 * np.pi * 440 * places)).astype(np.int16)


def test_packets_hold_twenty_milliseconds_whatever_the_chunks() -> None:
    """What does not fill one waits for the next samples; a decoder hears what was said."""
    packets = OpusPackets()
    pcm = tone(1.01)
    made = [packet for start in range(0, len(pcm), 700) for packet in packets.take(pcm[start : start + 700])]
    assert len(made) == 50
    decoder = av.CodecContext.create("libopus", "r")
    decoder.sample_rate, decoder.layout = 48_000, "mono"
    heard = [frame.to_ndarray() for packet in made for frame in decoder.decode(av.Packet(packet))]
    assert all(frame.shape[-1] == 960 for frame in heard)
    samples = np.concatenate([frame.ravel() for frame in heard])[4_800:]
    strongest = np.argmax(np.abs(np.fft.rfft(samples))) * 48_000 / len(samples)
    assert abs(strongest - 440) < 5


async def test_what_the_program_cannot_do_is_told(tmp_path: Path) -> None:
    """A refusal, and an end that nobody asked for."""
    refusing = tmp_path / "refusing"
    refusing.write_text(
        '#!/bin/sh\nread line\necho \'{"failed": "ana", "why": "no connection"}\'\n'
        "read line\necho it hurts >&2\n"
    )
    refusing.chmod(0o755)
    async with light_guests(refusing, tmp_path / "log") as guests:
        with pytest.raises(MeetingUnreachable, match="ana could not join: no connection"):
            await guests.enter("ana", "ws://127.0.0.1:1", "token", muted=False)
        with pytest.raises(MeetingUnreachable, match="has ended"):
            await guests.enter("bruno", "ws://127.0.0.1:1", "token", muted=False)
        with pytest.raises(ServiceFailed, match=r"has ended\.\nit hurts"):
            await guests.watch()


@pytest.mark.livekit
@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_light_participant_is_heard(tmp_path: Path) -> None:
    """By a real client of a real server; one that is muted is there and sends nothing."""
    for program in ("go", "livekit-server"):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program} on the PATH, as .ci/run installs it")
    built = await asyncio.to_thread(build, tmp_path)
    with livekit_server(tmp_path / "livekit.log") as (url, _):
        async with light_guests(built, tmp_path / "load.log") as guests:
            await _hear(guests, url)


async def _hear(guests: LightGuests, url: str) -> None:
    speaker = await guests.enter("ana", url, token("ana", subscribes=False), muted=False)
    await guests.enter("bruno", url, token("bruno", subscribes=False), muted=True)
    room, heard = rtc.Room(), asyncio.get_running_loop().create_future()

    def take(track: rtc.Track, publication: rtc.TrackPublication, who: rtc.RemoteParticipant) -> None:
        if who.identity == "ana" and not heard.done():
            assert publication.source == rtc.TrackSource.SOURCE_MICROPHONE
            heard.set_result(track)

    room.on("track_subscribed", take)
    await room.connect(url, token("carla", subscribes=True))
    track = await asyncio.wait_for(heard, PATIENCE_SECONDS)
    stream = rtc.AudioStream(track, sample_rate=16_000, num_channels=1)
    speaking = asyncio.create_task(_speak(speaker))
    loudest = 0
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for event in stream:
            loudest = max(loudest, int(np.abs(np.frombuffer(event.frame.data, np.int16)).max()))
            if loudest > 4_000:
                break
    await speaking
    muted = {who: one for who, one in room.remote_participants.items() if who == "bruno"}
    assert [publication.muted for publication in muted["bruno"].track_publications.values()] == [True]
    await stream.aclose()
    await speaker.leave()
    await until(lambda: "ana" not in room.remote_participants and guests.late_seconds)
    assert 0.2 < guests.late_seconds < 1.5
    await room.disconnect()


async def _speak(speaker: LightGuest) -> None:
    """Speak for two seconds, with a break that a microphone does not make."""
    pcm = tone(2.0)
    for start in range(0, len(pcm), 1_600):
        await speaker.send(pcm[start : start + 1_600])
        await asyncio.sleep(0.5 if start == 16_000 else 0.1)
