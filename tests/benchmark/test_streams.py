"""Talk without pause, joined from recordings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from benchmark.material import Passage, Recording
from benchmark.reference import Reading, TimedText
from benchmark.streams import NothingFits, Piece, Stream, piece_of, speakable, streams_of
from benchmark.talk_result import spoken_in

RATE = 16_000
MARGIN = round(0.15 * RATE)


def recording(name: str, lang: str = "en", kind: str = "read", seconds: float = 1.0) -> Recording:
    return Recording(name, Path(f"{name}.wav"), lang, kind, seconds, (Passage(lang, f"word {name}"),))


def piece(name: str, seconds: float, lang: str = "en") -> Piece:
    samples = round(seconds * RATE)
    return Piece(recording(name, lang, seconds=seconds), np.full(samples, len(name), np.int16), 0)


def loud(seconds: float, level: int = 8000) -> np.ndarray:
    return (level * np.sign(np.sin(np.arange(round(seconds * RATE))))).astype(np.int16)


def names(stream: Stream) -> list[str]:
    return [placement.piece.recording.id for placement in stream.placements]


@pytest.mark.parametrize("before", [0.0, 0.04, 0.5])
@pytest.mark.parametrize("after", [0.0, 1.0])
def test_speech_keeps_a_short_margin(before: float, after: float) -> None:
    """Silence around speech is cut, or added, to 0.15 s, and times still point to the same samples."""
    quiet = [np.zeros(round(seconds * RATE), np.int16) for seconds in (before, after)]
    made = piece_of(recording("a"), np.concatenate([quiet[0], loud(1.0), quiet[1]]))
    assert made.pcm.size == pytest.approx(RATE + 2 * MARGIN, abs=0.02 * RATE)
    first = int(np.flatnonzero(made.pcm)[0])
    assert first == pytest.approx(MARGIN, abs=0.02 * RATE)
    assert first == made.origin_samples + round(before * RATE) + 1  # the wave begins with a zero


def test_recordings_come_to_a_common_level_and_do_not_clip() -> None:
    """Quiet and loud recordings sound alike; short peaks bound the gain."""
    quiet, noisy = (piece_of(recording("a"), loud(1.0, level)).pcm for level in (40, 20_000))
    assert np.abs(quiet).max() == pytest.approx(np.abs(noisy).max(), rel=0.02)
    peaky = loud(1.0, 100)
    peaky[5000] = 16_000
    assert np.abs(piece_of(recording("a"), peaky).pcm).max() == pytest.approx(29_000, abs=2)
    assert not piece_of(recording("a"), np.zeros(RATE, np.int16)).pcm.any()
    assert piece_of(recording("a"), np.zeros(0, np.int16)).pcm.size == 2 * MARGIN


def test_a_stream_repeats_whole_recordings_of_one_language() -> None:
    """Pieces follow each other without a gap until none fits any more; a shorter one fills the rest."""
    (stream,) = streams_of([piece("a", 4.0), piece("bb", 3.0), piece("ccc", 1.0)], [13.5])
    assert names(stream) == ["a", "bb", "ccc", "a", "ccc"]
    starts = [placement.start_samples for placement in stream.placements]
    assert starts == [0, 4 * RATE, 7 * RATE, 8 * RATE, 12 * RATE]
    assert stream.length_samples == stream.pcm().size == 13 * RATE


def test_languages_take_turns_and_streams_begin_elsewhere() -> None:
    """Each track keeps one language; tracks of the same language begin with different recordings."""
    pieces = [piece(f"e{number}", 1.0) for number in range(4)] + [piece("f", 1.0, "fr")]
    streams = streams_of(pieces, [4.0] * 4)
    assert [stream.lang for stream in streams] == ["en", "fr", "en", "fr"]
    assert names(streams[0]) == ["e0", "e1", "e2", "e3"]
    assert names(streams[2]) == ["e2", "e3", "e0", "e1"]


def test_what_cannot_be_joined_is_said() -> None:
    """No material, or only recordings that are too long, is an error with a reason."""
    with pytest.raises(NothingFits, match="No recording"):
        streams_of([], [10.0])
    with pytest.raises(NothingFits, match="as short as 2 s"):
        streams_of([piece("a", 3.0)], [2.0])
    mixed = recording("m", "multi")
    untold = Recording("u", Path("u.wav"), "en", "read", 1.0, ())
    noise = Recording("n", Path("n.wav"), "noise", "noise", 1.0, ())
    assert speakable([mixed, untold, noise, recording("a")]) == [recording("a")]


def test_chunks_are_the_stream_and_its_tail() -> None:
    """Every chunk but the last is full, and together they are the talk with silence behind it."""
    (stream,) = streams_of([piece("a", 0.25), piece("bb", 0.13)], [0.4])
    chunks = list(stream.chunks(1600, tail_samples=500))
    assert [chunk.size for chunk in chunks] == [1600, 1600, 1600, 1600, 180]
    joined = np.concatenate(chunks)
    assert joined.tolist() == [1] * 4000 + [2] * 2080 + [0] * 500


def test_words_are_timed_where_their_recording_stands() -> None:
    """The reference's word times move with the recording, and with the silence that was cut off."""
    padded = np.concatenate([np.zeros(RATE, np.int16), loud(1.0), np.zeros(RATE, np.int16)])
    (stream,) = streams_of([piece_of(recording("a", seconds=3.0), padded)], [2.7])
    reading = Reading((TimedText(" Hello", 1.5), TimedText(" you", 2.0)), "en", 0.1)
    words = spoken_in(stream, {"a": reading})
    assert [word.text for word in words] == ["hello", "you"] * 2
    times = [word.end_seconds for word in words]
    assert times == pytest.approx([0.65, 1.15, 1.95, 2.45], abs=0.03)
