"""Written sentences become what live captions look like."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from train.corpus import Pair
from train.warm_start.live_speech import FILLERS, as_heard, bare, cut, hesitant, joined, typographic
from train.warm_start.recipe import LiveShares

NONE = LiveShares(0, 0, 0, 0, 0)
PAIR = Pair("Il faut que nous votions le budget aujourd'hui.", "We have to vote on the budget today.")
WORDS = ["le", "Maire,", "3,5", "l'eau", "«oui»", "peut-être"]


def draw(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - not for secrets


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        ("Qu'en est-il, vraiment ?", "qu'en est-il vraiment"),
        ("« Bonjour » — dit-il…", "bonjour dit-il"),
        ("It's 3.5 %, isn't it?", "it's 3.5 isn't it"),
        ("?!", "?!"),
    ],
)
def test_bare_text_keeps_words_whole(written: str, heard: str) -> None:
    """Marks go, but those inside words and figures stay; nothing is left empty."""
    assert bare(written) == heard


def test_what_is_cut_off_ends_early_on_both_sides() -> None:
    """In proportion, and without the mark that ends a sentence."""
    for seed in range(20):
        short = cut(PAIR, draw(seed))
        assert PAIR.source.startswith(short.source)
        assert PAIR.target.startswith(short.target)
        assert len(short.source) < len(PAIR.source)
        shares = [len(a.split()) / len(b.split()) for a, b in zip(short, PAIR, strict=True)]
        assert abs(shares[0] - shares[1]) < 0.15
    assert cut(Pair("Oui, merci.", "Yes, thanks."), draw(1)) == Pair("Oui, merci.", "Yes, thanks.")


@given(
    words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=12),
    seed=st.integers(0, 999),
    language=st.sampled_from([*FILLERS, "ro"]),
)
def test_hesitation_only_adds(words: list[str], seed: int, language: str) -> None:
    """All words that were written are there, in order."""
    heard = iter(hesitant(" ".join(words), language, draw(seed)).casefold().split())
    assert all(any(word.casefold() == other for other in heard) for word in words)


def test_typography_is_that_of_the_language() -> None:
    """French has guillemets and no-break spaces; English has neither."""
    assert typographic('Il dit : "C\'est tout !"', "fr") == "Il dit\u00a0: «\u00a0C’est tout\u00a0!\u00a0»"
    assert typographic('He says: "That\'s all!"', "en") == "He says: “That’s all!”"


def test_two_pairs_make_one_unless_it_would_be_long() -> None:
    """A caption can hold two sentences, hardly more."""
    assert joined(PAIR, Pair("Oui.", "Yes.")) == Pair(f"{PAIR.source} Oui.", f"{PAIR.target} Yes.")
    long = Pair("mot " * 40, "word " * 40)
    assert joined(PAIR, long) == long


def test_shares_say_how_many_change() -> None:
    """None at all, about so many, and the same ones for the same seed; targets stay clean."""
    pairs = [PAIR] * 1000
    assert list(as_heard(pairs, "fr", NONE, "a")) == pairs
    shares = LiveShares(bare=0.3, cut=0, hesitant=0, typographic=0, joined=0)
    heard = list(as_heard(pairs, "fr", shares, "a"))
    assert 230 < sum(pair != PAIR for pair in heard) < 370
    assert all(pair.target == PAIR.target for pair in heard)
    assert heard == list(as_heard(pairs, "fr", shares, "a"))
    assert heard != list(as_heard(pairs, "fr", shares, "b"))
