"""Fragmented MP4 as Safari's recorder sends it, and as others might."""

from __future__ import annotations

import io
import re
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.adapters.av_decoder import RecorderDecoder, create_decoder
from assistant.adapters.coded_packets import CodedPacket
from assistant.adapters.mp4_parser import Mp4Parser
from assistant.core.errors import AudioMalformed
from tests.recorder_bytes import (
    alike,
    cut,
    damaged,
    decode,
    likeness,
    read_whole,
    recording,
    shift_seconds,
    speech,
)

_FRAGMENT_SECONDS = 0.2
_PACKET_SAMPLES = 342
"""1,024 at 48 kHz."""
_PLAIN = (("movflags", "empty_moov+default_base_moof"), ("frag_duration", "200000"))
_FLAGS = {
    "safari": "frag_keyframe+empty_moov+default_base_moof",
    "places in the file": "empty_moov",
    "places left out": "empty_moov+omit_tfhd_offset",
    "indexed": "dash+empty_moov+default_base_moof",
    "cmaf": "cmaf+empty_moov",
    "with an edit list": "delay_moov+default_base_moof",
    "apart": "empty_moov+separate_moof+default_base_moof",
}


def _options(flags: str) -> tuple[tuple[str, str], ...]:
    return (("movflags", flags), ("frag_duration", "200000"))


def _packets(data: bytes) -> list[CodedPacket]:
    return [event for event in Mp4Parser().feed(data) if isinstance(event, CodedPacket)]


@pytest.mark.parametrize("encoding", ["mp4", "opus"])
@pytest.mark.parametrize("largest", [7, 900, 100_000])
def test_mp4_in_pieces_equals_the_whole(encoding: str, largest: int) -> None:
    """However a recording is cut on its way, its words are those of one-shot decoding, at their time."""
    data = recording("mp4")
    whole = read_whole(io.BytesIO(data))
    heard = decode(create_decoder(encoding, 16_000, 1), cut(data, np.random.default_rng(largest), largest))
    assert abs(len(heard) - len(whole)) <= 2 * _PACKET_SAMPLES
    assert abs(shift_seconds(heard, whole)) <= 0.001
    assert alike(heard[: len(speech())], whole[: len(speech())])


@pytest.mark.parametrize("kind", _FLAGS)
@pytest.mark.parametrize("tracks", [1, 2])
@pytest.mark.parametrize(("rate", "channels"), [(48_000, 1), (44_100, 2)])
def test_all_kinds_of_fragments_are_read(kind: str, tracks: int, rate: int, channels: int) -> None:
    """Wherever their data is said to lie, and whoever says how large samples are."""
    data = recording("mp4", channels, rate=rate, options=_options(_FLAGS[kind]), tracks=tracks)
    heard = decode(RecorderDecoder(), cut(data, np.random.default_rng(3), 700))
    assert abs(shift_seconds(heard, speech())) <= 0.05
    assert len(heard) == pytest.approx(len(speech()), abs=3 * _PACKET_SAMPLES)


def test_what_primes_the_decoder_is_left_out() -> None:
    """By the edit list: the first word has its time to the sample."""
    options = _options("delay_moov+default_base_moof")
    data = recording("mp4", options=options, start_seconds=-1_024 / 48_000)
    assert b"elst" in data
    heard = decode(RecorderDecoder(), [data])
    assert abs(shift_seconds(heard, speech())) <= 0.001


def test_opus_in_mp4_is_heard() -> None:
    """As newer browsers send it."""
    data = recording("mp4", codec="libopus")
    heard, other = decode(RecorderDecoder(), [data]), decode(RecorderDecoder(), [recording("webm")])
    assert abs(shift_seconds(heard, other)) <= 0.001


def test_samples_come_out_with_their_fragment() -> None:
    """None waits for the fragment behind it: no more lag than what the recorder gathers."""
    data = recording("mp4")
    decoder = RecorderDecoder()
    heard, at = 0, 0
    while (moof := data.find(b"moof", at + 8)) >= 0:
        heard += len(decoder.feed(data[at : moof - 4]))
        at = moof - 4
    packets = len(_packets(data[:at]))
    assert heard >= (packets - 1) * _PACKET_SAMPLES - 32
    assert len(speech()) - heard <= (_FRAGMENT_SECONDS + 0.1) * 16_000


