"""MP4 files that lost bytes, or into which others came: all that can be decoded is, at its time."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from assistant.adapters.recording_repairs import mended_parts
from assistant.core.recording_faults import RecordingFault
from assistant.core.speech.audio import SAMPLE_RATE, Pcm
from tests.coded_recordings import SPEECH, TONE, coded, loudness, read

_SOUND = np.concatenate([SPEECH, TONE, SPEECH, TONE])
_SECONDS = len(_SOUND) / SAMPLE_RATE
_FRAGMENTS = {"movflags": "empty_moov+default_base_moof", "frag_duration": "200000"}
_KINDS: dict[str, tuple[str, str, dict[str, str]]] = {
    "index behind": ("mp4", "aac", {}),
    "index in front": ("mp4", "aac", {"movflags": "faststart"}),
    "lossless": ("ipod", "alac", {}),
    "any bytes sound": ("mp4", "libopus", {}),
    "decoders seek its mark": ("mp4", "ac3", {}),
    "fragments": ("mp4", "aac", _FRAGMENTS),
    "fragments with places": ("mp4", "aac", _FRAGMENTS | {"movflags": "empty_moov"}),
}


def _made(kind: str) -> bytes:
    if kind.startswith("table"):
        data = coded([(_SOUND, 0.0)], "caf", "alac")
        sound, table = data.index(b"data"), data.rindex(b"pakt")
        return data if kind == "table behind" else data[:sound] + data[table:] + data[sound:table]
    container, codec, options = _KINDS[kind]
    return coded([(_SOUND, 0.0)], container, codec, options=options)


def _check(pcm: Pcm, faults: tuple[RecordingFault, ...], lost: float) -> None:
    """Check that all but so many seconds is heard at its time, and that the rest is told."""
    assert len(pcm) / SAMPLE_RATE == pytest.approx(_SECONDS, abs=0.1)
    heard = [
        (loudness(pcm, tenth / 10, tenth / 10 + 0.1), loudness(_SOUND[:, None], tenth / 10, tenth / 10 + 0.1))
        for tenth in range(10, round(_SECONDS * 10) - 2)
    ]
    assert sum(now < 0.2 * was for now, was in heard) / 10 <= lost
    (fault,) = faults
    assert fault.code == "audio_damaged"
    assert fault.end_seconds - fault.start_seconds <= lost + 0.1


@pytest.mark.parametrize("kind", [*_KINDS, "table behind", "table in front"])
@pytest.mark.parametrize("share", [0.3, 0.7])
@pytest.mark.parametrize("change", ["lost", "a few lost", "more"])
def test_what_lies_behind_lost_or_strange_bytes_is_read(
    kind: str, share: float, change: str, tmp_path: Path
) -> None:
    """Wherever the index lies, and whatever the sizes of boxes say."""
    data = _made(kind)
    at = round(len(data) * share)
    lost = {"lost": len(data) // 34, "a few lost": 301, "more": 0}[change]
    more = np.random.default_rng(2).bytes(3_000) if change == "more" else b""
    pcm, faults = read(tmp_path / "upload", data[:at] + more + data[at + lost :])
    _check(pcm, faults, 2.0 if change == "lost" else 0.4)


@pytest.mark.parametrize("kind", ["table behind", "table in front"])
def test_a_table_of_packets_is_found_where_nothing_is_wrong(kind: str, tmp_path: Path) -> None:
    """Wherever it lies; and sound that is cut off is told from sound that lost something."""
    pcm, faults = read(tmp_path / "upload", _made(kind))
    assert loudness(pcm, 0, 34) == pytest.approx(loudness(_SOUND[:, None], 0, 34), rel=0.01)
    assert faults == ()
    if kind == "table in front":
        data = _made(kind)
        _, (fault,) = read(tmp_path / "upload", data[: len(data) * 2 // 3])
        assert fault.start_seconds == pytest.approx(22.4, abs=0.2)


_TABLES: dict[str, tuple[str, dict[str, str]]] = {
    "short fragments": ("mp4", _FRAGMENTS),
    "long fragments": ("mp4", _FRAGMENTS | {"frag_duration": "5000000"}),
    "smooth streaming": ("ismv", {}),
    "smooth streaming in fragments": ("ismv", {"frag_duration": "1000000"}),
}


@pytest.mark.parametrize("kind", _TABLES)
@pytest.mark.parametrize("place", [0.0, 0.5, 0.8])
@pytest.mark.parametrize("beginning", [4, 24, 30])
def test_a_damaged_table_of_a_fragment_costs_no_more_than_that(
    kind: str, place: float, beginning: int, tmp_path: Path
) -> None:
    """Neither what lies behind it nor its time; a fragment that is lost is told of, and no hours are."""
    container, options = _TABLES[kind]
    data = coded([(_SOUND, 0.0)], container, "aac", options=options)
    tables = [at for at in range(len(data)) if data.startswith(b"trun", at)]
    at = tables[int(place * len(tables))] + beginning
    if kind == "smooth streaming" and beginning == 4:
        return  # the only one
    damaged = data[:at] + np.random.default_rng(7).bytes(60) + data[at + 60 :]
    pcm, faults = read(tmp_path / "upload", damaged)
    assert len(pcm) / SAMPLE_RATE == pytest.approx(_SECONDS, abs=0.1)
    length = 5.1 if kind == "long fragments" else 1.1
    assert all(0 <= fault.start_seconds <= fault.end_seconds <= _SECONDS + 0.1 for fault in faults)
    assert 0 < sum(fault.end_seconds - fault.start_seconds for fault in faults) <= length
    tenths = [tenth / 10 for tenth in range(round(_SECONDS * 10) - 2)]
    loud = [at for at in tenths if loudness(_SOUND[:, None], at, at + 0.1) > 50]
    silent = [at for at in loud if loudness(pcm, at, at + 0.1) < 1]
    assert all(any(fault.start_seconds - 0.1 <= at <= fault.end_seconds for fault in faults) for at in silent)


@pytest.mark.parametrize("options", [{}, {"frag_duration": "200000"}])
@pytest.mark.parametrize("change", ["lost", "more"])
@pytest.mark.parametrize("share", [0.3, 0.6])
def test_smooth_streaming_is_read_behind_damage(
    options: dict[str, str], change: str, share: float, tmp_path: Path
) -> None:
    """Whether all of it is one fragment, or each fifth of a second; each tells its time in its own way."""
    data = coded([(_SOUND, 0.0)], "ismv", "aac", options=options)
    at, lost = round(len(data) * share), 3_000 * (change == "lost")
    more = np.random.default_rng(2).bytes(3_000 - lost)
    pcm, faults = read(tmp_path / "upload", data[:at] + more + data[at + lost :])
    _check(pcm, faults, 0.7)


def test_zeroes_over_whole_fragments_cost_no_more_than_those(tmp_path: Path) -> None:
    """The sizes of boxes lead into them, and nowhere."""
    data = _made("fragments")
    at, hole = len(data) // 2, len(data) // 34
    pcm, faults = read(tmp_path / "upload", data[:at] + bytes(hole) + data[at + hole :])
    _check(pcm, faults, 1.4)


@pytest.mark.parametrize("kind", _KINDS)
def test_files_that_are_whole_are_read_as_they_are(kind: str, tmp_path: Path) -> None:
    """Also with something behind the last box."""
    for behind in (b"", bytes(500), b"\0\0\0\x10freeabcdefgh"):
        (tmp_path / "upload").write_bytes(_made(kind) + behind)
        (part,) = mended_parts(tmp_path / "upload")
        assert all(edit.at_bytes >= part.end_bytes - len(behind) for edit in part.edits)
    assert read(tmp_path / "upload", _made(kind))[1] == ()


@pytest.mark.parametrize("kind", ["fragments", "index behind"])
def test_boxes_that_nobody_knows_are_stepped_over(kind: str, tmp_path: Path) -> None:
    """Between any two others, and so are four bytes that are no box."""
    data, places, at = _made(kind), list[int](), 0
    while at < len(data):
        at += int.from_bytes(data[at : at + 4], "big")
        places.append(at)
    # Before the sound of a file, or of a fragment, what is put in moves it to where no index says it is.
    behind = 0 if kind == "fragments" else data.index(b"mdat")
    for place in [place for place in places if place > behind and data[place + 4 : place + 8] != b"mdat"][:5]:
        for box in (b"\0\0\0\x10abcdefghijkl", b"\0\0\0\x02"):
            pcm, faults = read(tmp_path / "upload", data[:place] + box + data[place:])
            assert len(pcm) / SAMPLE_RATE == pytest.approx(_SECONDS, abs=0.1)
            assert loudness(pcm, 28.3, 33.7) > 5_000
            assert faults == ()


def test_a_file_that_was_cut_off_is_told_from_one_that_lost_bytes(tmp_path: Path) -> None:
    """Its end is missing, and nothing before that."""
    data = _made("index in front")
    pcm, (fault,) = read(tmp_path / "upload", data[: len(data) * 2 // 3])
    assert fault.code == "recording_ends_early"
    assert len(pcm) / SAMPLE_RATE == pytest.approx(fault.start_seconds, abs=0.1)
    assert fault.end_seconds == pytest.approx(_SECONDS, abs=0.1)


@pytest.mark.parametrize("number", [0, 1, 60])
@pytest.mark.parametrize("seconds", [0, 20, 2_000])
def test_a_damaged_time_of_a_fragment_moves_nothing_else(number: int, seconds: int, tmp_path: Path) -> None:
    """It is ahead, or back, and what follows is not."""
    data = _made("fragments")
    at = -1
    for _ in range(number + 1):
        at = data.index(b"tfdt", at + 1)
    assert data[at + 4] == 1
    pcm, faults = read(
        tmp_path / "upload", data[: at + 8] + struct.pack(">Q", seconds * 48_000) + data[at + 16 :]
    )
    assert len(pcm) / SAMPLE_RATE == pytest.approx(_SECONDS, abs=0.1)
    assert loudness(pcm, 11.3, 16.7) > 5_000
    assert loudness(pcm, 28.3, 33.7) > 5_000
    # What FFmpeg does not give of the fragment is told.
    assert sum(fault.end_seconds - fault.start_seconds for fault in faults) < 0.3


@pytest.mark.parametrize("length", ["1000000", "60000000"])
def test_pauses_in_fragments_are_no_damage(length: str, tmp_path: Path) -> None:
    """Opus sends a packet each 0.4 s while nobody speaks, and the table says so: it is read as it is."""
    options = {"movflags": "empty_moov+default_base_moof", "frag_duration": length}
    data = coded(
        [(_SOUND, 0.0)],
        "mp4",
        "libopus",
        options=options,
        without=lambda at: at % 5 > 2 and round(at * 50) % 20 != 0,
    )
    (tmp_path / "upload").write_bytes(data)
    (part,) = mended_parts(tmp_path / "upload")
    assert part.edits == ()
