"""What one microphone knows of the others of its room."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from assistant.captioning.microphone import Microphone, Neighbour
from assistant.core.speech.audio import Span, samples_of

_TOLERANCE_SAMPLES = samples_of(0.1)
_OFFSET_SAMPLES = samples_of(0.3)


def microphone(session: str) -> Microphone:
    """Return one that has heard nothing."""
    front_end: Any = SimpleNamespace(received_samples=0)
    utterances: Any = SimpleNamespace()
    return Microphone("council", session, front_end, utterances)


@pytest.fixture
def stranger() -> Neighbour:
    """Return one of which nothing is known."""
    return Neighbour(microphone("rui"))


def window(start_seconds: float, end_seconds: float) -> Span:
    return Span(samples_of(start_seconds), samples_of(end_seconds))


def confirmed(known: Neighbour, searched: Span, offset_samples: int = _OFFSET_SAMPLES) -> bool:
    return known.is_confirmed(offset_samples, searched, _TOLERANCE_SAMPLES)


def test_a_moment_that_looks_alike_is_no_proof_however_often_it_is_looked_at(stranger: Neighbour) -> None:
    """Windows that share audio agree by chance as well as one does; other audio has to agree."""
    assert not confirmed(stranger, window(0.0, 2.0))
    assert not confirmed(stranger, window(0.5, 2.5))
    assert not confirmed(stranger, window(1.5, 3.5))
    assert confirmed(stranger, window(2.0, 4.0))


def test_another_distance_is_another_chance(stranger: Neighbour) -> None:
    """What looks alike somewhere else begins anew, and drifting clocks do not."""
    assert not confirmed(stranger, window(0.0, 2.0))
    assert not confirmed(stranger, window(2.0, 4.0), _OFFSET_SAMPLES + 2 * _TOLERANCE_SAMPLES)
    assert confirmed(stranger, window(4.0, 6.0), _OFFSET_SAMPLES + 3 * _TOLERANCE_SAMPLES)


def test_who_is_searched_in_vain_is_searched_ever_more_rarely(stranger: Neighbour) -> None:
    """After six times each pause is twice as long, up to 16 s."""
    pauses, end = [], 0
    for _ in range(13):
        stranger.searched(end)
        pauses.append(stranger.search_samples - end)
        end = stranger.search_samples
    assert [pause / samples_of(1.0) for pause in pauses] == [0.5] * 6 + [1, 2, 4, 8, 16, 16, 16]


def test_strangers_are_not_searched_from_both_sides(stranger: Neighbour) -> None:
    """Once it is unlikely that they have a voice in common, one search in vain counts for both."""
    stranger.spare(1_000)
    assert stranger.searches == 0
    for _ in range(6):
        stranger.searched(stranger.search_samples)
    stranger.spare(stranger.search_samples)
    assert stranger.searches == 7
    stranger.offset_samples = 0
    stranger.spare(stranger.search_samples)
    assert stranger.searches == 7


def test_what_became_known_of_another_is_told_once() -> None:
    """Copies are judged again with what was learnt, and not for what drifts afterwards."""
    ana, rui = microphone("ana"), microphone("rui")
    assert not ana.knows_more
    ana.learn(rui, 100)
    assert ana.knows_more
    ana.knows_more = False
    ana.learn(rui, 110)
    assert not ana.knows_more
    assert ana.neighbour(rui).offset_samples == 110
    assert rui.neighbours == {}
