"""Drafts as a whole: votes across lines, who does what, items of an agenda, topics without one."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.core.captions.caption import Caption
from assistant.core.minutes.document import Vote
from assistant.minutes.drafting.announcements import read_announcement
from assistant.minutes.drafting.draft import DraftSource, draft
from assistant.minutes.drafting.findings import find
from assistant.minutes.drafting.lines import Line, split_sentences
from assistant.minutes.drafting.votes import read_vote, read_votes
from tests.captions import a_caption

ON = date(2026, 11, 25)


def lines(lang: str, *said: tuple[str, str]) -> list[Line]:
    return [
        Line(f"c{at}", who, who, text, lang, at * 5.0, at * 5.0 + 4) for at, (who, text) in enumerate(said)
    ]


def captions(lang: str, *said: tuple[str, str]) -> list[Caption]:
    return [
        a_caption(
            at,
            text,
            participant=who,
            speaker=who,
            lang=lang,
            source_lang=lang,
            start_seconds=at * 5.0,
            end_seconds=at * 5.0 + 4,
        )
        for at, (who, text) in enumerate(said)
    ]


@pytest.mark.parametrize(
    ("lang", "text", "vote"),
    [
        ("fr", "12 voix pour, 3 contre, 2 abstentions", Vote(12, 3, 2, "adopted")),
        ("fr", "Adoptée à l’unanimité", Vote(result="adopted", unanimous=True)),
        ("fr", "Quatre voix pour, soixante et onze contre", Vote(4, 71, None, "rejected")),
        ("en", "The motion is carried by seven to four", Vote(7, 4, None, "adopted")),
        ("fr", "Deux cent trente-quatre voix pour, cent une contre", Vote(234, 101, None, "adopted")),
        ("fr", "Septante-deux voix pour, nonante contre", Vote(72, 90, None, "rejected")),
        ("en", "Carried, twenty-three to four", Vote(23, 4, None, "adopted")),
        ("en", "One hundred and five votes in favour, none against", Vote(105, 0, None, "adopted", True)),  # noqa: FBT003
        ("en", "Five in favour, five against: it is tied", Vote(5, 5, None, "tied")),
        ("de", "Mit 12 zu 3 Stimmen angenommen", Vote(12, 3, None, "adopted")),
        ("es", "Diez votos a favor, dos en contra", Vote(10, 2, None, "adopted")),
        ("pt", "Dez votos a favor, dois contra, uma abstenção", Vote(10, 2, 1, "adopted")),
        ("de", "Zweihundertfünf Stimmen dafür, eine dagegen", Vote(205, 1, None, "adopted")),
        ("es", "Veintiún votos a favor, ciento uno en contra", Vote(21, 101, None, "rejected")),
        ("pt", "Cento e um votos a favor, vinte e uma contra", Vote(101, 21, None, "adopted")),
        ("it", "Centouno voti a favore, ventitré contrari", Vote(101, 23, None, "adopted")),
        ("it", "Dieci voti a favore, due contrari, nessun astenuto", Vote(10, 2, None, "adopted")),
    ],
)
def test_votes_are_read_in_six_languages(lang: str, text: str, vote: Vote) -> None:
    """In digits and words; the result as it is said, else as the numbers have it."""
    found = read_vote(text, lang)
    assert found is not None
    assert (found.in_favour, found.against, found.result) == (vote.in_favour, vote.against, vote.result)
    assert found.unanimous is vote.unanimous


def test_numbers_of_other_things_are_no_votes() -> None:
    """What is against a wall is no vote."""
    for text in ("trois contre le mur", "deux pour le prix d'un", "il y a douze personnes"):
        assert read_vote(text, "fr") is None
    for text in (
        "Twenty-three of them",
        "It went from eight hundred to eleven hundred",
        "It costs two to three thousand",
        "From three to five o'clock",
    ):
        assert read_vote(text, "en") is None


def test_a_vote_that_is_called_is_one() -> None:
    """Whoever says which part of it."""
    talk = [
        "Je mets aux voix.",
        "Qui est pour ?",
        "Douze.",
        "Contre ?",
        "Trois.",
        "Abstentions ?",
        "Deux.",
        "Adopté.",
    ]
    ((first, last, vote),) = read_votes([(text, "fr") for text in [*talk, "Point suivant."]])
    assert (first, last) == (0, 7)
    assert (vote.in_favour, vote.against, vote.abstentions, vote.result) == (12, 3, 2, "adopted")


def test_who_accepts_a_request_does_it() -> None:
    """With the day that is named in the answer; who declines does nothing."""
    talk = lines(
        "fr",
        ("Mme Roy", "Pierre, tu peux envoyer le tableau des coûts à la commission ?"),
        ("Pierre", "Oui, d'ici mardi."),
        ("Mme Roy", "Et tu peux rédiger la note au préfet ?"),
        ("Pierre", "Non, je n'ai pas le temps."),
    )
    (action,) = [one for one in find(talk, ON, [line.speaker for line in talk]) if one.kind == "action"]
    assert (action.who, action.due, action.lines) == ("Pierre", "2026-12-01", (0, 1))


def test_somebody_else_is_named() -> None:
    """A participant, somebody with a title, or a body."""
    talk = lines(
        "fr",
        ("Mme Roy", "M. Petit va contacter l'entreprise avant vendredi."),
        ("Mme Roy", "Le service juridique va vérifier le contrat."),
    )
    actions = [one for one in find(talk, ON, ["Mme Roy", "M. Petit"]) if one.kind == "action"]
    assert [(one.who, one.due) for one in actions] == [
        ("M. Petit", "2026-11-27"),
        ("Le service juridique", ""),
    ]


def test_an_answered_question_is_not_open() -> None:
    """One that nobody can answer is."""
    talk = lines(
        "en",
        ("A", "How much does the new roof cost?"),
        ("B", "The new roof costs forty thousand pounds including the scaffolding."),
        ("A", "Who pays for the scaffolding in winter?"),
        ("B", "I don't know, we'll have to check."),
    )
    questions = [one.text for one in find(talk, ON, ["A", "B"]) if one.kind == "question"]
    assert questions == ["Who pays for the scaffolding in winter?"]


def test_a_short_agreement_makes_a_decision_of_what_was_proposed() -> None:
    """Both lines are its evidence."""
    talk = lines(
        "en", ("A", "I propose that we close the old bridge until spring."), ("B", "Agreed, let's do that.")
    )
    (decision,) = [one for one in find(talk, ON, ["A", "B"]) if one.kind == "decision"]
    assert decision.lines == (0, 1)
    assert "close the old bridge" in decision.text


@pytest.mark.parametrize(
    ("lang", "sentence", "number", "topic"),
    [
        ("fr", "Passons au point suivant : les travaux de la rue.", None, "travaux de la rue"),
        ("fr", "Deuxième point, le budget de la cantine.", 2, "budget de la cantine"),
        ("en", "Let's move on to item three, the new roof.", 3, "new roof"),
        ("de", "Wir kommen zum nächsten Punkt, dem Haushalt.", None, "Haushalt"),
        ("es", "Pasamos al punto 2: el presupuesto.", 2, "presupuesto"),
        ("pt", "Passemos ao ponto seguinte, o orçamento.", None, "orçamento"),
        ("it", "Passiamo al terzo punto, il bilancio.", 3, "bilancio"),
    ],
)
def test_announcements_name_point_and_topic(lang: str, sentence: str, number: int | None, topic: str) -> None:
    """In six languages."""
    found = read_announcement(sentence, lang)
    assert found is not None
    assert (found.number, found.topic) == (number, topic)


def test_items_come_up_in_any_order() -> None:
    """Each has its own time; one that never comes up has none."""
    minutes = draft(
        DraftSource(
            "r",
            "R",
            captions(
                "fr",
                ("A", "On commence par les travaux de la rue du Moulin."),
                ("B", "Le chantier de la rue du Moulin a trois semaines de retard."),
                ("A", "Passons au budget de la cantine scolaire."),
                ("B", "Le repas de la cantine coûte neuf euros."),
            ),
            agenda=["Budget de la cantine", "Travaux rue du Moulin", "Questions diverses"],
            began_at=1_795_629_600.0,
        )
    )
    assert [(item.title, item.start_seconds) for item in minutes.items] == [
        ("Budget de la cantine", 10.0),
        ("Travaux rue du Moulin", 0.0),
        ("Questions diverses", None),
    ]


def test_topics_are_found_without_an_agenda() -> None:
    """Where the words change; each topic is called by what was announced or by its words."""
    roof = [
        ("A", f"The roof of the school leaks over classroom {at}, and the tiles are broken.")
        for at in range(60)
    ]
    bus = [
        ("B", f"The bus line {at} needs new drivers, and the timetable of the bus is late.")
        for at in range(60)
    ]
    said = [*roof, ("A", "Let's move on to the bus timetable."), *bus]
    minutes = draft(DraftSource("r", "R", captions("en", *said), began_at=1_795_629_600.0))
    assert len(minutes.items) == 2
    said_of_the_roof = {"roof", "school", "leaks", "classroom", "tiles", "broken"}
    assert set(minutes.items[0].title.lower().split(", ")) <= said_of_the_roof
    assert minutes.items[1].title == "Bus timetable"
    assert all(0 < len(item.statements) <= 6 for item in minutes.items)


def test_the_same_words_give_the_same_draft() -> None:
    """Ids included, so that it can be made anew under what a clerk has kept."""
    said = captions(
        "fr", ("A", "Je vous envoie le tableau d'ici vendredi."), ("B", "C'est décidé, on part là-dessus.")
    )
    source = DraftSource("r", "R", said, began_at=1_795_629_600.0)
    assert draft(source) == draft(source)


def test_speech_without_punctuation_is_cut() -> None:
    """No sentence is longer than sixty words, and none is lost."""
    text = " ".join(f"mot{at}" for at in range(150))
    pieces = split_sentences(text, "fr")
    assert [len(piece.split()) for piece in pieces] == [60, 60, 30]
    assert " ".join(pieces) == text
