"""Which words are promised, and that promises are kept."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.core.hypothesis import text_of
from assistant.core.stabilisation import Stabiliser, ends_clause, ends_sentence, normalised
from tests.core.words import hypothesis_of, words_of

SENTENCE = st.lists(st.sampled_from("yes no well, the. vote Vote is over".split()), max_size=9)


def test_one_hypothesis_promises_nothing() -> None:
    """A word is shown at once and promised only when a second hypothesis agrees."""
    stabiliser = Stabiliser()
    shown = stabiliser.update(hypothesis_of("the vote is"), quiet_seconds=0.0)
    assert (shown.text, shown.stable) == ("the vote is", 0)


def test_two_hypotheses_that_agree_promise_all_but_the_newest_word() -> None:
    """The last word waits: what follows it may still change it."""
    stabiliser = Stabiliser()
    stabiliser.update(hypothesis_of("the vote is"), quiet_seconds=0.0)
    shown = stabiliser.update(hypothesis_of("the vote is"), quiet_seconds=0.0)
    assert shown.text[: shown.stable] == "the vote"


def test_after_a_pause_the_newest_word_is_promised_too() -> None:
    """Silence behind the last word says that it is complete."""
    stabiliser = Stabiliser()
    stabiliser.update(hypothesis_of("the vote is over."), quiet_seconds=0.0)
    shown = stabiliser.update(hypothesis_of("the vote is over."), quiet_seconds=0.4)
    assert shown.stable == len("the vote is over.")


def test_words_at_the_edge_of_the_audio_wait() -> None:
    """A word that ends where the audio does may be half of a longer one."""
    stabiliser = Stabiliser()
    for _ in range(2):
        shown = stabiliser.update(hypothesis_of("the vote is", heard_words=2), quiet_seconds=0.0)
    assert shown.text[: shown.stable] == "the"


def test_a_loop_changes_nothing() -> None:
    """What the decoder repeats without end is neither shown nor promised."""
    stabiliser = Stabiliser()
    before = stabiliser.update(hypothesis_of("the vote"), quiet_seconds=0.0)
    after = stabiliser.update(hypothesis_of("the vote the vote the vote", looped=True), quiet_seconds=0.0)
    assert after == before


def test_promises_can_stop_at_the_end_of_a_sentence() -> None:
    """So that a long utterance can be cut there."""
    stabiliser = Stabiliser()
    for _ in range(2):
        shown = stabiliser.update(
            hypothesis_of("it is over. we go home now"), quiet_seconds=0.0, stop_at_sentence=True
        )
    assert shown.text[: shown.stable] == "it is over."


def test_a_final_that_agrees_is_taken_as_it_is() -> None:
    """Where the better pass begins with what was promised, there is nothing to refine."""
    stabiliser = Stabiliser()
    for _ in range(2):
        stabiliser.update(hypothesis_of("the vote is over"), quiet_seconds=0.0)
    settled = stabiliser.finish(hypothesis_of("the vote is over now."))
    assert text_of(settled.words) == "the vote is over now."
    assert settled.better is None


def test_a_final_that_disagrees_keeps_promises_and_offers_the_better_text() -> None:
    """The final begins with the promised words; the second pass comes as a refinement."""
    stabiliser = Stabiliser()
    for _ in range(2):
        stabiliser.update(hypothesis_of("the boat is over"), quiet_seconds=0.0)
    settled = stabiliser.finish(hypothesis_of("The vote is over now."))
    assert text_of(settled.words) == "the boat is over now."
    assert settled.better is not None
    assert text_of(settled.better) == "The vote is over now."


@given(st.lists(st.tuples(SENTENCE, st.sampled_from([0.0, 0.5]), st.booleans()), max_size=12), SENTENCE)
def test_the_stable_prefix_is_never_taken_back(
    updates: list[tuple[list[str], float, bool]], final: list[str]
) -> None:
    """Whatever the recogniser says after the words it was given, promises hold to the end."""
    stabiliser = Stabiliser()
    promised = ""
    for tail, quiet_seconds, looped in updates:
        text = " ".join([word.text.strip() for word in stabiliser.committed] + tail)
        shown = stabiliser.update(hypothesis_of(text, looped=looped), quiet_seconds=quiet_seconds)
        assert shown.text.startswith(promised)
        assert shown.stable >= len(promised)
        promised = shown.text[: shown.stable]
    settled = stabiliser.finish(hypothesis_of(" ".join(final)))
    assert text_of(settled.words).startswith(promised)


def test_comparing_ignores_case_and_punctuation() -> None:
    """“Vote,” and “vote” are the same word; accents count."""
    plain, other, accented = (words_of(text)[0] for text in ("vote", "Vote,", "voté"))
    assert normalised(plain) == normalised(other) != normalised(accented)


def test_ends_of_sentences_and_clauses() -> None:
    """Closing quotes behind the mark do not hide it."""
    assert ends_sentence(words_of("over.»")[0])
    assert ends_clause(words_of("over,")[0])
    assert not ends_sentence(words_of("over,")[0])
