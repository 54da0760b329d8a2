"""Where a text goes on behind words that are known."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.core.alignment import beginning_distances

WORDS = st.lists(st.sampled_from("abc"), max_size=6)


def edits(one: list[str], other: list[str]) -> int:
    """Return the edit distance by its definition."""
    if not one or not other:
        return len(one) + len(other)
    changed = edits(one[:-1], other[:-1]) + (one[-1] != other[-1])
    return min(changed, edits(one[:-1], other) + 1, edits(one, other[:-1]) + 1)


def test_the_least_distance_stands_where_the_text_goes_on() -> None:
    """Words that were missed, misheard or added before it count one each."""
    assert beginning_distances(["we", "vote"], ["we", "vote", "now"]) == [2, 1, 0, 1]
    assert beginning_distances(["we", "vote"], ["so", "we", "boat", "now"])[3] == 2
    assert beginning_distances([], ["a"]) == [0, 1]
    assert beginning_distances(["a"], []) == [1]


@given(WORDS, WORDS)
def test_each_number_is_the_distance_to_that_beginning(known: list[str], text: list[str]) -> None:
    """By the definition of the edit distance."""
    assert beginning_distances(known, text) == [edits(known, text[:n]) for n in range(len(text) + 1)]
