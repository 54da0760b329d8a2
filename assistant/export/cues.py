"""Captions as subtitle cues: at most two short lines, timed by the words in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from assistant.core.captions.caption import Caption, is_rough
from assistant.core.plain_text import one_line
from assistant.core.speech.audio import seconds_of
from assistant.export.layout import LinePair, line_pairs
from assistant.export.transcript import untranslated_in


@dataclass(frozen=True, slots=True)
class Cue:
    """What is shown at one time of one speaker.

    Attributes:
        start_ms: When it appears, milliseconds since the room began.
        end_ms: When it goes, later than `start_ms`.
        participant: The speaker's id.
        speaker: The speaker's name on one line; may be empty.
        untranslated: BCP-47 code of what is there as it was said, since it could not be translated.
        rough: Whether it is a rough translation.
        lines: One or two lines of text; only the first may be empty.
    """

    start_ms: int
    end_ms: int
    participant: str
    speaker: str
    untranslated: str
    rough: bool
    lines: tuple[str, ...]


def cues(captions: Sequence[Caption], *, reserved_columns: Callable[[str, str, bool], int]) -> list[Cue]:
    """Return the cues of `captions` in the order of `start_ms`; those of two speakers may overlap.

    Args:
        captions: Captions with text.
        reserved_columns: How much of a cue's first line to leave free, given its speaker's name, in which
            language it is, if it could not be translated, and whether it is a rough translation.
    """
    found = [
        cue
        for caption in captions
        for cue in _cues_of(
            caption,
            reserved_columns(one_line(caption.speaker), untranslated_in(caption), is_rough(caption)),
        )
    ]
    return sorted(found, key=lambda cue: cue.start_ms)


def clock_ms(milliseconds: int, separator: str) -> str:
    """Return `HH:MM:SS`, `separator` and three digits; hours may have more than two digits."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{separator}{rest:03d}"


def _cues_of(caption: Caption, reserved_columns: int) -> Iterator[Cue]:
    text = one_line(caption.text)
    parts = list(line_pairs(text, reserved_columns=reserved_columns))
    starts, ends = _character_times(caption, text)
    free_ms = 0
    for number, pair in enumerate(parts):
        start_seconds, end_seconds = starts[pair.first_character], ends[pair.end_character - 1]
        if number == 0:
            start_seconds = caption.start_seconds
        if number == len(parts) - 1:
            end_seconds = caption.end_seconds
        start_ms = max(_milliseconds(start_seconds), free_ms)
        free_ms = max(_milliseconds(end_seconds), start_ms + 1)
        yield _cue(caption, pair, start_ms, free_ms)


def _cue(caption: Caption, pair: LinePair, start_ms: int, end_ms: int) -> Cue:
    speaker, untranslated = one_line(caption.speaker), untranslated_in(caption)
    rough = is_rough(caption)
    return Cue(start_ms, end_ms, caption.participant, speaker, untranslated, rough, pair.lines)


def _character_times(caption: Caption, text: str) -> tuple[list[float], list[float]]:
    """Return when each character of `text` other than spaces begins and ends, in seconds of the room.

    Word times are used if the words are those of the text; otherwise, as after an edit, the time of the
    caption is shared out evenly.
    """
    began, ended = caption.start_seconds, max(caption.end_seconds, caption.start_seconds)
    timed = [(_solid(one_line(word.text)), word.span) for word in caption.words]
    if "".join(word for word, _ in timed) != _solid(text):
        return _shared_out(len(_solid(text)), began, ended)
    starts: list[float] = []
    ends: list[float] = []
    for word, span in timed:
        first = min(began + seconds_of(span.start_samples), ended)
        last = min(began + seconds_of(span.end_samples), ended)
        word_starts, word_ends = _shared_out(len(word), first, last)
        starts += word_starts
        ends += word_ends
    return starts, ends


def _shared_out(count: int, began: float, ended: float) -> tuple[list[float], list[float]]:
    borders = [began + (ended - began) * number / max(count, 1) for number in range(count + 1)]
    return borders[:-1], borders[1:]


def _solid(text: str) -> str:
    return "".join(text.split())


def _milliseconds(seconds: float) -> int:
    return max(round(seconds * 1000), 0)
