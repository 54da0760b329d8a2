"""Runs of two versions beside each other: what differs, by how much runs of one scatter, what is promised."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from benchmark.result import Percentiles
from benchmark.sheets import DASH, Sheet
from benchmark.talk_result import TalkRun
from benchmark.targets import AGAINST_LAG, AGAINST_MEMORY, AGAINST_WER, Bound, Target


@dataclass(frozen=True, slots=True)
class Measure:
    """A number that every run has.

    Attributes:
        name: What it is, with its unit.
        of: Takes it from a run; None where the run was not measured for it.
        digits: How many decimals it is written with.
        bound: How much more of it is allowed than before; None where nothing is promised.
        relative: Whether differences are in per cent of before, else in the number's own unit.
    """

    name: str
    of: Callable[[TalkRun], float | None]
    digits: int
    bound: Bound | None = None
    relative: bool = True


@dataclass(frozen=True, slots=True)
class Compared:
    """One number of one group of talkers in all runs of both versions.

    Attributes:
        talkers: How many talked.
        measure: Which number.
        before: Its values in the runs of the earlier version; empty where a run had none.
        after: Likewise of the later one.
    """

    talkers: int
    measure: Measure
    before: tuple[float, ...]
    after: tuple[float, ...]

    @property
    def difference(self) -> float | None:
        """The later median minus the earlier one; None where it cannot be said."""
        if not self.before or not self.after:
            return None
        return self._scaled(median(self.after) - median(self.before))

    @property
    def spread(self) -> float | None:
        """The most by which two runs of the same version differ; None with a single run of each."""
        if min(len(self.before), len(self.after)) < 2:  # noqa: PLR2004 - a difference takes two
            return None
        return self._scaled(max(max(values) - min(values) for values in (self.before, self.after)))

    @property
    def within_spread(self) -> bool:
        """Whether runs of one version differ by more than the two versions do."""
        difference, spread = self.difference, self.spread
        return difference is not None and spread is not None and abs(difference) < spread

    @property
    def kept(self) -> bool | None:
        """Whether the bound is kept; None without one, or where what is too much may be chance."""
        bound = self.measure.bound
        kept = bound.held(self.difference).kept if bound else None
        return None if kept is False and self.within_spread else kept

    @property
    def verdict(self) -> str:
        """What to make of the difference, in words."""
        if self.difference is None:
            return DASH
        words = {True: "kept", False: "NOT KEPT", None: "over" if self.measure.bound else ""}[self.kept]
        return ", ".join(filter(None, (words, "within the spread" if self.within_spread else "")))

    def _scaled(self, value: float) -> float | None:
        if not self.measure.relative:
            return value
        return 100 * value / median(self.before) if median(self.before) > 0 else None


def comparisons_of(before: Sequence[TalkRun], after: Sequence[TalkRun]) -> list[Compared]:
    """Return all numbers of the runs of two versions, each with as many talkers."""
    return [
        Compared(before[0].talkers, measure, _values(before, measure), _values(after, measure))
        for measure in MEASURES
    ]


def comparison_sheet(rows: Sequence[Compared], before: str, after: str) -> Sheet:
    """Return the table of two versions with these names."""
    columns = (
        "talkers", "median of the runs", f"before: {before}", f"after: {after}", "difference", "spread",
        "allowed", "verdict",
    )  # fmt: skip
    return Sheet("Before and after", columns, tuple(map(_row, rows)))


def comparison_targets(rows: Sequence[Compared]) -> list[Target]:
    """Return what is promised of all numbers of a kind: the worst one counts."""
    return [_worst(bound, rows) for bound in (AGAINST_LAG, AGAINST_MEMORY, AGAINST_WER)]


def comparison_document(row: Compared) -> dict[str, object]:
    """Return a comparison for programs."""
    measure = row.measure
    return {
        "talkers": row.talkers,
        "measure": measure.name,
        "before": list(row.before),
        "after": list(row.after),
        "difference": row.difference,
        "spread": row.spread,
        "differences_in": "percent" if measure.relative else "unit",
        "allowed": measure.bound.must if measure.bound else None,
        "within_spread": row.within_spread,
        "kept": row.kept,
    }


def _worst(bound: Bound, rows: Sequence[Compared]) -> Target:
    """Return a bound held against the worst row: one that is over it for sure, then one that may be."""
    order = (True, None, False)
    known = [(row.difference, row) for row in rows if row.measure.bound is bound]
    told = [(order.index(row.kept), difference, row) for difference, row in known if difference is not None]
    if not told:
        return bound.held(None)
    _, difference, row = max(told, key=lambda each: each[:2])
    who = "1 talker" if row.talkers == 1 else f"{row.talkers} talkers"
    what = row.measure.name.partition(",")[0]
    target = bound.held(difference, note=f" ({who}, {what})")
    return replace(target, kept=row.kept, aimed=row.kept)


def _row(row: Compared) -> tuple[str, ...]:
    measure = row.measure
    unit = " %" if measure.relative else ""
    digits = 1 if measure.relative else measure.digits
    allowed = f"+{measure.bound.must:g}{measure.bound.unit}" if measure.bound else DASH
    return (
        str(row.talkers),
        measure.name,
        _median_text(row.before, measure.digits),
        _median_text(row.after, measure.digits),
        DASH if row.difference is None else f"{row.difference:+.{digits}f}{unit}",
        DASH if row.spread is None else f"{row.spread:.{digits}f}{unit}",
        allowed,
        row.verdict,
    )


def _median_text(values: Sequence[float], digits: int) -> str:
    return f"{median(values):.{digits}f}" if values else DASH


def _values(runs: Sequence[TalkRun], measure: Measure) -> tuple[float, ...]:
    """Return a number of all runs, or nothing where one does not have it: medians must be of as many."""
    values = [value for run in runs if (value := measure.of(run)) is not None]
    return tuple(values) if len(values) == len(runs) else ()


def _p50(lag: Percentiles | None) -> float | None:
    return lag.p50 if lag else None


def _p95(lag: Percentiles | None) -> float | None:
    return lag.p95 if lag else None


def _error_percent(run: TalkRun, of: str) -> float | None:
    rate = run.errors(of).rate
    return None if rate is None else 100 * rate


def _other_cores(run: TalkRun) -> float | None:
    return max(0.0, run.load.other_cores - run.generator_cores) if run.load else None


MEASURES = (
    Measure("first shown p50, s", lambda run: _p50(run.first_shown), 2, AGAINST_LAG),
    Measure("first shown p95, s", lambda run: _p95(run.first_shown), 2, AGAINST_LAG),
    Measure("stable p50, s", lambda run: _p50(run.stable), 2, AGAINST_LAG),
    Measure("stable p95, s", lambda run: _p95(run.stable), 2, AGAINST_LAG),
    Measure("WER live, %", lambda run: _error_percent(run, "live"), 2, AGAINST_WER, relative=False),
    Measure("WER refined, %", lambda run: _error_percent(run, "settled"), 2, AGAINST_WER, relative=False),
    Measure("missing words", lambda run: run.missing.words, 0, relative=False),
    Measure(
        "peak memory, MiB", lambda run: run.load.peak_bytes / 2**20 if run.load else None, 0, AGAINST_MEMORY
    ),
    Measure("CPU, s", lambda run: run.load.cpu_seconds if run.load else None, 1),
    Measure("other programs, cores", _other_cores, 2, relative=False),
    Measure("refused or cut short", lambda run: len(run.refusals) + len(run.troubles), 0, relative=False),
)
"""What is compared: a run's lags, words, and what it cost."""
