"""Terms in translations: where they are found, what a model is given, and what counts as kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.glossary.glossary import Glossary
from assistant.core.glossary.terms import Term
from assistant.core.translation.terminology import Terminology

GLOSSARY = Glossary.of(
    [
        Term.of("Wood", keep=True),
        Term.of("LaSuite", keep=True),
        Term.of("DINUM", keep=True),
        Term.of("Green Bridge", language="en", translations={"pt": "Ponte Verde", "fr": "Pont Vert"}),
        Term.of("bridge", language="en", translations={"pt": "ponte", "fr": "pont"}),
        Term.of("minutes", language="en", translations={"pt": "ata", "fr": "procès-verbal"}),
        Term.of("town hall", language="en", translations={"pt": "câmara municipal", "fr": "mairie"}),
        Term.of("OTAN", translations={"en": "NATO"}),
        Term("Digium"),
        Term.of("city", language="en", translations={"ja": "市"}),
    ]
)
EN_PT = Terminology(GLOSSARY, "en", "pt")
FR_EN = Terminology(GLOSSARY, "fr", "en")


def texts(terminology: Terminology, sentence: str) -> list[str]:
    return [attempt.text for attempt in terminology.attempts(sentence)]


def test_a_sentence_without_terms_is_given_as_it_is() -> None:
    """There is nothing to try, nothing to restore and nothing to miss."""
    (attempt,) = EN_PT.attempts("Digium has answered.")
    assert (attempt.text, attempt.restored("A digium respondeu.")) == (
        "Digium has answered.",
        "A digium respondeu.",
    )
    assert EN_PT.missing("Digium has answered.", "") == 0
    assert texts(Terminology(Glossary(), "en", "pt"), "Wood.") == ["Wood."]


def test_the_wanted_words_and_invented_names_are_tried_after_the_plain_sentence() -> None:
    """In this order; one name stands for one term, however often it occurs."""
    assert texts(EN_PT, "The minutes of the town hall are minutes.") == [
        "The minutes of the town hall are minutes.",
        "The ata of the câmara municipal are ata.",
        "The Xylon of the Zarvok are Xylon.",
        "The Quendil of the Bramvel are Quendil.",
        "The Torvix of the Kelbrun are Torvix.",
    ]


def test_what_stays_as_it_is_needs_no_other_words() -> None:
    """The second way would be the first one."""
    assert texts(EN_PT, "Mr Wood is here.") == [
        "Mr Wood is here.",
        "Mr Xylon is here.",
        "Mr Zarvok is here.",
        "Mr Quendil is here.",
    ]


def test_an_invented_name_is_none_that_occurs() -> None:
    """Somebody might be called that."""
    assert texts(EN_PT, "Xylon met Wood.")[1] == "Xylon met Zarvok."


@pytest.mark.parametrize(
    ("terminology", "sentence", "given_text"),
    [
        (EN_PT, "Minutes, please.", "Ata, please."),
        (EN_PT, "“Minutes” of the TOWN HALL", "“Ata” of the câmara municipal"),
        (EN_PT, "Two town halls, and town-halls.", "Two câmara municipal, and câmara municipal."),
        (EN_PT, "the Green Bridge and a green bridge", "the Ponte Verde and a Ponte Verde"),
        (EN_PT, "a bridge, bridges, bridged, abridge", "a ponte, ponte, bridged, abridge"),
        (EN_PT, "lasuite by the dinum's wood", "LaSuite by the DINUM's wood"),
        (FR_EN, "À l'OTAN et dans les mairies", "À l'NATO et dans les town hall"),
        (FR_EN, "les procès-verbaux, le procès verbal", "les minutes, le minutes"),
        (FR_EN, "d’OTAN en OTAN", "d’NATO en NATO"),
        (Terminology(GLOSSARY, "ja", "en"), "この市は", "このcityは"),
        (Terminology(GLOSSARY, "en", "fr"), "NATO met", "OTAN met"),
    ],
)
def test_terms_are_found_at_the_borders_of_words(
    terminology: Terminology, sentence: str, given_text: str
) -> None:
    """In any case, as plurals, behind articles that are joined, the longest first; `wood` is no name."""
    assert texts(terminology, sentence)[1] == given_text


@pytest.mark.parametrize(
    ("terminology", "sentence", "translation", "missing"),
    [
        (EN_PT, "The minutes.", "As atas.", 0),
        (EN_PT, "The minutes.", "Os minutos.", 1),
        (EN_PT, "The minutes.", "A data.", 1),
        (EN_PT, "Two town halls.", "Duas câmaras municipais.", 0),
        (EN_PT, "Town hall.", "Câmara Municipal.", 0),
        (EN_PT, "Mr Wood.", "O senhor Wood.", 0),
        (EN_PT, "Mr Wood.", "O senhor wood.", 1),
        (EN_PT, "Mr Wood.", "O senhor Woods.", 1),
        (EN_PT, "The Green Bridge.", "A ponte verde.", 1),
        (EN_PT, "The Green Bridge is a bridge.", "A Ponte Verde.", 1),
        (EN_PT, "The Green Bridge is a bridge.", "A Ponte Verde é uma ponte.", 0),
        (EN_PT, "Minutes on minutes, Wood.", "Atas, Madeira.", 2),
        (FR_EN, "À l'OTAN, le procès-verbal.", "At NATO's, the minutes.", 0),
        (Terminology(GLOSSARY, "en", "ja"), "Wood city.", "Woodさんの市です", 0),
    ],
)
def test_what_is_not_as_the_glossary_wants_it_is_counted(
    terminology: Terminology, sentence: str, translation: str, missing: int
) -> None:
    """Inflected words are right; other case of a name is not; one word stands for one term only."""
    assert terminology.missing(sentence, translation) == missing


@pytest.mark.parametrize(
    ("translation", "missing"),
    [
        ("Le procès-verbal.", 0),
        ("Les procès-verbaux.", 0),
        ("Le procs-verbal.", 1),
        ("Le procès-verbeux.", 1),
    ],
)
def test_what_was_to_be_copied_has_no_slip(translation: str, missing: int) -> None:
    """Its plural alone is as good: any other ending is how a small model copies what it does not know."""
    en_fr = Terminology(GLOSSARY, "en", "fr")
    assert en_fr.missing("The minutes.", translation, inflected=False) == missing


def test_invented_names_are_taken_out_again() -> None:
    """In whatever case the model wrote them, and with a capital where the sentence begins."""
    sentence = "Minutes of the town hall by Wood."
    _, _, invented, others, _ = EN_PT.attempts(sentence)
    assert invented.text == "Xylon of the Zarvok by Quendil."
    assert others.text == "Bramvel of the Torvix by Kelbrun."
    restored = invented.restored("Xylon da ZARVOK, por Quendils.")
    assert restored == "Ata da câmara municipal, por Wood."
    assert EN_PT.missing(sentence, restored) == 0


def test_a_name_in_another_case_is_put_right() -> None:
    """A model may lower or raise letters of what it copies."""
    plain, *_ = EN_PT.attempts("LaSuite helps.")
    assert plain.restored("A Lasuite ajuda, LASUITE.") == "A LaSuite ajuda, LaSuite."


def test_many_terms_do_without_invented_names() -> None:
    """There are only so many."""
    glossary = Glossary.of(Term.of(f"Name{number}x", keep=True) for number in range(30))
    sentence = " ".join(glossary.spellings)
    assert texts(Terminology(glossary, "en", "pt"), sentence) == [sentence]


def test_translations_hold_in_both_directions_and_between_each_other() -> None:
    """From French to Portuguese as well, though the term is English."""
    assert texts(Terminology(GLOSSARY, "fr", "pt"), "la mairie")[1] == "la câmara municipal"
    assert texts(Terminology(GLOSSARY, "pt", "en"), "a câmara municipal")[1] == "a town hall"
    assert texts(Terminology(GLOSSARY, "de", "fr"), "NATO, minutes") == ["NATO, minutes"]


_SENTENCES = st.lists(
    st.one_of(
        st.sampled_from(
            ["Wood", "minutes", "Town halls", "l'OTAN", "LaSuite,", "green bridge", "Xylon", "市"]
        ),
        st.text(max_size=6),
    ),
    max_size=10,
).map(" ".join)


@given(_SENTENCES, st.sampled_from([("en", "pt"), ("fr", "en"), ("en", "ja"), ("de", "de")]))
def test_a_model_that_copies_all_it_is_given_misses_nothing(
    sentence: str, languages: tuple[str, str]
) -> None:
    """Both other ways restore every term, whatever surrounds it; the plain sentence comes first."""
    terminology = Terminology(GLOSSARY, *languages)
    first, *others = terminology.attempts(sentence)
    assert first.text == sentence
    for attempt in others:
        assert terminology.missing(sentence, attempt.restored(attempt.text)) == 0


@given(st.lists(st.text(max_size=12), max_size=20), st.text(max_size=80), st.text(max_size=80))
def test_any_glossary_and_any_text_have_an_answer(terms: list[str], sentence: str, answer: str) -> None:
    """No name is a pattern of its own."""
    checked = Glossary.of(term for term in terms if "<|" not in term and term.isprintable())
    terminology = Terminology(Glossary.of(Term.of(t, keep=True) for t in checked.spellings), "en", "fr")
    assert terminology.missing(sentence, sentence) == 0
    for attempt in terminology.attempts(sentence):
        assert terminology.missing(sentence, attempt.restored(answer)) >= 0
