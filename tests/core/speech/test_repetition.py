"""What was said several times stays, as often as it was said; what a decoder wrote over and over does not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.speech.audio import SAMPLE_RATE, Span, samples_of
from assistant.core.speech.hypothesis import Word, text_of
from assistant.core.speech.repetition import (
    as_often_as_heard,
    as_often_as_said,
    circles_at,
    repeats,
    runs,
    sound_part,
    without_echo,
)
from tests.core.speech.words import timed_words, words_of


def lasting(text: str, seconds: Sequence[float]) -> tuple[Word, ...]:
    """Return the words of a text one after the other, each as long as it is said."""
    return timed_words([(f" {plain}", 0.9, each) for plain, each in zip(text.split(), seconds, strict=True)])


def bursts(count: int, *, seconds: float = 0.4, rest: float = 0.3, since: float = 0.0) -> list[Span]:
    """Return so many bursts of voice with a rest behind each."""
    starts = [samples_of(since + index * (seconds + rest)) for index in range(count)]
    return [Span(start, start + samples_of(seconds)) for start in starts]


def span_of(start_seconds: float, end_seconds: float) -> Span:
    return Span(samples_of(start_seconds), samples_of(end_seconds))


# --- sound repetitions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "for for for for for for against",
        "the number is zero zero zero zero zero zero twelve",
        "yes sir yes sir yes sir yes sir and that is all",
        "present " * 12,
    ],
)
def test_what_was_said_several_times_stays(text: str) -> None:
    """Every copy has time of its own, so every one was said; nothing of it is taken for a loop."""
    words = words_of(text)
    sound = sound_part(words, kept=0, ended=True)
    assert (sound.words, sound.loop_words, sound.echoed) == (words, 0, False)


def test_a_copy_that_has_no_time_like_the_others_was_not_said() -> None:
    """As alignment shows it where Whisper writes one number too many."""
    words = lasting("is 0 0 0 0 0 0 0 7", (0.3, 0.7, 0.8, 0.7, 0.7, 0.8, 0.12, 1.0, 0.4))
    assert text_of(as_often_as_said(words)) == "is 0 0 0 0 0 0 7"
    assert as_often_as_said(words, kept=7) == words, "promised words stay"
    quick = lasting("no no no no NO no", (0.2, 0.21, 0.22, 0.2, 0.9, 0.2))
    assert as_often_as_said(quick) == quick, "quickly said, but said"


def test_repetition_is_seen_and_emphasis_is_not() -> None:
    """Four times the same run is a loop; “no, no, no” is not."""
    assert repeats(words_of("ask not ask not ask not ask not"))
    assert repeats(words_of("so so so so so"))
    assert not repeats(words_of("no no no we do not"))


# --- counted against the voice -------------------------------------------------------------------------


@pytest.mark.parametrize("written", [5, 6, 7, 8])
def test_copies_are_counted_by_bursts_of_voice(written: int) -> None:
    """Whisper wrote one too few, or one or two too many; the voice rests behind each of six."""
    share = 6 * 0.7 / written
    words = lasting("vote " + "for " * written + "against", (0.5, *[share] * written, 0.5))
    voice = [Span(0, samples_of(0.4)), *bursts(6, since=0.5), Span(samples_of(4.7), samples_of(5.2))]
    counted = as_often_as_heard(words, voice)
    assert text_of(counted) == "vote for for for for for for against"
    starts = [word.span.start_samples for word in counted]
    assert starts == sorted(starts)
    assert (counted[0], counted[-1]) == (words[0], words[-1])


@pytest.mark.parametrize(("written", "counted"), [(4, 5), (5, 5), (6, 6), (7, 7), (9, 7)])
def test_a_copy_in_the_same_burst_as_the_word_beside_it_counts(written: int, counted: int) -> None:
    """Whoever pauses neither before the first nor behind the last says seven with five bursts in between."""
    share = 4.9 / written
    words = lasting(
        "the vote is " + "for " * written + "against us", (0.3, 0.3, 0.3, *[share] * written, 0.4, 0.4)
    )
    voice = [span_of(0.0, 1.4), *bursts(5, since=1.7), span_of(5.3, 6.6)]
    assert text_of(as_often_as_heard(words, voice)).split().count("for") == counted


def test_a_phrase_of_two_words_is_counted_as_one() -> None:
    """With its first and its last copy as they are written."""
    words = lasting("Yes sir, yes sir, yes sir, yes sir.", [0.4] * 8)
    counted = as_often_as_heard(words, bursts(5, seconds=0.4, rest=0.24))
    assert text_of(counted) == "Yes sir, yes sir, yes sir, yes sir, yes sir."


@pytest.mark.parametrize(
    "voice",
    [
        [],
        [Span(0, 4 * SAMPLE_RATE)],
        bursts(2),
        bursts(8, seconds=0.3, rest=0.2),
        [*bursts(4), Span(samples_of(2.8), samples_of(2.9))],
    ],
)
def test_where_bursts_are_no_copies_the_text_stands(voice: list[Span]) -> None:
    """The voice does not rest, rests within words, or something else was said in between."""
    words = lasting("zero zero zero zero", [1.0] * 4)
    assert as_often_as_heard(words, voice) == words


# --- loops ---------------------------------------------------------------------------------------------


def test_a_text_that_never_ends_is_cut_where_it_goes_round() -> None:
    """What comes before stays, and of the loop what still followed the voice, told apart."""
    words = lasting("the vote is 4 4 4 4 4 4 4", (0.2, 0.3, 0.2, 0.6, 0.5, 0.0, 0.1, 0.0, 0.0, 1.0))
    sound = sound_part(words, kept=0, ended=False)
    assert (text_of(sound.words), sound.loop_words) == ("the vote is 4 4", 2)


def test_a_loop_of_many_words_and_a_torn_end_is_found() -> None:
    """The bound on tokens tears the last word."""
    words = words_of("well " + "telecommunications company " * 5 + "tele")
    assert circles_at(words) == 1
    assert circles_at(words, kept=4) == 4


def test_a_word_that_goes_round_in_itself_is_no_word() -> None:
    """Without spaces all of a loop is one word."""
    words = words_of("so no " + "NO" * 40)
    sound = sound_part(words, kept=0, ended=False)
    assert (text_of(sound.words), sound.loop_words) == ("so no", 0)


def test_a_text_that_reaches_its_bound_without_circles_stands() -> None:
    """Some scripts need more tokens than others."""
    words = words_of("one two three four five")
    assert sound_part(words, kept=0, ended=False).words == words


def test_an_echo_without_audio_is_removed() -> None:
    """A second copy of the text that alignment finds no time for is cut off."""
    said = words_of("and so my fellow Americans.")
    end = said[-1].span.end_samples
    echo = tuple(Word(word.text, Span(end, end), 0.9) for word in said[:-1])
    echo += (Word(said[-1].text, Span(end, end + 9_000), 0.9),)
    assert text_of(without_echo(said + echo)) == "and so my fellow Americans."
    sound = sound_part(said + echo, kept=0, ended=True)
    assert (sound.words, sound.echoed) == (said, True)
    assert sound_part(said + echo, kept=8, ended=True).words == said + echo, "promised words stay"


def test_the_last_words_before_an_echo_stay_though_it_took_their_time() -> None:
    """The audio that is left falls to the last word, so the end of what was said may have no time either."""
    said = words_of("press one or two. press one or two.")
    end = said[-1].span.start_samples
    press, one, another = (Word(word.text, Span(end, end), 0.9) for word in said[:3])
    one = Word(one.text, Span(end, end + 1_600), 0.9)
    echo = (press, one, another, Word(said[3].text, Span(end + 1_600, end + 9_000), 0.9))
    heard = (*said[:-1], Word(said[-1].text, Span(end, end), 0.9), *echo)
    assert text_of(without_echo(heard)) == "press one or two. press one or two."


def test_words_said_twice_are_kept() -> None:
    """A repetition with audio of its own was said."""
    said = words_of("order order")
    assert without_echo(said) == said


# --- whatever is written ---------------------------------------------------------------------------------

TEXTS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "a b", "c"]), st.integers(1, 9)), min_size=1, max_size=5
).map(lambda phrases: " ".join(phrase for phrase, times in phrases for _ in range(times)))


@given(TEXTS, st.integers(0, 12))
def test_what_has_time_is_never_lost(text: str, kept: int) -> None:
    """Whatever repeats: where all words of a text that ended by itself have time, all stay."""
    words = words_of(text)
    assert sound_part(words, kept=min(kept, len(words)), ended=True).words == words


@given(
    text=TEXTS,
    times=st.lists(st.sampled_from([0.0, 0.1, 0.3, 0.6]), min_size=1, max_size=10),
    ended=st.booleans(),
    kept=st.integers(0, 8),
    voice=st.lists(st.tuples(st.floats(0.05, 0.8), st.floats(0.05, 0.8)), max_size=12),
)
def test_only_repetitions_are_ever_cut(
    *, text: str, times: list[float], ended: bool, kept: int, voice: list[tuple[float, float]]
) -> None:
    """Promised words stay; every phrase that is said once or more is still there; times go on growing."""
    plain = text.split()
    words = lasting(text, [times[index % len(times)] for index in range(len(plain))])
    kept = min(kept, len(words))
    sound = sound_part(words, kept=kept, ended=ended)
    assert sound.words[:kept] == words[:kept]
    assert set(sound.words) <= set(words)
    assert 0 <= sound.loop_words <= len(sound.words)
    if ended:
        assert {word.text for word in sound.words} == {word.text for word in words}
    at, spans = 0.0, []
    for rest, length in voice:
        spans.append(Span(samples_of(at + rest), samples_of(at + rest + length)))
        at += rest + length
    counted = as_often_as_heard(words, spans)
    outside = set(range(len(words))) - {n for run in runs(words, 3) for n in range(run.first, run.end)}
    assert [words[n].text for n in sorted(outside)] == [
        word.text for word in counted if word in {words[n] for n in outside}
    ]
    assert {word.text for word in counted} == {word.text for word in words}
