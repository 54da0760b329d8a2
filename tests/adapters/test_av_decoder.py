"""Decoding of raw PCM and of what browsers record, against one-shot decoding with FFmpeg."""

from __future__ import annotations

import io
from functools import cache
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.adapters.av_decoder import OpusDecoder, PcmDecoder, create_decoder
from assistant.adapters.opus_packets import Gaps, OpusPacket
from assistant.core.errors import (
    AssistantError,
    AudioMalformed,
    ChannelsInvalid,
    EncodingUnknown,
    SampleRateInvalid,
)
from assistant.core.speech.audio import Pcm
from assistant.ports.media import AudioDecoder

_SPEECH = Path(__file__).parents[1] / "fixtures" / "speech" / "jfk.flac"
_PACKET_SAMPLES = 320
"""20 ms: what a last packet may be padded with."""

_GAP_AT_SECONDS = 5.5

_FILTER_SAMPLES = 32
"""How far the resampler looks ahead: where the whole ends sooner, its last samples differ."""


def _read_whole(source: io.BytesIO | str) -> Pcm:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=16_000)
    with av.open(source, "r") as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])


@cache
def _speech() -> Pcm:
    return _read_whole(str(_SPEECH))


@cache
def _recording(
    container: str,
    channels: int = 1,
    *,
    live: bool = True,
    gap_seconds: float = 0.0,
    start_seconds: float = 0.0,
) -> bytes:
    """Return the speech as a browser's recorder would send it (live: no sizes, no seeking back).

    Its time codes begin at `start_seconds`, and leap by `gap_seconds` after half of the speech.
    """
    layout = {1: "mono", 2: "stereo"}[channels]
    target = io.BytesIO()
    options = {"live": "1"} if container == "webm" and live else {}
    with av.open(target, "w", format=container, options=options) as output:
        stream = output.add_stream("libopus", rate=48_000, layout=layout)
        resampler = av.AudioResampler(format="s16", layout=layout, rate=48_000)
        frame = av.AudioFrame.from_ndarray(_speech()[None, :], format="s16", layout="mono")
        frame.sample_rate = 16_000
        pieces = [*resampler.resample(frame), *resampler.resample(None)]
        at_seconds = start_seconds
        for packet in [packet for piece in [*pieces, None] for packet in stream.encode(piece)]:
            late = at_seconds - start_seconds >= _GAP_AT_SECONDS
            packet.pts = packet.dts = round(48_000 * (at_seconds + gap_seconds * late))
            at_seconds += (packet.duration or 0) / 48_000
            output.mux(packet)
    return target.getvalue()


def _decode(decoder: AudioDecoder, pieces: list[bytes]) -> Pcm:
    return np.concatenate([*(decoder.feed(piece) for piece in pieces), decoder.finish()])


def _cut(data: bytes, rng: np.random.Generator, largest: int) -> list[bytes]:
    cuts = [0]
    while cuts[-1] < len(data):
        cuts.append(cuts[-1] + int(rng.integers(1, largest)))
    return [data[start:end] for start, end in pairwise(cuts)]


@pytest.mark.parametrize("container", ["webm", "ogg"])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("largest", [7, 900, 100_000])
def test_opus_in_pieces_equals_the_whole(container: str, channels: int, largest: int) -> None:
    """However a recording is cut on its way, the samples are those of one-shot decoding."""
    data = _recording(container, channels)
    whole = _read_whole(io.BytesIO(data))
    heard = _decode(OpusDecoder(), _cut(data, np.random.default_rng(largest), largest))
    assert 0 <= len(heard) - len(whole) <= _PACKET_SAMPLES
    compared = len(whole) - _FILTER_SAMPLES
    assert np.abs(heard[:compared].astype(int) - whole[:compared]).max() <= 4


def test_opus_of_a_finished_webm_file_is_read() -> None:
    """A file with sizes, seek heads and cues gives the same samples as a live recording."""
    finished = _decode(OpusDecoder(), [_recording("webm", live=False)])
    live = _decode(OpusDecoder(), [_recording("webm")])
    assert np.array_equal(finished, live)


