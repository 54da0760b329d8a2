"""The score of drafting on labelled passages."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from benchmark.drafting import KINDS, labels_of, long_meeting, read_passages, score

PASSAGES = Path(__file__).parents[1] / "fixtures" / "minutes"


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_passages_are_well_labelled(lang: str) -> None:
    """At least 45 in each language, in two halves, each label on a caption that there is."""
    passages = read_passages(PASSAGES / f"passages-{lang}.jsonl")
    assert len(passages) >= 45
    assert {passage["split"] for passage in passages} == {"tune", "held"}
    for passage in passages:
        for places in labels_of(passage).values():
            assert all(0 <= place < len(passage["captions"]) for place in places)


def test_right_wrong_and_missed_are_counted() -> None:
    """A find is right once, if a labelled caption is among its evidence."""
    said = [
        {"speaker": "A", "text": "C'est décidé, on ferme la rue du Moulin."},
        {"speaker": "B", "text": "Je vous envoie le plan de la rue d'ici vendredi."},
        {"speaker": "A", "text": "Personne ne parle du pont."},
    ]
    labels = {
        "decisions": [0, 2],
        "votes": [],
        "actions": [{"caption": 1, "who": "B", "due": "2026-11-27"}],
        "questions": [],
    }
    quality = score([{"lang": "fr", "date": "2026-11-25", "captions": said, "expected": labels}])
    decision = quality.found["decision"]
    assert (decision.right, decision.wrong, decision.missed) == (1, 0, 1)
    assert (decision.precision, decision.recall) == (1.0, 0.5)
    assert (quality.found["action"].right, quality.due.right, quality.who.right) == (1, 1, 1)
    assert quality.found["vote"].precision is None


def test_more_is_found_than_by_key_words() -> None:
    """Over all passages, in both languages: more right and less wrong."""
    for lang in ("fr", "en"):
        quality = score(read_passages(PASSAGES / f"passages-{lang}.jsonl"))
        for kind in KINDS[:3]:
            found, simple = quality.found[kind], quality.baseline[kind]
            assert found.right >= simple.right > 0, (lang, kind)
            assert found.wrong < simple.wrong, (lang, kind)


def test_a_long_meeting_is_as_long_as_asked() -> None:
    """Of captions that follow each other."""
    captions = long_meeting(3_000)
    assert sum(len(caption.text.split()) for caption in captions) >= 3_000
    assert all(one.end_seconds <= two.start_seconds + 1e-6 for one, two in itertools.pairwise(captions))
