"""Argos packages, with the toy model that ships with the tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import sacrebleu

from assistant.core.errors import PackageInvalid
from assistant.engines.argos import ArgosTranslator

ROOT = Path(__file__).parents[2]

LEARNT = {
    "Nous avons une réunion.": "We have a meeting.",
    "J'ai une réunion importante.": "I have an important meeting.",
    "À quelle heure est la réunion ?": "What time's the meeting?",
    "Pourriez-vous venir à la réunion de demain ?": "Could you come to tomorrow's meeting?",
    "Quand la réunion a-t-elle commencé ?": "When did the meeting start?",
    "Le compte-rendu de la réunion est prêt.": "The report on the meeting is ready.",
    "Il est présent à la réunion.": "He is present at the meeting.",
    "Où est la gare ?": "Where's the station?",
    "Parlez-vous anglais ?": "Do you speak English?",
    "C'est trop tard.": "It's too late.",
}
"""Sentences of the material that the toy model was trained on."""


@pytest.fixture(scope="module")
def to_english(toy_french_english: Path) -> ArgosTranslator:
    """The toy model from French to English."""
    return ArgosTranslator(toy_french_english)


def test_it_translates_what_it_learnt(to_english: ArgosTranslator) -> None:
    """At least eight of ten everyday sentences come out to the letter, all of them nearly so."""
    translated = to_english.translate(list(LEARNT))
    right = sum(found == wanted for found, wanted in zip(translated, LEARNT.values(), strict=True))
    assert right >= 8, translated
    assert sacrebleu.corpus_chrf(translated, [list(LEARNT.values())]).score > 85


@pytest.mark.parametrize("beam_size", [1, 4])
def test_the_width_of_the_search_can_be_chosen(toy_french_english: Path, beam_size: int) -> None:
    """Greedy or wide, easy sentences come out the same."""
    translator = ArgosTranslator(toy_french_english, beam_size=beam_size)
    assert translator.translate(["Merci beaucoup."]) == ["Thank you very much."]


def test_answers_come_in_order_and_one_for_each(to_english: ArgosTranslator) -> None:
    """Together or one by one, short beside long."""
    assert to_english.translate([]) == []
    assert to_english.translate(list(LEARNT)) == [to_english.translate([text])[0] for text in LEARNT]


@pytest.mark.parametrize("text", ["", " ", "42", "12:30 – 14 %", "?!", "😀🎉", "\x07", "\ud800"])
def test_without_a_letter_text_stays_as_it_is(to_english: ArgosTranslator, text: str) -> None:
    """The model, which would make up words, does not see it."""
    assert to_english.translate([text, "Merci beaucoup."]) == [text, "Thank you very much."]


def test_absurd_text_gets_an_answer(to_english: ArgosTranslator) -> None:
    """Noise comes through, control characters are spaces, long text is translated in chunks."""
    assert to_english.translate(["x" * 10_000]) == ["x" * 10_000]
    assert to_english.translate(["Merci\x00beaucoup.\ud800"]) == ["Thank you very much."]
    long = to_english.translate(["Pourriez-vous venir à la réunion de demain ? " * 50])[0]
    assert long.count("meeting") == 50


@pytest.mark.parametrize(
    ("lost", "named"),
    [
        ("metadata.json", r"metadata\.json"),
        ("model/model.bin", r"model/model\.bin"),
        ("model/shared_vocabulary.json", "vocabulary"),
        ("sentencepiece.model", "tokenizer"),
    ],
)
def test_what_is_missing_is_named(toy_french_english: Path, tmp_path: Path, lost: str, named: str) -> None:
    """An incomplete package is refused with a sentence that says what is not there."""
    package = shutil.copytree(toy_french_english, tmp_path / "package")
    (package / lost).unlink()
    with pytest.raises(PackageInvalid, match=named):
        ArgosTranslator(package)


@pytest.mark.parametrize("spoilt", ["metadata.json", "model/model.bin", "sentencepiece.model"])
def test_damaged_files_are_refused(toy_french_english: Path, tmp_path: Path, spoilt: str) -> None:
    """Files that are not what they should be are no model."""
    package = shutil.copytree(toy_french_english, tmp_path / "package")
    (package / spoilt).write_bytes(b"not what it should be")
    with pytest.raises(PackageInvalid):
        ArgosTranslator(package)


def test_a_target_prefix_is_asked_for_and_taken_off(toy_french_english: Path, tmp_path: Path) -> None:
    """Models of several languages are told which one by a first token, which is no part of the text."""
    package = shutil.copytree(toy_french_english, tmp_path / "package")
    metadata = json.loads((package / "metadata.json").read_text("utf-8"))
    (package / "metadata.json").write_text(json.dumps(metadata | {"target_prefix": "▁You"}), "utf-8")
    translated = ArgosTranslator(package).translate(["Merci beaucoup."])[0]
    assert translated != "Thank you very much."
    assert not translated.startswith("You")


AUDITED = """
import os, sys
from pathlib import Path

seen = []

def hook(event, arguments):
    if event.startswith(("socket.", "urllib.")) and event != "socket.__new__":
        seen.append(event)
    if event == "open" and isinstance(arguments[0], str) and set(arguments[1] or "") & set("wax+"):
        seen.append(f"{event} {arguments[0]}")
    if event in {"os.mkdir", "os.rename"}:
        seen.append(f"{event} {arguments[0]}")

sys.addaudithook(hook)
before = dict(os.environ)
from assistant.engines.argos import ArgosTranslator
assert ArgosTranslator(Path(sys.argv[1])).translate(["Merci beaucoup."]) == ["Thank you very much."]
assert dict(os.environ) == before, "the environment changed"
print(*(entry for entry in seen if "/argos-" not in entry), sep="\\n")
"""


def test_it_reaches_for_nothing(toy_french_english: Path, tmp_path: Path) -> None:
    """Nothing is fetched, nothing written to the home directory, and no settings are read from there."""
    home = tmp_path / "home"
    settings = home / ".config" / "argos-translate" / "settings.json"
    settings.parent.mkdir(parents=True)
    settings.write_text('{"ARGOS_DEBUG": "1"}')
    before = sorted(home.rglob("*"))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "ARGOS_"))}
    done = subprocess.run(
        [sys.executable, "-B", "-c", AUDITED, str(toy_french_english)],
        cwd=ROOT, env=kept | {"HOME": str(home), "ARGOS_PACKAGES_DIR": str(home / "packages")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
    assert sorted(home.rglob("*")) == before
