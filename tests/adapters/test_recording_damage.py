"""Recordings that change, are damaged, have gaps or several tracks, or lie about their length."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from assistant.adapters.coded_packets import CodedPacket
from assistant.adapters.ogg_parser import OggParser
from assistant.adapters.recording_file import open_recording
from assistant.adapters.webm_parser import WebmParser
from assistant.core.errors import RecordingCorrupt, RecordingWithoutAudio
from assistant.core.speech.audio import SAMPLE_RATE
from tests.coded_recordings import SPEECH, TONE, coded, loudness, read, starts_at

_KINDS = {
    "mp3": ("mp3", "libmp3lame"),
    "adts": ("adts", "aac"),
    "ogg": ("ogg", "libopus"),
    "flac": ("flac", "flac"),
    "webm": ("webm", "libopus"),
    "mp4": ("mp4", "aac"),
    "wav": ("wav", "pcm_s16le"),
    "aiff": ("aiff", "pcm_s16be"),
    "caf": ("caf", "pcm_s16le"),
    "au": ("au", "pcm_s16be"),
    "w64": ("w64", "pcm_s16le"),
    "flv": ("flv", "aac"),
    "avi": ("avi", "libmp3lame"),
    "mp2": ("mp2", "mp2"),
}


@pytest.mark.parametrize("kind", _KINDS)
def test_recordings_behind_each_other_are_all_read(kind: str, tmp_path: Path) -> None:
    """Whoever joins files by hand gets the words of each, also where rates and channels change."""
    container, codec = _KINDS[kind]
    rate = 48_000 if codec == "libopus" else 44_100
    first = coded([(SPEECH, 0.0)], container, codec, rate=rate)
    second = coded([(TONE, 0.0)], container, codec, layout="stereo")
    pcm, faults = read(tmp_path / "upload", first + second + first)
    seconds = (2 * len(SPEECH) + len(TONE)) / SAMPLE_RATE
    assert len(pcm) / SAMPLE_RATE == pytest.approx(seconds, abs=0.2)
    assert loudness(pcm, 12.0, 16.0) > 3_000
    assert loudness(pcm, seconds - 9.0, seconds - 2.0) > 2_000
    assert faults == ()


@pytest.mark.parametrize("kind", ["mp3", "adts", "ogg", "flac", "webm", "mp4"])
@pytest.mark.parametrize("share", [0.03, 0.4, 0.8])
def test_damage_takes_no_more_than_itself(kind: str, share: float, tmp_path: Path) -> None:
    """Six hundred bytes cost less than a second, wherever they are; what lies behind keeps its time."""
    container, codec = _KINDS[kind]
    data = bytearray(coded([(np.concatenate([SPEECH, TONE, SPEECH]), 0.0)], container, codec))
    at = round(len(data) * share)
    data[at : at + 600] = np.random.default_rng(5).bytes(600)
    pcm, faults = read(tmp_path / "upload", bytes(data))
    # A damaged page of Ogg is lost as a whole, and of WebM all up to the next cluster.
    lost = {"ogg": 1.1, "webm": 5.0}.get(kind, 0.15)
    silent = sum(loudness(pcm, tenth / 10, tenth / 10 + 0.1) < 1 for tenth in range(280))
    assert silent / 10 <= lost
    assert len(pcm) / SAMPLE_RATE == pytest.approx(28.0, abs=0.1)
    assert sum(fault.end_seconds - fault.start_seconds for fault in faults) <= lost
    assert len(faults) == (0 if (kind, share) == ("ogg", 0.03) else 1)


@pytest.mark.parametrize("kind", ["mp2", "mp3", "adts", "mp4"])
def test_damage_is_told_with_its_place(kind: str, tmp_path: Path) -> None:
    """From which second to which."""
    container, codec = _KINDS[kind]
    data = bytearray(coded([(np.concatenate([TONE] * 4), 0.0)], container, codec))
    at = len(data) // 2
    data[at : at + 3_000] = bytes(3_000)
    _, faults = read(tmp_path / "upload", bytes(data))
    assert any(
        fault.code == "audio_damaged" and fault.start_seconds < 13.0 and fault.end_seconds > 11.0
        for fault in faults
    )


def test_a_file_that_breaks_off_says_where(tmp_path: Path) -> None:
    """An index that was written first tells how much there should be."""
    data = coded([(np.concatenate([TONE] * 4), 0.0)], "mp4", "aac", options={"movflags": "faststart"})
    _, (fault,) = read(tmp_path / "upload", data[: len(data) * 2 // 3])
    assert fault.start_seconds == pytest.approx(16.0, abs=1.0)
    assert fault.end_seconds == pytest.approx(24.0, abs=0.2)
    wave = coded([(TONE, 0.0)], "wav", "pcm_s16le")
    at = wave.index(b"data") + 4
    wave = wave[:at] + struct.pack("<I", len(TONE) * 2 * 3) + wave[at + 4 :]  # at 48 kHz
    _, (fault,) = read(tmp_path / "upload", wave[: at + 4 + 48_000 * 2 * 3])
    assert (fault.code, round(fault.start_seconds), round(fault.end_seconds)) == (
        "recording_ends_early",
        3,
        6,
    )


@pytest.mark.parametrize(("kind", "codec"), [("webm", "libopus"), ("matroska", "aac"), ("mp4", "aac")])
def test_samples_lie_at_their_time_stamps(kind: str, codec: str, tmp_path: Path) -> None:
    """A late start and a gap are silence, and what follows is not early; the gap is told."""
    data = coded([(np.concatenate([TONE, TONE]), 5.0)], kind, codec, without=lambda at: 7.0 <= at < 14.0)
    pcm, faults = read(tmp_path / "upload", data)
    assert starts_at(pcm) == pytest.approx(5.0, abs=0.1)
    assert loudness(pcm, 5.3, 6.8) > 5_000
    assert loudness(pcm, 7.3, 13.7) < 50
    assert loudness(pcm, 14.3, 16.7) > 5_000
    assert len(pcm) / SAMPLE_RATE == pytest.approx(17.0, abs=0.15)
    assert [(fault.code, round(fault.start_seconds), round(fault.end_seconds)) for fault in faults] == [
        ("audio_absent", 7, 14)
    ]


def test_a_clock_that_begins_anywhere_begins_at_zero(tmp_path: Path) -> None:
    """A transport stream is cut out of one that has run for long, and its gaps still count."""
    data = coded([(TONE, 600.0)], "mpegts", "aac", without=lambda at: 602.0 <= at < 604.0)
    pcm, _ = read(tmp_path / "upload", data)
    assert starts_at(pcm) == pytest.approx(0.0, abs=0.1)
    assert len(pcm) / SAMPLE_RATE == pytest.approx(6.0, abs=0.15)
    assert loudness(pcm, 2.3, 3.7) < 50


def test_all_tracks_are_heard(tmp_path: Path) -> None:
    """The other person is on a track of their own: mixed, or a channel each; also behind a silent one."""
    late = np.concatenate([np.zeros(12 * SAMPLE_RATE, dtype=np.int16), TONE])
    for container, codec in (("mp4", "aac"), ("matroska", "libopus")):
        data = coded([(SPEECH, 0.0), (late, 0.0)], container, codec)
        pcm, _ = read(tmp_path / "upload", data)
        assert pcm.shape[1] == 1
        assert loudness(pcm, 3.0, 10.0) > 2_000
        assert loudness(pcm, 12.5, 17.5) > 5_000
        pcm, _ = read(tmp_path / "upload", data, by_channel=True)
        assert pcm.shape[1] == 2
        assert loudness(pcm, 12.5, 17.5, 0) < 50
        assert loudness(pcm, 12.5, 17.5, 1) > 5_000
    data = coded([(np.zeros_like(SPEECH), 0.0), (SPEECH, 0.0)], "mp4", "aac")
    assert loudness(read(tmp_path / "upload", data)[0], 3.0, 10.0) > 2_000


@pytest.mark.parametrize("kind", ["wav", "mp3", "mp4"])
def test_phases_do_not_cancel(kind: str, tmp_path: Path) -> None:
    """One channel is the other turned round: their mix is as loud as each of them."""
    container, codec = _KINDS[kind]
    data = coded([(np.stack([SPEECH, -SPEECH], axis=1), 0.0)], container, codec, layout="stereo")
    pcm, _ = read(tmp_path / "upload", data)
    assert loudness(pcm, 3.0, 10.0) > 0.8 * loudness(SPEECH[:, None], 3.0, 10.0)


@pytest.mark.parametrize("claimed", [0.5, 0.0, 1.0])
@pytest.mark.parametrize("chunk", [b"", b"LIST\x04\0\0\0INFO"])
def test_a_wave_file_is_played_as_far_as_it_goes(claimed: float, chunk: bytes, tmp_path: Path) -> None:
    """Its header may say half, or nothing; a chunk behind the sound is no sound."""
    size = len(TONE) * 2
    head = struct.pack("<HHIIHH", 1, 1, SAMPLE_RATE, SAMPLE_RATE * 2, 2, 16)
    data = b"WAVEfmt " + struct.pack("<I", len(head)) + head + b"data"
    data += struct.pack("<I", int(size * claimed)) + TONE.tobytes() + chunk
    pcm, _ = read(tmp_path / "upload", b"RIFF" + struct.pack("<I", len(data)) + data)
    assert 0 <= len(pcm) - len(TONE) <= (0 if claimed == 1.0 else len(chunk) // 2)
    assert loudness(pcm, 4.0, 6.0) > 5_000


def test_a_length_that_is_claimed_is_not_believed(tmp_path: Path) -> None:
    """What is there is counted."""
    data = coded([(TONE, 0.0)], "webm", "libopus")
    at = data.index(b"\x44\x89\x88") + 3
    data = data[:at] + struct.pack(">d", 90_000_000.0) + data[at + 8 :]
    path = tmp_path / "upload"
    pcm, _ = read(path, data)
    assert len(pcm) / SAMPLE_RATE == pytest.approx(6.0, abs=0.1)
    recording = open_recording(path)
    assert recording.duration_seconds == pytest.approx(90_000.0)
    assert recording.counted_seconds() == pytest.approx(6.0, abs=0.1)
    recording.close()


def test_what_holds_no_sound_is_told_apart_from_what_is_broken(tmp_path: Path) -> None:
    """A header alone, and sound that is nothing but noise in a good container."""
    wave = coded([(TONE, 0.0)], "wav", "pcm_s16le")
    (tmp_path / "upload").write_bytes(wave[: wave.index(b"data") + 8])
    with pytest.raises(RecordingWithoutAudio):
        open_recording(tmp_path / "upload")
    movie = bytearray(coded([(TONE, 0.0)], "mp4", "aac"))
    start, end = movie.index(b"mdat") + 4, movie.index(b"moov") - 4
    movie[start:end] = np.random.default_rng(1).bytes(end - start)
    (tmp_path / "upload").write_bytes(movie)
    with pytest.raises(RecordingCorrupt):
        open_recording(tmp_path / "upload")


def test_silence_says_that_nothing_is_audible(tmp_path: Path) -> None:
    """Zeroes as well as what a codec makes of them."""
    for kind in ("wav", "mp3", "webm"):
        container, codec = _KINDS[kind]
        _, faults = read(tmp_path / "upload", coded([(np.zeros_like(TONE), 0.0)], container, codec))
        assert [fault.code for fault in faults] == ["nothing_audible"]


def test_a_part_that_cannot_be_opened_hides_no_other(tmp_path: Path) -> None:
    """Of joined recordings the first may be broken, or have pictures or a track less than those behind it."""
    whole = coded([(TONE, 0.0)], "webm", "libopus")
    pcm, faults = read(tmp_path / "upload", whole[:60] + bytes(400) + whole)
    assert len(pcm) / SAMPLE_RATE == pytest.approx(6.0, abs=0.1)
    assert [fault.code for fault in faults] == ["audio_damaged"]
    two = coded([(np.zeros_like(TONE), 0.0), (TONE, 0.0)], "matroska", "aac")
    one = coded([(np.zeros_like(TONE), 0.0)], "matroska", "aac")
    pcm, _ = read(tmp_path / "upload", one + two)
    assert loudness(pcm, 0.5, 12.0) > 2_000


def test_an_mp3_file_that_breaks_off_says_where(tmp_path: Path) -> None:
    """Its first frame tells how many bytes there should be; a whole one lacks nothing."""
    whole = coded([(np.concatenate([TONE] * 4), 0.0)], "mp3", "libmp3lame")
    assert read(tmp_path / "upload", whole)[1] == ()
    _, (fault,) = read(tmp_path / "upload", whole[: len(whole) * 2 // 3])
    assert fault.code == "recording_ends_early"
    assert fault.start_seconds == pytest.approx(16.0, abs=0.3)
    assert fault.end_seconds == pytest.approx(24.0, abs=0.3)


def test_zeroes_that_a_decoder_steps_over_are_told_and_last(tmp_path: Path) -> None:
    """A hole in a file, as downloads leave it, is silence as long as what was there."""
    data = coded([(np.concatenate([TONE] * 4), 0.0)], "mp2", "mp2")
    at, hole = len(data) * 2 // 5, len(data) // 24
    pcm, (fault,) = read(tmp_path / "upload", data[:at] + bytes(hole) + data[at + hole :])
    assert len(pcm) / SAMPLE_RATE == pytest.approx(24.0, abs=0.1)
    assert (fault.start_seconds, fault.end_seconds) == pytest.approx((9.6, 10.6), abs=0.3)


@pytest.mark.parametrize("kind", ["webm", "ogg"])
def test_a_packet_that_is_none_is_told(kind: str, tmp_path: Path) -> None:
    """It is silence as long as a packet, and what follows is not early; FFmpeg leaves it out of WebM."""
    data = coded([(TONE, 0.0)], *_KINDS[kind])
    parser = WebmParser() if kind == "webm" else OggParser()
    packets = [event.data for event in parser.feed(data) if isinstance(event, CodedPacket)]
    for number in (100, 101, 200):
        at = data.index(packets[number])
        data = data[:at] + b"\xff" * len(packets[number]) + data[at + len(packets[number]) :]
    pcm, faults = read(tmp_path / "upload", data)
    assert len(pcm) / SAMPLE_RATE == pytest.approx(6.0, abs=0.005)
    assert {fault.code for fault in faults} <= {"audio_damaged", "audio_absent"}
    assert any(fault.start_seconds < 2.04 and fault.end_seconds > 2.0 for fault in faults)
