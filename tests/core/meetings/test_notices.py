"""What people are told when a listener comes."""

from __future__ import annotations

from assistant.core.meetings.notices import NOTICE_LANGUAGES, deaf_notices, listening_notices, with_link


def test_each_language_has_all_the_wording() -> None:
    """Whoever listens, whoever cannot hear, and where to read."""
    for notices in (listening_notices(NOTICE_LANGUAGES), deaf_notices(NOTICE_LANGUAGES)):
        assert set(notices) == NOTICE_LANGUAGES
        assert len(set(notices.values())) == len(NOTICE_LANGUAGES)
    for lang in NOTICE_LANGUAGES:
        assert "https://a.example/rooms/x" in with_link(deaf_notices([lang]), "https://a.example/rooms/x")


def test_the_notice_is_in_the_languages_of_the_meeting() -> None:
    """In their order, each once, without those that there is no wording for."""
    assert list(listening_notices(["fr", "ja", "en", "fr"])) == ["fr", "en"]


def test_english_is_what_is_left() -> None:
    """Nobody is left without a notice."""
    assert list(listening_notices(["ja"])) == ["en"]
    assert list(deaf_notices([])) == ["en"]


def test_the_link_stands_below_in_the_first_language() -> None:
    """One text, a line for each language; no line where there is no address."""
    notices = listening_notices(["de", "fr"])
    lines = with_link(notices, "https://a.example/rooms/x").splitlines()
    assert lines == [*notices.values(), "Untertitel in anderen Sprachen: https://a.example/rooms/x"]
    assert with_link(notices, "").splitlines() == [*notices.values()]
