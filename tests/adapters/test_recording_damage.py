"""Recordings that change, are damaged, have gaps or several tracks, or lie about their length."""

from __future__ import annotations

import io
import struct
import wave
from pathlib import Path

import numpy as np
import pytest

from assistant.adapters.coded_packets import CodedPacket
from assistant.adapters.media_opening import opened_media
from assistant.adapters.ogg_parser import OggParser
from assistant.adapters.recording_file import open_recording
from assistant.adapters.recording_packets import packets_of
from assistant.adapters.webm_parser import WebmParser
from assistant.core.errors import RecordingCorrupt, RecordingWithoutAudio
from assistant.core.speech.audio import SAMPLE_RATE, Pcm
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


@pytest.mark.parametrize("codec", ["aac", "mp2"])
@pytest.mark.parametrize(
    "options", [{}, {"mpegts_start_pid": "512"}, {"mpegts_start_pid": "512", "mpegts_pmt_start_pid": "4608"}]
)
def test_transport_streams_behind_each_other_are_all_read(
    codec: str, options: dict[str, str], tmp_path: Path
) -> None:
    """Each recorder numbers what is in its stream in its own way."""
    first = coded([(SPEECH, 0.0)], "mpegts", "aac")
    second = coded([(TONE, 0.0)], "mpegts", codec, rate=44_100, layout="stereo", options=options)
    pcm, faults = read(tmp_path / "upload", first + second + first)
    assert len(pcm) / SAMPLE_RATE == pytest.approx(28.0, abs=0.2)
    assert loudness(pcm, 12.0, 16.0) > 3_000
    assert loudness(pcm, 19.0, 26.0) > 2_000
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
    assert len(faults) == 1


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
    """A late start and a gap are silence, and what follows is not early; both are told."""
    data = coded([(np.concatenate([TONE, TONE]), 5.0)], kind, codec, without=lambda at: 7.0 <= at < 14.0)
    pcm, faults = read(tmp_path / "upload", data)
    assert starts_at(pcm) == pytest.approx(5.0, abs=0.1)
    assert loudness(pcm, 5.3, 6.8) > 5_000
    assert loudness(pcm, 7.3, 13.7) < 50
    assert loudness(pcm, 14.3, 16.7) > 5_000
    assert len(pcm) / SAMPLE_RATE == pytest.approx(17.0, abs=0.15)
    assert [(fault.code, round(fault.start_seconds), round(fault.end_seconds)) for fault in faults] == [
        ("audio_absent", 0, 5),
        ("audio_absent", 7, 14),
    ]


def test_sound_that_begins_later_than_another_track_lacks_nothing(tmp_path: Path) -> None:
    """Who comes later has a track of their own from then on."""
    data = coded([(TONE, 0.0), (TONE, 3.0)], "matroska", "aac")
    pcm, faults = read(tmp_path / "upload", data)
    assert len(pcm) / SAMPLE_RATE == pytest.approx(9.0, abs=0.1)
    assert faults == ()


@pytest.mark.parametrize(
    ("kind", "codec"), [("webm", "libopus"), ("matroska", "aac"), ("ogg", "libopus"), ("ogg", "flac")]
)
def test_first_words_that_are_damaged_are_told(kind: str, codec: str, tmp_path: Path) -> None:
    """The first page, or the head of the first cluster, is lost as any other is."""
    data = bytearray(coded([(np.concatenate([TONE, TONE]), 0.0)], kind, codec))
    at = data.index(b"\x1f\x43\xb6\x75") + 4 if kind != "ogg" else 2_000
    data[at : at + 40] = np.random.default_rng(5).bytes(40)
    pcm, faults = read(tmp_path / "upload", bytes(data))
    assert starts_at(pcm) > 0.5
    assert len(pcm) / SAMPLE_RATE == pytest.approx(12.0, abs=0.1)
    (fault,) = faults
    assert fault.start_seconds < 0.1
    assert fault.end_seconds == pytest.approx(starts_at(pcm), abs=0.1)


