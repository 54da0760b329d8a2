"""Accuracy, lag and steadiness from scripted events."""

from __future__ import annotations

import pytest
from benchmark.scoring import (
    ErrorCount,
    Shown,
    SpokenWord,
    Steadiness,
    count_errors,
    histories_of,
    lags_of,
    matches,
    most_words_shown,
    steadiness_of,
)

from assistant.client import CaptionEvent


def shown(at: float, text: str, stable: int = 0, **more: object) -> Shown:
    """A revision of one caption; its number grows with time."""
    fields = {
        "id": "c1",
        "final": False,
        "refined": False,
        "start_seconds": 0.0,
        "rev": round(at * 100),
        **more,
    }
    return Shown(
        at,
        CaptionEvent(
            seq=round(at * 100),
            participant="p",
            speaker="P",
            lang="en",
            source_lang="en",
            text=text,
            stable=stable,
            end_seconds=1.0,
            **fields,  # type: ignore[arg-type]  # test fields
        ),
    )


SPOKEN = [SpokenWord("the", 0.2), SpokenWord("cat", 0.5), SpokenWord("sat", 0.9)]
LIVE = [
    shown(10.6, "The"),
    shown(11.0, "The cut", stable=3),
    shown(11.4, "The cat sat", stable=7),
    shown(12.0, "The cat sat.", stable=12, final=True),
]


def test_lags_of_a_plain_caption() -> None:
    """Each word is timed from the moment it was said: shown, stable, final."""
    lags = lags_of(histories_of(LIVE), SPOKEN, began_at=10.0, language="en")
    assert [round(lag.first_shown_seconds, 3) for lag in lags] == [0.4, 0.9, 0.5]
    assert [round(lag.stable_seconds, 3) for lag in lags] == [0.8, 0.9, 1.1]
    assert [round(lag.final_seconds, 3) for lag in lags] == [1.8, 1.5, 1.1]


def test_a_word_that_moves_is_followed() -> None:
    """Words shown before an inserted one are recognised at their new place."""
    events = [
        shown(10.5, "cat sat"),
        shown(11.0, "the cat sat", stable=11),
        shown(12.0, "the cat sat", 11, final=True),
    ]
    lags = lags_of(histories_of(events), SPOKEN, began_at=10.0, language="en")
    assert [round(lag.first_shown_seconds, 3) for lag in lags] == [0.8, 0.0, -0.4]
    assert [round(lag.stable_seconds, 3) for lag in lags] == [0.8, 0.5, 0.1]


def test_stability_that_was_broken_does_not_count() -> None:
    """A word is stable only from when on it stayed."""
    events = [
        shown(10.5, "the", stable=3),
        shown(11.0, "a", stable=1),
        shown(12.0, "the", stable=3, final=True),
    ]
    lags = lags_of(histories_of(events), SPOKEN, began_at=10.0, language="en")
    assert round(lags[0].first_shown_seconds, 3) == 0.3
    assert round(lags[0].stable_seconds, 3) == 1.8


def test_words_nobody_said_have_no_lag() -> None:
    """Only words that were recognised and said are timed."""
    events = [shown(11.0, "the dog sat", final=True)]
    assert len(lags_of(histories_of(events), SPOKEN, began_at=10.0, language="en")) == 2
    assert lags_of([], SPOKEN, began_at=10.0, language="en") == []


def test_flicker_counts_words_taken_back() -> None:
    """A changed word counts once; added words and punctuation don't count."""
    (history,) = histories_of(LIVE)
    assert steadiness_of(history, "en") == Steadiness(taken_back=1, final_words=3)
    gone = histories_of([shown(1, "thank you"), shown(2, "", final=True)])[0]
    assert steadiness_of(gone, "en") == Steadiness(taken_back=2, final_words=0)


def test_a_refined_revision_counts_for_accuracy_only() -> None:
    """The live part ends with the first final; what stands in the end is the refined text."""
    refined = shown(15.0, "The bat sat.", 12, final=True, refined=True)
    (history,) = histories_of([*LIVE, refined])
    assert history.live[-1].caption.text == "The cat sat."
    assert history.settled.text == "The bat sat."
    assert history.revised
    assert lags_of([history], SPOKEN, 10.0, "en") == lags_of(histories_of(LIVE), SPOKEN, 10.0, "en")


def test_old_and_open_revisions_are_left_out() -> None:
    """An older revision changes nothing, and a caption that never became final has no history."""
    late = shown(13.0, "The", rev=1)
    still_open = shown(13.0, "hello", id="c2")
    (history,) = histories_of([*LIVE, late, still_open])
    assert history.settled.text == "The cat sat."


def test_captions_are_ordered_by_speech() -> None:
    """A final that came late stands where it was said."""
    second = shown(1.0, "two", id="b", final=True, start_seconds=5.0)
    first = shown(2.0, "one", id="a", final=True, start_seconds=1.0)
    assert [history.settled.text for history in histories_of([second, first])] == ["one", "two"]


@pytest.mark.parametrize(
    ("said", "heard", "expected"),
    [
        ("a b c d", "a x c", ErrorCount(4, 2)),
        ("a b", "a b", ErrorCount(2, 0)),
        ("a b", "", ErrorCount(2, 2)),
        ("", "a b c", ErrorCount(0, 3)),
        ("", "", ErrorCount(0, 0)),
    ],
)
def test_word_errors(said: str, heard: str, expected: ErrorCount) -> None:
    """Substitutions, deletions and insertions count alike; emptiness on either side is no exception."""
    assert count_errors(said.split(), heard.split()) == expected


def test_errors_add_up() -> None:
    """Rates are taken over all words, not averaged over recordings."""
    total = ErrorCount(10, 1) + ErrorCount(30, 7)
    assert total.rate == 0.2
    assert ErrorCount(0, 3).rate is None


def test_matches_follow_the_best_alignment() -> None:
    """Shared words are paired in order."""
    assert list(matches("a b c d".split(), "b x d".split())) == [(1, 0), (3, 2)]
    assert list(matches([], ["a"])) == []


def test_words_on_the_screen() -> None:
    """Of each caption the longest revision counts, also when it is taken back later."""
    events = [shown(1, "thank you"), shown(2, "", final=True), shown(3, "bye", id="c2")]
    assert most_words_shown(events, "en") == 3
