"""Which words are shown, which are promised, and that promises are kept."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.core.speech.audio import Span, samples_of
from assistant.core.speech.hypothesis import Hypothesis, Word, text_of
from assistant.core.speech.stabilisation import (
    StabilisationRules,
    Stabiliser,
    ends_clause,
    ends_sentence,
    normalised,
    with_marks_joined,
)
from tests.core.speech.words import hypothesis_of, timed_words, words_of

SENTENCE = st.lists(st.sampled_from("yes no well, the. vote Vote is over".split()), max_size=9)
TAIL = st.lists(
    st.tuples(
        st.sampled_from([" yes", " no", " well,", " the.", " vote", " Vote", ",", "-être", " …"]),
        st.sampled_from([0.1, 0.39, 0.5, 0.65, 0.75, 0.9]),
        st.sampled_from([0.0, 0.1, 0.4, 1.2]),
    ),
    max_size=7,
)
UPDATE = st.tuples(TAIL, st.sampled_from([0.0, 0.3, 1.6]), st.sampled_from([0.0, 0.5]), st.booleans())
Update = tuple[list[tuple[str, float, float]], float, float, bool]


def following(stabiliser: Stabiliser, update: Update, *, looped: bool = False) -> Hypothesis:
    """Return a hypothesis that goes on after the promised words."""
    tail, silence_seconds, _, _ = update
    promised = stabiliser.stable_prefix
    words = promised + timed_words(tail, since_samples=promised[-1].span.end_samples if promised else 0)
    end = words[-1].span.end_samples if words else 0
    return Hypothesis(words, "en", end + samples_of(silence_seconds), looped=looped)


def plain(words: tuple[Word, ...]) -> list[str]:
    return [normalised(word) for word in words]


def hypotheses_until_promised(probability: float, followed_seconds: float) -> int | None:
    """Return how many equal hypotheses in a row promise a word with so much audio behind it."""
    words = timed_words([(" vote", probability, 1.0), (" is", 0.1, followed_seconds)])
    stabiliser = Stabiliser()
    for count in range(1, 8):
        hypothesis = Hypothesis(words, "en", samples_of(1.0 + followed_seconds))
        if stabiliser.update(hypothesis, quiet_seconds=0.0).stable:
            return count
    return None


# --- promises --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("probability", "followed_seconds", "needed"),
    [
        (0.85, 0.5, 1),
        (0.95, 0.49, 2),
        (0.84, 0.99, 2),
        (0.6, 1.0, 1),
        (0.6, 0.99, 3),
        (0.7, 0.2, 2),
        (0.69, 0.2, 3),
        (0.59, 1.0, 2),
        (0.4, 0.2, 3),
        (0.39, 1.5, 2),
    ],
)
def test_the_less_sure_a_word_is_the_more_hypotheses_must_agree_on_it(
    probability: float, followed_seconds: float, needed: int
) -> None:
    """One, two or three in a row, by how likely the word is and how much audio follows it."""
    assert hypotheses_until_promised(probability, followed_seconds) == needed


@pytest.mark.parametrize(
    ("probability", "followed_seconds"), [(0.39, 1.49), (0.1, 1.0), (0.99, 0.19), (0.7, 0.0)]
)
def test_doubtful_words_and_words_at_the_edge_wait(probability: float, followed_seconds: float) -> None:
    """However many hypotheses agree: not enough of what follows was heard."""
    assert hypotheses_until_promised(probability, followed_seconds) is None


def test_one_hypothesis_promises_no_unsure_word() -> None:
    """It is shown at once and promised only when others agree."""
    stabiliser = Stabiliser()
    hypothesis = hypothesis_of("the vote is", doubtful=[("the", 0.65), ("vote", 0.65)])
    for stable in (0, 0, len("the vote")):
        shown = stabiliser.update(hypothesis, quiet_seconds=0.0)
        assert (shown.text, shown.stable) == ("the vote is", stable)


def test_a_word_behind_one_that_waits_waits_too() -> None:
    """Promises are a prefix, however sure the recogniser is of what comes later."""
    stabiliser = Stabiliser()
    for _ in range(5):
        shown = stabiliser.update(
            hypothesis_of("the vote is over now", doubtful=[("vote", 0.3)], heard_words=5), quiet_seconds=0.0
        )
    assert shown.text[: shown.stable] == "the"


def test_a_different_reading_starts_the_count_anew() -> None:
    """Two of three hypotheses are not two in a row, also where an earlier word differs."""
    stabiliser = Stabiliser()
    for first in ("the", "a", "the", "a"):
        words = timed_words([(f" {first}", 0.75, 0.3), (" vote", 0.75, 0.3), (" is", 0.75, 0.3)])
        shown = stabiliser.update(Hypothesis(words, "en", samples_of(0.9)), quiet_seconds=0.0)
        assert shown.stable == 0
    shown = stabiliser.update(Hypothesis(words, "en", samples_of(0.9)), quiet_seconds=0.0)
    assert shown.text[: shown.stable] == "a vote"


def test_words_behind_a_different_one_are_counted_anew() -> None:
    """The same word behind another reading of the sentence is no agreement."""
    stabiliser = Stabiliser()
    for first, probability in (("the", 0.65), ("a", 0.9)):
        words = timed_words([(f" {first}", probability, 0.3), (" vote", 0.75, 0.3), (" is", 0.75, 0.3)])
        shown = stabiliser.update(Hypothesis(words, "en", samples_of(0.9)), quiet_seconds=0.0)
    assert shown.text[: shown.stable] == "a"


def test_the_newest_word_is_not_promised_while_somebody_speaks() -> None:
    """The last word waits: what follows it may still change it."""
    stabiliser = Stabiliser()
    for _ in range(5):
        shown = stabiliser.update(hypothesis_of("the vote is", heard_words=8), quiet_seconds=0.0)
    assert shown.text[: shown.stable] == "the vote"


def test_after_a_pause_the_newest_word_is_promised_too() -> None:
    """Silence behind the last word says that it is complete."""
    stabiliser = Stabiliser()
    stabiliser.update(hypothesis_of("the vote is over."), quiet_seconds=0.0)
    shown = stabiliser.update(hypothesis_of("the vote is over."), quiet_seconds=0.4)
    assert shown.stable == len("the vote is over.")


def test_a_pause_does_not_make_a_doubtful_word_sure() -> None:
    """It is shown, since it is complete, but not promised before a good while has passed."""
    stabiliser = Stabiliser()
    for heard_words in (5, 6, 7):
        shown = stabiliser.update(
            hypothesis_of("the vote is over.", doubtful=[("over.", 0.3)], heard_words=heard_words),
            quiet_seconds=0.4,
        )
        assert (shown.text, shown.stable) == ("the vote is over.", len("the vote is"))


def test_words_at_the_edge_of_the_audio_wait() -> None:
    """A word that ends where the audio does may be half of a longer one."""
    stabiliser = Stabiliser()
    for _ in range(2):
        shown = stabiliser.update(hypothesis_of("the vote is", heard_words=2), quiet_seconds=0.0)
    assert shown.text[: shown.stable] == "the"


def test_a_loop_is_shown_and_promises_nothing() -> None:
    """What is left of it may have been said; no number of such hypotheses makes a promise of it."""
    stabiliser = Stabiliser()
    before = stabiliser.update(hypothesis_of("the vote"), quiet_seconds=0.0)
    for _ in range(4):
        looped = hypothesis_of("the vote is for for for", looped=True, loop_words=3)
        shown = stabiliser.update(looped, quiet_seconds=0.0)
        assert (shown.text, shown.stable) == ("the vote is for for for", before.stable)
    assert text_of(stabiliser.read) == "the vote"


def test_a_word_that_is_said_again_and_again_is_shown_and_promised_as_often() -> None:
    """Six copies with time of their own are six words, in drafts as in finals."""
    stabiliser = Stabiliser()
    text = "for for for for for for against"
    for _ in range(2):
        shown = stabiliser.update(hypothesis_of(text, heard_words=12), quiet_seconds=0.4)
    assert (shown.text, shown.stable) == (text, len(text))


def test_a_hypothesis_that_lost_the_promised_words_changes_nothing() -> None:
    """Promises stand, and what readers see of the rest as well."""
    stabiliser = Stabiliser()
    before = stabiliser.update(hypothesis_of("the vote is over now"), quiet_seconds=0.0)
    assert before.stable > 0
    assert stabiliser.update(hypothesis_of("a boat was overturned"), quiet_seconds=0.0) == before


def test_promises_can_stop_at_the_end_of_a_sentence() -> None:
    """So that a long utterance can be cut there; if it is not, the next partial promises more."""
    stabiliser = Stabiliser()
    text = "it is over. we go home. then we sleep"
    promised = []
    for _ in range(2):
        shown = stabiliser.update(hypothesis_of(text), quiet_seconds=0.0, stop_at_sentence=True)
        assert shown.text == text
        promised.append(shown.text[: shown.stable])
    assert promised == ["it is over.", "it is over. we go home."]


# --- what readers see ------------------------------------------------------------------------------


def of_vote(text: str, probability: float = 0.5) -> Hypothesis:
    """Return a hypothesis whose second word is so likely, and only the first one soon promised."""
    second = text.split()[1] if len(text.split()) > 1 else ""
    return hypothesis_of(text, doubtful=[(second, probability)], heard_words=4)


def test_a_shown_word_is_held_against_doubtful_ones_but_not_for_ever() -> None:
    """Three hypotheses that disagree with it and with each other are not believed, the fourth is."""
    stabiliser = Stabiliser()
    assert stabiliser.update(of_vote("the vote is", 0.65), quiet_seconds=0.0).text == "the vote is"
    for doubtful in ("boat", "goat", "coat"):
        shown = stabiliser.update(of_vote(f"the {doubtful} is"), quiet_seconds=0.0)
        assert shown.text == "the vote is"
    assert stabiliser.update(of_vote("the moat is"), quiet_seconds=0.0).text == "the moat is"


def test_agreement_in_between_ends_the_doubt() -> None:
    """Hypotheses that disagree count only in a row."""
    stabiliser = Stabiliser()
    for heard in ("vote", "boat", "goat", "vote", "coat", "moat", "boat"):
        shown = stabiliser.update(of_vote(f"the {heard} is"), quiet_seconds=0.0)
        assert shown.text == "the vote is"


def test_a_likely_word_replaces_a_shown_one_at_once() -> None:
    """A reader need not look at a word that is surely wrong."""
    stabiliser = Stabiliser()
    stabiliser.update(of_vote("the vote is", 0.65), quiet_seconds=0.0)
    assert stabiliser.update(of_vote("the boat is", 0.85), quiet_seconds=0.0).text == "the boat is"


def test_two_hypotheses_that_agree_replace_a_shown_word() -> None:
    """Each doubts, but they say the same."""
    stabiliser = Stabiliser()
    stabiliser.update(of_vote("the vote is", 0.65), quiet_seconds=0.0)
    assert stabiliser.update(of_vote("the boat is"), quiet_seconds=0.0).text == "the vote is"
    assert stabiliser.update(of_vote("the boat is"), quiet_seconds=0.0).text == "the boat is"


def test_words_do_not_vanish_because_one_hypothesis_ends_early() -> None:
    """Only if four in a row do not have them."""
    stabiliser = Stabiliser()
    stabiliser.update(of_vote("the vote is", 0.65), quiet_seconds=0.0)
    for _ in range(3):
        assert stabiliser.update(of_vote("the"), quiet_seconds=0.0).text == "the vote is"
    assert stabiliser.update(of_vote("the"), quiet_seconds=0.0).text == "the"


def test_words_behind_a_promise_that_reads_otherwise_are_not_held() -> None:
    """Readers would see a sentence that no hypothesis ever said."""
    stabiliser = Stabiliser()
    first = hypothesis_of("the vote is", doubtful=[("the", 0.65), ("vote", 0.65)])
    assert stabiliser.update(first, quiet_seconds=0.0).text == "the vote is"
    shown = stabiliser.update(hypothesis_of("a boat was", doubtful=[("boat", 0.5)]), quiet_seconds=0.0)
    assert (shown.text, shown.stable) == ("a boat was", len("a"))


def test_case_and_marks_are_no_disagreement() -> None:
    """The newest spelling of the same words is shown at once."""
    stabiliser = Stabiliser()
    stabiliser.update(of_vote("the vote is", 0.65), quiet_seconds=0.0)
    assert stabiliser.update(of_vote("the Vote, is"), quiet_seconds=0.0).text == "the Vote, is"


@pytest.mark.parametrize(
    ("probability", "behind_seconds", "seen"),
    [(0.59, 2.0, False), (0.6, 0.4, True), (0.79, 0.39, False), (0.8, 0.0, True)],
)
def test_a_doubtful_newest_word_is_not_shown(
    probability: float,
    behind_seconds: float,
    seen: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    """Least of all at the edge of the audio, where it is often half of another word."""
    words = timed_words([(" the", 0.9, 0.3), (" vote", probability, 0.3)])
    audio_length = words[-1].span.end_samples + samples_of(behind_seconds)
    shown = Stabiliser().update(Hypothesis(words, "en", audio_length), quiet_seconds=0.0)
    assert shown.text == ("the vote" if seen else "the")


def test_in_a_pause_every_word_is_shown_with_its_mark() -> None:
    """The mark behind the newest word is a guess while somebody speaks, and none in a pause."""
    stabiliser = Stabiliser()
    hypothesis = hypothesis_of("the vote is over.", doubtful=[("over.", 0.65)], heard_words=6)
    assert stabiliser.update(hypothesis, quiet_seconds=0.0).text == "the vote is over"
    doubtful = hypothesis_of("the vote is over.", doubtful=[("over.", 0.2)], heard_words=4)
    assert Stabiliser().update(doubtful, quiet_seconds=0.0).text == "the vote is"
    assert Stabiliser().update(doubtful, quiet_seconds=0.3).text == "the vote is over."


def test_a_shown_word_that_becomes_doubtful_stays() -> None:
    """As long as the hypothesis has it, whatever its probability."""
    stabiliser = Stabiliser()
    assert stabiliser.update(of_vote("the vote", 0.9), quiet_seconds=0.0).text == "the vote"
    for _ in range(5):
        assert stabiliser.update(of_vote("the vote", 0.05), quiet_seconds=0.0).text == "the vote"


# --- the end of an utterance -----------------------------------------------------------------------


def test_a_final_that_agrees_is_taken_as_it_is() -> None:
    """Where the better pass begins with what was promised, there is nothing to refine."""
    stabiliser = Stabiliser()
    stabiliser.update(hypothesis_of("the vote is over"), quiet_seconds=0.0)
    words, better = stabiliser.finish(hypothesis_of("the vote is over now."))
    assert text_of(words) == "the vote is over now."
    assert better is None


def test_a_final_that_disagrees_keeps_promises_and_offers_the_better_text() -> None:
    """The final begins with the promised words; the second pass comes as a refinement."""
    stabiliser = Stabiliser()
    stabiliser.update(hypothesis_of("the boat is over"), quiet_seconds=0.0)
    words, better = stabiliser.finish(hypothesis_of("The vote is over now."))
    assert text_of(words) == "the boat is over now."
    assert better is not None
    assert text_of(better) == "The vote is over now."


def test_a_mark_that_stands_alone_does_not_double_the_words_around_it() -> None:
    """A promised word keeps its spelling, so its comma comes as a word; the final knows that."""
    stabiliser = Stabiliser()
    stabiliser.extend_stable_prefix(timed_words([(" yes", 0.9, 0.3), (",", 0.9, 0.0), (" the", 0.9, 0.3)]))
    words, better = stabiliser.finish(hypothesis_of("yes, the vote"))
    assert text_of(words) == "yes, the vote"
    assert better is None
    disagreeing, _ = stabiliser.finish(hypothesis_of("yes a vote"))
    assert [word.text for word in disagreeing] == [" yes,", " the", " vote"]


def test_marks_are_joined_to_the_word_before_them() -> None:
    """With their tokens; words, marks after a space and marks without a word before stay."""
    edge = Span(0, 0)
    words = tuple(
        Word(text, edge, 0.9, (index,))
        for index, text in enumerate(("…", " yes", ",", "»", " peut", "-être", " «", " no"))
    )
    joined = with_marks_joined(words)
    assert [word.text for word in joined] == ["…", " yes,»", " peut", "-être", " «", " no"]
    assert joined[1].tokens == (1, 2, 3)
    assert text_of(joined) == text_of(words)


# --- whatever the recogniser says --------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(UPDATE, st.booleans()), max_size=14), SENTENCE)
def test_the_stable_prefix_is_never_taken_back(updates: list[tuple[Update, bool]], final: list[str]) -> None:
    """Whatever the recogniser says, promises hold to the end and begin what readers see."""
    stabiliser = Stabiliser()
    promised = ""
    for update, forgets in updates:
        hypothesis = following(stabiliser, update, looped=update[3])
        if forgets:
            hypothesis = following(Stabiliser(), update)
        shown = stabiliser.update(hypothesis, quiet_seconds=update[2])
        assert shown.text.startswith(promised)
        assert shown.stable >= len(promised)
        promised = shown.text[: shown.stable]
        assert promised == text_of(stabiliser.stable_prefix)
    words, _ = stabiliser.finish(hypothesis_of(" ".join(final)))
    assert text_of(words).startswith(promised)


@settings(max_examples=150, deadline=None)
@given(st.lists(UPDATE, max_size=14))
def test_a_word_that_the_hypothesis_still_has_is_never_hidden(updates: list[Update]) -> None:
    """Readers keep every word up to the first one on which the newest hypothesis disagrees."""
    stabiliser = Stabiliser()
    for update in updates:
        hypothesis = following(stabiliser, update)
        seen, read = plain(stabiliser.shown), plain(hypothesis.words)
        same = 0
        while same < min(len(seen), len(read)) and seen[same] == read[same]:
            same += 1
        stabiliser.update(hypothesis, quiet_seconds=update[2])
        assert plain(stabiliser.shown)[:same] == seen[:same]


@settings(max_examples=150, deadline=None)
@given(st.lists(UPDATE, min_size=4, max_size=14))
def test_what_is_held_gives_way_after_some_hypotheses(updates: list[Update]) -> None:
    """Never in more than `held_hypotheses` partials in a row do readers see what these do not say."""
    stabiliser = Stabiliser()
    held = 0
    for update in updates:
        hypothesis = following(stabiliser, update)
        stabiliser.update(hypothesis, quiet_seconds=update[2])
        seen = plain(stabiliser.shown)
        held = 0 if seen == plain(hypothesis.words)[: len(seen)] else held + 1
        assert held <= StabilisationRules().held_hypotheses


def test_comparing_ignores_case_and_punctuation() -> None:
    """“Vote,” and “vote” are the same word; accents count."""
    first, other, accented = (words_of(text)[0] for text in ("vote", "Vote,", "voté"))
    assert normalised(first) == normalised(other) != normalised(accented)


def test_ends_of_sentences_and_clauses() -> None:
    """Closing quotes behind the mark do not hide it."""
    assert ends_sentence(words_of("over.»")[0])
    assert ends_clause(words_of("over,")[0])
    assert not ends_sentence(words_of("over,")[0])


@pytest.mark.parametrize(
    ("step_seconds", "probability", "promised"), [(0.7, 0.5, 0), (1.0, 0.5, 1), (1.0, 0.25, 0)]
)
def test_where_hypotheses_are_rare_one_promises_a_word_said_long_ago(
    step_seconds: float, probability: float, promised: int
) -> None:
    """A second one would come too late; but a word that is no more than a guess still waits."""
    stabiliser = Stabiliser()
    stabiliser.update(Hypothesis((), "en", samples_of(1.0)), quiet_seconds=0.0)
    audio_length = samples_of(1.0 + step_seconds)
    said = Word(" vote", Span(0, audio_length - samples_of(1.3)), probability)
    newest = Word(" is", Span(audio_length - samples_of(0.5), audio_length), 0.9)
    stabiliser.update(Hypothesis((said, newest), "en", audio_length), quiet_seconds=0.0)
    assert len(stabiliser.stable_prefix) == promised
