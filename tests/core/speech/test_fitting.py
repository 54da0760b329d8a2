"""What is made up for where a recogniser cannot go on from given words, or tells no times."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.core.speech.audio import Span, samples_of
from assistant.core.speech.fitting import going_on_from, spread_over
from assistant.core.speech.hallucination_filter import VoiceEvidence
from assistant.core.speech.hypothesis import Hypothesis, Word, text_of
from assistant.core.speech.segmentation import SpeechEnded
from assistant.core.speech.spoken_language import LanguageMemory
from assistant.core.speech.stabilisation import Stabiliser
from assistant.core.speech.utterance import Utterance
from tests.core.speech.words import WORD_SAMPLES, hypothesis_of, timed_words, words_of

CLEAR = VoiceEvidence(30.0, 0.95)

SAID = st.lists(
    st.tuples(
        st.sampled_from([" one", " One", " two,", " two", ".", " over.", "…", " ", "one", " no", " дом"]),
        st.sampled_from([0.2, 0.5, 0.9]),
        st.sampled_from([0.0, 0.3, 0.8]),
    ),
    max_size=9,
)


@pytest.mark.parametrize(
    ("heard", "text"),
    [
        ("we vote on it", "We vote on it"),
        ("So we vote on it", "We vote on it"),
        ("vote on it", "We vote on it"),
        ("We boat on it", "We vote on it"),
        ("we all vote on it", "We vote on it"),
        ("We vote vote on it", "We vote vote on it"),
        ("We vote. Then lunch", "We vote. Then lunch"),
        ("We", "We vote"),
        ("", "We vote"),
        ("entirely other words", "We vote words"),
    ],
)
def test_what_is_heard_anew_of_the_promised_words_is_cut_off(heard: str, text: str) -> None:
    """However it is misheard, the promised words stand as they were, and what follows them stands once."""
    assert text_of(going_on_from(words_of("We vote"), hypothesis_of(heard)).words) == text


def test_a_mark_is_added_once() -> None:
    """It was not there when the word was promised; later it is promised itself."""
    promised = words_of("We vote")
    marked = going_on_from(promised, hypothesis_of("We vote. Then lunch")).words
    assert [word.text for word in marked] == [" We", " vote", ".", " Then", " lunch"]
    again = going_on_from(marked[:3], hypothesis_of("We vote. Then lunch")).words
    assert [word.text for word in again] == [word.text for word in marked]


def test_nothing_changes_where_nothing_was_promised() -> None:
    """The hypothesis is returned as it is."""
    hypothesis = hypothesis_of("we vote")
    assert going_on_from((), hypothesis) is hypothesis


@given(SAID, SAID)
def test_the_prefix_stays_word_for_word(
    promised: list[tuple[str, float, float]], heard: list[tuple[str, float, float]]
) -> None:
    """Whatever is heard: the prefix first, as it was, then words of the hypothesis, none before its end."""
    prefix, hypothesis = timed_words(promised), Hypothesis(timed_words(heard), "en", 100_000)
    fitted = going_on_from(prefix, hypothesis)
    assert fitted.words[: len(prefix)] == prefix
    assert hypothesis.text.casefold().endswith(text_of(fitted.words[len(prefix) :]).casefold())
    starts = [word.span.start_samples for word in fitted.words]
    assert starts == sorted(starts)
    assert replace(fitted, words=()) == replace(hypothesis, words=())


@given(SAID, SAID)
def test_a_hypothesis_that_keeps_the_prefix_says_the_same(
    promised: list[tuple[str, float, float]], more: list[tuple[str, float, float]]
) -> None:
    """Nothing is cut off that should stand, and nothing stands twice."""
    words = timed_words([*promised, *more])
    prefix = words[: len(promised)]
    assert text_of(going_on_from(prefix, Hypothesis(words, "en", 100_000)).words) == text_of(words)


@settings(max_examples=150, deadline=None)
@given(st.lists(SAID, max_size=10))
def test_a_stable_prefix_never_changes(readings: list[list[tuple[str, float, float]]]) -> None:
    """Hypotheses that know nothing of promises, one after the other: what is promised only grows."""
    stabiliser = Stabiliser()
    for number, said in enumerate(readings, 1):
        before = [word.text for word in stabiliser.stable_prefix]
        hypothesis = Hypothesis(timed_words(said), "en", samples_of(2.0 * number))
        shown = stabiliser.update(going_on_from(stabiliser.stable_prefix, hypothesis), quiet_seconds=0.0)
        after = [word.text for word in stabiliser.stable_prefix]
        assert after[: len(before)] == before
        assert shown.text.startswith(text_of(stabiliser.stable_prefix))


@settings(max_examples=150, deadline=None)
@given(readings=st.lists(SAID, max_size=10), final=SAID, word_times=st.booleans())
def test_an_utterance_keeps_its_promises_without_a_forced_prefix(
    *, readings: list[list[tuple[str, float, float]]], final: list[tuple[str, float, float]], word_times: bool
) -> None:
    """With word times and without: windows, merged partials and the final take nothing back."""
    followed = Utterance(0, LanguageMemory(pinned="en"), word_times=word_times)
    promised, audio_length = "", 0
    for said in readings:
        audio_length += samples_of(2.0)
        window = followed.window()
        followed.partial_samples = audio_length
        hypothesis = Hypothesis(timed_words(said), "en", audio_length - window.start_samples)
        fitted = going_on_from(window.prefix, hypothesis)
        if not word_times:
            fitted = spread_over((), fitted)
            assert (window.start_samples, window.prefix) == (0, followed.prefix)
        shown = followed.partial(fitted, CLEAR, quiet_seconds=0.0)
        assert text_of(followed.prefix).startswith(promised)
        promised = text_of(followed.prefix)
        assert shown is None or shown.text.startswith(promised)
    ended = SpeechEnded(Span(0, audio_length), VoiceEvidence(30.0, 0.95))
    settled = followed.finish(Hypothesis(timed_words(final), "en", audio_length), ended)
    assert text_of(settled.words).startswith(promised)


def test_words_without_times_are_spread_over_the_voice() -> None:
    """Each takes as long as the others, rests lie between them, and marks take no time."""
    hypothesis = Hypothesis(tuple(Word(text, Span(0, 0), 0.9) for text in (" a", " b", ".", " c")), "en", 900)
    spread = spread_over([Span(100, 200), Span(400, 600)], hypothesis)
    assert [word.span for word in spread.words] == [
        Span(100, 200),
        Span(400, 500),
        Span(500, 500),
        Span(500, 600),
    ]
    assert [word.span for word in spread_over((), replace(hypothesis, words=hypothesis.words[:2])).words] == [
        Span(0, 450),
        Span(450, 900),
    ]


@given(SAID, st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), max_size=4), st.integers(0, 3_000))
def test_spread_words_are_in_order_and_within_the_audio(
    said: list[tuple[str, float, float]], gaps: list[tuple[int, int]], audio_length: int
) -> None:
    """Whatever the voice is said to be, also beyond the audio; text and order stay."""
    voice, at = [], 0
    for rest, length in gaps:
        voice.append(Span(at + rest, at + rest + length))
        at += rest + length
    hypothesis = Hypothesis(timed_words(said), "en", audio_length)
    spread = spread_over(voice, hypothesis)
    assert spread.text == hypothesis.text
    for before, after in pairwise(spread.words):
        assert before.span.end_samples <= after.span.start_samples
    assert all(word.span.end_samples <= audio_length for word in spread.words)


def test_without_word_times_an_utterance_is_cut_by_voice_activity_only() -> None:
    """Partials hear all of it, no place between words is looked for, and the final hears only its audio.

    Behind 20 seconds voice activity may cut it anywhere, so nothing more is promised.
    """
    followed = Utterance(32_000, LanguageMemory(pinned="en"), torn=True, word_times=False)
    promised = {}
    for count in (60, 64, 68, 90):
        followed.partial_samples = (count + 1) * WORD_SAMPLES
        assert followed.window().start_samples == 0
        shown = followed.partial(
            hypothesis_of(" ".join(f"w{number}" for number in range(count))), CLEAR, quiet_seconds=0.0
        )
        assert shown is not None
        assert len(shown.text.split()) > count - 3
        promised[count] = len(followed.prefix)
    assert 50 < promised[60] < promised[64] == promised[68] == promised[90] < 64
    assert (
        followed.cut_between([Span(n * WORD_SAMPLES, n * WORD_SAMPLES + 4_000) for n in range(1, 80)]) is None
    )
    assert followed.must_cut_samples > samples_of(3_600)
    ended = SpeechEnded(Span(32_000, 32_000 + count * WORD_SAMPLES), VoiceEvidence(27.0, 0.95), forced=True)
    assert followed.final_span(ended) == ended.span
