"""In which of a few languages a text is written."""

from __future__ import annotations

import pytest

from assistant.core.speech.written_language import written_instead


@pytest.mark.parametrize(
    ("text", "language", "others", "written"),
    [
        ("All now is almost ready.", "de", ["de", "en"], "en"),
        ("Wir haben das nicht gesehen", "en", ["de", "en"], "de"),
        ("C’est dans la salle qu’il nous attend", "en", ["en", "fr"], "fr"),
        ("c'est dans la salle qu'il nous attend", "en", ["en", "fr"], "fr"),
        ("A decisão não foi tomada pela câmara", "es", ["es", "pt"], "pt"),
        ("All now is almost ready.", "de", ["de", "fr"], ""),
        ("All now is almost ready.", "en", ["de", "en"], ""),
        ("The Art of the Deal liegt auf dem Tisch", "de", ["de", "en"], ""),
        ("The the the", "de", ["de", "en"], ""),
        ("Bonjour", "en", ["en", "fr"], ""),
        ("All now is almost ready.", "cy", ["cy", "en"], ""),
        ("All now is almost ready.", "de", ["cy", "de", "en"], "en"),
        ("", "de", ["de", "en"], ""),
    ],
)
def test_what_is_plainly_in_another_language_is_told(
    text: str, language: str, others: list[str], written: str
) -> None:
    """By two common words at least that the language itself lacks, where it has hardly any of its own.

    One word again and again, a quoted title, a name or a language of which nothing is known tell nothing.
    """
    assert written_instead(text, language, others) == written


def test_one_word_of_its_own_needs_four_of_another_language() -> None:
    """What two languages share, as “die” and “was” are spelt alike, does not count for either."""
    assert written_instead("die Frage of the", "de", ["de", "en"]) == ""
    assert written_instead("nicht what they would", "de", ["de", "en"]) == ""
    assert written_instead("nicht what they would have", "de", ["de", "en"]) == "en"
    assert written_instead("was in so an", "de", ["de", "en"]) == ""
