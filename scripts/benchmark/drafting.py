"""The mode that drafts minutes: `--drafting`. How much of what matters is found, and how long it takes.

The baseline beside it is what a search for a handful of key words finds (`decid`, `vote`, `will`, `?` …): the
least that anybody would build.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from assistant.core.captions.caption import Caption
from assistant.core.minutes.document import MinutesVersion
from assistant.export.formats import FORMATS, render
from assistant.export.minutes_formats import MINUTES_FORMATS, render_minutes
from assistant.export.minutes_view import PrintOptions
from assistant.minutes.drafting.draft import DraftSource, draft
from assistant.minutes.drafting.findings import find
from assistant.minutes.drafting.lines import Line
from benchmark.bench import Bench
from benchmark.sheets import DASH, Report, Sheet
from benchmark.targets import Target

KINDS = ("decision", "vote", "action", "question")
_PASSAGES = Path(__file__).parents[2] / "tests" / "fixtures" / "minutes"
_WORDS = 18_000
_DRAFT_SECONDS = 20.0
_EXPORT_SECONDS = 3.0
_SECONDS_A_WORD = 0.4
_BEGAN = 1_795_629_600.0

_KEY_WORDS = {
    "decision": r"décid|adopt|valid|approuv|decid|agree|approv|adopt|resolv",
    "vote": r"\bvoix\b|\bvotes?\b|abst|unanim|in favou?r",
    "action": r"\bje (?:m|v)|\benverra|\bI'll\b|\bwill\b|\bvais\b",
    "question": r"\?",
}


@dataclass(slots=True)
class Score:
    """How many were found rightly and wrongly, and how many were missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float | None:
        """Of what was found, how much is right, 0..1."""
        found = self.right + self.wrong
        return self.right / found if found else None

    @property
    def recall(self) -> float | None:
        """Of what is there, how much was found, 0..1."""
        there = self.right + self.missed
        return self.right / there if there else None


@dataclass(slots=True)
class Quality:
    """Scores of one language and half of the passages."""

    found: dict[str, Score] = field(default_factory=lambda: {kind: Score() for kind in KINDS})
    baseline: dict[str, Score] = field(default_factory=lambda: {kind: Score() for kind in KINDS})
    due: Score = field(default_factory=Score)
    who: Score = field(default_factory=Score)


