"""Spoken sentences: each way to their translation has its score, and every sentence its recording."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from benchmark.parallel_text import ParallelText, ParallelTextBroken, read_parallel
from benchmark.spoken import Listener, score_spoken

from assistant.core.translation.routes import RouteTable
from tests.benchmark.text_engines import ScriptedEngine, model

MEETING = Path(__file__).parents[2] / "scripts" / "benchmark" / "meeting"
FRENCH = ("Le budget est adopté ce soir.", "Personne ne vote contre le texte.")
ENGLISH = ("The budget is adopted this evening.", "Nobody votes against the text.")
HEARD = ("Le budget est adopté ce soir.", "Personne ne vote contre le teste.")


class ScriptedListener(Listener):
    """Hears what is on its list, and translates as it is told."""

    def __init__(self, heard: dict[str, Sequence[str]]) -> None:
        """Take what is heard for each task."""
        self._heard = heard

    def hear(self, recordings: Sequence[Path], language: str, task: str = "transcribe") -> list[str]:
        """Look the task up."""
        del recordings, language
        return list(self._heard[task])


async def test_each_way_has_its_score() -> None:
    """What is misheard costs; Whisper's own translation stands beside it, into English alone."""
    models = [model("fr", "en"), model("fr", "pt")]
    lexicon = dict(zip(FRENCH, ENGLISH, strict=True)) | {HEARD[1]: "Nobody votes against the test."}
    text = ParallelText(
        "meeting",
        {"en": ENGLISH, "fr": FRENCH, "pt": FRENCH},
        {"fr": (Path("1.ogg"), Path("2.ogg"))},
    )
    listener = ScriptedListener({"transcribe": HEARD, "translate": ("The budget.", "Nobody votes.")})
    found = await score_spoken(ScriptedEngine(models, {"fr-en": lexicon}), listener, text, RouteTable(models))
    scores = {(score.pair[1], score.way): score for score in found}
    assert list(scores) == [
        ("en", "as written"),
        ("en", "as recognised"),
        ("en", "by Whisper itself"),
        ("pt", "as written"),
        ("pt", "as recognised"),
    ]
    written, recognised, whisper = (score for (target, _), score in scores.items() if target == "en")
    assert written.wer == 0.0
    assert written.chrf == pytest.approx(100)
    assert recognised.wer == pytest.approx(1 / 12)
    assert 50 < recognised.chrf < 100
    assert whisper.wer is None
    assert whisper.chrf < recognised.chrf


async def test_a_sentence_without_a_recording_is_told() -> None:
    """Instead of comparing sentences with those beside them."""
    models = [model("fr", "en")]
    text = ParallelText("meeting", {"en": ENGLISH, "fr": FRENCH}, {"fr": (Path("1.ogg"),)})
    with pytest.raises(ParallelTextBroken, match="2 sentences, and 1 recordings"):
        await score_spoken(ScriptedEngine(models), ScriptedListener({}), text, RouteTable(models))


def test_each_sentence_of_ours_is_spoken() -> None:
    """In both languages, in order."""
    (text,) = read_parallel(MEETING, 5)
    assert text.sentences == 5
    for language in ("en", "fr"):
        names = [path.name for path in text.recordings[language]]
        assert names == [f"{number:02}.ogg" for number in range(1, 6)]


def test_whisper_hears_and_translates(whisper_weights: Path) -> None:
    """A recording of the twenty."""
    (text,) = read_parallel(MEETING, 1)
    listener = Listener(whisper_weights)
    (heard,) = listener.hear(text.recordings["fr"], "fr")
    (english,) = listener.hear(text.recordings["fr"], "fr", "translate")
    assert heard.startswith("Bonjour à toutes et à tous")
    assert not set(english.lower().split()) & {"bonjour", "toutes", "ouverte."}
    assert "declare" in english
