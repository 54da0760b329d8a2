"""Numbers as people say them, in digits (decision 0020)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from text_to_num import find_numbers

_FURTHER: Mapping[str, Mapping[str, int]] = {
    "fr": {"aucun": 0, "aucune": 0},
    "en": {"a": 1, "no": 0, "none": 0, "nil": 0},
    "de": {"eine": 1, "einer": 1, "keine": 0, "kein": 0},
    "es": {"veintiún": 21, "ninguno": 0, "ninguna": 0, "ningún": 0},
    "pt": {"nenhum": 0, "nenhuma": 0},
    "it": {"nessuno": 0, "nessuna": 0, "nessun": 0},
}
"""The languages whose numbers are read, with words that mean a number only where one is due."""

_DIGITS = r"(?!\d*000\b)\d{1,6}"
"""Nobody counts votes or days in round thousands: “two to three thousand” is a sum."""

_TOKEN = re.compile(r"o'clock|[^\W_]+(?:-[^\W_]+)*|[\W_]+", re.IGNORECASE)  # “o” alone is zero in English


class _Token(str):
    """A word, or what stands between two, as `find_numbers` asks for it."""

    __slots__ = ()

    def text(self) -> str:
        """Return it as it was said, but for half characters, which the library cannot take."""
        return self.encode("utf-8", "replace").decode()

    def nt_separated(self, _previous: _Token) -> bool:
        """Leave to the words alone which of them belong together."""
        return False

    def not_a_number_part(self) -> bool:
        """Suspect no word."""
        return False


def in_digits(text: str, lang: str) -> str:
    """Return a text with its numbers in digits; ordinals stay, since weekdays are among them in Portuguese.

    Args:
        text: What was said.
        lang: BCP-47 primary subtag; text of a language without tables stays as it is.
    """
    if lang not in _FURTHER:
        return text
    tokens = _TOKEN.findall(text)
    for found in reversed(find_numbers(list(map(_Token, tokens)), lang, threshold=0)):
        if not found.is_ordinal:
            tokens[found.start : found.end] = [found.text]
    return "".join(tokens)


def number_pattern(lang: str) -> str:
    """Return a regular expression of one group that finds numbers in a result of `in_digits`."""
    return f"({'|'.join((_DIGITS, *_FURTHER.get(lang, ())))})"


def number_of(text: str, lang: str) -> int:
    """Return the number that a match of `number_pattern` is."""
    return int(text) if text.isdigit() else _FURTHER[lang][text.lower()]
