"""Firefox models, with the real weights."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
import sacrebleu

from assistant.core.errors import PackageInvalid
from assistant.core.translation.fidelity import Fidelity
from assistant.engines.firefox import FirefoxTranslator

pytestmark = pytest.mark.weights

ENGLISH = (
    "Good morning, everyone.",
    "The meeting is open.",
    "We will vote on the budget tomorrow.",
    "The mayor thanks all members of the council for their work.",
)
PORTUGUESE = (
    "Bom dia a todos.",
    "A reunião está aberta.",
    "Votaremos o orçamento amanhã.",
    "O presidente da câmara agradece a todos os membros do conselho pelo seu trabalho.",
)


@pytest.fixture(scope="module")
def to_portuguese(english_portuguese: Path) -> FirefoxTranslator:
    """The model from English to Portuguese."""
    return FirefoxTranslator(english_portuguese)


def likeness(translated: list[str], expected: tuple[str, ...]) -> float:
    return sacrebleu.corpus_chrf(translated, [list(expected)]).score


def test_meetings_are_translated_both_ways(
    to_portuguese: FirefoxTranslator, portuguese_english: Path
) -> None:
    """Sentences of a meeting come out close to how a person would say them (chrF)."""
    assert likeness(to_portuguese.translate(ENGLISH), PORTUGUESE) > 55
    assert likeness(FirefoxTranslator(portuguese_english).translate(PORTUGUESE), ENGLISH) > 60


def test_answers_come_in_order_and_one_for_each(to_portuguese: FirefoxTranslator) -> None:
    """Sentences do not mix, and nothing gives nothing."""
    assert to_portuguese.translate([]) == []
    together = to_portuguese.translate(ENGLISH)
    assert together == [to_portuguese.translate([sentence])[0] for sentence in ENGLISH]


@pytest.mark.parametrize("text", ["", " ", "42", "12:30 – 14 %", "?!", "😀🎉", "\x07", "\ud800"])
def test_without_a_letter_text_stays_as_it_is(to_portuguese: FirefoxTranslator, text: str) -> None:
    """The model, which would make up words, does not see it."""
    assert to_portuguese.translate([text]) == [text]


def test_control_characters_and_white_space_change_nothing(to_portuguese: FirefoxTranslator) -> None:
    """They are read as spaces."""
    clean = to_portuguese.translate(["Good morning, everyone."])
    assert to_portuguese.translate(["  Good\x00morning,\u00a0everyone.\ud800\n"]) == clean


def test_ten_thousand_characters_without_a_space_take_no_time(to_portuguese: FirefoxTranslator) -> None:
    """What is no word comes through as it is; by itself the model would take ten seconds."""
    began = time.process_time()  # nobody else's work counts
    assert to_portuguese.translate(["x" * 10_000]) == ["x" * 10_000]
    assert time.process_time() - began < 1


def test_long_text_is_translated_to_its_end(to_portuguese: FirefoxTranslator) -> None:
    """The model alone would stop in the middle and stutter; in chunks, nothing is lost."""
    numbers = [f"Item number {number} was accepted by the members of the council" for number in range(10, 50)]
    translated = to_portuguese.translate(["; ".join(numbers) + "."])[0]
    heard = {word.strip(".,;:") for word in translated.split()}
    assert len({str(number) for number in range(10, 50)} - heard) <= 2


def test_the_shortlist_is_not_needed(english_portuguese: Path, tmp_path: Path) -> None:
    """Without the file that makes it faster the model says the same."""
    for path in english_portuguese.iterdir():
        if not path.name.startswith("lex"):
            shutil.copy(path, tmp_path)
    assert FirefoxTranslator(tmp_path).translate(ENGLISH[:2]) == FirefoxTranslator(
        english_portuguese
    ).translate(ENGLISH[:2])


@pytest.mark.parametrize(
    ("kept", "missing"),
    [
        ("model.*.bin", r"vocab\.\*\.spm"),
        ("vocab.*.spm", r"model\.\*\.bin"),
        ("lex.*.bin", "weights.*vocabulary"),
    ],
)
def test_what_is_missing_is_named(english_portuguese: Path, tmp_path: Path, kept: str, missing: str) -> None:
    """A directory without weights or vocabulary is refused with a sentence that says so."""
    for path in english_portuguese.glob(kept):
        shutil.copy(path, tmp_path)
    with pytest.raises(PackageInvalid, match=missing):
        FirefoxTranslator(tmp_path)


def test_separate_vocabularies_are_found(english_portuguese: Path, tmp_path: Path) -> None:
    """Pairs of different scripts have one vocabulary for each language; only one of them is not enough."""
    shutil.copy(next(english_portuguese.glob("model.*.bin")), tmp_path)
    vocabulary = next(english_portuguese.glob("vocab.*.spm"))
    shutil.copy(vocabulary, tmp_path / "srcvocab.enpt.spm")
    with pytest.raises(PackageInvalid, match="trgvocab"):
        FirefoxTranslator(tmp_path)
    shutil.copy(vocabulary, tmp_path / "trgvocab.enpt.spm")
    assert "reunião" in FirefoxTranslator(tmp_path).translate([ENGLISH[1]])[0]


@pytest.mark.parametrize("spoilt", ["model.*.bin", "vocab.*.spm", "lex.*.bin"])
def test_damaged_files_are_refused(english_portuguese: Path, tmp_path: Path, spoilt: str) -> None:
    """Files that are not what they should be are no model, even where the library takes them or panics."""
    for path in english_portuguese.glob("[lmv]*[mn]"):
        shutil.copy(path, tmp_path)
    next(tmp_path.glob(spoilt)).write_bytes(b"not what it should be")
    with pytest.raises(PackageInvalid, match="damaged"):
        FirefoxTranslator(tmp_path)
    with pytest.raises(PackageInvalid, match="cannot be read"):
        FirefoxTranslator(tmp_path / "absent")


def test_a_model_tells_the_letters_that_it_knows(to_portuguese: FirefoxTranslator) -> None:
    """Those of its languages, digits and common signs, and no others."""
    letters = to_portuguese.letters()
    assert set("abcXYZçãé0123456789%.,-$") <= letters
    assert not set("şễö👍−€≥{") & letters


@pytest.mark.parametrize(
    ("sentence", "kept"),
    [
        ("THE MEETING ON THE BUDGET IS OPEN.", "REUNIÃO"),
        ("Minister Kılıçdaroğlu met Ms Đặng yesterday.", "Kılıçdaroğlu Đặng"),
        ("We pay 2 340,50 € to Søren 🎉 in {room_7}.", "2 340,50 € Søren 🎉 {room_7}"),
        ("Write to c.d@ex.net or see https://ex.net/q?r=2#s.", "c.d@ex.net https://ex.net/q?r=2#s"),
        ("The result is −8 million euros.", "−8 milhões"),
        ("Only values ≥ 30 and ≤ 45 count.", "≥ 30 ≤ 45"),
        ("Come here, Peter!", "Peter"),
    ],
)
def test_what_was_said_comes_through(to_portuguese: FirefoxTranslator, sentence: str, kept: str) -> None:
    """With the wordings that the model is given, and the check of what comes of them."""
    fidelity = Fidelity("en", "pt", to_portuguese.letters())
    tried = []
    for wording in fidelity.wordings(sentence):
        translation = wording.attempt.restored(to_portuguese.translate([wording.attempt.text])[0])
        tried.append((translation, fidelity.holds(sentence, wording.kept, translation)))
        if tried[-1][1]:
            break
    translation, holds = tried[-1]
    assert holds, tried
    assert all(part in translation for part in kept.split()), translation
