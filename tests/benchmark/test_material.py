"""Which recordings a run uses."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from benchmark.material import Recording, read_manifest, select

FIXTURES = Path(__file__).parents[1] / "fixtures" / "speech"


def recordings() -> list[Recording]:
    return read_manifest(FIXTURES)


def test_the_fixtures_are_what_their_manifest_says() -> None:
    """Every file is there, unchanged, and its licence allows shipping it."""
    lines = (FIXTURES / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    entries = {entry["id"]: entry for entry in map(json.loads, lines)}
    for recording in recordings():
        assert hashlib.sha256(recording.path.read_bytes()).hexdigest() == recording.sha256
        licence = entries[recording.id]["license"]
        assert licence.startswith(("CC BY 4.0", "CC0", "Apache-2.0", "Public domain", "MIT"))
        assert bool(recording.passages) != recording.speechless


def test_languages_and_kinds_are_chosen() -> None:
    """Filters keep the speech that was asked for; what has no speech stays unless told otherwise."""
    chosen = select(recordings(), languages=["pt"], invented=False)
    assert {recording.lang for recording in chosen} == {"pt"}
    telephone = select(recordings(), kinds=["telephone-8k-read"])
    assert [r.id for r in telephone if not r.speechless] == ["ibm-fr-FR-Narrowband-sample1"]
    assert {r.kind for r in telephone if r.speechless} == {"noise", "music", "silence"}


def test_a_bound_on_minutes_leaves_something_of_every_language() -> None:
    """The groups take turns until the time is used up."""
    chosen = select(recordings(), kinds=["read"], minutes=0.6, invented=False)
    assert {recording.lang for recording in chosen} == {"en", "fr", "pt"}
    assert sum(recording.seconds for recording in chosen) <= 36
    assert len(select(recordings(), minutes=0.001, invented=False)) == 1


def test_mixed_languages_are_not_pinned() -> None:
    """A recording in two languages has a passage for each turn and is left to detection."""
    mixed = next(r for r in recordings() if r.lang == "multi")
    assert mixed.spoken_language == "auto"
    assert [passage.lang for passage in mixed.passages] == ["fr", "en"] * 3
    assert {r.spoken_language for r in recordings()} == {"en", "fr", "pt", "auto"}
