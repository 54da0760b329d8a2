"""What the words of a sentence say of it, in six languages: sentences of our own, for and against."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.minutes.drafting.cues import cues_of
from assistant.minutes.drafting.phrases import known_languages

DECIDES = {
    "fr": [
        "Bon, on part là-dessus.",
        "Nous adoptons le budget.",
        "C'est décidé.",
        "Le conseil approuve le rapport.",
    ],
    "en": ["Let's go with the second option.", "The motion is carried.", "We have agreed to close the road."],
    "de": ["Damit ist der Antrag angenommen.", "Wir haben beschlossen, die Straße zu sperren."],
    "es": ["Queda aprobado el presupuesto.", "Hemos decidido cerrar la calle."],
    "pt": ["Fica aprovado o orçamento.", "Foi decidido fechar a rua."],
    "it": ["È approvato il bilancio.", "Abbiamo deciso di chiudere la strada."],
}
DOES_NOT_DECIDE = {
    "fr": [
        "L'an dernier on avait décidé de reporter.",
        "On pourrait décider de reporter.",
        "On n'a rien décidé.",
        "Qu'est-ce qu'on décide ?",
        "Si le conseil adopte le budget, on verra.",
    ],
    "en": [
        "Last year we decided to wait.",
        "We could decide that later.",
        "Nobody decided that.",
        "If we agree to that, we lose.",
        "Have we decided?",
    ],
    "de": ["Wir haben nichts beschlossen.", "Letztes Jahr wurde das beschlossen."],
    "es": ["No hemos decidido nada.", "El año pasado se aprobó otra cosa."],
    "pt": ["Não foi decidido nada.", "No ano passado foi decidido outra coisa."],
    "it": ["Non abbiamo deciso niente.", "L'anno scorso abbiamo deciso altro."],
}
PROMISES = {
    "fr": ["Je m'en charge.", "Je vous envoie le tableau.", "Je vais contacter la préfecture."],
    "en": ["I'll send you the draft.", "Leave it with me.", "I will check with the supplier."],
    "de": ["Ich kümmere mich darum.", "Ich werde den Bericht schicken."],
    "es": ["Me encargo yo.", "Voy a preparar el informe."],
    "pt": ["Eu trato disso.", "Vou preparar o relatório."],
    "it": ["Me ne occupo io.", "Preparerò la relazione."],
}
DOES_NOT_PROMISE = {
    "fr": [
        "Je ne pourrai pas.",
        "Je vais vous dire une chose.",
        "Je vais partager mon écran.",
        "Ce n'est pas pour moi.",
    ],
    "en": ["I can't do that.", "I'll share my screen.", "I'll start with the budget.", "That's not for me."],
    "de": ["Ich kann das nicht übernehmen."],
    "es": ["No puedo encargarme."],
    "pt": ["Não posso tratar disso."],
    "it": ["Non posso occuparmene."],
}
ASKS = {
    "fr": ["Qui paie les travaux en 2027 ?", "Est-ce que la garantie court encore ?"],
    "en": ["Who pays for the works in 2027?", "What happens if the supplier is late?"],
    "de": ["Wer bezahlt die Arbeiten?"],
    "es": ["¿Quién paga las obras?"],
    "pt": ["Quem paga as obras?"],
    "it": ["Chi paga i lavori?"],
}
DOES_NOT_ASK = {
    "fr": ["Vous m'entendez ?", "Qui est contre ?", "D'autres questions ?", "Tu peux envoyer le tableau ?"],
    "en": ["Can you hear me?", "Any other business?", "All in favour?", "Can you send the draft?"],
    "de": ["Hören Sie mich?", "Gibt es Fragen?"],
    "es": ["¿Me oyen?", "¿Alguna pregunta?"],
    "pt": ["Estão a ouvir-me?", "Alguma questão?"],
    "it": ["Mi sentite?", "Ci sono domande?"],
}


def pairs(table: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(lang, sentence) for lang, sentences in table.items() for sentence in sentences]


@pytest.mark.parametrize(("lang", "sentence"), pairs(DECIDES))
def test_decisions_are_found(lang: str, sentence: str) -> None:
    """Where something is decided with these words."""
    assert cues_of(sentence, lang).decides


@pytest.mark.parametrize(("lang", "sentence"), pairs(DOES_NOT_DECIDE))
def test_what_is_told_supposed_denied_or_asked_decides_nothing(lang: str, sentence: str) -> None:
    """Whatever verb is in it."""
    assert not cues_of(sentence, lang).decides


@pytest.mark.parametrize(("lang", "sentence"), pairs(PROMISES))
def test_promises_are_found(lang: str, sentence: str) -> None:
    """Where the speaker will do something."""
    assert cues_of(sentence, lang).promises


@pytest.mark.parametrize(("lang", "sentence"), pairs(DOES_NOT_PROMISE))
def test_declining_and_talking_of_the_talk_promise_nothing(lang: str, sentence: str) -> None:
    """Nor does what somebody says of their own screen."""
    assert not cues_of(sentence, lang).promises


@pytest.mark.parametrize(("lang", "sentence"), pairs(ASKS))
def test_questions_of_substance_are_found(lang: str, sentence: str) -> None:
    """Those that could stay open."""
    assert cues_of(sentence, lang).asks


@pytest.mark.parametrize(("lang", "sentence"), pairs(DOES_NOT_ASK))
def test_questions_that_keep_a_meeting_going_are_none(lang: str, sentence: str) -> None:
    """Of sound, of order, and requests."""
    assert not cues_of(sentence, lang).asks


@given(sentence=st.text(max_size=120), lang=st.sampled_from([*sorted(known_languages()), "ja"]))
def test_any_sentence_is_read(sentence: str, lang: str) -> None:
    """In languages without tables nothing is found."""
    cues = cues_of(sentence, lang)
    assert lang in known_languages() or not any(
        (cues.decides, cues.promises, cues.tasks, cues.requests, cues.asks)
    )
