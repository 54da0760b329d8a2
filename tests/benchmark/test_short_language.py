"""Pieces of one or two seconds, and what a run of them amounts to."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from benchmark.material import Passage, Recording
from benchmark.options import parse_arguments
from benchmark.scoring import Shown
from benchmark.short_language import ShortTake, short_language_report, visits_of
from benchmark.short_pieces import LEAST_SECONDS, MOST_SECONDS, ShortPiece, half_of, short_pieces

from assistant.client import CaptionEvent
from assistant.client.messages import parse_message
from assistant.core.speech.audio import SAMPLE_RATE, Pcm, samples_of
from tests.benchmark.test_material import FIXTURES, recordings
from tests.client.scripted_service import caption

NOTHING = np.zeros(0, np.int16)


def a_recording(lang: str = "fr") -> Recording:
    return Recording("talk", FIXTURES / "none.wav", lang, "read", 20.0, (Passage(lang, "un deux"),))


def words(count: int, seconds: float = 0.4, pause_seconds: float = 0.2) -> Pcm:
    """Return noise in bursts, as words with a pause behind each."""
    rng = np.random.default_rng(1)
    word = rng.normal(0, 3000, (count, samples_of(seconds)))
    gap = rng.normal(0, 3, (count, samples_of(pause_seconds)))
    return np.concatenate([part for pair in zip(word, gap, strict=True) for part in pair]).astype(np.int16)


def shown(lang: str, text: str = "Oui.", *, final: bool = False, at: float = 11.0) -> Shown:
    event = parse_message(json.dumps(caption(7, text, final=final, lang=lang, source_lang=lang)))
    assert isinstance(event, CaptionEvent)
    return Shown(at, event)


def test_pieces_begin_with_a_word_and_last_a_second_or_two() -> None:
    """They do not overlap, and are spread over the recording where there are more."""
    pcm = words(40)
    pieces = short_pieces(a_recording(), pcm, 100)
    assert len(pieces) >= 10
    for piece in pieces:
        assert LEAST_SECONDS <= len(piece.pcm) / SAMPLE_RATE <= MOST_SECONDS + 0.02
        assert np.abs(piece.pcm[samples_of(0.02) : samples_of(0.1)]).mean() > 1000
        assert np.abs(piece.pcm).mean() > 1000
        assert piece.lang == "fr"
    few = short_pieces(a_recording(), pcm, 3)
    assert [piece.id for piece in few] == [pieces[number * len(pieces) // 3].id for number in range(3)]
    assert short_pieces(a_recording(), np.full(SAMPLE_RATE * 9, 3000, np.int16), 3) == []
    assert short_pieces(a_recording(), NOTHING, 3) == []


def test_half_of_the_recordings_is_for_tuning() -> None:
    """The other half is what is reported; no recording is in both."""
    every = recordings()
    tuned, reported = half_of(every, 1), half_of(every, 2)
    assert {each.id for each in tuned} | {each.id for each in reported} == {each.id for each in every}
    assert not {each.id for each in tuned} & {each.id for each in reported}
    assert half_of(every, 0) == every


def test_every_language_shares_a_room_with_english() -> None:
    """Whose pieces are dealt out among them: each is said once."""
    pieces = [ShortPiece(f"{lang}{n}", lang, NOTHING) for lang in ("fr", "en", "pt") for n in range(2)]
    french, portuguese = ("fr", "en"), ("pt", "en")
    assert [(piece.id, room) for piece, room in visits_of(pieces)] == [
        ("fr0", french),
        ("fr1", french),
        ("en0", french),
        ("en1", portuguese),
        ("pt0", portuguese),
        ("pt1", portuguese),
    ]
    assert visits_of(pieces[2:4]) == []


def test_rooms_may_be_named() -> None:
    """What is spoken in none of them is not said; in one that names no languages everything is."""
    pieces = [ShortPiece(lang, lang, NOTHING) for lang in ("fr", "en", "pt")]
    assert [(piece.id, room) for piece, room in visits_of(pieces, [("fr", "pt")])] == [
        ("fr", ("fr", "pt")),
        ("pt", ("fr", "pt")),
    ]
    assert [(piece.id, room) for piece, room in visits_of(pieces, [()])] == [
        ("fr", ()),
        ("en", ()),
        ("pt", ()),
    ]


def test_partials_count_as_wrong_too() -> None:
    """A caption that was Korean for a moment was wrong, though it ended well."""
    piece = ShortPiece("p", "fr", NOTHING)
    flipped = ShortTake.of(piece, ("fr", "en"), 10.0, [shown("ko"), shown("fr", final=True)])
    assert (flipped.wrong, flipped.wrong_in_the_end, flipped.first_seconds) == (True, False, 1.0)
    right = ShortTake.of(piece, ("fr", "en"), 10.0, [shown("fr"), shown("fr", final=True)])
    assert (right.wrong, right.text) == (False, "Oui.")
    dropped = ShortTake.of(piece, ("fr", "en"), 10.0, [shown("fr"), shown("fr", "", final=True)])
    assert (dropped.wrong, dropped.final) == (False, "")
    english = replace(right, id="q", lang="en")
    report = short_language_report([flipped, right, dropped, english], "heading")
    sheet, faults = report.sheets
    assert [row[:5] for row in sheet.rows] == [
        ("en", "1", "100.0", "100.0", "0"),
        ("fr", "3", "33.3", "0.0", "1"),
        ("all", "4", "50.0", "25.0", "1"),
    ]
    assert faults.rows == (
        ("p", "fr", "fr+en", "ko, fr", "Oui."),
        ("p", "fr", "fr+en", "fr", ""),
        ("q", "en", "fr+en", "fr", "Oui."),
    )
    assert [target.kept for target in report.targets] == [False]
    assert len(short_language_report([right], "heading").sheets) == 1


def test_its_options() -> None:
    """It takes the folder, how many pieces there are of each recording, and which half."""
    options = parse_arguments(["--short-language", str(FIXTURES), "--half", "2", "--pieces", "3"])
    assert (options.short_language, options.half, options.pieces) == (FIXTURES, 2, 3)
    assert (options.rooms, options.speakers, parse_arguments([]).speakers) == ([], 2, 1)
    options = parse_arguments(["--short-language", str(FIXTURES), "--rooms", "fr+en,any"])
    assert options.rooms == [("fr", "en"), ()]
    with pytest.raises(SystemExit):
        parse_arguments(["--short-language", "/nowhere"])
