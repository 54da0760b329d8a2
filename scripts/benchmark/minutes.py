"""A run minute by minute: whether captions fall further and further behind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from benchmark.result import Percentiles, percentiles
from benchmark.scoring import WordLag
from benchmark.service import Load

_MINUTE_SECONDS = 60.0
_FEWEST_MINUTES = 3
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
    """How the second minute, the first one after warm-up, compares with the last.

    Attributes:
        first: The second minute.
        last: The last one.
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
    return Course(minutes[1], minutes[-1]) if len(minutes) >= _FEWEST_MINUTES else None


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
