"""Accuracy language by language: live finals, refined, and the reference beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from benchmark.result import total
from benchmark.scoring import ErrorCount
from benchmark.sheets import Sheet, percent_text, signed_text


class Spoken(Protocol):
    """What a recording or a whole talk in one language amounts to."""

    @property
    def lang(self) -> str: ...  # noqa: D102 - the names say it; see `result.Score`
    @property
    def live(self) -> ErrorCount: ...  # noqa: D102
    @property
    def settled(self) -> ErrorCount: ...  # noqa: D102
    @property
    def reference(self) -> ErrorCount | None: ...  # noqa: D102
    @property
    def captions(self) -> int: ...  # noqa: D102
    @property
    def refined(self) -> int: ...  # noqa: D102
    @property
    def changed(self) -> int: ...  # noqa: D102


def language_sheet(scores: Sequence[Spoken], title: str) -> Sheet:
    """Return the accuracy of each language and of all, with what refining gains."""
    groups = _grouped(scores)
    rows = [_row(lang, group) for lang, group in groups.items()]
    if len(groups) > 1:
        rows.append(_row("all", scores))
    columns = (
        "language", "words", "live finals", "after refining", "reference", "live − ref.", "refined − ref.",
        "gained", "finals", "refined", "other words",
    )  # fmt: skip
    return Sheet(title, columns, tuple(rows))


def language_points(scores: Sequence[Spoken]) -> dict[str, float]:
    """Return by how many points each language lies above the reference after refining."""
    points = {lang: points_above(group, "settled") for lang, group in _grouped(scores).items()}
    return {lang: value for lang, value in points.items() if value is not None}


def points_above(scores: Sequence[Spoken], of: str) -> float | None:
    """Return the points of `live` or `settled` above the reference, or None without one."""
    return difference(
        total(getattr(score, of) for score in scores), total(score.reference for score in scores)
    )


def difference(count: ErrorCount, other: ErrorCount) -> float | None:
    """Return by how many points one word error rate lies above another."""
    return None if count.rate is None or other.rate is None else 100 * (count.rate - other.rate)


def _grouped(scores: Sequence[Spoken]) -> dict[str, list[Spoken]]:
    groups: dict[str, list[Spoken]] = {}
    for score in sorted(scores, key=lambda score: score.lang):
        groups.setdefault(score.lang, []).append(score)
    return groups


def _row(name: str, scores: Sequence[Spoken]) -> tuple[str, ...]:
    live, settled = total(score.live for score in scores), total(score.settled for score in scores)
    return (
        name,
        str(settled.words),
        percent_text(live.rate),
        percent_text(settled.rate),
        percent_text(total(score.reference for score in scores).rate),
        signed_text(points_above(scores, "live")),
        signed_text(points_above(scores, "settled")),
        signed_text(difference(live, settled)),
        str(sum(score.captions for score in scores)),
        str(sum(score.refined for score in scores)),
        str(sum(score.changed for score in scores)),
    )
