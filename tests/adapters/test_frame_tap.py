"""Frames of one LiveKit track, with a scripted stream in the library's place."""

from __future__ import annotations

from collections.abc import AsyncIterator

import numpy as np
import pytest
from livekit import rtc

from assistant.adapters.livekit_audio import FrameTap
from tests.waiting import until


class Event:
    """One frame of 100 ms."""

    def __init__(self) -> None:
        pcm = np.full(1_600, 7, dtype=np.int16)
        self.frame = rtc.AudioFrame(pcm.tobytes(), 16_000, 1, len(pcm))


class EndingStream:
    """A stream of one frame."""

    async def aclose(self) -> None:
        """Nothing is left open."""

    async def __aiter__(self) -> AsyncIterator[Event]:
        """Yield the frame."""
        yield Event()


async def test_a_tap_whose_stream_has_ended_can_be_attached_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library may end a stream of a track that is still there; who speaks then is heard once more."""
    monkeypatch.setattr(rtc, "AudioStream", lambda *_, **__: EndingStream())
    track = object.__new__(rtc.RemoteAudioTrack)
    tap = FrameTap(lambda: None)
    assert not tap.attached
    for _ in range(2):
        tap.attach(track)
        assert tap.attached
        heard = await tap.read()
        assert heard is not None
        assert heard.tolist() == [7] * 1_600
        await until(lambda: not tap.attached)
    tap.close()
    assert await tap.read() is None
