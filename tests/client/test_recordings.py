"""Recordings of many formats become samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assistant.client import Endpoint, Pace, read_pcm
from assistant.core.errors import FileUnreadable

SPEECH = Path(__file__).parents[1] / "fixtures" / "speech"


def test_formats_and_rates_become_16_khz_mono() -> None:
    """FLAC at 8 kHz and Opus at 48 kHz come out at their true length and level."""
    telephone = read_pcm(SPEECH / "ibm-fr-FR-Narrowband-sample1.flac")
    opus = read_pcm(SPEECH / "../../../assistant/demo/audio/fleurs-pt-000.ogg")
    assert telephone.dtype == opus.dtype == np.int16
    assert abs(telephone.size / 16_000 - 13.29) < 0.05
    assert abs(opus.size / 16_000 - 17.77) < 0.05
    assert np.abs(telephone).max() > 10_000


@pytest.mark.parametrize("name", ["LICENCES.md", "nowhere.wav"])
def test_what_is_no_recording_is_refused(name: str) -> None:
    """Text and missing files raise an error that names the file."""
    with pytest.raises(FileUnreadable, match=name):
        read_pcm(SPEECH / name)


def test_a_pace_does_not_drift() -> None:
    """A sample's moment depends on its number only."""
    pace = Pace(100.0)
    assert pace.moment_of(16_000 * 3600) == 3700.0
    assert Pace(100.0, speed=4.0).moment_of(16_000) == 100.25
    pace.postpone(2.0)
    assert pace.moment_of(0) == 102.0


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("http://127.0.0.1:8000", "ws://127.0.0.1:8000/v1/rooms/a%2Fb/audio?x=%C3%A9"),
        ("https://meet.example/captions/", "wss://meet.example/captions/v1/rooms/a%2Fb/audio?x=%C3%A9"),
        ("ws://[::1]:9", "ws://[::1]:9/v1/rooms/a%2Fb/audio?x=%C3%A9"),
    ],
)
def test_addresses(base: str, expected: str) -> None:
    """Any base address becomes the contract's address, with names quoted."""
    endpoint = Endpoint(base, "secret")
    assert endpoint.socket_url("rooms", "a/b", "audio", x="é") == expected
    assert "secret" not in repr(endpoint)


def test_only_this_machine_is_reached_without_proxy() -> None:
    """A proxy from the environment must not come between two programs of one machine."""
    assert Endpoint("http://localhost:1").local
    assert Endpoint("http://[::1]:1").local
    assert not Endpoint("https://meet.example").local
