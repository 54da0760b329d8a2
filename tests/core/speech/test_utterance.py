"""One utterance from its first partial to its final."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.core.speech.audio import SAMPLE_RATE, Span, samples_of, seconds_of
from assistant.core.speech.cutting import CutRules
from assistant.core.speech.hallucination_filter import VoiceEvidence
from assistant.core.speech.hypothesis import Hypothesis, Word, capitalised, text_of
from assistant.core.speech.segmentation import SpeechEnded
from assistant.core.speech.spoken_language import LanguageMemory, SpokenLanguages
from assistant.core.speech.stabilisation import Shown
from assistant.core.speech.utterance import OVERLAP_SECONDS, Utterance, UtteranceRules
from tests.core.speech.words import WORD_SAMPLES, hypothesis_of, of_window, timed_words

CLEAR = VoiceEvidence(30.0, 0.95)
NUMBERS = "one two three four five six seven eight nine ten"
RULES = UtteranceRules()
CUTS = CutRules()


def utterance(
    *,
    pinned: str | None = None,
    continues: bool = False,
    before: str | None = None,
    torn: bool | None = None,
) -> Utterance:
    """Return an utterance; one with something before it was torn off, unless said otherwise."""
    torn = before is not None if torn is None else torn
    return Utterance(16_000, LanguageMemory(pinned=pinned), continues=continues, before=before, torn=torn)


def ended(seconds: float = 3.0, probability: float = 0.95, *, forced: bool = False) -> SpeechEnded:
    span = Span(16_000, 16_000 + samples_of(seconds))
    return SpeechEnded(span, VoiceEvidence(seconds, probability), forced=forced)


def shown_partial(followed: Utterance, whole: Hypothesis, *, quiet_seconds: float = 0.0) -> Shown | None:
    """Give the utterance a partial of its next window, where one of all its audio says `whole`."""
    followed.partial_samples = whole.audio_length
    return followed.partial(of_window(followed, whole), CLEAR, quiet_seconds=quiet_seconds)


def long_text(words: int, end: str) -> str:
    return " ".join([*(f"n{number}" for number in range(words - 1)), end])


def rest_at(word: int, seconds: float = 0.3, late_seconds: float = 0.0) -> Span:
    """Return a rest around the end of the word of that number, or a little later."""
    middle = word * WORD_SAMPLES + samples_of(late_seconds)
    return Span(middle - samples_of(seconds) // 2, middle + samples_of(seconds) // 2)


# --- partials ----------------------------------------------------------------------------------------


def test_a_sentence_begins_with_a_capital_unless_it_goes_on() -> None:
    """Readers see sentences, and the second half of one stays as it is."""
    first = shown_partial(utterance(), hypothesis_of("the vote"))
    second = shown_partial(utterance(continues=True), hypothesis_of("the vote"))
    assert first is not None
    assert second is not None
    assert (first.text, second.text) == ("The vote", "the vote")


@pytest.mark.parametrize(
    ("text", "written"), [(" l'accord", " L'accord"), (" «été", " «Été"), (" 3d", " 3d"), ("会議", "会議")]
)
def test_capitals_fit_the_script(text: str, written: str) -> None:
    """Marks before the letter do not matter, numbers and scripts without capitals stay."""
    assert capitalised(text) == written


def test_a_partial_that_changes_nothing_is_not_shown_again() -> None:
    """Readers get no revision without news."""
    followed = utterance()
    assert shown_partial(followed, hypothesis_of("the vote is"))
    shown_partial(followed, hypothesis_of("the vote is"))
    assert shown_partial(followed, hypothesis_of("the vote is")) is None


def test_doubtful_first_partials_are_held_back() -> None:
    """What the hallucination filter refuses is never the first thing shown."""
    followed = utterance()
    followed.window()
    assert followed.partial(hypothesis_of("thank you"), VoiceEvidence(0.3, 0.55), quiet_seconds=0.0) is None
    assert followed.shown is None


def test_a_partial_that_comes_after_the_end_is_judged_by_the_whole_utterance() -> None:
    """What voice activity hears by then belongs to somebody else's words."""
    followed = utterance()
    followed.window()
    followed.ended = ended(0.3, 0.55)
    assert followed.partial(hypothesis_of("thank you"), CLEAR, quiet_seconds=0.0) is None


def test_the_language_is_detected_until_it_is_settled_and_again_for_the_final() -> None:
    """Early partials choose, later partials keep, the final chooses once more."""
    followed = utterance()
    assert callable(followed.language_for(SAMPLE_RATE, final=False))
    shown_partial(followed, hypothesis_of(NUMBERS))
    assert followed.language_for(4 * SAMPLE_RATE, final=False) == "en"
    assert callable(followed.language_for(4 * SAMPLE_RATE, final=True))
    chosen = utterance(pinned="fr").language_for(SAMPLE_RATE, final=True)
    assert callable(chosen)
    assert chosen({"en": 0.6, "fr": 0.4}) == "fr"


