"""Names and terms: what may be one, and the line that is made of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.errors import GlossaryInvalid
from assistant.core.glossary.glossary import MOST_TERMS, Glossary
from assistant.core.glossary.terms import MOST_SOUNDS, MOST_TERM_CHARACTERS, Term

TERMS = ("DINUM", "Giancarlo Fisichella", "Kowalski", "C#", "Saint-Exupéry", "مهدی‌پور", "東京都")
SENSIBLE = st.text(st.characters(categories=["L", "N", "Zs"]), max_size=MOST_TERM_CHARACTERS)


def test_terms_are_kept_as_written_and_in_order() -> None:
    """Only space is tidied; accents are composed, so that one spelling is one term."""
    assert Glossary.of(TERMS).spellings == TERMS
    assert Glossary.of(["  Ana\u00a0  Ribeiro ", "Cafe\u0301"]).spellings == ("Ana Ribeiro", "Café")


def test_blank_terms_and_repetitions_are_left_out() -> None:
    """The first spelling of a term counts, whatever the case of the others."""
    assert Glossary.of(["LaSuite", "", "lasuite", "  ", "STRASSE", "straße"]).spellings == (
        "LaSuite",
        "STRASSE",
    )


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
    assert Glossary.parse(text).spellings == ("Ana Ribeiro", "C#", "DINUM")


def test_a_wrong_line_of_a_file_is_named_by_its_number() -> None:
    """Comments and empty lines count, as they do in an editor."""
    with pytest.raises(GlossaryInvalid, match="Term 3"):
        Glossary.parse(f"# people\n\n{'x' * 61}\n")


def test_the_more_important_glossary_comes_first() -> None:
    """Terms of the other follow, unless they are known; the spelling of the first one counts."""
    both = Glossary.of(("DINUM", "Visio")).followed_by(Glossary.of(("visio", "Docs")))
    assert both.spellings == ("DINUM", "Visio", "Docs")


def test_few_terms_all_stand_in_the_line_in_their_order() -> None:
    """What was heard makes no difference then."""
    assert Glossary.of(("DINUM", "Ana Ribeiro")).line(["anna", "rybero"], 100) == "DINUM, Ana Ribeiro."
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
    assert Glossary.of(terms).line(heard.split(), 40).startswith(term)


def test_of_many_terms_those_that_nobody_says_are_left_out() -> None:
    """Nothing heard yet, or nothing alike: no term is better than a wrong one."""
    terms = tuple(f"Term{number}" for number in range(50))
    assert Glossary.of(terms).line([], 20) == ""
    assert Glossary.of(terms).line(["zzz", "...", ""], 20) == ""


def test_equal_terms_go_in_the_order_of_importance_as_far_as_they_fit() -> None:
    """A term that does not fit keeps none out that does."""
    terms = ("Martin Dupont", "Martin Durand de la Tour", "Martin Do", "x" * 60)
    assert Glossary.of(terms).line(["martin"], 26) == "Martin Dupont, Martin Do."


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
    assert Glossary.of(("DINUM", "Ana Ribeiro", "C#")).is_echo(text, heard.split()) is echo


NATO = Term.of("OTAN", translations={"en": "NATO"})
HALL = Term.of("town hall", language="en", sounds_like=["down hole"], translations={"fr": "mairie"})


def test_what_is_known_of_a_term_is_tidied_and_kept() -> None:
    """Blank and repeated parts are left out, regions of languages too; translations are in order."""
    term = Term.of(
        " town  hall ",
        language="en-GB",
        sounds_like=["", "down hole", "Down hole"],
        translations={"pt-PT": "câmara", "fr": " mairie ", "de": "", "en": "town hall"},
    )
    assert term == Term("town hall", "en", ("Down hole",), (("fr", "mairie"), ("pt", "câmara")))
    assert not term.bare
    assert Term.of("DINUM").bare


@pytest.mark.parametrize(
    ("term", "told"),
    [
        (Term("Ana", "xx"), "xx"),
        (Term("Ana", translations=(("klingon", "a"),)), "klingon"),
        (Term("Ana", translations=(("fr", "x" * 61),)), "60"),
        (Term("Ana", sounds_like=("a\u0007",)), "characters that no word has"),
        (Term("Ana", sounds_like=("a|b",)), "|"),
        (Term("Ana", sounds_like=tuple(map(str, range(MOST_SOUNDS + 1)))), str(MOST_SOUNDS)),
        (Term("Ana", "fr", translations=(("fr", "Anne"),)), "itself"),
    ],
)
def test_what_cannot_be_said_of_a_term_is_refused_by_its_name(term: Term, told: str) -> None:
    """The sentence names the term and its place, and what is wrong."""
    with pytest.raises(GlossaryInvalid, match=r"Term 2.*“Ana”") as caught:
        Glossary.of(["fine", term])
    assert told in caught.value.message


def test_a_term_without_a_spelling_is_not_dropped_silently() -> None:
    """Somebody wrote something about it."""
    with pytest.raises(GlossaryInvalid, match=r"Term 1.*not how it is written"):
        Glossary.of([Term("", translations=(("fr", "mairie"),))])


def test_a_term_is_called_differently_in_each_language() -> None:
    """A name is the same everywhere unless a translation says otherwise; a term is not known elsewhere."""
    assert [NATO.in_language(tag) for tag in ("", "en", "fr", "pt")] == ["OTAN", "NATO", "OTAN", "OTAN"]
    assert [HALL.in_language(tag) for tag in ("", "en", "fr", "pt")] == [
        "town hall",
        "town hall",
        "mairie",
        "",
    ]
    kept = replace(HALL, keep=True)
    assert {kept.in_language(tag) for tag in ("", "en", "fr", "pt")} == {"town hall"}
    assert [HALL.misheard_in(tag) for tag in ("en", "fr")] == [("down hole",), ()]


def test_one_word_of_two_languages_is_two_terms() -> None:
    """The French `chat` does not hide the English one."""
    chats = (Term("chat", "fr"), Term("chat", "en"))
    assert Glossary.of([*chats, Term("Chat", "fr")]).terms == chats
    assert Glossary(chats).line([], 100) == "chat."


def test_a_spelling_alone_takes_what_a_less_important_glossary_knows() -> None:
    """Whoever writes down a name quickly loses nothing that the organisation says of it."""
    fuller = Term.of("Otan", sounds_like=["au temps"], translations={"en": "NATO"})
    both = Glossary.of(["OTAN", "DINUM"]).followed_by(Glossary((fuller, HALL)))
    assert both.terms == (replace(fuller, spelling="OTAN"), Term("DINUM"), HALL)
    own = Term("Otan", keep=True)
    assert Glossary((own,)).followed_by(Glossary((fuller,))).terms == (own,)


def test_the_line_is_in_the_language_that_is_spoken() -> None:
    """Terms are told as they are called in it; a term of another language is not told."""
    glossary = Glossary((NATO, HALL))
    assert glossary.line([], 100, "fr") == "OTAN, mairie."
    assert glossary.line([], 100, "en") == "NATO, town hall."
    assert glossary.line([], 100, "pt") == "OTAN."
    assert glossary.line([], 100) == "OTAN, town hall."


def test_a_misheard_spelling_chooses_its_term() -> None:
    """It may be like nothing in the term itself."""
    others = tuple(Term(f"{a}{b}ton") for a in ("Har", "Wel", "Nor", "Bux", "Pem") for b in "aeiou")
    glossary = Glossary((*others, Term("Xochitl", sounds_like=("so cheal",))))
    assert glossary.line("thank you so cheal for".split(), 40) == "Xochitl."
    assert Glossary((*others, Term("Xochitl"))).line("thank you so cheal for".split(), 40) == ""


def test_a_misheard_name_that_was_told_is_no_echo() -> None:
    """Who was heard as the glossary says that he sounds was heard."""
    assert Glossary.of(["Xochitl"]).is_echo("Xochitl.", ["so", "cheal"])
    assert not Glossary((Term("Xochitl", sounds_like=("so cheal",)),)).is_echo("Xochitl.", ["so", "cheal"])
    assert Glossary((HALL,)).is_echo("Mairie.", ["thanks"], "fr")


@given(st.lists(st.text(max_size=70), max_size=30))
def test_whatever_is_given_is_checked_or_refused(terms: list[str]) -> None:
    """A glossary that was made of anything is one of itself."""
    try:
        glossary = Glossary.of(terms)
    except GlossaryInvalid:
        return
    assert Glossary.of(glossary.terms) == glossary
    assert all(0 < len(term) <= MOST_TERM_CHARACTERS and "<|" not in term for term in glossary.spellings)


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
    assert set(shown) <= set(glossary.spellings)


@given(st.text(max_size=300))
def test_any_text_is_a_glossary_or_named_as_none(text: str) -> None:
    """A file is parsed without other errors than the one that callers know."""
    try:
        terms = Glossary.parse(text).spellings
    except GlossaryInvalid:
        return
    assert all(term == term.strip() and term for term in terms)
