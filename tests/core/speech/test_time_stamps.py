"""Where pieces of a recording lie."""

from __future__ import annotations

import pytest

from assistant.core.speech.time_stamps import StampClock

PIECE = 0.02


def laid(stamps: list[float | None], *, begins: float = 0.0) -> list[float]:
    """Return where pieces with these stamps begin, rounded to milliseconds."""
    clock = StampClock(0.0, begins)
    found = []
    for stamp in stamps:
        before = clock.at_seconds
        found.append(round(before + clock.place(stamp, PIECE), 3))
    return found


def run(start: float, count: int) -> list[float | None]:
    return [start + number * PIECE for number in range(count)]


def test_pieces_lie_at_their_stamps() -> None:
    """A late start and gaps are silence, those of a second at once; longer ones with the second piece."""
    assert laid(run(5.0, 2)) == [5.0, 5.02]
    assert laid([*run(0.0, 2), *run(0.54, 2)]) == [0.0, 0.02, 0.54, 0.56]
    assert laid([*run(0.0, 2), *run(60.0, 3)]) == [0.0, 0.02, 0.04, 60.02, 60.04]
    assert laid(run(700.0, 2), begins=700.0) == [0.0, 0.02]


def test_stamps_that_waver_are_no_gaps() -> None:
    """Nor those that are missing, and nothing adds up."""
    assert laid([0.0, 0.07, 0.03, 0.09]) == [0.0, 0.02, 0.04, 0.06]
    assert laid([0.0, None, 0.04]) == [0.0, 0.02, 0.04]
    slow = [number * 0.021 for number in range(1000)]
    assert laid([*slow])[-1] == pytest.approx(slow[-1], abs=0.1)


@pytest.mark.parametrize("wrong", [-30.0, 30.0, 1e9])
def test_one_wrong_stamp_moves_nothing(wrong: float) -> None:
    """It is damaged: the next one goes on from the one before."""
    assert laid([*run(0.0, 2), wrong, *run(0.06, 2)]) == [0.0, 0.02, 0.04, 0.06, 0.08]


@pytest.mark.parametrize("other", [-50.0, 0.0, 1e6])
def test_another_clock_goes_on_where_the_last_one_ended(other: float) -> None:
    """Nothing is left out, and gaps of the new clock count."""
    stamps = [*run(100.0, 2), *run(other, 3), other + 0.56]
    assert laid(stamps, begins=100.0) == [0.0, 0.02, 0.04, 0.06, 0.08, 0.6]
