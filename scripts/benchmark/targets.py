"""The promises of the engine, each with what it must keep and what it aims for."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_DASH = "–"


@dataclass(frozen=True, slots=True)
class Target:
    """A promise held against a run.

    Attributes:
        name: What is promised.
        must: The bound that has to be kept, as text.
        aim: The bound that is aimed for, as text.
        measured: The number, as text.
        kept: Whether `must` is kept; None when it was not measured.
        aimed: Whether `aim` is reached; None likewise.
    """

    name: str
    must: str
    aim: str
    measured: str
    kept: bool | None
    aimed: bool | None


@dataclass(frozen=True, slots=True)
class Bound:
    """A number to stay below (or, with `least`, to reach), and how it is written.

    Values are held as they are written: nobody sees the hundredth by which +1.0 is missed.
    """

    name: str
    must: float
    aim: float
    digits: int = 2
    unit: str = ""
    sign: str = ""
    least: bool = False

    def held(self, value: float | None, note: str = "") -> Target:
        """Return the target with a measured value, or without one."""
        must, aim = self._text(self.must), self._text(self.aim)
        if value is None:
            return Target(self.name, must, aim, _DASH, None, None)
        rounded = round(value, self.digits) if math.isfinite(value) else value
        kept, aimed = self._met(rounded, self.must), self._met(rounded, self.aim)
        return Target(self.name, must, aim, self._text(value) + note, kept, aimed)

    def _text(self, value: float) -> str:
        return f"{value:{self.sign}.{self.digits}f}{self.unit}"

    def _met(self, value: float, bound: float) -> bool:
        return value >= bound if self.least else value <= bound


FIRST_SHOWN_P50 = Bound("1 speaker: first shown p50", 0.6, 0.4, unit=" s")
FIRST_SHOWN_P95 = Bound("1 speaker: first shown p95", 1.5, 0.9, unit=" s")
STABLE_P50 = Bound("1 speaker: stable p50", 1.2, 0.8, unit=" s")
STABLE_P95 = Bound("1 speaker: stable p95", 2.5, 1.5, unit=" s")
SPEAKERS = Bound("speakers at once, stable p95 ≤ 4 s and not growing", 8, 12, digits=0, least=True)
ACCURACY = Bound("WER of finals above the same weights offline, worst language", 1.0, 0.3, digits=1, sign="+")
FLICKER = Bound("shown words taken back, per word of the final", 0.2, 0.1)
UPDATE_RATIO = Bound("CPU per update, times less than a padded window", 5, 8, digits=1, least=True)
SILENT_SHARE = Bound("200 connected silent tracks, % of a core", 25, 10, digits=1)
SHORT_LANGUAGE = Bound("1-2 s of somebody new shown in a wrong language, %", 1.0, 0.5, digits=1)
INVENTED = Bound("words on noise, music and silence", 0, 0, digits=0)
MEMORY = Bound("peak memory, 12 tracks, MB", 1200, 800, digits=0)
OVERLOAD_POINTS = Bound("overload: WER of finals above low load, points", 1.0, 0.3, digits=1, sign="+")
RECOVERY = Bound("overload: seconds until the lag is normal again", 60, 60, digits=0)
TRANSLATION_BLEU = Bound("en→pt: BLEU on FLORES dev", 46, 46, digits=1, least=True)
SENTENCE_MS = Bound("en→pt: ms of one core a sentence", 25, 25, digits=1)
TRANSLATED_FINAL_P50 = Bound("translated final after the final, p50, slowest language", 0.3, 0.3, unit=" s")
TRANSLATED_FLICKER = Bound("translated words taken back, per word of the final, worst language", 0.2, 0.2)
OUTAGE_WORDS = Bound("words lost or doubled while the disk was full again and again", 0, 0, digits=0)
SLOWED = Bound("stable captions slowed by eight languages read, %", 10, 10, digits=1)
AGAINST_LAG = Bound("later than before, worst number", 5, 5, digits=1, unit=" %", sign="+")
AGAINST_MEMORY = Bound("more memory than before", 5, 5, digits=1, unit=" %", sign="+")
AGAINST_WER = Bound("WER above before, worst number", 0.3, 0.3, digits=2, sign="+")
SOAK_LOST = Bound("soak: recordings lost or captioned twice", 0, 0, digits=0)
SOAK_GONE = Bound("soak: finals that readers saw and the transcript lacks", 0, 0, digits=0)
SOAK_STABLE_P50 = Bound("soak: stable p50 of the well-behaved, outages aside", 1.2, 0.8, unit=" s")
SOAK_STABLE_P95 = Bound("soak: stable p95 of the well-behaved, outages aside", 4.0, 2.5, unit=" s")
SOAK_GROWTH = Bound("soak: memory of the service, % an hour", 5, 2, digits=1, sign="+")

MOST_STABLE_P95_SECONDS = 4.0
"""Later than this, captions of many speakers are of no use."""

MEMORY_TRACKS = 12
SILENT_TRACKS = 200
SLOWED_LANGUAGES = 8


def accuracy_target(points_by_language: Mapping[str, float]) -> Target:
    """Return the promise on accuracy: the worst language counts.

    Args:
        points_by_language: Word error rate above the reference, in points.
    """
    if not points_by_language:
        return ACCURACY.held(None)
    worst = max(points_by_language, key=lambda lang: points_by_language[lang])
    return ACCURACY.held(points_by_language[worst], note=f" ({worst})")


def equal_target(name: str, grows: bool | None, show: Callable[[], str]) -> Target:  # noqa: FBT001 - a verdict
    """Return the promise that something is at the end as it was in the first minute."""
    if grows is None:
        return Target(name, "equal", "equal", _DASH, None, None)
    return Target(name, "equal", "equal", show(), not grows, not grows)
