"""Text of any kind on its way through a text model."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.translation.chunking import LONGEST_WORD, Chunk, chunks, translate_in_chunks


def shouted(texts: list[str]) -> list[str]:
    return [text.upper() for text in texts]


def texts(sentence: str, longest: int = 40) -> list[str]:
    return [chunk.text for chunk in chunks(sentence, longest)]


def test_short_sentences_are_translated_whole() -> None:
    """One call, one chunk each, in order."""
    calls: list[list[str]] = []

    def translate(wanted: list[str]) -> list[str]:
        calls.append(wanted)
        return shouted(wanted)

    assert translate_in_chunks(["good morning.", "thank you."], translate) == [
        "GOOD MORNING.",
        "THANK YOU.",
    ]
    assert calls == [["good morning.", "thank you."]]


@pytest.mark.parametrize("text", ["", " ", "42", "12:30 – 14 %", "…", "?!", "😀🎉", "\x00", "—", "\ud800"])
def test_what_has_no_letter_comes_back_as_it_is(text: str) -> None:
    """Digits, signs and emoji are the same in every language; no model sees them."""
    assert translate_in_chunks([text, "a"], shouted) == [text, "A"]
    assert translate_in_chunks([text], lambda _: pytest.fail("a model was asked")) == [text]


def test_control_characters_count_as_white_space() -> None:
    """So do halves of surrogate pairs, which no library takes; white space becomes single spaces."""
    assert texts("a\x00b\x07 c\ud800d\u2028e\u00a0f\n g\x7f ") == ["a b c d e f g"]


def test_long_sentences_are_cut_at_clauses() -> None:
    """At the end of a clause if one is near, else at a comma, else at a space."""
    assert texts("The budget of the town was voted on Monday; so: thanks to all of you.", 60) == [
        "The budget of the town was voted on Monday;",
        "so: thanks to all of you.",
    ]
    assert texts("Of the many things that were said, little will be remembered here.") == [
        "Of the many things that were said,",
        "little will be remembered here.",
    ]
    assert texts("words " * 10) == ["words words words words words words", "words words words words"]


def test_scripts_without_spaces_are_cut_too() -> None:
    """At their own marks, else where the length is reached."""
    assert texts("今日は市議会の会議を開きます。" * 4) == ["今日は市議会の会議を開きます。"] * 4
    assert texts("会" * 100) == ["会" * 40, "会" * 40, "会" * 20]


def test_what_is_too_long_to_be_a_word_is_left_alone() -> None:
    """Addresses and noise come through as they are, between what is translated."""
    noise = "x" * (LONGEST_WORD + 1)
    assert chunks(f"see {noise} now") == [
        Chunk("see", translatable=True),
        Chunk(noise, translatable=False),
        Chunk("now", translatable=True),
    ]
    assert translate_in_chunks([f"see {noise} now"], shouted) == [f"SEE {noise} NOW"]
    assert translate_in_chunks(["x" * 10_000], shouted) == ["x" * 10_000]
    assert translate_in_chunks(["x" * LONGEST_WORD], shouted) == ["X" * LONGEST_WORD]


@given(st.text(st.characters() | st.sampled_from(" .,;。x\n"), max_size=400), st.integers(20, 60))
def test_nothing_is_lost(text: str, longest: int) -> None:
    """Chunks hold every character but white space and control characters, and none is too long."""
    found = chunks(text, longest)
    kept = "".join("".join(chunk.text for chunk in found).split())
    plain = "".join(chunks(text, 10**6)[0].text.split()) if len(found) == 1 else kept
    assert kept == plain
    missing = set(text) - set(kept)
    assert all(letter.isspace() or not letter.isprintable() for letter in missing)
    assert len(kept) == sum(letter in set(kept) for letter in text)
    assert all(len(chunk.text) <= longest for chunk in found if chunk.translatable)
    assert all(chunk.text.strip() == chunk.text != "" for chunk in found)
