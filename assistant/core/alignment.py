"""Where a text goes on behind words that are known: by the least edit distance of whole words."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz.distance import Levenshtein


def beginning_distances(known: Sequence[str], text: Sequence[str]) -> list[int]:
    """Return how many edits lead from all known words to the first 0, 1, 2, … words of a text.

    An edit adds, takes out or changes one word. The list is one longer than `text`; where its least number
    stands, the text goes on behind the known words. If several are least, the caller knows what fits it.

    Each distance is computed anew, which pays as long as the texts are captions: the library needs 0.4 ms for
    150 words, more than anybody says in the 28 s of one, where one pass over the table in Python needs 5 ms.
    """
    return [Levenshtein.distance(known, text[:count]) for count in range(len(text) + 1)]