def test_a_partial_whose_words_are_in_another_language_waits() -> None:
    """Until there is so much audio that partials wait no longer; German words are shown at once."""
    heard = {"de": 0.97, "en": 0.03}
    spoken = SpokenLanguages(frozenset({"de", "en"}))

    def partial(text: str, seconds: float) -> Shown | None:
        followed = Utterance(16_000, LanguageMemory(spoken, "ana", current="de"))
        read = hypothesis_of(text, language="de", language_probabilities=heard)
        return shown_partial(followed, replace(read, audio_length=samples_of(seconds)))

    assert partial("that is all for now", 2.0) is None
    assert partial("das ist alles für heute", 2.0) is not None
    assert partial("that is all for now", 3.0) is not None


@pytest.mark.parametrize(
    ("heard", "seconds", "asked"),
    [(0.95, 6.0, False), (0.95, 9.0, True), (0.6, 6.0, True)],
    ids=["plainly the pinned one", "most of it was not heard", "in doubt"],
)
def test_a_final_does_not_ask_again_which_language_most_of_its_audio_plainly_is(
    heard: float, seconds: float, *, asked: bool
) -> None:
    """Where a partial of half the audio was plainly in the pinned language, the final detects none."""
    followed = Utterance(16_000, LanguageMemory(pinned="en", current="en"))
    partial = hypothesis_of(NUMBERS, language_probabilities={"en": heard, "fr": 1.0 - heard})
    shown_partial(followed, partial)
    language = followed.language_for(samples_of(seconds), final=True)
    assert callable(language) if asked else language == "en"


# --- what a partial hears ------------------------------------------------------------------------------


def test_the_first_partial_hears_everything() -> None:
    """And is told what was said without a pause before it."""
    window = utterance(before="The vote is on").window()
    assert (window.start_samples, window.prefix, window.context) == (0, (), "The vote is on")


def test_a_partial_hears_the_open_words_and_a_little_of_the_promised_ones() -> None:
    """The text of the earlier ones is its context, and their audio is left out."""
    followed = utterance(before="And then")
    shown_partial(followed, hypothesis_of(NUMBERS * 2))
    window = followed.window()
    promised = seconds_of(followed.prefix[-1].span.end_samples - window.start_samples)
    assert RULES.kept_seconds - 0.3 <= promised <= RULES.kept_seconds
    assert window.prefix[0].span.start_samples == 0
    assert f"{window.context}{''.join(word.text for word in window.prefix)}" == (
        f"And then {text_of(followed.prefix)}"
    )


def test_a_word_that_is_said_again_and_again_is_promised_as_often() -> None:
    """Every copy has time of its own; how many are in the window says nothing of how many were said."""
    followed = utterance()
    start = " ".join(f"w{number}" for number in range(20))
    for count in range(4, 14, 3):
        shown_partial(followed, hypothesis_of(f"{start} {'yes ' * count}"))
    assert [word.text for word in followed.prefix].count(" yes") == 12
    assert not followed.stalled


def test_rare_partials_hear_less_of_what_is_promised() -> None:
    """When many talk, a partial must cost little; one second of new audio is rare."""
    kept = {}
    for step_words in (2, 4):
        followed = utterance()
        for words in range(20, 40, step_words):
            shown_partial(followed, hypothesis_of(" ".join(f"w{number}" for number in range(words))))
        kept[step_words] = followed.prefix[-1].span.end_samples - followed.window().start_samples
    assert seconds_of(kept[4]) <= RULES.rare_kept_seconds < seconds_of(kept[2]) <= RULES.kept_seconds


def test_few_promised_words_are_all_heard() -> None:
    """A short utterance has no context of its own."""
    followed = utterance()
    shown_partial(followed, hypothesis_of("the vote is over now"))
    assert followed.prefix
    assert followed.window().start_samples == 0
    assert followed.window().prefix == followed.prefix
    assert not followed.window().context


def test_a_window_begins_between_two_words() -> None:
    """In the middle of the pause, so that neither is torn."""
    followed = utterance()
    words = timed_words([(f" {plain}", 0.9, 0.2) for plain in NUMBERS.split()])
    apart = tuple(
        replace(word, span=Span(6_400 * index, 6_400 * index + 3_200)) for index, word in enumerate(words)
    )
    shown_partial(followed, Hypothesis(apart, "en", 6_400 * 12))
    assert followed.window().start_samples % 6_400 == 4_800


