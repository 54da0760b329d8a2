"""Days as people name them in six languages."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.minutes.drafting.cues import LANGUAGES
from assistant.minutes.drafting.dates import find_dates
from assistant.minutes.drafting.number_words import in_digits

ON = date(2026, 11, 25)  # a Wednesday


@pytest.mark.parametrize(
    ("lang", "text", "day", "deadline"),
    [
        ("fr", "d'ici vendredi", "2026-11-27", True),
        ("fr", "d’ici mercredi", "2026-12-02", True),
        ("fr", "avant le 15 mars", "2027-03-15", True),
        ("fr", "le premier décembre", "2026-12-01", False),
        ("fr", "d'ici quinze jours", "2026-12-09", True),
        ("fr", "pour la fin du mois", "2026-11-30", True),
        ("fr", "lundi prochain", "2026-11-30", False),
        ("fr", "mardi en huit", "2026-12-01", False),
        ("fr", "d'ici huit jours", "2026-12-02", True),
        ("fr", "le vingt et un mai deux mille vingt-huit", "2028-05-21", False),
        ("fr", "dans trois semaines", "2026-12-16", False),
        ("fr", "fin février", "2027-02-28", False),
        ("fr", "le 3 avril 2028", "2028-04-03", False),
        ("fr", "demain", "2026-11-26", False),
        ("en", "by Friday", "2026-11-27", True),
        ("en", "before the 2nd of January", "2027-01-02", True),
        ("en", "on March 15th", "2027-03-15", True),
        ("en", "by the end of next week", "2026-12-04", True),
        ("en", "within ten days", "2026-12-05", False),
        ("en", "by 15/03/2027", "2027-03-15", True),
        ("en", "2026-12-24", "2026-12-24", False),
        ("de", "bis Freitag", "2026-11-27", True),
        ("de", "bis zum 15. März", "2027-03-15", True),
        ("de", "in zwei Wochen", "2026-12-09", False),
        ("es", "antes del viernes", "2026-11-27", True),
        ("es", "el 3 de abril de 2027", "2027-04-03", False),
        ("pt", "até sexta-feira", "2026-11-27", True),
        ("pt", "até sexta", "2026-11-27", True),
        ("pt", "dentro de dois dias", "2026-11-27", False),
        ("it", "entro venerdì", "2026-11-27", True),
        ("it", "fra due settimane", "2026-12-09", False),
    ],
)
def test_a_day_is_told_by_the_day_of_the_meeting(lang: str, text: str, day: str, *, deadline: bool) -> None:
    """The next such day; a deadline where the word before it says so."""
    found = find_dates(f"x {text}.", lang, ON)
    assert [(one.day.isoformat(), one.deadline) for one in found] == [(day, deadline)]


@pytest.mark.parametrize(
    "text", ["le 31/02", "le 45 mars", "12 pour cent", "3,5 millions", "la loi de 1901", ""]
)
def test_what_is_no_day_is_none(text: str) -> None:
    """Days that no calendar has, shares, sums and years."""
    assert find_dates(text, "fr", ON) == []


@given(text=st.text(max_size=60), lang=st.sampled_from([*LANGUAGES, "ja", ""]))
def test_any_text_is_read(text: str, lang: str) -> None:
    """Places lie in the text and do not overlap."""
    end = 0
    for found in find_dates(text, lang, ON):
        assert end <= found.start < found.end <= len(in_digits(text, lang))
        end = found.end
