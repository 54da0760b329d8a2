"""Recordings with what is said in them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SPEECHLESS_KINDS = frozenset({"noise", "music", "silence"})
"""Kinds of recordings in which nobody speaks: every word shown is invented."""

MIXED = "multi"
"""As the language of a recording: more than one is spoken."""


class ManifestBroken(Exception):
    """The list of recordings cannot be read."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of text in one language."""

    lang: str
    text: str


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording.

    Attributes:
        id: Its name in the manifest.
        path: The file.
        lang: BCP-47 code, or `MIXED`, or the kind where nobody speaks.
        kind: Where it comes from: `read`, `prompt`, `telephone-8k-read`, `noise`, …
        seconds: How long it is.
        passages: What is said; empty when nobody speaks or nobody wrote it down.
        sha256: Hash of the file, as far as the manifest names it.
    """

    id: str
    path: Path
    lang: str
    kind: str
    seconds: float
    passages: tuple[Passage, ...]
    sha256: str = ""

    @property
    def speechless(self) -> bool:
        """Whether nobody speaks."""
        return self.kind in SPEECHLESS_KINDS

    @property
    def spoken_language(self) -> str:
        """The language to pin, or `auto` where there are several or none."""
        return "auto" if self.speechless or self.lang == MIXED else self.lang


def read_manifest(folder: Path) -> list[Recording]:
    """Return the recordings of a folder in the order of its `manifest.jsonl`.

    Raises:
        FileNotFoundError: There is no manifest.
        ManifestBroken: A line of it cannot be read; the message names it.
    """
    lines = (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    return [_parsed(line, number, folder) for number, line in enumerate(lines, 1) if line.strip()]


def select(
    recordings: Iterable[Recording],
    *,
    languages: Sequence[str] = (),
    kinds: Sequence[str] = (),
    minutes: float | None = None,
    invented: bool = True,
) -> list[Recording]:
    """Return what can be scored: speech with its text, and, with `invented`, recordings without speech.

    Args:
        recordings: What there is.
        languages: Keep speech of these languages only; empty means all.
        kinds: Keep speech of these kinds only; empty means all.
        minutes: Bound on the speech; languages and kinds take turns, so that each gets its share.
        invented: Whether to keep noise, music and silence (they do not count against `minutes`).
    """
    recordings = list(recordings)
    speech = [
        recording
        for recording in recordings
        if recording.passages
        and (not languages or recording.lang in languages)
        and (not kinds or recording.kind in kinds)
    ]
    if minutes is not None:
        speech = _within(alternating(speech), 60 * minutes)
    return speech + [recording for recording in recordings if invented and recording.speechless]


def alternating(recordings: Sequence[Recording]) -> list[Recording]:
    """Return the recordings dealt out language by language and kind by kind."""
    groups: dict[tuple[str, str], list[Recording]] = {}
    for recording in recordings:
        groups.setdefault((recording.lang, recording.kind), []).append(recording)
    order: list[Recording] = []
    for round_number in range(max(map(len, groups.values()), default=0)):
        order += [group[round_number] for group in groups.values() if round_number < len(group)]
    return order


def _within(recordings: Sequence[Recording], limit_seconds: float) -> list[Recording]:
    """Return the recordings that fit into the limit, one after another, at least one."""
    chosen: list[Recording] = []
    total_seconds = 0.0
    for recording in recordings:
        if not chosen or total_seconds + recording.seconds <= limit_seconds:
            chosen.append(recording)
            total_seconds += recording.seconds
    return chosen


def _parsed(line: str, number: int, folder: Path) -> Recording:
    try:
        return _recording(json.loads(line), folder)
    except KeyError as error:
        raise ManifestBroken(f"Line {number} of manifest.jsonl has no {error}.") from error
    except (ValueError, TypeError) as error:
        raise ManifestBroken(f"Line {number} of manifest.jsonl cannot be read: {error}") from error


def _recording(entry: dict[str, Any], folder: Path) -> Recording:
    return Recording(
        id=entry["id"],
        path=folder / entry["path"],
        lang=entry["lang"],
        kind=entry["kind"],
        seconds=float(entry["seconds"]),
        passages=_passages(entry),
        sha256=entry.get("sha256", ""),
    )


def _passages(entry: dict[str, Any]) -> tuple[Passage, ...]:
    segments = entry.get("segments")
    if isinstance(segments, list):  # some manifests have a remark there
        return tuple(Passage(segment["lang"], segment["text"]) for segment in segments)
    text = entry.get("text") or ""
    return (Passage(entry.get("speech_lang", entry["lang"]), text),) if text else ()