def test_a_sample_comes_out_with_its_last_byte() -> None:
    """Data is not gathered until its box is whole."""
    data = recording("mp4")
    first = data.index(b"mdat") + 4
    size = len(_packets(data)[0].data)
    assert len(_packets(data[: first + size - 1])) == 0
    assert len(_packets(data[: first + size])) == 1


def test_a_recorder_may_start_again_on_one_connection() -> None:
    """Two recordings one after the other are heard one after the other, wherever places are counted from."""
    for options in (_PLAIN, _options("empty_moov")):
        data = recording("mp4", options=options)
        once, twice = decode(RecorderDecoder(), [data]), decode(RecorderDecoder(), [data, data])
        assert abs(len(twice) - 2 * len(once)) <= 2
        assert alike(twice, once)


@pytest.mark.parametrize("gap_seconds", [0.3, 1.0, 20.0])
@pytest.mark.parametrize("start_seconds", [0.0, 7.0])
def test_what_is_missing_by_the_time_codes_is_silence(gap_seconds: float, start_seconds: float) -> None:
    """Words behind a gap keep their time; where the time codes begin does not matter."""
    whole = decode(RecorderDecoder(), [recording("mp4")])
    data = recording("mp4", gap_seconds=gap_seconds, start_seconds=start_seconds)
    heard = decode(RecorderDecoder(), cut(data, np.random.default_rng(1), 700))
    assert shift_seconds(heard, whole) == pytest.approx(gap_seconds, abs=0.01)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(
    damage=st.sampled_from(["changed", "lost", "more"]),
    place=st.floats(0.1, 0.6),
    length=st.integers(1, 2_500),
    seed=st.integers(0, 1 << 32),
)
def test_words_behind_damage_keep_their_time(damage: str, place: float, length: int, seed: int) -> None:
    """Whatever is changed, lost or put in between: within 0.1 s, and few fragments are not heard."""
    data = recording("mp4")
    source = np.random.default_rng(seed)
    pieces = cut(damaged(data, damage, round(place * len(data)), length, source), source, 5_000)
    heard, whole = decode(RecorderDecoder(), pieces), decode(RecorderDecoder(), [data])
    assert abs(shift_seconds(heard, whole)) <= 0.1
    assert likeness(heard, whole) > 0.9


@settings(max_examples=150, deadline=None)
@given(
    changes=st.lists(
        st.tuples(st.integers(0, 6_000), st.binary(min_size=0, max_size=6)), min_size=1, max_size=6
    )
)
def test_damaged_recordings_raise_nothing_else(changes: list[tuple[int, bytes]]) -> None:
    """Whatever bytes are changed or lost, in headers too, decoding gives samples or AudioMalformed."""
    data = bytearray(recording("mp4")[:6_000])
    for at, new in changes:
        data[at : at + 3] = new
    try:
        heard = decode(RecorderDecoder(), [bytes(data[i : i + 700]) for i in range(0, len(data), 700)])
    except AudioMalformed:
        return
    assert heard.dtype == np.int16


def test_a_truncated_recording_gives_what_there_is() -> None:
    """Bytes that end anywhere are no error."""
    data = recording("mp4")
    for end in (0, 1, 5, 12, 40, 300, 700, 2_000, len(data) // 2, len(data) - 1):
        heard = decode(RecorderDecoder(), [data[:end]])
    assert len(heard) > 0.9 * len(speech())


def _box(kind: bytes, body: bytes = b"") -> bytes:
    return (8 + len(body)).to_bytes(4, "big") + kind + body


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (_box(b"ftyp", b"mp42") + _box(b"moov"), "AAC or Opus"),
        (_box(b"ftyp", b"mp42") + _box(b"moof"), "description"),
        (_box(b"ftyp", b"mp42") + b"\x7f\xff\xff\xffmoov", "larger"),
        (_box(b"ftyp", b"mp42") + b"\0\0\0\1moov" + b"\xff" * 8, "larger"),
        (_box(b"ftyp", b"mp42") + _box(b"moov", _box(b"mdia") * 3 + b"\0\0\1\0mdia\0"), "damaged"),
        (recording("mp4", options=()), "fragmented"),
        (recording("mp4", codec="libmp3lame"), "AAC or Opus"),
        (recording("mp4")[:900].replace(b"mp4a", b"enca"), "AAC or Opus"),
    ],
    ids=["empty", "no header", "huge", "huger", "torn", "not fragmented", "another codec", "encrypted"],
)
def test_what_cannot_be_captioned_is_refused(data: bytes, told: str) -> None:
    """With what is the matter, in one piece and byte by byte."""
    for pieces in ([data], [*(data[at : at + 1] for at in range(3_000)), data[3_000:]]):
        with pytest.raises(AudioMalformed, match=told):
            decode(RecorderDecoder(), pieces)