@pytest.mark.parametrize("looped", [True, False])
def test_a_partial_that_went_wrong_makes_the_next_one_hear_more(looped: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    """A loop, or promised words that are lost; once it goes well the window is small again."""
    followed = utterance()
    whole = hypothesis_of(NUMBERS * 4)
    shown_partial(followed, whole)
    small = followed.window().start_samples
    wrong = replace(of_window(followed, whole), looped=True) if looped else hypothesis_of("oops")
    followed.partial(wrong, CLEAR, quiet_seconds=0.0)
    wide = followed.window()
    heard = seconds_of(followed.prefix[-1].span.end_samples - wide.start_samples)
    assert RULES.kept_seconds < RULES.wide_kept_seconds - 0.3 <= heard <= RULES.wide_kept_seconds
    shown_partial(followed, whole)
    assert followed.window().start_samples >= small


def test_a_partial_of_a_window_is_read_as_one_of_the_whole_utterance() -> None:
    """Words keep their order, their places in the utterance and their capital."""
    followed = utterance()
    shown_partial(followed, hypothesis_of(NUMBERS * 2))
    whole = hypothesis_of(NUMBERS * 3)
    assert followed.window().start_samples > 0
    shown = shown_partial(followed, whole)
    assert shown is not None
    assert shown.text == (NUMBERS * 3).capitalize()
    assert "".join(followed.heard_words).strip() == shown.text
    assert [word.span for word in followed.prefix] == [
        word.span for word in whole.words[: len(followed.prefix)]
    ]
    assert shown.stable == len(text_of(followed.prefix))


def test_heard_words_are_those_of_the_newest_sound_partial() -> None:
    """Also the doubtful ones that are not shown, for the choice of terms that the final is told."""
    followed = utterance()
    shown = shown_partial(followed, hypothesis_of("the vote is Lefèvre", doubtful=[("Lefèvre", 0.2)]))
    assert shown is not None
    assert "Lefèvre" not in shown.text
    assert followed.heard_words == (" The", " vote", " is", " Lefèvre")
    shown_partial(followed, hypothesis_of("the vote the vote", looped=True))
    assert followed.heard_words[-1] == " Lefèvre"


def test_whether_it_ends_a_sentence_is_said_of_promised_words() -> None:
    """The next utterance goes on with the sentence unless a promised word closed it."""
    followed = utterance()
    assert not followed.ends_sentence
    shown_partial(followed, hypothesis_of("the vote is over."))
    assert not followed.ends_sentence
    shown_partial(followed, hypothesis_of("the vote is over."), quiet_seconds=0.4)
    assert followed.ends_sentence


# --- cuts --------------------------------------------------------------------------------------------


def spoken(words: int, end: str, more: str, *, seen: str | None = None) -> Utterance:
    """Return an utterance whose words up to `end` are promised and `more` is open.

    Readers saw the words up to `end` before the newest partial, and `seen` behind them.
    """
    followed = utterance()
    text = long_text(words, end)
    doubtful = [(word, 0.3) for word in more.split()]
    earlier = f"{text} {seen}" if seen else text
    for whole in (
        hypothesis_of(earlier, heard_words=words, doubtful=[(end, 0.8)]),
        hypothesis_of(f"{text} {more}", heard_words=words + 2, doubtful=doubtful),
    ):
        shown_partial(followed, whole)
    assert len(followed.prefix) == words
    assert followed.heard_words[words:]
    return followed


def test_a_short_utterance_is_not_cut() -> None:
    """However many sentences it has and wherever the voice rests."""
    words = int(CUTS.free_cut_seconds / 0.3) - 3
    assert spoken(words, "over.", "then we").cut_between([rest_at(words)]) is None


def test_from_eight_seconds_on_it_is_cut_where_nothing_moves() -> None:
    """The sentence is complete, the voice rests, and no reader has seen a word of what follows."""
    assert spoken(27, "over.", "then we").cut_between([rest_at(27)]) == rest_at(27)


@pytest.mark.parametrize(("words", "stops"), [(40, False), (49, True)])
def test_promises_of_a_long_utterance_stop_at_the_end_of_a_sentence(words: int, *, stops: bool) -> None:
    """From fifteen seconds on, so that it can be cut there."""
    followed = utterance()
    shown_partial(followed, hypothesis_of(f"{long_text(words, 'over.')} then we all go"))
    assert followed.ends_sentence is stops
    assert text_of(followed.prefix).endswith("over." if stops else "then we all")


def test_words_that_readers_see_do_not_move_before_fifteen_seconds() -> None:
    """They would go from one caption and come up in the next."""
    seen = spoken(27, "over.", "then we", seen="then")
    assert seen.cut_between([rest_at(27)]) is None
    late = spoken(51, "over.", "then we", seen="then")
    assert late.cut_between([rest_at(51)]) == rest_at(51)


@pytest.mark.parametrize("end", ["over", "over,", "over...", "over…"])
def test_before_nineteen_seconds_only_whole_sentences_are_cut_off(end: str) -> None:
    """A comma ends none, nor do dots of somebody who thinks."""
    assert spoken(27, end, "then we").cut_between([rest_at(27)]) is None
    assert spoken(51, end, "then we").cut_between([rest_at(51)]) is None
    assert spoken(64, end, "then we").cut_between([rest_at(64)]) == rest_at(64)


@pytest.mark.parametrize("words", [27, 51, 64])
def test_without_a_rest_of_the_voice_nothing_is_cut(words: int) -> None:
    """Alignment alone is not good enough: the cut may go through a word."""
    followed = spoken(words, "over.", "then we")
    short, elsewhere = rest_at(words, 0.14), rest_at(words - 5)
    assert followed.cut_between([]) is None
    assert followed.cut_between([short, elsewhere]) is None
    assert followed.cut_between([short, elsewhere, rest_at(words, 0.15)]) == rest_at(words, 0.15)


def test_a_rest_may_lie_beside_where_alignment_puts_the_gap() -> None:
    """But only a quarter of a second, and of a longer rest only that part counts."""
    followed = spoken(27, "over.", "then we")
    assert followed.cut_between([rest_at(27, 0.2, late_seconds=0.15)]) == rest_at(27, 0.2, late_seconds=0.15)
    assert followed.cut_between([rest_at(27, 0.2, late_seconds=0.3)]) is None
    assert followed.cut_between([rest_at(27, 1.0)]) == rest_at(27, 0.5)


def test_the_longest_of_several_rests_is_taken() -> None:
    """It is the likeliest to lie between two words."""
    followed = spoken(27, "over.", "then we")
    rests = [rest_at(27, 0.16, -0.15), rest_at(27, 0.2, 0.12)]
    assert followed.cut_between(rests) == rests[1]


def unpromised(words: int) -> Utterance:
    """Return an utterance of doubtful words, of which none is promised."""
    followed = utterance()
    text = " ".join(f"w{index}" for index in range(words))
    doubtful = [(word, 0.65 if index else 0.3) for index, word in enumerate(text.split())]
    whole = hypothesis_of(text, heard_words=words, doubtful=doubtful)
    first = whole.words[0]
    # The first word lasts to the end, so that it waits, and nothing behind it is promised before it.
    late = Span(first.span.start_samples, whole.audio_length)
    shown_partial(followed, replace(whole, words=(replace(first, span=late), *whole.words[1:])))
    return followed


def test_in_the_end_it_is_cut_behind_words_that_were_not_promised() -> None:
    """In the later half, at a rest, and not in the last second; the words before it are promised."""
    before, after = unpromised(83), unpromised(84)
    rests = [rest_at(20, 0.6), rest_at(60, 0.3), rest_at(83, 0.6)]
    assert not before.prefix
    assert before.cut_between(rests) is None
    assert not before.prefix
    assert after.cut_between(rests) == rest_at(60, 0.3)
    assert len(after.prefix) == 60


def test_in_the_end_it_is_cut_also_where_the_voice_never_rests() -> None:
    """Between two words, as late as it can be heard well, at a clause if there is one."""
    plain = unpromised(84)
    gap = plain.cut_between([])
    assert gap is not None
    border = plain.prefix[-1].span.end_samples
    assert samples_of(CUTS.must_cut_seconds - CUTS.edge_seconds - 0.6) < border
    assert border <= plain.partial_samples - samples_of(CUTS.edge_seconds)
    assert gap == Span(border - samples_of(0.125), border + samples_of(0.125))
    clause = spoken(84, "now,", "then we")
    assert clause.cut_between([]) is not None
    assert text_of(clause.prefix).endswith("now,")


def stalled(*seconds_behind: float, quiet_seconds: float = 0.0) -> Utterance:
    """Return an utterance that says the same words, with so much audio behind the last one's beginning."""
    followed = utterance()
    for seconds in seconds_behind:
        whole = hypothesis_of("one two three")
        audio_length = whole.words[-1].span.start_samples + samples_of(seconds)
        last = replace(whole.words[-1], span=Span(2 * WORD_SAMPLES, audio_length))
        whole = replace(whole, words=(*whole.words[:-1], last), audio_length=audio_length)
        shown_partial(followed, whole, quiet_seconds=quiet_seconds)
    return followed


def test_where_the_recogniser_gives_up_while_the_voice_goes_on_it_is_cut_behind_the_last_word() -> None:
    """Where somebody else takes over in the same breath it may never write what they say."""
    followed = stalled(2.6, 2.9)
    gap = followed.cut_between([])
    last = followed.prefix[-1].span
    assert text_of(followed.prefix) == "One two three"
    assert last == Span(2 * WORD_SAMPLES, 2 * WORD_SAMPLES + samples_of(0.6))
    assert gap
    assert gap.start_samples < last.end_samples < gap.end_samples
    assert followed.torn


def test_a_stalled_utterance_is_cut_at_the_first_rest_behind_its_last_word() -> None:
    """Rests before it lie between words that were read, much later ones between words that were not."""
    followed = stalled(2.6, 2.9)
    rests = [rest_at(2), rest_at(4, 0.1), rest_at(5), rest_at(6)]
    assert followed.cut_between(rests) == rest_at(5)
    assert not followed.torn
    late = stalled(2.6, 2.9)
    assert late.cut_between([rest_at(8)]) == stalled(2.6, 2.9).cut_between([])
    assert late.torn


@pytest.mark.parametrize("followed", [stalled(2.6), stalled(2.0, 2.4), stalled(2.6, 1.0, 2.6)])
def test_one_partial_may_be_slow(followed: Utterance) -> None:
    """Two in a row must have nothing for much of what is heard."""
    assert followed.cut_between([rest_at(4)]) is None
    assert not followed.stalled


def test_silence_is_no_stall() -> None:
    """There is nothing to write where nobody speaks."""
    assert not stalled(3.0, 3.3, quiet_seconds=1.0).stalled


def test_an_utterance_without_words_behind_the_promised_ones_is_not_cut() -> None:
    """There is nothing to seed the next one with; voice activity ends it."""
    followed = utterance()
    shown_partial(followed, hypothesis_of(long_text(30, "over."), heard_words=35), quiet_seconds=0.4)
    assert len(followed.prefix) == 30
    assert followed.cut_between([rest_at(30)]) is None


def test_a_cut_leaves_the_promised_words_and_seeds_the_next_utterance_with_the_others() -> None:
    """What was shown behind the cut is shown again at once, and none of it is promised."""
    followed = spoken(51, "over.", "then we", seen="then we")
    kept, moved = followed.split(51 * WORD_SAMPLES)
    assert kept.text.endswith("over.")
    assert kept.stable == len(kept.text)
    following = utterance(before=text_of(followed.prefix))
    seeded = following.seed(moved, "en")
    assert seeded is not None
    assert (seeded.text, seeded.stable) == ("then we", 0)
    assert moved[0].span.start_samples == 0
    assert following.language_for(SAMPLE_RATE, final=False) == "en"
    held = shown_partial(following, hypothesis_of("Ten bees", doubtful=[("Ten", 0.5), ("bees", 0.5)]))
    assert held is None


# --- finals ------------------------------------------------------------------------------------------


def test_an_invented_final_becomes_nothing() -> None:
    """With its reason, and without words."""
    followed = utterance()
    assert not followed.finalised
    final = followed.finish(hypothesis_of("Thanks for watching!", mean_log_probability=-0.8), ended(0.5, 0.6))
    assert (final.words, final.rejected) == ((), "phantom")
    assert followed.finalised


def test_promised_words_survive_a_final_that_finds_no_speech() -> None:
    """Readers were promised them."""
    followed = utterance()
    for _ in range(2):
        shown_partial(followed, hypothesis_of("the vote is over"))
    final = followed.finish(hypothesis_of(""), ended())
    assert text_of(final.words) == "The vote is"
    assert not final.rejected


def test_a_final_confirms_the_language() -> None:
    """The next utterance of this speaker is likely in the same one."""
    memory = LanguageMemory()
    followed = Utterance(0, memory)
    assert followed.finish(hypothesis_of(NUMBERS, language="fr"), ended()).language == "fr"
    assert memory.current == "fr"


@pytest.mark.parametrize(
    ("before", "forced", "lead", "trail"),
    [
        (None, False, 0.0, 0.0),
        (None, True, 0.0, OVERLAP_SECONDS),
        ("One two", False, OVERLAP_SECONDS, 0.0),
        ("", True, OVERLAP_SECONDS, OVERLAP_SECONDS),
    ],
)
def test_the_better_pass_hears_a_little_past_cuts(
    before: str | None,
    forced: bool,  # noqa: FBT001 - a parameter of pytest
    lead: float,
    trail: float,
) -> None:
    """And nothing more where the voice paused; also where the part before the cut had no words."""
    whole = ended(3.0, forced=forced)
    span = utterance(before=before).final_span(whole)
    assert span.start_samples == whole.span.start_samples - samples_of(lead)
    assert span.end_samples == whole.span.end_samples + samples_of(trail)


def test_where_the_voice_rested_the_better_pass_hears_nothing_past_the_cut() -> None:
    """A torn word behind the rest would do harm, and none of the words before it is torn."""
    followed = spoken(27, "over.", "then we")
    assert followed.cut_between([rest_at(27)])
    assert not followed.torn
    whole = ended(8.1, forced=True)
    assert followed.final_span(whole) == whole.span
    assert utterance(before="One two", torn=followed.torn).final_span(ended()) == ended().span


def test_a_cut_without_a_rest_is_torn() -> None:
    """So is one that voice activity makes where the voice is weakest."""
    followed = unpromised(84)
    assert followed.cut_between([])
    assert followed.torn
    assert utterance().torn


def test_a_better_pass_that_leaves_out_promised_words_does_not_replace_them() -> None:
    """It may be right about some words, but not where it has nothing for six in a row."""
    texts = {}
    for left_out in (5, 6):
        followed = utterance()
        shown_partial(followed, hypothesis_of(NUMBERS + " eleven twelve"))
        promised = text_of(followed.prefix).lower().split()
        better = " ".join(promised[left_out:]) + " twelve thirteen"
        final = followed.finish(hypothesis_of(better), ended(5.0))
        texts[left_out] = text_of(final.better) if final.better else None
        assert text_of(final.words).lower().split()[: len(promised)] == promised
    assert texts == {5: "Six seven eight nine ten eleven twelve thirteen", 6: None}


def test_the_better_pass_never_hears_before_the_track() -> None:
    """A cut may lie in its first moments."""
    followed = Utterance(1_000, LanguageMemory(), before="One", torn=True)
    early = SpeechEnded(Span(1_000, 40_000), VoiceEvidence(2.0, 0.95))
    assert followed.final_span(early) == Span(0, 40_000)


def over_cuts(said: Sequence[tuple[str, float]], *, begins: bool, ends: bool, seconds: float = 3.0) -> str:
    """Return the final of an utterance with cuts, whose better pass says words of so many seconds."""
    followed = utterance(before="One two" if begins else None, continues=begins)
    whole = ended(seconds, forced=ends)
    words = timed_words([(text, 0.9, length) for text, length in said])
    audio_length = followed.final_span(whole).length_samples
    final = followed.finish(Hypothesis(words, "en", audio_length, mean_log_probability=-0.2), whole)
    assert all(word.span.end_samples <= whole.span.length_samples for word in final.words)
    return text_of(final.words)


def test_words_on_the_other_side_of_a_cut_belong_there() -> None:
    """The middle of a word decides; words that reach over the cut are kept by the side with more of them."""
    said = [(" the", 0.35), (" vote", 0.5), (" is", 2.4), (" over", 0.35)]
    assert over_cuts(said, begins=True, ends=True) == "vote is"
    mostly_there = [(" six", 0.25), (" the", 0.19), (" vote", 2.8), (" is", 0.3)]
    assert over_cuts(mostly_there, begins=True, ends=True) == "vote"
    mostly_here = [(" six", 0.25), (" the", 0.21), (" vote", 2.76), (" is", 0.2)]
    assert over_cuts(mostly_here, begins=True, ends=True) == "the vote is"


def test_the_silence_before_the_first_word_does_not_pull_it_over_the_cut() -> None:
    """Alignment gives the first word all the audio before it."""
    assert over_cuts([(" vote", 0.8), (" is", 1.0)], begins=True, ends=False) == "vote is"


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.floats(0.1, 0.34), st.floats(0.0, 0.3)), min_size=6, max_size=14), st.data())
def test_each_word_around_a_cut_is_in_one_final_and_only_there(
    lengths: list[tuple[float, float]], data: st.DataObject
) -> None:
    """Where both passes hear the same words at the same time, wherever the cut goes through them.

    The words are so short that the pass behind the cut hears the one that it tears as a whole.
    """
    said, at_samples = [], 0
    for index, (seconds, gap_seconds) in enumerate(lengths):
        span = Span(at_samples, at_samples + samples_of(seconds))
        said.append(Word(f" w{index}", span, 0.9))
        at_samples = span.end_samples + samples_of(gap_seconds)
    cut_samples = data.draw(st.integers(SAMPLE_RATE // 2, at_samples))
    texts = []
    for span, before in ((Span(0, cut_samples), None), (Span(cut_samples, at_samples + SAMPLE_RATE), "One")):
        part = Utterance(
            span.start_samples,
            LanguageMemory(),
            continues=True,
            before=before,
            torn=before is not None,
        )
        over = SpeechEnded(span, VoiceEvidence(30.0, 0.95), forced=before is None)
        heard = part.final_span(over)
        words = tuple(within(word, heard) for word in said if overlaps(word, heard))
        hypothesis = Hypothesis(words, "en", heard.length_samples, mean_log_probability=-0.2)
        texts.append(text_of(part.finish(hypothesis, over).words))
    assert " ".join(texts).split() == [word.text.strip() for word in said]


def overlaps(word: Word, heard: Span) -> bool:
    return word.span.start_samples < heard.end_samples and word.span.end_samples > heard.start_samples


def within(word: Word, heard: Span) -> Word:
    """Return the word as a pass over `heard` tells it."""
    start = max(word.span.start_samples, heard.start_samples) - heard.start_samples
    end = min(word.span.end_samples, heard.end_samples) - heard.start_samples
    return replace(word, span=Span(start, end))


def test_without_cuts_no_word_is_dropped() -> None:
    """However short the first one and however late the last one."""
    said = [(" the", 0.05), (" vote", 2.94), (" is", 0.01)]
    assert over_cuts(said, begins=False, ends=False) == "The vote is"


def test_the_end_of_the_last_word_before_a_cut_is_not_said_again() -> None:
    """A torn word is short; the same word said twice is kept."""
    texts = []
    for seconds in (0.2, 0.5):
        followed = utterance(before="The vote is", continues=True)
        said = timed_words([(" vote", 0.9, 0.3), (" Is,", 0.9, seconds), (" over", 0.9, 1.0)])
        words = Hypothesis(said, "en", samples_of(3.35), mean_log_probability=-0.2)
        texts.append(text_of(followed.finish(words, ended()).words))
    assert texts == ["over", "Is, over"]


def test_a_final_counts_words_from_the_start_of_its_utterance() -> None:
    """Not from where the better pass began to hear."""
    followed = utterance(before="One two", continues=True)
    said = timed_words([(" two", 0.9, 0.35), (" three", 0.9, 1.0)])
    final = followed.finish(Hypothesis(said, "en", samples_of(3.35), mean_log_probability=-0.2), ended())
    assert [word.span for word in final.words] == [Span(0, SAMPLE_RATE)]


def test_a_final_of_nothing_but_the_other_side_is_empty() -> None:
    """The words belong to the neighbour."""
    followed = utterance(before="One two")
    said = timed_words([(" two", 0.9, 0.35)])
    final = followed.finish(Hypothesis(said, "en", samples_of(3.35), mean_log_probability=-0.2), ended())
    assert (final.words, final.rejected) == ((), "empty")


# --- whatever the recogniser says --------------------------------------------------------------------

SAID = st.lists(
    st.tuples(
        st.sampled_from([" one", " two", " yes", " over.", " no,", ",", "-être", " …", " Over"]),
        st.sampled_from([0.1, 0.5, 0.65, 0.75, 0.9]),
        st.sampled_from([0.0, 0.1, 0.3, 0.6, 3.0]),
    ),
    max_size=12,
)


@dataclass(frozen=True)
class Step:
    """One partial: what it says behind the promised words, and how well.

    Attributes:
        said: Words as (text, probability, seconds).
        pace: How much longer the promised words seem than they did before.
        silence_seconds: Audio behind the last word.
        quiet_seconds: How long the voice has been silent.
        looped: Whether the recogniser repeats itself.
        forgets: Whether it does not give the promised words back.
        rests: Where the voice rests, as (start, length) in shares of what was heard.
    """

    said: list[tuple[str, float, float]]
    pace: float
    silence_seconds: float
    quiet_seconds: float
    looped: bool
    forgets: bool
    rests: list[tuple[float, float]]


STEP = st.builds(
    Step,
    said=SAID,
    pace=st.sampled_from([0.5, 1.0, 1.0, 1.0, 1.5]),
    silence_seconds=st.sampled_from([0.0, 0.3, 1.6, 6.0]),
    quiet_seconds=st.sampled_from([0.0, 0.0, 0.5]),
    looped=st.sampled_from([False, False, False, True]),
    forgets=st.sampled_from([False, False, False, True]),
    rests=st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 0.1)), max_size=4),
)


