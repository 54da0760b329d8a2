"""One voice in two microphones is told from two voices, whatever they say."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from assistant.core.speech.audio import SAMPLE_RATE, Pcm, Waveform, samples_of, to_waveform
from assistant.core.speech.crosstalk import CommonVoice, CrosstalkRules, common_voices, margins, match
from tests.acoustics import TwoMicrophones, sentence

_RULES = CrosstalkRules()
_START_SECONDS = 2.5
_WORDS = 5
_SECONDS = 2.0

seeds = st.integers(0, 10_000)
few = settings(max_examples=15, deadline=None)


def common(heard: Pcm, other: Pcm, at_seconds: float) -> list[CommonVoice]:
    """Return where two tracks have one voice within two seconds of the first."""
    before, behind = margins(_RULES)
    reach = samples_of(_RULES.most_lag_seconds)
    start, length = samples_of(at_seconds), samples_of(_SECONDS)
    window = to_waveform(heard)[start : start + length]
    theirs = to_waveform(other)[start - reach - before : start + length + reach + behind]
    matched = match(window, theirs, None, _RULES, search=True)
    return [] if matched is None else common_voices(matched[1], 0, tie=False, rules=_RULES)


def copied_seconds(heard: Pcm, other: Pcm, at_seconds: float) -> float:
    found = [each for each in common(heard, other, at_seconds) if each.louder_there]
    return sum(each.span.length_samples for each in found) / SAMPLE_RATE


def other_voice(waveform: Waveform) -> NDArray[np.float32]:
    """Return the same words by a higher voice."""
    positions = np.arange(0, len(waveform), 1.06)
    higher = np.interp(positions, np.arange(len(waveform)), waveform)
    return np.asarray(higher, dtype=np.float32)


@given(
    seed=seeds,
    crosstalk_db=st.floats(-20.0, -3.0),
    late_seconds=st.floats(0.0, 1.5),
    words=st.lists(st.integers(0, 15), min_size=_WORDS, max_size=_WORDS),
)
@few
def test_a_softer_later_copy_with_echoes_is_told(
    seed: int, crosstalk_db: float, late_seconds: float, words: list[int]
) -> None:
    """The other microphone has one voice, and that is a copy, nearly from its beginning to its end."""
    room = TwoMicrophones(crosstalk_db, late_seconds, noise_db=-40.0, seed=seed)
    room.say(_START_SECONDS, sentence("Ana", words), 0)
    near, far = room.recordings(8.0)
    assert copied_seconds(far, near, _START_SECONDS + late_seconds) >= 0.75 * _SECONDS
    assert copied_seconds(near, far, _START_SECONDS) == 0.0, "the louder one is no copy of the softer one"


@given(seed=seeds, words=st.lists(st.integers(0, 15), min_size=_WORDS, max_size=_WORDS))
@few
def test_two_voices_without_a_common_room_have_nothing_in_common(seed: int, words: list[int]) -> None:
    """Not even where they say the same words at the same time."""
    room = TwoMicrophones(crosstalk_db=-90.0, seed=seed)
    voice = sentence("Ana", words)
    room.say(_START_SECONDS, voice, 0)
    room.say(_START_SECONDS, other_voice(voice), 1)
    near, far = room.recordings(8.0)
    assert copied_seconds(far, near, _START_SECONDS + 0.2) == 0.0
    assert copied_seconds(near, far, _START_SECONDS) == 0.0


@given(
    seed=seeds,
    crosstalk_db=st.floats(-20.0, -6.0),
    words=st.lists(st.integers(0, 15), min_size=_WORDS, max_size=_WORDS),
)
@few
def test_two_who_say_the_same_words_in_one_room_are_two(
    seed: int, crosstalk_db: float, words: list[int]
) -> None:
    """Each microphone has both voices, its own one louder: neither is a copy."""
    room = TwoMicrophones(crosstalk_db, seed=seed)
    room.say(_START_SECONDS, sentence("Ana", words), 0)
    room.say(_START_SECONDS, sentence("Rui", words), 1)
    near, far = room.recordings(8.0)
    assert copied_seconds(far, near, _START_SECONDS + 0.2) < 0.2
    assert copied_seconds(near, far, _START_SECONDS) < 0.2


def test_silence_has_nothing_in_common_with_silence() -> None:
    """Digital silence, and the same noise of a machine: nobody speaks there."""
    silent = np.zeros(8 * SAMPLE_RATE, dtype=np.int16)
    assert common(silent, silent, 2.5) == []


@given(seed=seeds, words=st.lists(st.integers(0, 15), min_size=_WORDS, max_size=_WORDS))
@few
def test_where_two_microphones_stand_is_not_forgotten_in_a_pause(seed: int, words: list[int]) -> None:
    """The newest second is noise, in which something alike is always found somewhere."""
    late_seconds = 0.08
    room = TwoMicrophones(-20.0, late_seconds, noise_db=-40.0, seed=seed)
    room.say(_START_SECONDS, sentence("Ana", words), 0)
    near, far = room.recordings(8.0)
    before, behind = margins(_RULES)
    reach, length = samples_of(_RULES.most_lag_seconds), samples_of(3.0)
    start = samples_of(_START_SECONDS + late_seconds)
    heard = to_waveform(far)[start : start + length]
    theirs = to_waveform(near)[start - reach - before : start + length + reach + behind]
    lag = -samples_of(late_seconds + 0.006)
    matched = match(heard, theirs, lag, _RULES, search=True)
    assert matched
    assert abs(matched[0] - lag) <= 16
