"""Misheard names in a final: what must be put right, and what must be left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.glossary.correction import corrected
from assistant.core.glossary.glossary import Glossary
from assistant.core.glossary.terms import Term
from assistant.core.speech.audio import Span
from assistant.core.speech.hypothesis import Word, text_of

SURE, LIKELY, DOUBTFUL = 0.95, 0.8, 0.5

GLOSSARY = Glossary.of(
    [
        Term.of("Kowalski", sounds_like=["cova ski", "cow al ski"]),
        Term("Giancarlo Fisichella"),
        Term("Ana Ribeiro"),
        Term("DINUM"),
        Term("Digium"),
        Term("Mairie de Nantes"),
        Term("Saint-Exupéry"),
        Term("Durand"),
        Term("Durant"),
        Term("Green Bridge"),
        Term("Wood"),
        Term("Lee"),
        Term("D'Arcy"),
        Term("USOC"),
        Term.of("procès-verbal", language="fr", translations={"en": "minutes"}),
        Term.of("mairie", language="fr", sounds_like=["mes ris"]),
        Term.of("Hôtel de Ville", language="fr", translations={"en": "Town Hall"}),
        Term.of("Nguyen", sounds_like=["win"]),
    ]
)


def heard(text: str, probability: float = SURE) -> tuple[Word, ...]:
    """Return words as a recogniser writes them.

    `word?` is doubtful, `word~` is likely; with `+` behind that, it was written in pieces of two letters.
    """
    words = []
    for number, part in enumerate(text.split()):
        plain = part.rstrip("?~+") or part
        marks = part[len(plain) :]
        each = {"?": DOUBTFUL, "~": LIKELY}.get(marks[:1], probability)
        tokens = len(plain) // 2 if "+" in marks else 1
        words.append(Word(f" {plain}", Span(1000 * number, 1000 * number + 900), each, (7,) * tokens))
    return tuple(words)


CHANGED = [
    ("fr", "monsieur cova?+ ski?+ a dit", "monsieur Kowalski a dit"),
    ("fr", "Monsieur Kovalsky~+ a la parole.", "Monsieur Kowalski a la parole."),
    ("fr", "Je donne la parole à Covalski.?", "Je donne la parole à Kowalski."),
    ("fr", "la dinoum?+ propose", "la DINUM propose"),
    ("fr", "la dinum~+ propose", "la DINUM propose"),
    ("fr", "selon l'Usoc,?+ nos athlètes", "selon l'USOC, nos athlètes"),
    ("fr", "Saint? exupéri?+ écrit", "Saint-Exupéry écrit"),
    ("fr", "chez Giancarlo? Fizicela?+ encore", "chez Giancarlo Fisichella encore"),
    ("fr", "et Fizikella,?+ pour sa part", "et Fisichella, pour sa part"),
    ("fr", "c'est d'Anna? Ribero?+ ici", "c'est d'Ana Ribeiro ici"),
    ("fr", "le procès? verbal? est prêt", "le procès-verbal est prêt"),
    ("fr", "les mes? ris? sont", "les mairie sont"),
    ("fr", "Mes? ris? de Lyon", "Mairie de Lyon"),
    ("fr", "la «Mairi?+ de Nante»?", "la «Mairie de Nantes»"),
    ("fr", "chez Fizikel?+ de? Lyon", "chez Fisichella de Lyon"),
    ("en", "a server at Digym.?+ It works", "a server at Digium. It works"),
    ("en", "Mr. Cow? al? ski,? please", "Mr. Kowalski, please"),
    ("en", "this is Kovalski's~+ report", "this is Kowalski's report"),
    ("en", "we crossed the Grean? Bridge? yesterday", "we crossed the Green Bridge yesterday"),
    ("en", "thank you Ana Ribero?+", "thank you Ana Ribeiro"),
    ("en", "Darcy? was there", "D'Arcy was there"),
    ("en", "Mr. Durrand?+ spoke", "Mr. Durand spoke"),
    ("en", "Mrs. Win? is here", "Mrs. Nguyen is here"),
    ("en", "the Town? Hal? is open", "the Town Hall is open"),
]

LEFT_ALONE = [
    ("fr", "Marie est à la mairie"),
    ("fr", "la Marie? de Lyon"),
    ("fr", "il faut que tu me ries~ au nez"),
    ("fr", "les mairies? de la région"),
    ("fr", "mes ris sont cuits"),
    ("fr", "monsieur Durant? et monsieur Durand?"),
    ("fr", "le lit? est fait"),
    ("fr", "les? dinos ont disparu"),
    ("fr", "on est payés~+ lundi"),
    ("fr", "une anarchie?, ribère~ et tout"),
    ("fr", "Ana. Ribeiro? dit"),
    ("fr", "procès, verbal? et écrit"),
    ("fr", "Kowalski? est là"),
    ("fr", "la Mairi~ de? Lyon"),
    ("fr", "un dîner? nous attend"),
    ("en", "minutes? of the meeting"),
    ("en", "the wood? is wet"),
    ("en", "a green bridge over the river"),
    ("en", "I could win this"),
    ("en", "he would? go"),
    ("en", "the house? of wood~"),
    ("en", "le procès? verbal?"),
    ("en", "digital? services"),
    ("en", "the Kowalskis? came"),
    ("en", "see? you"),
    ("en", "... , !"),
]


@pytest.mark.parametrize(("language", "words", "text"), CHANGED)
def test_unlikely_words_that_sound_like_a_name_become_it(language: str, words: str, text: str) -> None:
    """Punctuation, articles that are joined and capitals around them are as they were."""
    assert text_of(corrected(heard(words), GLOSSARY, language)) == text


@pytest.mark.parametrize(("language", "words"), LEFT_ALONE)
def test_what_was_heard_well_or_is_another_word_stays(language: str, words: str) -> None:
    """Likely words, inflected ones, names that are right, and words that only resemble one."""
    written = heard(words)
    assert corrected(written, GLOSSARY, language) == written


@pytest.mark.parametrize(("language", "words", "text"), CHANGED)
def test_the_same_words_stay_where_the_recogniser_was_sure(language: str, words: str, text: str) -> None:
    """However close they are."""
    del text
    sure = heard(" ".join(part.rstrip("?~+") for part in words.split()), 0.98)
    assert corrected(sure, GLOSSARY, language) == sure


def test_words_that_become_one_share_its_time() -> None:
    """Two words became one: it spans both; those around keep everything."""
    before = heard("monsieur cova?+ ski?+ a")
    first, name, last = corrected(before, GLOSSARY, "fr")
    assert (first, last) == (before[0], before[3])
    assert name == Word(" Kowalski", Span(1000, 2900), DOUBTFUL)


def test_a_word_that_becomes_two_is_shared_out() -> None:
    """In the order of time and without a gap."""
    before = heard("chez Anaribéro?+ ici")
    assert text_of(corrected(before, GLOSSARY, "pt")) == "chez Ana Ribeiro ici"
    _, first, second, _ = corrected(before, GLOSSARY, "pt")
    assert first.span.start_samples == 1000
    assert first.span.end_samples == second.span.start_samples
    assert second.span.end_samples == 1900


def test_as_many_words_keep_their_own_times_and_probabilities() -> None:
    """Word for word."""
    before = heard("d'Anna? Ribero~+")
    after = corrected(before, GLOSSARY, "fr")
    assert [word.span for word in after] == [word.span for word in before]
    assert [word.probability for word in after] == [word.probability for word in before]


def test_without_terms_nothing_changes() -> None:
    """Nor with terms of another language."""
    written = heard("mes? ris? sont")
    assert corrected(written, Glossary(), "fr") == written
    assert corrected(written, GLOSSARY, "pt") == written


_WORDS = st.lists(
    st.builds(
        lambda text, probability, tokens: (text, probability, tokens),
        st.one_of(
            st.sampled_from(
                ["cova", "ski", "Kovalski,", "l'Usoc", "dinum.", "Anna", "Ribero", "Durand", "mairie"]
            ),
            st.text("abcdeé'’.,-! ", min_size=1, max_size=8),
            st.text(min_size=1, max_size=4),
        ),
        st.floats(0, 1),
        st.integers(0, 5),
    ),
    max_size=12,
)


@given(_WORDS, st.sampled_from(["fr", "en", "pt"]))
def test_whatever_was_heard_the_result_is_in_order(
    given_words: list[tuple[str, float, int]], language: str
) -> None:
    """Times never run backwards, words that were not changed are the same, and all text is the glossary's."""
    words = tuple(
        Word(f" {text}", Span(100 * number, 100 * number + 90), probability, (1,) * tokens)
        for number, (text, probability, tokens) in enumerate(given_words)
    )
    after = corrected(words, GLOSSARY, language)
    starts = [word.span.start_samples for word in after]
    assert starts == sorted(starts)
    assert all(word.span.start_samples <= word.span.end_samples for word in after)
    assert all(word in words or word.tokens == () for word in after)
    known = {part for term in GLOSSARY.terms for part in term.in_language(language).split()}
    changed = [word.text for word in after if word not in words]
    assert all(any(part.casefold() in text.casefold() for part in known) for text in changed)


@given(_WORDS)
def test_what_was_corrected_needs_no_correction(given_words: list[tuple[str, float, int]]) -> None:
    """A second time changes nothing."""
    words = tuple(
        Word(f" {text}", Span(100 * number, 100 * number + 90), probability, (1,) * tokens)
        for number, (text, probability, tokens) in enumerate(given_words)
    )
    once = corrected(words, GLOSSARY, "fr")
    assert text_of(corrected(once, GLOSSARY, "fr")) == text_of(once)