@pytest.mark.parametrize(("kind", "codec"), [("webm", "libopus"), ("matroska", "aac")])
@pytest.mark.parametrize("tracks", [1, 2])
@pytest.mark.parametrize("noise", [True, False])
def test_a_first_cluster_that_is_destroyed_adds_no_track(
    kind: str, codec: str, tracks: int, *, noise: bool, tmp_path: Path
) -> None:
    """FFmpeg reads the head of the file once more behind it, and takes its tracks for further ones."""
    data = coded([(np.concatenate([TONE, TONE]), 0.0)] * tracks, kind, codec)
    first, second, *_ = [at for at in range(len(data)) if data.startswith(b"\x1f\x43\xb6\x75", at)]
    lost = np.random.default_rng(3).bytes(second - first) if noise else bytes(second - first)
    pcm, faults = read(tmp_path / "upload", data[:first] + lost + data[second:], by_channel=True)
    assert pcm.shape[1] == tracks
    assert len(pcm) / SAMPLE_RATE == pytest.approx(12.0, abs=0.1)
    assert {fault.code for fault in faults} <= {"audio_absent", "audio_damaged"}
    assert {fault.track for fault in faults} == ({1, 2} if tracks == 2 else {0})


def _waves(pcm: Pcm) -> bytes:
    """Return a WAV file of samples shaped (samples, channels)."""
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setparams((pcm.shape[1], 2, SAMPLE_RATE, 0, "NONE", ""))
        file.writeframes(pcm.tobytes())
    return target.getvalue()


@pytest.mark.parametrize("count", [2, 3, 6, 8])
def test_channels_stay_apart(count: int, tmp_path: Path) -> None:
    """As many as there are; of recordings behind each other that have fewer the others are silent."""
    many = np.zeros((SAMPLE_RATE * count, count), dtype=np.int16)
    for number in range(count):
        many[number * SAMPLE_RATE : (number + 1) * SAMPLE_RATE, number] = TONE[:SAMPLE_RATE]
    pcm, faults = read(tmp_path / "upload", _waves(many), by_channel=True)
    assert np.array_equal(pcm, many)
    assert faults == ()
    pcm, _ = read(tmp_path / "upload", _waves(many) + _waves(many[:, :2]), by_channel=True)
    assert np.array_equal(pcm[len(many) :, :2], many[:, :2])
    assert not pcm[len(many) :, 2:].any()
    pcm, _ = read(tmp_path / "upload", _waves(many), by_channel=False)
    assert pcm.shape == (len(many), 1)


@pytest.mark.parametrize(
    ("kind", "codec"),
    [("webm", "libopus"), ("matroska", "aac"), ("matroska", "libmp3lame"), ("mpegts", "aac")],
)
def test_a_short_gap_behind_sound_is_told(kind: str, codec: str, tmp_path: Path) -> None:
    """A word is in three tenths of a second; nobody pauses in the middle of one."""
    data = coded([(TONE, 0.0)], kind, codec, without=lambda at: 2.0 <= at < 2.3)
    _, faults = read(tmp_path / "upload", data)
    (fault,) = faults
    assert fault.start_seconds == pytest.approx(2.0, abs=0.1)
    assert fault.end_seconds == pytest.approx(2.3, abs=0.1)


def test_pauses_that_a_coder_leaves_out_are_no_loss(tmp_path: Path) -> None:
    """Opus sends a packet each 0.4 s while nobody speaks."""
    pcm = np.concatenate([TONE, np.zeros_like(TONE), TONE])
    data = coded(
        [(pcm, 0.0)], "webm", "libopus", without=lambda at: 6.5 <= at < 11.5 and round(at * 50) % 20 != 0
    )
    heard, faults = read(tmp_path / "upload", data)
    assert faults == ()
    assert len(heard) / SAMPLE_RATE == pytest.approx(18.0, abs=0.1)


def test_a_lost_page_of_flac_in_ogg_shifts_nothing(tmp_path: Path) -> None:
    """Its frames tell their place, also on the page behind the lost one, and on the last page."""
    data = bytearray(coded([(np.concatenate([SPEECH, TONE]), 0.0)], "ogg", "flac", rate=16_000))
    pages = [at for at in range(len(data)) if data.startswith(b"OggS", at)]
    for page in (pages[6], pages[-2]):
        data[page + 100 : page + 140] = bytes(40)
    pcm, faults = read(tmp_path / "upload", bytes(data))
    assert len(pcm) / SAMPLE_RATE == pytest.approx(17.0, abs=0.01)
    assert [fault.code for fault in faults] == ["audio_damaged"] * 2
    whole = np.concatenate([SPEECH, TONE]).reshape(-1)
    differs = np.flatnonzero(pcm.reshape(-1) != whole) / SAMPLE_RATE
    assert len(differs) > SAMPLE_RATE
    # A frame whose end was on the lost page is not all there either.
    assert all(
        any(fault.start_seconds - 0.08 <= at <= fault.end_seconds for fault in faults)
        for at in differs[::160]
    )