def test_what_turns_into_something_else_is_refused() -> None:
    """Damage has an end: a minute of other bytes is another thing."""
    with pytest.raises(AudioMalformed):
        decode(RecorderDecoder(), [recording("mp4")[:20_000], b"\x55" * 1_400_000])


@pytest.mark.parametrize("kind", [b"moof", b"mdat", b"free", b"moov"])
def test_boxes_that_claim_much_fill_no_memory(kind: bytes) -> None:
    """What is held stays small, whatever the size of a box is said to be."""
    parser = Mp4Parser()
    list(parser.feed(recording("mp4")[:20_000]))
    list(parser.feed((900_000_000).to_bytes(4, "big") + kind))
    tracemalloc.start()
    try:
        for _ in range(60):
            list(parser.feed(b"\x55" * 10_000))
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    except AudioMalformed:
        pass
    finally:
        tracemalloc.stop()


def test_runs_that_claim_much_take_no_time() -> None:
    """A fragment of a few bytes cannot describe thousands of millions of samples."""
    tfhd = _box(b"tfhd", b"\0\2\0\x38" + (1).to_bytes(4, "big") + bytes(12))
    trun = _box(b"trun", b"\0\0\0\1" + b"\xff\xff\xff\xff" + bytes(4))
    moof = _box(b"moof", _box(b"mfhd", bytes(8)) + _box(b"traf", tfhd + trun))
    data = recording("mp4")
    begin = data.index(b"moof") - 4
    packets = _packets(data[:begin] + moof + data[begin:])
    assert len(packets) == len(_packets(data))


@pytest.mark.parametrize("number", [1, 20])
@pytest.mark.parametrize("seconds", [0, 20, 29, 5_000])
def test_a_damaged_time_of_a_fragment_moves_nothing(number: int, seconds: int) -> None:
    """It is ahead, or back, and the next one is not; the words of the fragment stay where they are."""
    data = recording("mp4")
    at = -1
    for _ in range(number + 1):
        at = data.index(b"tfdt", at + 1)
    assert data[at + 4] == 1
    changed = data[: at + 8] + (seconds * 48_000).to_bytes(8, "big") + data[at + 16 :]
    heard = decode(RecorderDecoder(), cut(changed, np.random.default_rng(1), 700))
    assert np.array_equal(heard, decode(RecorderDecoder(), [data]))


def test_a_damaged_length_of_samples_moves_nothing() -> None:
    """By which they would come later and later, up to the next fragment."""
    data = recording("mp4")
    at = data.index((1_024).to_bytes(4, "big"), [match.start() for match in re.finditer(b"tfhd", data)][20])
    changed = data[:at] + (48_000).to_bytes(4, "big") + data[at + 4 :]
    heard = decode(RecorderDecoder(), cut(changed, np.random.default_rng(1), 700))
    assert np.array_equal(heard, decode(RecorderDecoder(), [data]))


def test_what_waits_for_the_next_fragment_is_heard_at_the_end() -> None:
    """Time leaps in the last fragment, and nothing comes behind it."""
    data = recording("mp4", gap_seconds=3.0)
    ends, waited = [match.start() - 4 for match in re.finditer(b"moof", data)][1:], 0
    packets: list[CodedPacket] = []
    for end in ends:
        parser = Mp4Parser()
        heard = [event for event in parser.feed(data[:end]) if isinstance(event, CodedPacket)]
        rest = list(parser.finish())
        assert len(heard) + len(rest) > len(packets)
        packets = heard + rest
        waited += bool(rest)
    assert waited == 1
    assert packets == _packets(data)[: len(packets)]
