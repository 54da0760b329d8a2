"""One utterance from its first draft to its final."""

from __future__ import annotations

import pytest

from assistant.core.audio import SAMPLE_RATE, Span
from assistant.core.guards import VoiceEvidence
from assistant.core.hypothesis import text_of
from assistant.core.language import LanguageMemory
from assistant.core.segmentation import SpeechEnded
from assistant.core.utterance import Utterance, capitalised
from tests.core.words import WORD_SAMPLES, hypothesis_of

CLEAR = VoiceEvidence(3.0, 0.95)


def utterance(*, pinned: str | None = None, continues: bool = False) -> Utterance:
    return Utterance(1_000, LanguageMemory(), pinned=pinned, continues=continues)


def ended(seconds: float = 3.0, probability: float = 0.95) -> SpeechEnded:
    return SpeechEnded(Span(0, round(seconds * SAMPLE_RATE)), seconds, probability)


def test_a_sentence_begins_with_a_capital_unless_it_goes_on() -> None:
    """Readers see sentences, and the second half of one stays as it is."""
    first = utterance().draft(hypothesis_of("the vote"), CLEAR, quiet_seconds=0.0)
    second = utterance(continues=True).draft(hypothesis_of("the vote"), CLEAR, quiet_seconds=0.0)
    assert first is not None
    assert second is not None
    assert (first.text, second.text) == ("The vote", "the vote")


@pytest.mark.parametrize(
    ("text", "written"), [(" l'accord", " L'accord"), (" «été", " «Été"), (" 3d", " 3d"), ("会議", "会議")]
)
def test_capitals_fit_the_script(text: str, written: str) -> None:
    """Marks before the letter do not matter, numbers and scripts without capitals stay."""
    assert capitalised(text) == written


def test_a_draft_that_changes_nothing_is_not_shown_again() -> None:
    """Readers get no revision without news."""
    followed = utterance()
    assert followed.draft(hypothesis_of("the vote is"), CLEAR, quiet_seconds=0.0)
    followed.draft(hypothesis_of("the vote is"), CLEAR, quiet_seconds=0.0)
    assert followed.draft(hypothesis_of("the vote is"), CLEAR, quiet_seconds=0.0) is None


def test_doubtful_first_drafts_are_held_back() -> None:
    """What the guards reject is never the first thing shown."""
    followed = utterance()
    assert followed.draft(hypothesis_of("thank you"), VoiceEvidence(0.3, 0.55), quiet_seconds=0.0) is None
    assert followed.shown is None


def test_an_invented_final_becomes_nothing() -> None:
    """With its reason, and without words."""
    final = utterance().finish(
        hypothesis_of("Thanks for watching!", mean_log_probability=-0.8), ended(0.5, 0.6)
    )
    assert (final.words, final.rejected) == ((), "phantom")


def test_promised_words_survive_a_final_that_finds_no_speech() -> None:
    """Readers were promised them."""
    followed = utterance()
    for _ in range(2):
        followed.draft(hypothesis_of("the vote is over"), CLEAR, quiet_seconds=0.0)
    final = followed.finish(hypothesis_of(""), ended())
    assert text_of(final.words) == "The vote is"
    assert not final.rejected


def test_the_language_is_detected_until_it_is_settled_and_again_for_the_final() -> None:
    """Early drafts choose, later drafts keep, the final chooses once more."""
    followed = utterance()
    assert callable(followed.language_for(SAMPLE_RATE, final=False))
    followed.draft(
        hypothesis_of("one two three four five six seven eight nine ten"), CLEAR, quiet_seconds=0.0
    )
    assert followed.language_for(4 * SAMPLE_RATE, final=False) == "en"
    assert callable(followed.language_for(4 * SAMPLE_RATE, final=True))
    assert utterance(pinned="fr").language_for(SAMPLE_RATE, final=True) == "fr"


def test_a_long_utterance_is_cut_behind_a_promised_sentence() -> None:
    """The gap lies around the border of the words, and what follows seeds the next utterance."""
    text = "one " * 27 + "over. then more words"
    followed = utterance()
    for _ in range(2):
        followed.drafted_samples = 31 * WORD_SAMPLES
        followed.draft(hypothesis_of(text), VoiceEvidence(9.0, 0.95), quiet_seconds=0.0)
    gap = followed.cut_between()
    assert gap is not None
    border = 28 * WORD_SAMPLES
    assert gap.start_samples < border < gap.end_samples
    kept, moved = followed.split(border)
    assert kept.text.endswith("over.")
    assert kept.stable == len(kept.text)
    following = utterance()
    seeded = following.seed(moved, "en")
    assert seeded is not None
    assert (seeded.text, seeded.stable) == ("then more words", 0)
    assert moved[0].span.start_samples == 0


def test_a_short_utterance_is_not_cut() -> None:
    """However many sentences it has."""
    followed = utterance()
    for _ in range(2):
        followed.drafted_samples = 4 * WORD_SAMPLES
        followed.draft(hypothesis_of("over. then more words"), CLEAR, quiet_seconds=0.0)
    assert followed.cut_between() is None
