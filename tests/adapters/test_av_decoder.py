"""Decoding of raw PCM and of what browsers record, against one-shot decoding with FFmpeg."""

from __future__ import annotations

import io
import re

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.adapters.av_decoder import PcmDecoder, RecorderDecoder, create_decoder
from assistant.adapters.coded_packets import CodedPacket, Gaps, opus_seconds
from assistant.core.errors import (
    AssistantError,
    AudioMalformed,
    ChannelsInvalid,
    EncodingUnknown,
    SampleRateInvalid,
)
from tests.recorder_bytes import (
    GAP_AT_SECONDS,
    alike,
    cut,
    damaged,
    decode,
    read_whole,
    recording,
    shift_seconds,
    speech,
)

_PACKET_SAMPLES = 320
"""20 ms: what a last packet may be padded with."""

_FILTER_SAMPLES = 32
"""How far the resampler looks ahead: where the whole ends sooner, its last samples differ."""


@pytest.mark.parametrize("container", ["webm", "ogg"])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("largest", [7, 900, 100_000])
def test_opus_in_pieces_equals_the_whole(container: str, channels: int, largest: int) -> None:
    """However a recording is cut on its way, the samples are those of one-shot decoding."""
    data = recording(container, channels)
    whole = read_whole(io.BytesIO(data))
    heard = decode(RecorderDecoder(), cut(data, np.random.default_rng(largest), largest))
    assert 0 <= len(heard) - len(whole) <= _PACKET_SAMPLES
    compared = len(whole) - _FILTER_SAMPLES
    assert np.abs(heard[:compared].astype(int) - whole[:compared]).max() <= 4


def test_opus_of_a_finished_webm_file_is_read() -> None:
    """A file with sizes, seek heads and cues gives the same samples as a live recording."""
    finished = decode(RecorderDecoder(), [recording("webm", options=())])
    live = decode(RecorderDecoder(), [recording("webm")])
    assert np.array_equal(finished, live)


@pytest.mark.parametrize("container", ["webm", "ogg"])
def test_opus_follows_its_bytes_closely(container: str) -> None:
    """Half of a recording's bytes give half of its samples, without waiting for more."""
    decoder = RecorderDecoder()
    data = recording(container)
    packets_ahead = (
        55 * _PACKET_SAMPLES if container == "ogg" else 2 * _PACKET_SAMPLES
    )  # FFmpeg fills Ogg pages
    total = len(speech())
    heard = 0
    for start in range(0, len(data), 500):
        heard += len(decoder.feed(data[start : start + 500]))
    assert total - packets_ahead <= heard <= total + _PACKET_SAMPLES


def test_webm_packets_come_out_when_their_last_byte_is_in() -> None:
    """Each block of a live WebM recording is decoded at once: no piece but the first stays silent."""
    data = recording("webm")
    decoder = RecorderDecoder()
    decoder.feed(data[:2_000])
    gains = [
        len(decoder.feed(data[start : start + 1_000])) for start in range(2_000, len(data) - 1_000, 1_000)
    ]
    assert min(gains) > 0


@pytest.mark.parametrize("container", ["webm", "ogg"])
def test_a_recorder_may_start_again_on_one_connection(container: str) -> None:
    """Two recordings one after the other are heard one after the other."""
    data = recording(container)
    once = decode(RecorderDecoder(), [data])
    twice = decode(RecorderDecoder(), [data, data])
    assert abs(len(twice) - 2 * len(once)) <= 2
    assert np.array_equal(twice[: len(once) - 100], once[:-100])


@pytest.mark.parametrize("container", ["webm", "ogg"])
@pytest.mark.parametrize("gap_seconds", [0.3, 1.0, 20.0])
@pytest.mark.parametrize("start_seconds", [0.0, 7.0])
def test_what_is_missing_by_the_time_codes_is_silence(
    container: str, gap_seconds: float, start_seconds: float
) -> None:
    """Words behind a gap keep their time; where the time codes begin does not matter."""
    whole = decode(RecorderDecoder(), [recording(container)])
    data = recording(container, gap_seconds=gap_seconds, start_seconds=start_seconds)
    heard = decode(RecorderDecoder(), cut(data, np.random.default_rng(1), 700))
    gap = round(gap_seconds * 16_000)
    assert abs(len(heard) - len(whole) - gap) <= 32
    at = round(GAP_AT_SECONDS * 16_000)
    behind = at + 16_000  # FFmpeg fills pages of Ogg with a second, and begins the gap with one
    assert np.array_equal(heard[: at - 16_000], whole[: at - 16_000])
    offsets = range(gap - 32, gap + 33)
    assert any(
        np.array_equal(heard[behind + offset :][:32_000], whole[behind:][:32_000]) for offset in offsets
    )


