"""The words of each language, as their files have them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from assistant.minutes.drafting import phrases
from assistant.minutes.drafting.announcements import read_announcement
from assistant.minutes.drafting.dates import find_dates
from assistant.minutes.drafting.people import names_of
from assistant.minutes.drafting.phrases import known_languages, phrases_of, read_phrases
from assistant.minutes.drafting.votes import read_vote

FILES = Path(phrases.__file__).with_name("languages")
ENGLISH = (FILES / "en.toml").read_text("utf-8")


@pytest.mark.parametrize("lang", sorted(known_languages()))
def test_the_file_of_a_language_is_whole(lang: str) -> None:
    """Every pattern is one, whichever way of reading uses it; no part is left out by its name."""
    words = phrases_of(lang)
    assert (len(words.dates.weekdays), len(words.dates.months)) == (7, 12)
    assert 0 in words.numbers.values()
    assert len(words.announcements.numbers) == 12
    assert find_dates("", lang, date(2026, 11, 25)) == []
    assert read_vote("", lang) is None
    assert read_announcement("", lang) is None
    assert names_of([]).doer_in("", lang) == ""
    assert "{do}" not in words.cues.promise.pattern


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("assent = [", "asent = ["),
        ("assent = [", "assent = ['(', "),
        ("[announcements]", "[announcements]\nnothing = 'x'"),
        ("nil = 0", "nil = 'zero'"),
    ],
)
def test_a_file_that_is_wrong_is_refused(tmp_path: Path, right: str, wrong: str) -> None:
    """For a name that nobody knows, a pattern that is none, or a number where words belong."""
    assert right in ENGLISH
    (tmp_path / "en.toml").write_text(ENGLISH.replace(right, wrong), "utf-8")
    with pytest.raises(ValueError, match="validation error"):
        read_phrases(tmp_path / "en.toml")
