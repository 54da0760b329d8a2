"""A run minute by minute: whether captions fall further and further behind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmark.result import Percentiles, percentiles
from benchmark.scoring import WordLag
from benchmark.service import Load

_MINUTE_SECONDS = 60.0
_FEWEST_MINUTES = 3
_TYPICAL_MINUTES = 10
_TOLERANCE_SECONDS = 0.5
_TOLERANCE_SHARE = 0.25
_MEMORY_SHARE = 0.05
_MEMORY_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Minute:
    """One minute of a run.

    Attributes:
        number: From 1.
        words: Words said in it that could be timed.
        first_shown: Lag of these words; None without such.
        stable: Likewise.
        cores: Cores that the service kept busy; None where its process is not known.
        resident_bytes: The most memory it held; None likewise.
    """

    number: int
    words: int
    first_shown: Percentiles | None
    stable: Percentiles | None
    cores: float | None
    resident_bytes: int | None


@dataclass(frozen=True, slots=True)
class Course:
    """How the beginning, after a minute of warm-up, compares with the end.

    What a single minute holds depends on its longest utterance, so of a long run the typical one of
    ten minutes is compared.

    Attributes:
        first: The second minute, or the typical one of the ten from there on.
        last: The last minute, or the typical one of the last ten.
    """

    first: Minute
    last: Minute

    @property
    def lag_grows(self) -> bool:
        """Whether the stable p95 is clearly higher in the end: by 0.5 s and by a quarter.

        A last minute without a single word in time counts as grown.
        """
        if self.first.stable is None or self.last.stable is None:
            return True
        before, after = self.first.stable.p95, self.last.stable.p95
        return after - before > max(_TOLERANCE_SECONDS, _TOLERANCE_SHARE * before)

    @property
    def memory_grows(self) -> bool | None:
        """Whether memory is clearly higher in the end: by 5 % and 16 MiB; None where not known."""
        before, after = self.first.resident_bytes, self.last.resident_bytes
        if before is None or after is None:
            return None
        return after - before > max(_MEMORY_BYTES, _MEMORY_SHARE * before)


def minutes_of(
    lags: Iterable[WordLag], length_seconds: float, began_at: float, load: Load | None
) -> list[Minute]:
    """Return the minutes of a run; a rest of less than half a minute belongs to the last.

    Args:
        lags: Of all talkers; their `said_seconds` decide the minute.
        length_seconds: How long they talked.
        began_at: The moment of the first sample, on the clock of the load's samples.
        load: What the service used; None where it is not known.
    """
    count = max(1, round(length_seconds / _MINUTE_SECONDS))
    buckets: list[list[WordLag]] = [[] for _ in range(count)]
    for lag in lags:
        buckets[min(count - 1, int(lag.said_seconds / _MINUTE_SECONDS))].append(lag)
    return [_minute(number, bucket, began_at, load) for number, bucket in enumerate(buckets, 1)]


def course_of(minutes: list[Minute]) -> Course | None:
    """Return the comparison, or None for a run of less than three minutes."""
    if len(minutes) < _FEWEST_MINUTES:
        return None
    several = _TYPICAL_MINUTES if len(minutes) > 2 * _TYPICAL_MINUTES else 1
    return Course(_typical(minutes[1 : 1 + several]), _typical(minutes[-several:]))


def _typical(minutes: Sequence[Minute]) -> Minute:
    """Return the medians of some minutes under the number of the first; unknown where one is unknown."""
    lags = [minute.stable for minute in minutes if minute.stable]
    shown = [minute.first_shown for minute in minutes if minute.first_shown]
    cores = [minute.cores for minute in minutes if minute.cores is not None]
    memory = [minute.resident_bytes for minute in minutes if minute.resident_bytes is not None]
    whole = len(minutes)
    return Minute(
        number=minutes[0].number,
        words=sum(minute.words for minute in minutes),
        first_shown=_median_lag(shown) if len(shown) == whole else None,
        stable=_median_lag(lags) if len(lags) == whole else None,
        cores=median(cores) if len(cores) == whole else None,
        resident_bytes=round(median(memory)) if len(memory) == whole else None,
    )


def _median_lag(lags: Sequence[Percentiles]) -> Percentiles:
    return Percentiles(median(lag.p50 for lag in lags), median(lag.p95 for lag in lags))


def _minute(number: int, lags: list[WordLag], began_at: float, load: Load | None) -> Minute:
    from_at = began_at + (number - 1) * _MINUTE_SECONDS
    to_at = from_at + _MINUTE_SECONDS
    return Minute(
        number=number,
        words=len(lags),
        first_shown=percentiles([lag.first_shown_seconds for lag in lags]),
        stable=percentiles([lag.stable_seconds for lag in lags]),
        cores=load.cores(from_at, to_at) if load else None,
        resident_bytes=load.resident_bytes(from_at, to_at) if load else None,
    )
