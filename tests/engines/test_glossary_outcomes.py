"""What a glossary changes in the end, with the real recogniser and a real text model."""

from __future__ import annotations

from pathlib import Path

import pytest
from fxtranslate import Translator

from assistant.bootstrap import build_weights
from assistant.core.errors import AssistantError
from assistant.core.glossary.glossary import Glossary
from assistant.core.glossary.terms import Term
from assistant.core.speech.audio import to_waveform
from assistant.core.speech.context import ContextRules, MeetingContext
from assistant.core.translation.terminology import Terminology
from assistant.engines.voice import GatedVoiceDetector, SileroModel
from assistant.engines.whisper import WhisperTranscriber
from assistant.ports.speech import TranscriptionRequest
from assistant.settings import Settings
from tests.conftest import Recordings
from tests.recordings.transcribing import transcribed_now

pytestmark = pytest.mark.weights

TERMS = Glossary.of(
    [
        Term.of("Wood", keep=True),
        Term.of("White House", keep=True),
        Term.of("Green Bridge", language="en", translations={"pt": "Ponte Verde"}),
        Term.of("minutes", language="en", translations={"pt": "ata"}),
        Term.of("town hall", language="en", translations={"pt": "câmara municipal"}),
    ]
)


@pytest.fixture(scope="module")
def whisper(whisper_weights: Path) -> WhisperTranscriber:
    """Whisper base, int8, one worker."""
    return WhisperTranscriber(whisper_weights, model="whisper-base")


@pytest.fixture(scope="module")
def translator() -> Translator:
    """The Firefox model from English to Portuguese."""
    try:
        weights = build_weights(Settings()).path("translate-en-pt")
    except AssistantError:
        pytest.skip("the text model is not here: “assistant models pull translate-en-pt” fetches it")
    (model,), (words,) = weights.glob("model.*.bin"), weights.glob("vocab.*.spm")
    return Translator(model=model.read_bytes(), src_vocab=words.read_bytes(), trg_vocab=words.read_bytes())


def test_terms_that_are_told_change_what_is_written(
    whisper: WhisperTranscriber, recordings: Recordings
) -> None:
    """Without them the name is another word, with them among others it is right."""
    waveform = to_waveform(recordings["fleurs-pt-004"].pcm)
    plain = whisper.transcribe(TranscriptionRequest(waveform, "pt", quality="final"))
    assert "scaffolding" not in plain.text.casefold()
    context = MeetingContext(Glossary.of(["Digium", "Ana Ribeiro", "Scaffolding", "DINUM"]))
    told = context.context_for("ana", "pt", 0.0, plain.text.split())
    better = whisper.transcribe(TranscriptionRequest(waveform, "pt", quality="final", context=told))
    assert "Scaffolding" in better.text


@pytest.mark.parametrize(("name", "wrong", "term"), [("fleurs-pt-000", "Biber", "Bieber")])
def test_a_misheard_name_is_put_right_in_a_final(
    whisper: WhisperTranscriber, recordings: Recordings, name: str, wrong: str, term: str
) -> None:
    """Where it was not told beforehand, or telling did not help; nothing else changes."""
    waveform = to_waveform(recordings[name].pcm)
    heard = whisper.transcribe(TranscriptionRequest(waveform, "pt", quality="final"))
    assert wrong in heard.text
    right = MeetingContext(Glossary.of([term])).put_right(heard)
    assert right.text == heard.text.replace(wrong, term)


@pytest.mark.slow
def test_names_that_nobody_says_change_no_recording(
    whisper: WhisperTranscriber, recordings: Recordings
) -> None:
    """A list of common names, as a correction alone: all that was said stays as it was heard."""
    names = Glossary.of(
        "Marie Dupont|Durand|Martin|Moreau|Laurent|Michel|Garcia|Bertrand|Fournier|Mercier|Blanc|Boyer|Robin|"
        "Mathieu|Dumont|Lemaire|Meyer|Rivière|Gérard|Roche|Picard|Olivier|Philippe|Payet|Pierre|Lopes|Ferreira|"
        "Carvalho|Santos|Pereira|Smith|Taylor|Brown|Walker|Green|Hall|Wright|Carter|Parker|Cook|Bell|Ward".split(
            "|"
        )
    )
    silent = MeetingContext(names, ContextRules(glossary_bytes=0))
    for name in recordings.names("en", "fr", "pt"):
        recording = recordings[name]
        waveform = to_waveform(recording.pcm)
        heard = whisper.transcribe(TranscriptionRequest(waveform, recording.language, quality="final"))
        assert silent.put_right(heard).text == heard.text


def test_a_file_is_corrected_too(whisper: WhisperTranscriber, recordings: Recordings) -> None:
    """The way of `assistant transcribe`: told first, put right after."""
    captions = transcribed_now(
        recordings["fleurs-pt-000"].pcm,
        whisper,
        lambda: GatedVoiceDetector(SileroModel()),
        language="pt",
        glossary=Glossary.of(["Bieber"]),
    )
    assert "Bieber" in " ".join(caption.text for caption in captions)


@pytest.mark.parametrize(
    ("sentence", "wrong", "wanted"),
    [
        ("Mr Wood will open the meeting at the town hall.", "prefeitura", ["Wood", "câmara municipal"]),
        ("We crossed the Green Bridge yesterday.", "Green Bridge", ["Ponte Verde"]),
        ("The White House has answered.", "Casa Branca", ["White House"]),
        ("Please send the minutes to Mr Wood.", "minutos", ["ata", "Wood"]),
        ("Two town halls were closed.", "prefeituras", ["câmara municipal"]),
    ],
)
def test_translations_keep_to_the_glossary(
    translator: Translator, sentence: str, wrong: str, wanted: list[str]
) -> None:
    """The plain translation does not; one of the other ways does, and says so."""
    terminology = Terminology(TERMS, "en", "pt")
    plain = translator.translate_long(sentence)
    assert wrong in plain
    assert terminology.missing(sentence, plain) > 0
    answers = [
        attempt.restored(translator.translate_long(attempt.text))
        for attempt in terminology.attempts(sentence)
    ]
    good = [answer for answer in answers if not terminology.missing(sentence, answer)]
    assert good
    assert all(term in good[0] for term in wanted)
    assert wrong not in good[0]


def test_invented_names_are_copied_by_the_model(translator: Translator) -> None:
    """The third way works for every term at once, also at the beginning of a sentence."""
    terminology = Terminology(TERMS, "en", "pt")
    for sentence in (
        "Minutes of the Green Bridge meeting, by Wood.",
        "The White House, the town hall and the Green Bridge are closed today.",
        "Did Wood read the minutes?",
    ):
        invented = terminology.attempts(sentence)[2]
        assert terminology.missing(sentence, invented.restored(translator.translate_long(invented.text))) == 0
