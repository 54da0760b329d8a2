"""Pauses before something is tried again, and work that is tried until it is done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.tasks.retries import Backoff, keep_trying

FIRST = st.floats(0.01, 10.0)
FACTOR = st.floats(1.0, 1e4)
AT_ONCE = Backoff(0.0, 0.0)


def chance(seed: int) -> Callable[[float, float], float]:
    """Return what draws a number between two others, always the same ones."""
    return Random(seed).uniform  # noqa: S311 - guards nothing


@given(FIRST, FACTOR, st.integers(1, 10_000), st.integers())
def test_a_pause_lies_around_the_expected_one(first: float, factor: float, failures: int, seed: int) -> None:
    """Between a half and one and a half of it, and never beyond the longest one."""
    most = first * factor
    pause = Backoff(first, most, chance(seed)).pause_seconds(failures)
    expected = min(most, first * 2.0 ** min(failures - 1, 60))
    assert 0.5 * expected * (1 - 1e-9) <= pause <= min(most, 1.5 * expected) * (1 + 1e-9)


@given(FIRST, FACTOR, st.integers(1, 100), st.integers())
def test_those_who_failed_together_come_back_apart(
    first: float, factor: float, failures: int, seed: int
) -> None:
    """Also once their pauses have reached the longest one: a hundred of them have no two pauses alike."""
    backoff = Backoff(first, first * factor, chance(seed))
    pauses = [backoff.pause_seconds(failures) for _ in range(100)]
    assert len(set(pauses)) == len(pauses)
    assert max(pauses) - min(pauses) > 0.25 * max(pauses)


@given(FIRST, FACTOR)
def test_the_longest_draws_grow_to_the_longest_pause(first: float, factor: float) -> None:
    """They never shrink from one failure to the next, and reach the longest pause."""
    most = first * factor
    backoff = Backoff(first, most, lambda _, high: high)
    pauses = [backoff.pause_seconds(failures) for failures in range(1, 32)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == most


def test_the_same_chance_gives_the_same_pauses() -> None:
    """Chance is an argument; two with chances of their own differ."""
    one, same, other = (Backoff(1.0, 30.0, chance(seed)) for seed in (1, 1, 2))
    assert [one.pause_seconds(n) for n in range(1, 9)] == [same.pause_seconds(n) for n in range(1, 9)]
    assert one.pause_seconds(9) != other.pause_seconds(9)
    assert Backoff(1.0, 30.0).pause_seconds(1) != Backoff(1.0, 30.0).pause_seconds(1)


def test_before_the_longest_pause_patience_stays_what_it_was() -> None:
    """On average the pauses are the expected ones."""
    backoff = Backoff(1.0, 1_000.0, chance(1))
    pauses = [backoff.pause_seconds(5) for _ in range(10_000)]
    assert sum(pauses) / len(pauses) == pytest.approx(16.0, rel=0.02)


def test_nobody_scatters_by_themselves() -> None:
    """Chance decides over pauses alone, and they are made in one place."""
    package = Path(__file__).parents[2] / "assistant"
    drawing = [path for path in package.rglob("*.py") if "import random" in path.read_text("utf-8")]
    assert [path.relative_to(package).as_posix() for path in drawing] == ["tasks/retries.py"]


async def test_work_is_tried_until_it_is_done() -> None:
    """Its result is returned, and each failure was told of before the next attempt."""
    failing = [OSError("one"), ConnectionError("two")]
    told: list[tuple[str, int]] = []

    async def work() -> str:
        if failing:
            raise failing.pop(0)
        return "done"

    result = await keep_trying(work, OSError, AT_ONCE, lambda error, times: told.append((str(error), times)))
    assert result == "done"
    assert told == [("one", 1), ("two", 2)]


async def test_other_errors_are_raised_at_once() -> None:
    """Nothing is tried again after an error that is not named."""
    told: list[int] = []

    async def work() -> None:
        raise ValueError("other")

    with pytest.raises(ValueError, match="other"):
        await keep_trying(work, OSError, AT_ONCE, lambda _, times: told.append(times))
    assert told == []


async def test_attempts_may_be_counted() -> None:
    """After the last one its error is raised, and nobody is told to wait."""
    told: list[int] = []
    failing = [OSError("one"), OSError("two"), OSError("three")]

    async def work() -> None:
        raise failing.pop(0)

    with pytest.raises(OSError, match="two"):
        await keep_trying(work, OSError, AT_ONCE, lambda _, times: told.append(times), attempts=2)
    assert told == [1]