@pytest.mark.parametrize("container", ["webm", "ogg"])
def test_opus_follows_its_bytes_closely(container: str) -> None:
    """Half of a recording's bytes give half of its samples, without waiting for more."""
    decoder = OpusDecoder()
    data = _recording(container)
    packets_ahead = (
        55 * _PACKET_SAMPLES if container == "ogg" else 2 * _PACKET_SAMPLES
    )  # FFmpeg fills Ogg pages
    total = len(_speech())
    heard = 0
    for start in range(0, len(data), 500):
        heard += len(decoder.feed(data[start : start + 500]))
    assert total - packets_ahead <= heard <= total + _PACKET_SAMPLES


def test_webm_packets_come_out_when_their_last_byte_is_in() -> None:
    """Each block of a live WebM recording is decoded at once: no piece but the first stays silent."""
    data = _recording("webm")
    decoder = OpusDecoder()
    decoder.feed(data[:2_000])
    gains = [
        len(decoder.feed(data[start : start + 1_000])) for start in range(2_000, len(data) - 1_000, 1_000)
    ]
    assert min(gains) > 0


@pytest.mark.parametrize("container", ["webm", "ogg"])
def test_a_recorder_may_start_again_on_one_connection(container: str) -> None:
    """Two recordings one after the other are heard one after the other."""
    data = _recording(container)
    once = _decode(OpusDecoder(), [data])
    twice = _decode(OpusDecoder(), [data, data])
    assert abs(len(twice) - 2 * len(once)) <= 2
    assert np.array_equal(twice[: len(once) - 100], once[:-100])


@pytest.mark.parametrize("container", ["webm", "ogg"])
@pytest.mark.parametrize("gap_seconds", [0.3, 1.0, 20.0])
@pytest.mark.parametrize("start_seconds", [0.0, 7.0])
def test_what_is_missing_by_the_time_codes_is_silence(
    container: str, gap_seconds: float, start_seconds: float
) -> None:
    """Words behind a gap keep their time; where the time codes begin does not matter."""
    whole = _decode(OpusDecoder(), [_recording(container)])
    data = _recording(container, gap_seconds=gap_seconds, start_seconds=start_seconds)
    heard = _decode(OpusDecoder(), _cut(data, np.random.default_rng(1), 700))
    gap = round(gap_seconds * 16_000)
    assert abs(len(heard) - len(whole) - gap) <= 32
    at = round(_GAP_AT_SECONDS * 16_000)
    behind = at + 16_000  # FFmpeg fills pages of Ogg with a second, and begins the gap with one
    assert np.array_equal(heard[: at - 16_000], whole[: at - 16_000])
    offsets = range(gap - 32, gap + 33)
    assert any(
        np.array_equal(heard[behind + offset :][:32_000], whole[behind:][:32_000]) for offset in offsets
    )


@pytest.mark.parametrize("container", ["webm", "ogg"])
@pytest.mark.parametrize("gap_seconds", [0.1, 3_600.0, 1e5])
def test_a_clock_that_runs_apart_or_was_set_is_no_gap(container: str, gap_seconds: float) -> None:
    """Nothing is put into the audio for a jitter, nor hours of silence for a leap."""
    heard = _decode(OpusDecoder(), [_recording(container, gap_seconds=gap_seconds)])
    assert np.array_equal(heard, _decode(OpusDecoder(), [_recording(container)]))


def test_gaps_cannot_fill_a_disk() -> None:
    """A few bytes in each gap: what is put in stays in proportion to what came."""
    gaps = Gaps()
    packets = [OpusPacket(b"\xfc\xff", 29.0 * number) for number in range(1_000)]
    came = sum(packet.seconds for packet in packets)
    assert 29.0 < sum(gaps.before(packet) for packet in packets) <= came + 60.0


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
    ],
)
def test_a_packet_says_how_long_it_is(packet: bytes, seconds: float) -> None:
    """By the table of RFC 6716, for each mode and number of frames."""
    assert OpusPacket(packet, None).seconds == pytest.approx(seconds)