def read_passages(path: Path) -> list[dict[str, Any]]:
    """Return the labelled passages of a file; see `tests/fixtures/minutes/README.md`."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def score(passages: Iterable[dict[str, Any]]) -> Quality:
    """Return how much of what is labelled is found; the caption must be among the evidence."""
    quality = Quality()
    for passage in passages:
        lines = lines_of(passage)
        names = [line.speaker for line in lines]
        found = find(lines, date.fromisoformat(passage["date"]), names)
        wanted = labels_of(passage)
        for kind in KINDS:
            places = [set(one.lines) for one in found if one.kind == kind]
            _count(quality.found[kind], wanted[kind], places)
            pattern = re.compile(_KEY_WORDS[kind], re.IGNORECASE)
            simple = [{at} for at, line in enumerate(lines) if pattern.search(line.text)]
            _count(quality.baseline[kind], wanted[kind], simple)
        for action in passage["expected"].get("actions", []):
            for one in found:
                if one.kind == "action" and action["caption"] in one.lines:
                    _note(quality.due, one.due == (action["due"] or ""))
                    _note(quality.who, _bare(one.who) == _bare(action["who"] or ""))
    return quality


def lines_of(passage: dict[str, Any]) -> list[Line]:
    """Return the captions of a passage as lines."""
    return [
        Line(str(at), said["speaker"], said["speaker"], said["text"], passage["lang"], float(at), at + 1.0)
        for at, said in enumerate(passage["captions"])
    ]


def labels_of(passage: dict[str, Any]) -> dict[str, list[int]]:
    """Return the captions that bear each kind of label."""
    expected = passage["expected"]
    return {
        "decision": list(expected.get("decisions", [])),
        "vote": [vote["caption"] for vote in expected.get("votes", [])],
        "action": [action["caption"] for action in expected.get("actions", [])],
        "question": list(expected.get("questions", [])),
    }


def _count(into: Score, wanted: Sequence[int], places: Sequence[set[int]]) -> None:
    left = list(wanted)
    for place in places:
        hit = next((caption for caption in left if caption in place), None)
        if hit is None:
            into.wrong += 1
        else:
            into.right += 1
            left.remove(hit)
    into.missed += len(left)


def _note(into: Score, right: bool) -> None:  # noqa: FBT001 - one more right or wrong
    if right:
        into.right += 1
    else:
        into.wrong += 1


def _bare(name: str) -> str:
    return re.sub(r"^(?:the|le|la|les|l['’])\s*", "", name.lower())


def run_drafting(bench: Bench) -> Report:
    """Draft minutes of labelled passages and of a meeting of two hours, and print them."""
    rows = []
    for lang in ("fr", "en"):
        passages = read_passages(_PASSAGES / f"passages-{lang}.jsonl")
        for split in ("tune", "held"):
            chosen = [passage for passage in passages if passage["split"] == split]
            rows += _rows(lang, split, len(chosen), score(chosen))
    columns = (
        "passages",
        "what",
        "precision",
        "recall",
        "right/wrong/missed",
        "key words: precision",
        "recall",
    )
    sheets = [Sheet("What is found in labelled passages", columns, tuple(rows))]
    bench.say(f"A meeting of {_WORDS} words …")
    captions = long_meeting(_WORDS)
    seconds, version = _drafted(captions)
    slowest, timed = _exported(captions, version)
    timed.insert(0, ("draft by method", f"{seconds:.2f}"))
    sheets.append(Sheet(f"Seconds for a meeting of {_WORDS} words", ("", "s"), tuple(timed)))
    targets = (
        _target("draft of 18,000 words, s", _DRAFT_SECONDS, seconds),
        _target("slowest export, s", _EXPORT_SECONDS, slowest),
    )
    document: dict[str, object] = {"draft_seconds": seconds, "slowest_export_seconds": slowest}
    return Report("Minutes by method, one core", tuple(sheets), targets, document)


def _target(name: str, most_seconds: float, seconds: float) -> Target:
    kept = seconds <= most_seconds
    return Target(name, f"{most_seconds:g}", f"{most_seconds:g}", f"{seconds:.2f}", kept, kept)


def _rows(lang: str, split: str, count: int, quality: Quality) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        (
            f"{lang}, {split} ({count})",
            kind,
            _percent(found.precision),
            _percent(found.recall),
            f"{found.right}/{found.wrong}/{found.missed}",
            _percent(simple.precision),
            _percent(simple.recall),
        )
        for kind in KINDS
        for found, simple in ((quality.found[kind], quality.baseline[kind]),)
    ]
    for name, right in (("due of actions found", quality.due), ("who of actions found", quality.who)):
        counts = f"{right.right}/{right.wrong}/–"
        rows.append((f"{lang}, {split} ({count})", name, _percent(right.precision), "", counts, "", ""))
    return rows


def _percent(share: float | None) -> str:
    return DASH if share is None else f"{100 * share:.0f}"


def long_meeting(words: int) -> list[Caption]:
    """Return a meeting of so many words, made of all French passages one after the other, again and again."""
    passages = read_passages(_PASSAGES / "passages-fr.jsonl")
    captions: list[Caption] = []
    said = 0
    while said < words:
        for passage in passages:
            for one in passage["captions"]:
                count = len(one["text"].split())
                captions.append(_caption(len(captions), one, said * _SECONDS_A_WORD, count))
                said += count
            if said >= words:
                break
    return captions


def _caption(number: int, said: dict[str, str], start: float, words: int) -> Caption:
    return Caption(
        room="bench",
        seq=number,
        id=f"c{number}",
        rev=number,
        participant=said["speaker"],
        speaker=said["speaker"],
        lang="fr",
        source_lang="fr",
        text=said["text"],
        stable=len(said["text"]),
        final=True,
        start_seconds=start,
        end_seconds=start + words * _SECONDS_A_WORD,
    )


def _drafted(captions: Sequence[Caption]) -> tuple[float, MinutesVersion]:
    began = time.perf_counter()
    minutes = draft(
        DraftSource("bench", "Bench", captions, began_at=1_795_629_600.0, timezone="Europe/Paris")
    )
    seconds = time.perf_counter() - began
    return seconds, MinutesVersion(1, 1, "draft", minutes)


def _exported(captions: Sequence[Caption], version: MinutesVersion) -> tuple[float, list[tuple[str, str]]]:
    options = PrintOptions("fr")
    rows, slowest = [], 0.0
    for name in MINUTES_FORMATS:
        began = time.perf_counter()
        render_minutes(version, name, options)
        seconds = time.perf_counter() - began
        slowest = max(slowest, seconds)
        rows.append((f"minutes, {name}", f"{seconds:.2f}"))
    for name in FORMATS:
        began = time.perf_counter()
        render(captions, name, title="Bench", room="bench", options=options)
        seconds = time.perf_counter() - began
        slowest = max(slowest, seconds)
        rows.append((f"transcript, {name}", f"{seconds:.2f}"))
    return slowest, rows
