"""Names and terms: what may be one, and the line that is made of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.errors import GlossaryInvalid
from assistant.core.glossary import MOST_TERM_CHARACTERS, MOST_TERMS, Glossary

TERMS = ("DINUM", "Giancarlo Fisichella", "Kowalski", "C#", "Saint-Exupéry", "مهدی‌پور", "東京都")
SENSIBLE = st.text(st.characters(categories=["L", "N", "Zs"]), max_size=MOST_TERM_CHARACTERS)


def test_terms_are_kept_as_written_and_in_order() -> None:
    """Only space is tidied; accents are composed, so that one spelling is one term."""
    assert Glossary.of(TERMS).terms == TERMS
    assert Glossary.of(["  Ana\u00a0  Ribeiro ", "Cafe\u0301"]).terms == ("Ana Ribeiro", "Café")


def test_blank_terms_and_repetitions_are_left_out() -> None:
    """The first spelling of a term counts, whatever the case of the others."""
    assert Glossary.of(["LaSuite", "", "lasuite", "  ", "STRASSE", "straße"]).terms == ("LaSuite", "STRASSE")


@pytest.mark.parametrize(
    "term",
    ["a\u0007b", "a\nb", "a\tb", "\u202eabc", "a\u2028b", "<|endoftext|>", "\ud800", "x" * 61, "\x00"],
)
def test_what_cannot_be_a_term_is_refused_by_its_number(term: str) -> None:
    """Control characters, overlong terms and the commands of a recogniser are no names."""
    with pytest.raises(GlossaryInvalid, match="Term 2"):
        Glossary.of(["fine", term])


def test_there_is_a_most_of_terms() -> None:
    """As many as allowed pass; one more does not; repetitions do not count."""
    most = [f"term {number}" for number in range(MOST_TERMS)]
    assert len(Glossary.of(most + most).terms) == MOST_TERMS
    with pytest.raises(GlossaryInvalid, match=str(MOST_TERMS)):
        Glossary.of([*most, "another"])


def test_a_file_has_a_term_in_each_line_and_comments() -> None:
    """A `#` begins a comment where a word could begin, so that C# is a term; any line end is one."""
    text = "\ufeff# people\r\nAna Ribeiro   # the mayor\n\n  C#\n#nothing\nDINUM"
    assert Glossary.parse(text).terms == ("Ana Ribeiro", "C#", "DINUM")


def test_a_wrong_line_of_a_file_is_named_by_its_number() -> None:
    """Comments and empty lines count, as they do in an editor."""
    with pytest.raises(GlossaryInvalid, match="Term 3"):
        Glossary.parse(f"# people\n\n{'x' * 61}\n")


def test_the_more_important_glossary_comes_first() -> None:
    """Terms of the other follow, unless they are known; the spelling of the first one counts."""
    both = Glossary(("DINUM", "Visio")).followed_by(Glossary(("visio", "Docs")))
    assert both.terms == ("DINUM", "Visio", "Docs")


def test_few_terms_all_stand_in_the_line_in_their_order() -> None:
    """What was heard makes no difference then."""
    assert Glossary(("DINUM", "Ana Ribeiro")).line(["anna", "rybero"], 100) == "DINUM, Ana Ribeiro."
    assert Glossary().line(["anna"], 100) == ""


@pytest.mark.parametrize(
    ("heard", "term"),
    [
        ("monsieur cova ski, a dit", "Kowalski"),
        ("perdeu ficiquela o", "Giancarlo Fisichella"),
        ("la dinum propose", "DINUM"),
        ("saint exuperi ecrit", "Saint-Exupéry"),
        ("in Mashat ist", "Mashhad"),
    ],
)
def test_among_many_terms_what_sounds_alike_comes_first(heard: str, term: str) -> None:
    """Also when it was heard as several words, without accents or in another case."""
    others = tuple(f"{a}{b}ton" for a in ("Har", "Wel", "Nor", "Bux", "Pem") for b in "aeiou")
    terms = (*others, "Mashhad", "DINUM", "Kowalski", "Giancarlo Fisichella", "Saint-Exupéry")
    assert Glossary(terms).line(heard.split(), 40).startswith(term)


def test_of_many_terms_those_that_nobody_says_are_left_out() -> None:
    """Nothing heard yet, or nothing alike: no term is better than a wrong one."""
    terms = tuple(f"Term{number}" for number in range(50))
    assert Glossary(terms).line([], 20) == ""
    assert Glossary(terms).line(["zzz", "...", ""], 20) == ""


def test_equal_terms_go_in_the_order_of_importance_as_far_as_they_fit() -> None:
    """A term that does not fit keeps none out that does."""
    terms = ("Martin Dupont", "Martin Durand de la Tour", "Martin Do", "x" * 60)
    assert Glossary(terms).line(["martin"], 26) == "Martin Dupont, Martin Do."


@pytest.mark.parametrize(
    ("text", "heard", "echo"),
    [
        ("DINUM, Ana Ribeiro.", "thanks for watching", True),
        ("DINUM, DINUM, Ana Ribeiro, DINUM", "", True),
        ("Thanks, DINUM, Ana Ribeiro.", "thanks", True),
        ("Ana Ribeiro.", "anna ribero", False),
        ("Ana Ribeiro, DINUM.", "anna ribero", True),
        ("The DINUM has answered us.", "the dinner has answered us", False),
        ("Hello everybody.", "", False),
        ("", "", False),
    ],
)
def test_an_echo_is_terms_that_nobody_was_heard_saying(text: str, heard: str, *, echo: bool) -> None:
    """A name alone, or a sentence around it, is none."""
    assert Glossary(("DINUM", "Ana Ribeiro", "C#")).is_echo(text, heard.split()) is echo


@given(st.lists(st.text(max_size=70), max_size=30))
def test_whatever_is_given_is_checked_or_refused(terms: list[str]) -> None:
    """A glossary that was made of anything is one of itself."""
    try:
        glossary = Glossary.of(terms)
    except GlossaryInvalid:
        return
    assert Glossary.of(glossary.terms) == glossary
    assert all(0 < len(term) <= MOST_TERM_CHARACTERS and "<|" not in term for term in glossary.terms)


@given(st.lists(SENSIBLE, max_size=60), st.lists(st.text(max_size=12), max_size=20), st.integers(0, 200))
def test_the_line_is_never_too_long_and_holds_whole_terms(
    terms: list[str], heard: list[str], most_bytes: int
) -> None:
    """Whatever the script; each term stands in it at most once."""
    glossary = Glossary.of(terms)
    line = glossary.line(heard, most_bytes)
    assert len(line.encode()) <= most_bytes
    shown = line.removesuffix(".").split(", ") if line else []
    assert len(set(shown)) == len(shown)
    assert set(shown) <= set(glossary.terms)


@given(st.text(max_size=300))
def test_any_text_is_a_glossary_or_named_as_none(text: str) -> None:
    """A file is parsed without other errors than the one that callers know."""
    try:
        terms = Glossary.parse(text).terms
    except GlossaryInvalid:
        return
    assert all(term == term.strip() and term for term in terms)
