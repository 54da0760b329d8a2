"""A meeting that is listened to reaches the LiveKit server that is configured, and nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Recordings
from tests.live.watch import HOW_TO_GET_IT, Watch, WatchedService, can_watch
from tests.meetings.guest import Guest, plain
from tests.meetings.livekit_server import KEY, SECRET, LiveKitServer
from tests.waiting import until

pytestmark = [
    pytest.mark.livekit,
    pytest.mark.weights,
    pytest.mark.slow,
    pytest.mark.skipif(not can_watch(), reason=HOW_TO_GET_IT),
]

MEETING = "council"
ASKED_FOR_THE_WAY = frozenset({("8.8.8.8", 53), ("2001:4860:4860::8888", 53)})
"""WebRTC connects a datagram socket there, on which nothing is sent, to learn its own address."""


async def test_a_meeting_reaches_its_server_alone(
    livekit: LiveKitServer, recordings: Recordings, tmp_path: Path, whisper_weights: Path
) -> None:
    """Nor is a proxy of the environment given the signalling and tokens of the meeting."""
    watch = Watch(
        tmp_path / "calls", (tmp_path / "data", tmp_path / "temporary"), connected=ASKED_FOR_THE_WAY
    )
    service = WatchedService(
        tmp_path,
        whisper_weights.parent,
        watch,
        livekit_url=livekit.url,
        livekit_api_key=KEY,
        livekit_api_secret=SECRET,
    )
    service.environment |= {
        "HTTP_PROXY": "http://198.51.100.77:3128",
        "ALL_PROXY": "http://198.51.100.77:3128",
    }
    service.start()
    try:
        service.post(f"/v1/rooms/{MEETING}/listener")
        async with Guest(livekit, MEETING, "ana", "Ana") as ana:
            await ana.publish()
            await until(lambda: service.get(f"/v1/rooms/{MEETING}/listener").json()["heard"] == 1)
            await ana.say(recordings["jfk"].pcm)
            await until(lambda: "country" in plain(" ".join(c["text"] for c in service.transcript(MEETING))))
    finally:
        service.stop()
    assert watch.departures() == []