@pytest.mark.parametrize(("at", "length"), [(0, 4), (20, 30), (40, 40), (0, 60), (60, 600)])
def test_heads_of_opus_that_are_damaged_cost_no_more_than_themselves(
    at: int, length: int, tmp_path: Path
) -> None:
    """The first two pages of a file in Ogg hold no sound; each packet says itself how it is made."""
    data = bytearray(coded([(np.concatenate([TONE, TONE]), 0.0)], "ogg", "libopus"))
    data[at : at + length] = np.random.default_rng(5).bytes(length)
    pcm, faults = read(tmp_path / "upload", bytes(data))
    assert len(pcm) / SAMPLE_RATE == pytest.approx(12.0, abs=0.1)
    assert loudness(pcm, 1.2, 11.8) > 5_000
    assert len(faults) == (length == 600)


def test_zeros_are_no_packet_of_opus(tmp_path: Path) -> None:
    """What a disk did not write is told, though the decoder takes it."""
    data = bytearray(coded([(TONE, 0.0)], "mp4", "libopus", options={"movflags": "faststart"}))
    at = len(data) // 2
    data[at : at + 6_000] = bytes(6_000)
    _, faults = read(tmp_path / "upload", bytes(data))
    (fault,) = faults
    assert fault.code == "audio_damaged"
    assert fault.end_seconds - fault.start_seconds > 0.3


def test_a_track_that_appears_on_the_way_ends_nothing(tmp_path: Path) -> None:
    """Damage can look like one, in kinds of files whose heads do not say what is in them."""
    path = tmp_path / "upload"
    other = {"mpegts_start_pid": "512", "mpegts_pmt_start_pid": "4608"}
    first = coded([(TONE, 0.0)], "mpegts", "aac")
    path.write_bytes(first + coded([(TONE, 0.0)], "mpegts", "aac", options=other) + first)
    with opened_media(path) as (container, stream):
        assert stream is not None
        packets = list(packets_of(container, stream))
    assert None in packets
    seconds = sum(packet.duration or 0 for packet in packets if packet) * (stream.time_base or 0)
    assert float(seconds) == pytest.approx(12.0, abs=0.3)


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


@pytest.mark.parametrize("channels", [3, 4, 6, 12])
def test_every_channel_is_heard(channels: int, tmp_path: Path) -> None:
    """Also one that a film would have for its bass, and two that are each other's opposite."""
    for number in range(channels):
        wide = np.zeros((len(TONE), channels), dtype="<i2")
        wide[:, number] = TONE
        pcm, faults = read(tmp_path / "upload", _wave(wide))
        assert loudness(pcm, 1.0, 5.0) > 5_000 / channels
        assert faults == ()
    wide = np.zeros((len(TONE), channels), dtype="<i2")
    wide[:, 0], wide[:, 1] = TONE, -TONE
    pcm, _ = read(tmp_path / "upload", _wave(wide))
    assert loudness(pcm, 1.0, 5.0) > 5_000 / channels


def _wave(wide: np.ndarray) -> bytes:
    """Return a WAV file that does not say what its channels are for."""
    channels, frame_bytes = wide.shape[1], 2 * wide.shape[1]
    form = struct.pack("<HHIIHH", 1, channels, SAMPLE_RATE, SAMPLE_RATE * frame_bytes, frame_bytes, 16)
    sound = wide.tobytes()
    head = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(sound))
    return b"RIFF" + struct.pack("<I", len(head) + len(sound)) + head + sound


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


def test_an_index_that_is_cut_off_is_damage(tmp_path: Path) -> None:
    """Where neither sound nor pictures can be found, nobody knows that there is no sound."""
    movie = coded([(TONE, 0.0)], "mp4", "aac", rate=16_000)
    at = movie.index(b"trak") + 4
    for cut in (movie[:at], movie[:at] + bytes(len(movie) - at)):
        (tmp_path / "upload").write_bytes(cut)
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