@pytest.mark.parametrize("container", ["webm", "ogg"])
@pytest.mark.parametrize("gap_seconds", [0.08, 3_600.0, 1e5])
def test_a_clock_that_runs_apart_or_was_set_is_no_gap(container: str, gap_seconds: float) -> None:
    """Nothing is put into the audio for a jitter, nor hours of silence for a leap."""
    heard = decode(RecorderDecoder(), [recording(container, gap_seconds=gap_seconds)])
    assert np.array_equal(heard, decode(RecorderDecoder(), [recording(container)]))


def test_gaps_cannot_fill_a_disk() -> None:
    """A few bytes in each gap: what is put in stays in proportion to what came."""
    gaps = Gaps()
    packets = [CodedPacket(b"\xfc\xff", 0.02, 29.0 * number) for number in range(1_000)]
    filled = sum(gaps.before(packet, packet.seconds, damaged=False) for packet in packets)
    assert 29.0 < filled <= 0.02 * len(packets) + 60.0


@pytest.mark.parametrize(
    ("packet", "seconds"),
    [
        (b"\x08", 0.02),
        (b"\x18", 0.06),
        (b"\x60", 0.01),
        (b"\x68", 0.02),
        (b"\x80", 0.0025),
        (b"\x98", 0.02),
        (b"\x99", 0.04),
        (b"\x9a", 0.04),
        (b"\x9b\x06", 0.12),
        (b"\x9b", 0.0),
        (b"\xff\xff", 0.0),
    ],
)
def test_a_packet_says_how_long_it_is(packet: bytes, seconds: float) -> None:
    """By the table of RFC 6716, for each mode and number of frames."""
    assert opus_seconds(packet) == pytest.approx(seconds)


