"""What readers of other languages cost those who read what was said: the same talk without and with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmark.result import Percentiles
from benchmark.sheets import DASH, Report, Sheet, decimal_text, mebibytes_text, pair_text, signed_text
from benchmark.talk_result import TalkRun
from benchmark.talk_tables import document_of
from benchmark.targets import SLOWED, SLOWED_LANGUAGES


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same talkers twice, each time against a fresh service.

    Attributes:
        alone: Nobody read another language.
        read: Each language had its reader.
    """

    alone: TalkRun
    read: TalkRun

    @property
    def languages(self) -> int:
        """How many were read."""
        return len(self.read.translations)

    @property
    def slowed_percent(self) -> tuple[float, float] | None:
        """By how much captions as they were said became stable later: p50, p95; None where not timed."""
        before, after = self.alone.stable, self.read.stable
        if before is None or after is None:
            return None
        return _percent(before.p50, after.p50), _percent(before.p95, after.p95)


def with_comparisons(report: Report, comparisons: Sequence[Comparison]) -> Report:
    """Return a report of talkers with what the readers cost them."""
    worst = [max(each.slowed_percent) for each in comparisons if _promised(each) and each.slowed_percent]
    target = SLOWED.held(max(worst, default=None))
    return replace(
        report,
        sheets=(*report.sheets, _sheet(comparisons)),
        targets=(*report.targets, target),
        document=report.document
        | {
            "alone": [document_of(each.alone) for each in comparisons],
            "slowed_percent": [each.slowed_percent for each in comparisons],
        },
    )


def _promised(comparison: Comparison) -> bool:
    """Return whether the promise is about this run: as many languages, actually translated into."""
    translated = [score for score in comparison.read.translations if score.final]
    return len(translated) >= SLOWED_LANGUAGES


def _sheet(comparisons: Sequence[Comparison]) -> Sheet:
    rows = tuple(
        (
            str(each.read.talkers),
            str(each.languages),
            _pair(each.alone.stable),
            _pair(each.read.stable),
            " / ".join(map(signed_text, each.slowed_percent)) if each.slowed_percent else DASH,
            decimal_text(each.alone.cores),
            decimal_text(each.read.cores),
            _peak(each.alone),
            _peak(each.read),
        )
        for each in comparisons
    )
    columns = (
        "talkers", "languages read", "source stable p50 / p95, s: alone", "with readers", "slowed by, %",
        "cores: alone", "with readers", "peak MiB: alone", "with readers",
    )  # fmt: skip
    return Sheet("What readers of other languages cost", columns, rows)


def _percent(before: float, after: float) -> float:
    return 100 * (after - before) / before


def _peak(run: TalkRun) -> str:
    return mebibytes_text(run.load.peak_bytes if run.load else None)


def _pair(lag: Percentiles | None) -> str:
    return pair_text((lag.p50, lag.p95) if lag else None)