@pytest.mark.parametrize("container", ["webm", "ogg"])
def test_a_truncated_recording_gives_what_there_is(container: str) -> None:
    """Bytes that end anywhere are no error; what was complete is heard."""
    data = _recording(container)
    for end in (0, 1, 3, 40, 300, len(data) // 2, len(data) - 1):
        heard = _decode(OpusDecoder(), [data[:end]])
        assert len(heard) <= len(_speech()) + _PACKET_SAMPLES
    assert len(heard) > len(_speech()) // 2


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
        _decode(OpusDecoder(), [data])
    with pytest.raises(AudioMalformed):
        _decode(OpusDecoder(), [data[i : i + 1] for i in range(len(data))])


def test_a_webm_without_opus_is_refused() -> None:
    """A WebM recording of another codec names what is missing."""
    data = _recording("webm").replace(b"A_OPUS", b"A_FLAC")
    with pytest.raises(AudioMalformed, match="Opus"):
        _decode(OpusDecoder(), [data])


@settings(max_examples=150, deadline=None)
@given(
    container=st.sampled_from(["webm", "ogg"]),
    changes=st.lists(
        st.tuples(st.integers(0, 3_000), st.binary(min_size=0, max_size=6)), min_size=1, max_size=6
    ),
)
def test_damaged_recordings_raise_nothing_else(container: str, changes: list[tuple[int, bytes]]) -> None:
    """Whatever bytes are changed or lost, decoding gives samples or AudioMalformed."""
    data = bytearray(_recording(container)[:3_000])
    for at, new in changes:
        data[at : at + 3] = new
    try:
        heard = _decode(OpusDecoder(), [bytes(data[i : i + 700]) for i in range(0, len(data), 700)])
    except AudioMalformed:
        return
    assert heard.dtype == np.int16


def test_pcm_of_the_house_passes_untouched() -> None:
    """16 kHz mono comes out as the same memory that came in."""
    data = _speech()[:16_000].tobytes()
    pcm = PcmDecoder(16_000, 1).feed(data)
    assert np.array_equal(pcm, _speech()[:16_000])
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
    heard = _decode(PcmDecoder(rate, 1), [tone[i : i + size] for i in range(0, len(tone), size)])
    whole = _decode(PcmDecoder(rate, 1), [tone])
    assert np.array_equal(heard, whole)
    spectrum = np.abs(np.fft.rfft(heard[:16_000].astype(float)))
    assert int(spectrum.argmax()) == 440


def test_stereo_is_mixed_in_equal_parts() -> None:
    """Both channels are heard: the mix is their mean."""
    left, right = np.full(16_000, 8_000), np.full(16_000, -2_000)
    data = np.column_stack([left, right]).astype("<i2").tobytes()
    heard = _decode(PcmDecoder(16_000, 2), [data])
    assert abs(int(np.median(heard)) - 3_000) <= 2


@pytest.mark.parametrize(("channels", "size"), [(1, 1), (1, 641), (2, 2), (2, 6)])
def test_broken_samples_are_refused(channels: int, size: int) -> None:
    """A frame that ends inside a sample, or between its channels, raises AudioMalformed."""
    with pytest.raises(AudioMalformed):
        PcmDecoder(16_000, channels).feed(bytes(size))


def test_empty_frames_are_nothing() -> None:
    """A frame without bytes gives no samples and disturbs nothing."""
    decoder = PcmDecoder(48_000, 2)
    assert len(decoder.feed(b"")) == 0
    assert len(_decode(decoder, [bytes(4 * 48_000)])) == 16_000
    assert len(OpusDecoder().feed(b"")) == 0


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
    assert isinstance(create_decoder("opus", 48_000, 2), OpusDecoder)
    assert isinstance(create_decoder("pcm_s16le", 8_000, 2), PcmDecoder)
