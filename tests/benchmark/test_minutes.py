"""Runs minute by minute, and whether they grow."""

from __future__ import annotations

import pytest
from benchmark.minutes import Course, Minute, course_of, minutes_of
from benchmark.overload import Bucket, buckets_of, recovery_seconds
from benchmark.result import Percentiles
from benchmark.scoring import WordLag
from benchmark.service import Load, Sample

MIB = 1 << 20


def lag(said: float, stable: float) -> WordLag:
    return WordLag(stable / 2, stable, stable + 1, said)


def minute(number: int, p95: float | None, mebibytes: int | None = None) -> Minute:
    lags = None if p95 is None else Percentiles(p95 / 2, p95)
    return Minute(number, 10, lags, lags, None, None if mebibytes is None else mebibytes * MIB)


def bucket(start: float, p95: float | None) -> Bucket:
    return Bucket(start, None if p95 is None else Percentiles(0.5, p95))


def test_words_belong_to_the_minute_in_which_they_were_said() -> None:
    """A rest of less than half a minute belongs to the last full minute; empty minutes stay."""
    lags = [lag(0.0, 1.0), lag(59.9, 3.0), lag(130.0, 5.0), lag(199.0, 7.0)]
    minutes = minutes_of(lags, 200.0, 1000.0, None)
    assert [each.words for each in minutes] == [2, 0, 2]
    assert minutes[0].stable == Percentiles(1.0, 3.0)
    assert minutes[1].stable is None
    assert minutes[2].first_shown == Percentiles(2.5, 3.5)
    assert minutes[0].cores is None


def test_minutes_hold_what_the_service_used_in_them() -> None:
    """CPU is the difference between samples of the minute; memory its highest."""
    samples = [Sample(1000.0 + 10 * n, 5.0 * n, (100 + n) * MIB) for n in range(13)]
    load = Load(60.0, 112 * MIB, 0.0, tuple(samples))
    minutes = minutes_of([], 120.0, 1000.0, load)
    assert [each.cores for each in minutes] == [pytest.approx(0.5)] * 2
    assert [each.resident_bytes for each in minutes] == [106 * MIB, 112 * MIB]


def test_short_runs_have_no_course() -> None:
    """The first minute warms up, so two minutes cannot be compared."""
    assert course_of([minute(1, 1.0), minute(2, 9.0)]) is None
    course = course_of([minute(1, 9.0), minute(2, 1.0), minute(3, 1.0)])
    assert course == Course(minute(2, 1.0), minute(3, 1.0))


def test_long_runs_compare_typical_minutes() -> None:
    """One long utterance in the last of sixty minutes is no growth; ten higher minutes are."""
    steady = [minute(number, 2.0, 450 + number % 7) for number in range(1, 61)]
    course = course_of([*steady[:-1], minute(60, 5.0, 520)])
    assert course is not None
    assert (course.lag_grows, course.memory_grows) == (False, False)
    assert course.first.number == 2
    assert course.last.number == 51
    grown = course_of([*steady[:-10], *(minute(number, 3.0, 520) for number in range(51, 61))])
    assert grown is not None
    assert (grown.lag_grows, grown.memory_grows) == (True, True)
    silent = course_of([*steady[:-1], minute(60, None)])
    assert silent is not None
    assert (silent.lag_grows, silent.memory_grows) == (True, None)


@pytest.mark.parametrize(("before", "equal", "grown"), [(1.0, 1.4, 1.6), (8.0, 9.5, 10.5), (2.0, 1.0, 2.6)])
def test_lag_grows_when_it_is_clearly_higher(before: float, equal: float, grown: float) -> None:
    """Half a second and a quarter more are needed: less is chance."""
    assert not Course(minute(2, before), minute(5, equal)).lag_grows
    assert Course(minute(2, before), minute(5, grown)).lag_grows


def test_no_word_in_time_is_grown() -> None:
    """A last minute in which nothing could be timed is the worst of all lags."""
    assert Course(minute(2, 1.0), minute(5, None)).lag_grows


def test_memory_grows_when_it_is_clearly_higher() -> None:
    """5 % and 16 MiB more are needed; where memory is not known there is no verdict."""
    assert Course(minute(2, 1.0, 500), minute(5, 1.0, 520)).memory_grows is False
    assert Course(minute(2, 1.0, 500), minute(5, 1.0, 530)).memory_grows is True
    assert Course(minute(2, 1.0, 100), minute(5, 1.0, 110)).memory_grows is False
    assert Course(minute(2, 1.0), minute(5, 1.0, 110)).memory_grows is None


def test_recovery_is_counted_from_the_end_of_the_load() -> None:
    """The lag is normal from the end of the last ten seconds that were not."""
    assert recovery_seconds([bucket(-10, 20.0), bucket(0, 3.0), bucket(10, 1.0)]) == 0.0
    assert recovery_seconds([bucket(-10, 1.0), bucket(0, 9.0), bucket(10, 5.0), bucket(20, 2.0)]) == 20.0
    assert recovery_seconds([bucket(0, 1.0), bucket(10, None), bucket(20, 2.0)]) == 20.0


def test_a_lag_that_stays_never_recovers() -> None:
    """Nothing normal at the end, or nothing watched after the load, is no recovery."""
    assert recovery_seconds([bucket(0, 9.0), bucket(10, 9.0)]) is None
    assert recovery_seconds([bucket(-20, 1.0), bucket(-10, 1.0)]) is None
    assert recovery_seconds([]) is None


def test_buckets_count_from_the_end_of_the_load() -> None:
    """Words said before it have negative seconds, and ten seconds without a word stand empty."""
    lags = [lag(55.0, 9.0), lag(61.0, 5.0), lag(85.0, 1.0)]
    assert buckets_of(lags, 100.0, 160.0) == [
        Bucket(-10.0, Percentiles(9.0, 9.0)),
        Bucket(0.0, Percentiles(5.0, 5.0)),
        Bucket(10.0, None),
        Bucket(20.0, Percentiles(1.0, 1.0)),
    ]
    assert buckets_of([], 0.0, 0.0) == []
