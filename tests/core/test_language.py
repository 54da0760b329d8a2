"""Language tags."""

from __future__ import annotations

import pytest

from assistant.core.errors import LanguageUnknown
from assistant.core.language import ReaderLanguages, parse_language, parse_spoken_language


@pytest.mark.parametrize(
    ("tag", "primary"),
    [
        ("fr", "fr"),
        ("pt-BR", "pt"),
        ("EN-gb", "en"),
        ("zh-Hant-TW", "zh"),
        ("nb-NO", "no"),
        ("fil", "tl"),
        ("iw", "he"),
        ("in", "id"),
        ("jv", "jw"),
        ("fra", "fr"),
        ("ger-DE", "de"),
        ("cmn-Hans", "zh"),
        ("mo", "ro"),
    ],
)
def test_tags_are_reduced_to_their_language(tag: str, primary: str) -> None:
    """Regions and scripts do not matter to recognition."""
    assert parse_language(tag) == primary


@pytest.mark.parametrize("tag", ["", "xx", "french", "f", "fr_FR", "fr-", "auto", "source", "😀"])
def test_what_is_no_known_language_is_refused(tag: str) -> None:
    """With an error that shows what a tag looks like."""
    with pytest.raises(LanguageUnknown, match="pt-BR"):
        parse_language(tag)


def test_the_two_special_words() -> None:
    """`auto` is for speaking, `source` for reading, and not the other way round."""
    assert parse_spoken_language("auto") == "auto"
    assert ReaderLanguages.parse("source") == ReaderLanguages(source=True)
    with pytest.raises(LanguageUnknown):
        parse_spoken_language("source")


@pytest.mark.parametrize(
    ("text", "wanted", "written"),
    [
        ("source", ReaderLanguages(source=True), "source"),
        ("FR-fr", ReaderLanguages(source=False, translation="fr"), "fr"),
        ("source,pt", ReaderLanguages(source=True, translation="pt"), "source,pt"),
        ("pt-BR, source", ReaderLanguages(source=True, translation="pt"), "source,pt"),
        ("fr,fr-CA", ReaderLanguages(source=False, translation="fr"), "fr"),
    ],
)
def test_what_readers_ask_for(text: str, wanted: ReaderLanguages, written: str) -> None:
    """As spoken, one language, or both; regions and case do not matter."""
    assert ReaderLanguages.parse(text) == wanted
    assert str(wanted) == written


@pytest.mark.parametrize("text", ["", "fr,en", "source,", "klingon", "fr;en", ",", "source,fr,pt"])
def test_readers_who_ask_for_what_cannot_be(text: str) -> None:
    """Two translations at a time, or none that is a language, are refused."""
    with pytest.raises(LanguageUnknown):
        ReaderLanguages.parse(text)