@pytest.mark.parametrize("container", ["webm", "ogg"])
def test_a_truncated_recording_gives_what_there_is(container: str) -> None:
    """Bytes that end anywhere are no error; what was complete is heard."""
    data = recording(container)
    for end in (0, 1, 3, 40, 300, len(data) // 2, len(data) - 1):
        heard = decode(RecorderDecoder(), [data[:end]])
        assert len(heard) <= len(speech()) + _PACKET_SAMPLES
    assert len(heard) > len(speech()) // 2


@pytest.mark.parametrize(
    "data",
    [
        bytes(range(256)) * 8,
        b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x55" * 2_000,
        b"RIFF\x24\x00\x00\x00WAVEfmt ",
        b"\x00" * 4_000,
        b"<html>not audio</html>",
        # An EBML header that claims to hold 2**56 - 2 bytes.
        b"\x1a\x45\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xfe" + b"a" * 100,
        # A Void element that claims four gibibytes, after a proper header.
        b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff\xec\x01\x00\x00\x01\x00\x00\x00\x00",
        # A block before any track.
        b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff\xa3\x85\x81\x00\x00\x80\xfc",
        # An Ogg page that begins no Opus stream and one that goes on.
        (b"OggS\x00\x02" + b"\x00" * 20 + b"\x01\x07\x01vorbis")
        + (b"OggS\x00\x00" + b"\x00" * 20 + b"\x01\x07\x03vorbis"),
        # OpusHead with nine channels.
        b"OggS\x00\x02" + b"\x00" * 20 + b"\x01\x13OpusHead\x01\x09\x38\x01\x80\xbb\x00\x00\x00\x00\x00",
    ],
    ids=[
        "counting",
        "jpeg",
        "wav",
        "zeros",
        "html",
        "huge-header",
        "huge-void",
        "no-track",
        "vorbis",
        "channels",
    ],
)
def test_garbage_called_opus_is_refused(data: bytes) -> None:
    """Bytes that are no Opus recording raise AudioMalformed, in one piece and byte by byte."""
    with pytest.raises(AudioMalformed):
        decode(RecorderDecoder(), [data])
    with pytest.raises(AudioMalformed):
        decode(RecorderDecoder(), [data[i : i + 1] for i in range(len(data))])


def test_a_webm_without_opus_is_refused() -> None:
    """A WebM recording of another codec names what is missing."""
    data = recording("webm").replace(b"A_OPUS", b"A_FLAC")
    with pytest.raises(AudioMalformed, match="Opus"):
        decode(RecorderDecoder(), [data])


@settings(max_examples=150, deadline=None)
@given(
    container=st.sampled_from(["webm", "ogg"]),
    changes=st.lists(
        st.tuples(st.integers(0, 3_000), st.binary(min_size=0, max_size=6)), min_size=1, max_size=6
    ),
)
def test_damaged_recordings_raise_nothing_else(container: str, changes: list[tuple[int, bytes]]) -> None:
    """Whatever bytes are changed or lost, decoding gives samples or AudioMalformed."""
    data = bytearray(recording(container)[:3_000])
    for at, new in changes:
        data[at : at + 3] = new
    try:
        heard = decode(RecorderDecoder(), [bytes(data[i : i + 700]) for i in range(0, len(data), 700)])
    except AudioMalformed:
        return
    assert heard.dtype == np.int16


def test_pcm_of_the_house_passes_untouched() -> None:
    """16 kHz mono comes out as the same memory that came in."""
    data = speech()[:16_000].tobytes()
    pcm = PcmDecoder(16_000, 1).feed(data)
    assert np.array_equal(pcm, speech()[:16_000])
    assert np.shares_memory(pcm, np.frombuffer(data, np.uint8))


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_pcm_length_is_exact_over_ten_minutes(rate: int, channels: int) -> None:
    """The clock of a long resampled stream does not drift: ten minutes stay ten minutes."""
    rng = np.random.default_rng(rate)
    decoder = PcmDecoder(rate, channels)
    frame_bytes = 2 * channels
    silence = bytes(rate * frame_bytes)
    left, heard = 600 * rate, 0
    while left:
        samples = min(left, int(rng.integers(1, rate)))
        left -= samples
        heard += len(decoder.feed(silence[: samples * frame_bytes]))
    assert abs(heard + len(decoder.finish()) - 600 * 16_000) <= 2


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_pcm_in_pieces_equals_the_whole(rate: int) -> None:
    """Resampling leaves no seams where frames meet, and keeps the pitch."""
    tone = (12_000 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)).astype("<i2").tobytes()
    size = 2 * (rate // 37)
    heard = decode(PcmDecoder(rate, 1), [tone[i : i + size] for i in range(0, len(tone), size)])
    whole = decode(PcmDecoder(rate, 1), [tone])
    assert np.array_equal(heard, whole)
    spectrum = np.abs(np.fft.rfft(heard[:16_000].astype(float)))
    assert int(spectrum.argmax()) == 440


def test_stereo_is_mixed_in_equal_parts() -> None:
    """Both channels are heard: the mix is their mean."""
    left, right = np.full(16_000, 8_000), np.full(16_000, -2_000)
    data = np.column_stack([left, right]).astype("<i2").tobytes()
    heard = decode(PcmDecoder(16_000, 2), [data])
    assert abs(int(np.median(heard)) - 3_000) <= 2


@pytest.mark.parametrize(("rate", "channels"), [(16_000, 1), (16_000, 2), (48_000, 2)])
@pytest.mark.parametrize("size", [1, 2, 3, 641, 4_095])
def test_frames_may_end_within_a_sample(rate: int, channels: int, size: int) -> None:
    """Or between its channels: what is cut off waits for the rest."""
    samples = np.random.default_rng(2).integers(-9_000, 9_000, (6_000, channels)).astype("<i2")
    data = samples.tobytes()
    torn = decode(PcmDecoder(rate, channels), [data[at : at + size] for at in range(0, len(data), size)])
    assert np.array_equal(torn, decode(PcmDecoder(rate, channels), [data]))


@pytest.mark.parametrize("container", ["webm", "ogg"])
def test_packets_that_cannot_be_decoded_are_silence_of_their_length(container: str) -> None:
    """Two in the middle change nothing around them."""
    data, packets = bytearray(recording(container)), _packets(container)
    for number in (150, 300):
        at = data.index(packets[number])
        data[at : at + len(packets[number])] = b"\xff" * len(packets[number])
    heard, whole = decode(RecorderDecoder(), [bytes(data)]), decode(RecorderDecoder(), [recording(container)])
    assert abs(len(heard) - len(whole)) <= 2
    assert np.array_equal(heard[: 145 * _PACKET_SAMPLES], whole[: 145 * _PACKET_SAMPLES])
    assert alike(heard[400 * _PACKET_SAMPLES :], whole[400 * _PACKET_SAMPLES :])


def test_what_never_decodes_is_refused() -> None:
    """A stream of bad packets is no silence."""
    data = bytearray(recording("webm"))
    for packet in _packets("webm"):
        at = data.index(packet)
        data[at : at + len(packet)] = b"\xff" * len(packet)
    with pytest.raises(AudioMalformed):
        decode(RecorderDecoder(), [bytes(data)])


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("container", ["webm", "ogg"])
def test_after_damage_it_goes_on(container: str, seed: int) -> None:
    """Of 600 bytes in the middle: what comes a page or a block later is heard, and the connection stays."""
    source = np.random.default_rng(seed)
    data = bytearray(recording(container))
    at = int(source.integers(len(data) // 4, len(data) // 2))
    data[at : at + 600] = source.bytes(600)
    pieces = [bytes(data[start : start + 700]) for start in range(0, len(data), 700)]
    heard, whole = decode(RecorderDecoder(), pieces), decode(RecorderDecoder(), [recording(container)])
    assert abs(len(heard) - len(whole)) <= 2 * 16_000
    assert alike(heard[-3 * 16_000 :], whole[-3 * 16_000 :])


def with_cluster_times(data: bytes, whole: bytes) -> bytes:
    """Return a recording of WebM whose clusters begin as they did before bytes were flipped."""
    copy = bytearray(data)
    for cluster in re.finditer(rb"\x1f\x43\xb6\x75", whole):
        begin = slice(cluster.start(), cluster.start() + 24)
        copy[begin] = whole[begin]
    return bytes(copy)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(
    container=st.sampled_from(["webm", "ogg"]),
    damage=st.sampled_from(["changed", "lost", "more", "flipped"]),
    place=st.floats(0.1, 0.6),
    length=st.integers(1, 2_500),
    seed=st.integers(0, 1 << 32),
)
def test_words_behind_damage_keep_their_time(
    container: str, damage: str, place: float, length: int, seed: int
) -> None:
    """Whatever is changed, lost or put in between: within 0.1 s, and what was filled is filled once.

    Where the time of a cluster of WebM is lost, bytes tell how much is: so few are put in between. A time
    that is changed all by itself passes for a gap, since nothing contradicts it: such flips are left out.
    """
    source = np.random.default_rng(seed)
    data = recording(container)
    data = damaged(data, damage, round(place * len(data)), length // (1 + 3 * (damage == "more")), source)
    if damage == "flipped":
        data = with_cluster_times(data, recording(container))
    heard, whole = decode(RecorderDecoder(), [data]), decode(RecorderDecoder(), [recording(container)])
    assert abs(shift_seconds(heard, whole)) <= 0.1


@pytest.mark.parametrize("container", ["webm", "ogg"])
def test_lost_bytes_are_stepped_over(container: str) -> None:
    """As when a part of what a client sent is gone."""
    data = recording(container)
    middle = len(data) // 2
    heard = decode(RecorderDecoder(), [data[:middle], data[middle + 1_000 :]])
    assert alike(heard[-3 * 16_000 :], decode(RecorderDecoder(), [data])[-3 * 16_000 :])


@pytest.mark.parametrize("container", ["webm", "ogg"])
def test_what_turns_into_something_else_is_refused(container: str) -> None:
    """Damage has an end: half a minute of other bytes is another thing."""
    with pytest.raises(AudioMalformed):
        decode(RecorderDecoder(), [recording(container)[:20_000], b"\x55" * 700_000])


def _packets(container: str) -> list[bytes]:
    with av.open(io.BytesIO(recording(container)), "r") as source:
        return [bytes(packet) for packet in source.demux(audio=0) if packet.size]


def test_empty_frames_are_nothing() -> None:
    """A frame without bytes gives no samples and disturbs nothing."""
    decoder = PcmDecoder(48_000, 2)
    assert len(decoder.feed(b"")) == 0
    assert len(decode(decoder, [bytes(4 * 48_000)])) == 16_000
    assert len(RecorderDecoder().feed(b"")) == 0


@pytest.mark.parametrize(
    ("encoding", "rate", "channels", "error"),
    [
        ("mp3", 16_000, 1, EncodingUnknown),
        ("pcm_s16le", 7_999, 1, SampleRateInvalid),
        ("pcm_s16le", 48_001, 1, SampleRateInvalid),
        ("pcm_s16le", 16_000, 0, ChannelsInvalid),
        ("pcm_s16le", 16_000, 3, ChannelsInvalid),
    ],
)
def test_unknown_audio_is_named(encoding: str, rate: int, channels: int, error: type[AssistantError]) -> None:
    """Each parameter that cannot work has its own error."""
    with pytest.raises(error):
        create_decoder(encoding, rate, channels)


def test_the_factory_knows_both_encodings() -> None:
    """`opus` and `pcm_s16le` give the decoders of those names."""
    assert isinstance(create_decoder("opus", 48_000, 2), RecorderDecoder)
    assert isinstance(create_decoder("pcm_s16le", 8_000, 2), PcmDecoder)
