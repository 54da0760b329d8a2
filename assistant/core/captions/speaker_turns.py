"""Who said which words, where that is known from outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from assistant.core.captions.caption import Caption
from assistant.core.speech.audio import seconds_of
from assistant.core.speech.hypothesis import Word, text_of


@dataclass(frozen=True, slots=True)
class SpokenTurn:
    """A stretch of a recording in which one person speaks.

    Attributes:
        speaker: The name of that person.
        start_seconds: When it begins, seconds from the start of the recording.
        end_seconds: When it ends, seconds from the start of the recording.
    """

    speaker: str
    start_seconds: float
    end_seconds: float


def split_by_turns(caption: Caption, turns: Sequence[SpokenTurn]) -> list[Caption]:
    """Return a caption in the parts that different people said, each with its speaker.

    A word belongs to the turn in which its middle lies, or else to the nearest one.
    """
    if not turns or not caption.words:
        return [caption]
    parts = groupby(caption.words, key=lambda word: _speaker_of(caption, word, turns))
    return [_part(caption, speaker, tuple(words)) for speaker, words in parts]


def _speaker_of(caption: Caption, word: Word, turns: Sequence[SpokenTurn]) -> str:
    middle = caption.start_seconds + seconds_of((word.span.start_samples + word.span.end_samples) // 2)

    def distance(turn: SpokenTurn) -> float:
        return max(turn.start_seconds - middle, middle - turn.end_seconds, 0.0)

    return min(turns, key=distance).speaker


def _part(caption: Caption, speaker: str, words: tuple[Word, ...]) -> Caption:
    offset = words[0].span.start_samples if words[0] is not caption.words[0] else 0
    end = words[-1].span.end_samples
    text = text_of(words)
    moved = tuple(replace(word, span=word.span.moved(-offset)) for word in words)
    last = words[-1] is caption.words[-1]
    return replace(
        caption,
        id=f"{caption.id}.{offset}" if offset else caption.id,
        participant=speaker,
        speaker=speaker,
        text=text,
        stable=len(text),
        start_seconds=caption.start_seconds + seconds_of(offset),
        end_seconds=caption.end_seconds if last else caption.start_seconds + seconds_of(end),
        words=moved,
    )
