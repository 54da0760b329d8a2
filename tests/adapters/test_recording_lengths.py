"""Headers that tell a wrong length, and files that break off."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from assistant.adapters.recording_file import open_recording
from assistant.core.errors import RecordingCorrupt, RecordingWithoutAudio
from assistant.core.speech.audio import SAMPLE_RATE
from tests.coded_recordings import SPEECH, TONE, coded, loudness, read

_SECONDS = 12
_LENGTHS: dict[str, tuple[bytes, int, str, int]] = {
    "aiff": (b"SSND", 4, ">I", 0xFFFFFFFF),
    "au": (b".snd", 8, ">I", 0xFFFFFFFF),
    "caf": (b"data\0", 4, ">Q", (1 << 64) - 1),
    "w64": (b"data\xf3\xac", 16, "<Q", (1 << 63) - 1),
    "RF64": (b"ds64", 16, "<Q", (1 << 64) - 1),
    "flac": (b"fLaC", 18, ">Q", 0),
    "mp3": (b"Info", 12, ">I", 0xFFFFFFFF),
    "elst": (b"elst", 12, ">I", 0xFFFFFFFF),
    "mdhd": (b"mdhd", 20, ">I", 0xFFFFFFFF),
    "mvhd": (b"mvhd", 20, ">I", 0xFFFFFFFF),
    "stts": (b"stts", 12, ">I", 0xFFFFFF),
    "strh": (b"strh", 40, "<I", 0xFFFFFFFF),
    "movi": (b"movi", -4, "<I", 0xFFFFFFFF),
    "avi": (b"RIFF", 4, "<I", 0xFFFFFFFF),
}
"""By what stands before a length, where it stands, its form and what stands for an unknown one."""

_CODERS = {
    "wav": ("wav", "pcm_s16le"),
    "aiff": ("aiff", "pcm_s16be"),
    "au": ("au", "pcm_s16be"),
    "caf": ("caf", "pcm_s16le"),
    "w64": ("w64", "pcm_s16le"),
    "RF64": ("wav", "pcm_s16le"),
    "flac": ("flac", "flac"),
    "mp3": ("mp3", "libmp3lame"),
    "elst": ("mp4", "aac"),
    "mdhd": ("mp4", "aac"),
    "mvhd": ("mp4", "aac"),
    "stts": ("mp4", "aac"),
    "strh": ("avi", "libmp3lame"),
    "movi": ("avi", "pcm_s16le"),
    "avi": ("avi", "libmp3lame"),
    "ogg": ("ogg", "libopus"),
    "ogg of FLAC": ("ogg", "flac"),
    "webm": ("webm", "libopus"),
    "webm, live": ("webm", "libopus"),
    "mkv": ("matroska", "aac"),
    "mkv of PCM": ("matroska", "pcm_s16le"),
    "mp4": ("mp4", "aac"),
    "mp4 of fragments": ("mp4", "aac"),
    "mov": ("mov", "pcm_s16le"),
    "m4a, lossless": ("ipod", "alac"),
    "mp3 without a length": ("mp3", "libmp3lame"),
    "aac": ("adts", "aac"),
    "ac3": ("ac3", "ac3"),
    "eac3": ("eac3", "eac3"),
    "mp2": ("mp2", "mp2"),
    "amr": ("amr", "libopencore_amrnb"),
    "3gp": ("3gp", "libopencore_amrnb"),
    "transport stream": ("mpegts", "aac"),
    "program stream": ("mpeg", "mp2"),
    "flv": ("flv", "aac"),
}
_OPTIONS = {
    "RF64": {"rf64": "always"},
    "webm, live": {"live": "1"},
    "mp3 without a length": {"write_xing": "0"},
    "mp4 of fragments": {"movflags": "empty_moov+default_base_moof", "frag_duration": "200000"},
}


@cache
def _made(kind: str) -> bytes:
    container, codec = _CODERS[kind]
    sound = np.concatenate([TONE, SPEECH[: 6 * SAMPLE_RATE]])
    rate = 8_000 if "amr" in codec else 48_000
    return coded([(sound, 0.0)], container, codec, rate=rate, options=_OPTIONS.get(kind))


def _lying(kind: str, lie: str) -> bytes:
    data = _made(kind)
    mark, behind, form, unknown = _LENGTHS[kind]
    at = data.index(mark) + behind
    (told,) = struct.unpack_from(form, data, at)
    if kind == "flac":  # of 64 bits the last 36 are the length
        samples = {"half": _SECONDS * 24_000, "zero": 0, "unknown": (1 << 36) - 1}[lie]
        told = told >> 36 << 36 | samples
    else:
        told = {"half": told // 2, "zero": 0, "unknown": unknown}[lie]
    return data[:at] + struct.pack(form, told) + data[at + struct.calcsize(form) :]


@pytest.mark.parametrize("kind", _LENGTHS)
@pytest.mark.parametrize("lie", ["half", "zero", "unknown"])
def test_what_a_header_says_ends_nothing(kind: str, lie: str, tmp_path: Path) -> None:
    """Half, nothing, or that it is not known: all there is is heard, and none of it is called missing."""
    pcm, faults = read(tmp_path / "upload", _lying(kind, lie))
    assert len(pcm) / SAMPLE_RATE == pytest.approx(_SECONDS, abs=0.1)
    assert loudness(pcm, 1.0, 5.5) > 5_000
    assert loudness(pcm, 10.0, 11.8) > 500
    assert faults == ()


def test_both_lengths_of_an_aiff_file_may_lie(tmp_path: Path) -> None:
    """That of the chunk, and the number of samples before it."""
    for told in (0, _SECONDS * 24_000, 0xFFFFFFFF):
        data = _lying("aiff", "half")
        at = data.index(b"COMM") + 10
        pcm, faults = read(tmp_path / "upload", data[:at] + struct.pack(">I", told) + data[at + 4 :])
        assert len(pcm) / SAMPLE_RATE == pytest.approx(_SECONDS, abs=0.01)
        assert faults == ()


def test_a_movie_that_was_cut_stays_so(tmp_path: Path) -> None:
    """Its lengths agree with each other."""
    data = _lying("elst", "half")
    at = data.index(b"tkhd") + 24
    (told,) = struct.unpack_from(">I", data, at)
    pcm, _ = read(tmp_path / "upload", data[:at] + struct.pack(">I", told // 2) + data[at + 4 :])
    assert len(pcm) / SAMPLE_RATE == pytest.approx(_SECONDS / 2, abs=0.1)


@pytest.mark.parametrize("kind", _CODERS)
def test_whole_files_lack_nothing(kind: str, tmp_path: Path) -> None:
    """Of each kind."""
    pcm, faults = read(tmp_path / "upload", _made(kind))
    assert len(pcm) / SAMPLE_RATE == pytest.approx(_SECONDS, abs=0.1)
    assert faults == ()


_NEEDS_ITS_END = ("elst", "mdhd", "mvhd", "stts", "mp4", "mov", "3gp", "m4a, lossless")
"""Without the index behind the sound nothing can be decoded."""


@pytest.mark.parametrize("kind", [kind for kind in _CODERS if kind not in _NEEDS_ITS_END])
def test_files_that_break_off_say_so(kind: str, tmp_path: Path) -> None:
    """All that is there is heard, and where it ends is named; how long it was where the file knows that."""
    whole = _made(kind)
    cut = len(whole) * 7 // 10 | 1  # pieces of a constant length have an even one
    pcm, faults = read(tmp_path / "upload", whole[:cut])
    seconds = len(pcm) / SAMPLE_RATE
    assert 6.5 < seconds < 11
    assert loudness(pcm, 1.0, 5.5) > 4_000
    ends = [fault for fault in faults if fault.end_seconds >= seconds - 0.1]
    assert ends
    assert all(fault.start_seconds == pytest.approx(seconds, abs=0.3) for fault in ends)
    told = {fault.code for fault in faults}
    if "recording_breaks_off" not in told:
        assert ends[-1].end_seconds == pytest.approx(_SECONDS, abs=0.2)


def _odd() -> Iterator[tuple[str, bytes]]:
    yield "Ogg, chained", _made("ogg") * 2
    yield "Ogg with zeroes behind it", _made("ogg") + bytes(700)
    yield "MP3 with a title behind it", _made("mp3") + b"TAG" + bytes(125)
    yield "AAC with a title before it", b"ID3\x04\0\0\0\0\x02\0" + bytes(256) + _made("aac")
    aac = _made("aac")
    yield "AAC up to the end of a piece", aac[: aac.rindex(aac[:3])]
    stream = _made("transport stream")
    yield "a transport stream from its middle", stream[188 * 40 : 188 * 41 * 20]


@pytest.mark.parametrize(("kind", "data"), [pytest.param(*odd, id=odd[0]) for odd in _odd()])
def test_odd_files_that_are_whole_lack_nothing(kind: str, data: bytes, tmp_path: Path) -> None:
    """Or do not know of it."""
    _, faults = read(tmp_path / "upload", data)
    assert faults == (), kind


def test_a_hole_in_an_adts_file_is_told_and_lasts(tmp_path: Path) -> None:
    """FFmpeg steps over zeroes without a word."""
    data = coded([(np.concatenate([TONE, SPEECH, TONE]), 0.0)], "adts", "aac")
    at, hole = len(data) // 2, len(data) // 20
    pcm, (fault,) = read(tmp_path / "upload", data[:at] + bytes(hole) + data[at + hole :])
    assert len(pcm) / SAMPLE_RATE == pytest.approx(23.0, abs=0.3)
    assert fault.code == "audio_damaged"
    assert fault.end_seconds - fault.start_seconds == pytest.approx(23 / 20, abs=0.35)
    pcm, (fault,) = read(tmp_path / "upload", data[:at] + bytes(len(data) - at))
    assert fault.code == "audio_damaged"
    assert fault.end_seconds == pytest.approx(23.0, abs=0.7)


def test_speech_that_a_telephone_marks_as_bad_is_told(tmp_path: Path) -> None:
    """Zeroes in AMR are packets of speech that say that they are damaged."""
    data = _made("amr")
    at = len(data) // 2
    _, faults = read(tmp_path / "upload", data[:at] + bytes(200) + data[at + 200 :])
    assert [fault.code for fault in faults] == ["audio_damaged"]


def test_sound_of_hardly_any_length_is_none(tmp_path: Path) -> None:
    """One sample at 48 kHz makes none at 16 kHz."""
    data = _made("wav")
    (tmp_path / "upload").write_bytes(data[: data.index(b"data") + 10])
    with pytest.raises((RecordingCorrupt, RecordingWithoutAudio)):
        open_recording(tmp_path / "upload")
