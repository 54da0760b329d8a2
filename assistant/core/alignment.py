"""Where a text goes on behind words that are known: by the least edit distance of whole words."""

from __future__ import annotations

from collections.abc import Sequence


def beginning_distances(known: Sequence[str], text: Sequence[str]) -> list[int]:
    """Return how many edits lead from all known words to the first 0, 1, 2, … words of a text.

    An edit adds, takes out or changes one word. The list is one longer than `text`; where its least number
    stands, the text goes on behind the known words. If several are least, the caller knows what fits it.
    """
    row = list(range(len(text) + 1))
    for count, one in enumerate(known, 1):
        above, row = row, [count]
        for index, other in enumerate(text):
            row.append(min(above[index] + (one != other), above[index + 1] + 1, row[index] + 1))
    return row