@dataclass
class Speaking:
    """Somebody speaks without end; utterances follow each other, and every promise is watched."""

    before: str | None = None
    utterance: Utterance = field(init=False)
    promised: str = ""
    audio_length: int = 0
    cuts: int = 0

    def __post_init__(self) -> None:
        self.utterance = utterance(before=self.before)

    def hear(self, step: Step) -> None:
        """Take a partial and cut where the utterance wants to be cut."""
        hypothesis = self._hypothesis(step)
        shown = self.utterance.partial(hypothesis, CLEAR, quiet_seconds=step.quiet_seconds)
        self._watch(shown)
        rests = [
            Span(round(start * self.audio_length), round((start + length) * self.audio_length))
            for start, length in step.rests
        ]
        gap = self.utterance.cut_between(rests)
        self._watch(None)
        if gap and self.utterance.stalled:
            self._cut_stalled(gap)
        elif gap:
            self._cut(gap, rests)

    def finish(self, said: list[tuple[str, float, float]], end_samples: int, *, forced: bool) -> None:
        """Take in the better pass; the final must keep every promise."""
        start = self.utterance.start_samples
        over = SpeechEnded(Span(start, start + end_samples), VoiceEvidence(30.0, 0.95), forced=forced)
        audio_length = self.utterance.final_span(over).length_samples
        final = self.utterance.finish(Hypothesis(timed_words(said), "en", audio_length), over)
        assert text_of(final.words).startswith(self.promised)
        assert final.better is None or text_of(final.better) != text_of(final.words)

    def _hypothesis(self, step: Step) -> Hypothesis:
        window = self.utterance.window()
        promised = self.utterance.prefix
        self._check_window()
        kept = [(word.text, word.probability, word.span.length_seconds * step.pace) for word in window.prefix]
        words = timed_words(([] if step.forgets else kept) + step.said)
        end = window.start_samples + (words[-1].span.end_samples if words else 0)
        end = max(end, promised[-1].span.end_samples if promised else 0)
        self.audio_length = max(self.audio_length, end + samples_of(step.silence_seconds))
        self.utterance.partial_samples = self.audio_length
        audio_length = self.audio_length - window.start_samples
        return Hypothesis(words, "en", audio_length, looped=step.looped)

    def _check_window(self) -> None:
        """The window holds the open words and the last promised ones, the context all before."""
        window, promised = self.utterance.window(), self.utterance.prefix
        kept = len(window.prefix)
        back = window.start_samples
        places = [
            (word.span.start_samples + back, word.span.end_samples + back, word.text)
            for word in window.prefix
        ]
        assert places == [
            (word.span.start_samples, word.span.end_samples, word.text)
            for word in promised[len(promised) - kept :]
        ]
        assert bool(window.prefix) == bool(promised)
        told = f"{window.context}{''.join(word.text for word in window.prefix)}"
        assert told.replace(" ", "") == f"{self.before or ''}{text_of(promised)}".replace(" ", "")
        if back:
            last, first = promised[-1].span.end_samples, window.prefix[0].span.start_samples + back
            assert seconds_of(last - first) <= RULES.wide_kept_seconds

    def _watch(self, shown: Shown | None) -> None:
        promised = text_of(self.utterance.prefix)
        assert promised.startswith(self.promised)
        self.promised = promised
        if shown:
            assert shown.text.startswith(promised)
            assert shown.stable == len(promised)

    def _cut(self, gap: Span, rests: list[Span]) -> None:
        around = samples_of(CUTS.alignment_seconds)
        end = self.utterance.prefix[-1].span.end_samples
        assert self.promised
        assert self.audio_length >= samples_of(CUTS.free_cut_seconds)
        assert max(0, end - around) <= gap.start_samples < gap.end_samples
        assert gap.start_samples <= self.audio_length
        assert gap.end_samples <= self.audio_length + around
        if self.audio_length < self.utterance.must_cut_samples:
            inside = [rest for rest in rests if rest.start_samples <= gap.start_samples]
            assert any(gap.end_samples <= rest.end_samples for rest in inside)
            assert gap.length_seconds >= CUTS.rest_seconds
        self._go_on_behind(gap)

    def _cut_stalled(self, gap: Span) -> None:
        last = self.utterance.prefix[-1].span
        assert self.promised
        assert last.start_samples < gap.start_samples < gap.end_samples
        assert last.end_samples - last.start_samples <= max(
            samples_of(CUTS.stalled_word_seconds), gap.start_samples - last.start_samples
        )
        self._go_on_behind(gap)

    def _go_on_behind(self, gap: Span) -> None:
        at_samples = min(gap.end_samples, self.audio_length)
        kept, moved = self.utterance.split(at_samples)
        assert (kept.text, kept.stable) == (self.promised, len(self.promised))
        self.finish([(" one", 0.9, 0.5)], at_samples, forced=True)
        following = Utterance(
            self.utterance.start_samples + at_samples, LanguageMemory(), before=self.promised
        )
        seeded = following.seed(moved, "en")
        assert (seeded is None) == (not text_of(moved))
        self.before, self.utterance, self.promised = self.promised, following, ""
        self.audio_length -= at_samples
        self.cuts += 1


@settings(max_examples=150, deadline=None)
@given(st.lists(STEP, max_size=14), SAID, st.sampled_from([None, "", "And then"]))
def test_promises_windows_and_cuts_hold_whatever_the_recogniser_says(
    steps: list[Step], final: list[tuple[str, float, float]], before: str | None
) -> None:
    """Through partials, cuts and finals: nothing promised is taken back, no open word goes unheard."""
    speaking = Speaking(before)
    for step in steps:
        speaking.hear(step)
    speaking.finish(final, speaking.audio_length, forced=False)


def test_the_endless_speaker_of_these_tests_is_cut() -> None:
    """Otherwise the property above would say nothing of cuts."""
    speaking = Speaking()
    step = Step(
        said=[(" one", 0.9, 0.5), (" over.", 0.9, 0.5), (" no", 0.9, 0.5)],
        pace=1.0,
        silence_seconds=0.6,
        quiet_seconds=0.0,
        looped=False,
        forgets=False,
        rests=[],
    )
    for _ in range(60):
        speaking.hear(step)
    assert speaking.cuts >= 1
