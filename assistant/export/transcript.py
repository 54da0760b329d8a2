"""A transcript as the formats see it: captions in order, times of day of the meeting, paragraphs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

from assistant.core.captions.caption import Caption, is_rough
from assistant.core.language import UNSPACED_LANGUAGES
from assistant.core.plain_text import one_line

MAX_PARAGRAPH_SECONDS = 120.0
"""A speaker's paragraph that has lasted longer ends with its caption, so that times stay near."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What is written down of one meeting.

    Attributes:
        room: The room's name.
        title: What people call the meeting; may be empty.
        captions: Captions with text, ordered by start.
        beside: Captions with text in a second language, ordered by start; empty where one is enough.
    """

    room: str
    title: str
    captions: tuple[Caption, ...]
    beside: tuple[Caption, ...] = ()

    @property
    def rough(self) -> bool:
        """Whether some of it is a rough translation."""
        return any(map(is_rough, (*self.captions, *self.beside)))

    @classmethod
    def of(
        cls, captions: Sequence[Caption], *, title: str, room: str, beside: Sequence[Caption] = ()
    ) -> Self:
        """Put captions in order and leave out those without text."""
        room = room or (captions[0].room if captions else "")
        return cls(room, one_line(title), _ordered(captions), _ordered(beside))


def _ordered(captions: Sequence[Caption]) -> tuple[Caption, ...]:
    spoken = (caption for caption in captions if one_line(caption.text))
    return tuple(sorted(spoken, key=lambda caption: (caption.start_seconds, caption.seq)))


@dataclass(frozen=True, slots=True)
class SpokenParagraph:
    """What one speaker said without anybody else in between.

    Attributes:
        speaker: The speaker's name; may be empty.
        start_seconds: When it begins, seconds since the room began.
        text: One line.
        untranslated: BCP-47 code of what is there as it was said, since it could not be translated.
        rough: Whether it is a rough translation.
    """

    speaker: str
    start_seconds: float
    text: str
    untranslated: str = ""
    rough: bool = False

    def label(self, rough: str) -> str:
        """Return the speaker's name, and what `label_of` puts behind it.

        Args:
            rough: What a rough translation is called.
        """
        return label_of(self.speaker, self.untranslated, rough if self.rough else "")


def paragraphs(captions: Sequence[Caption]) -> Iterator[SpokenParagraph]:
    """Yield the consecutive captions of each speaker, joined."""
    joined: list[Caption] = []
    for caption in captions:
        if joined and not _continues(joined, caption):
            yield _paragraph(joined)
            joined = []
        joined.append(caption)
    if joined:
        yield _paragraph(joined)


def untranslated_in(caption: Caption) -> str:
    """Return the BCP-47 code of what is there as it was said, since it could not be translated; else none."""
    problem = caption.translation.problem if caption.translation else ""
    return caption.source_lang if problem or caption.in_other_language else ""


def label_of(speaker: str, untranslated: str, rough: str = "") -> str:
    """Return a speaker's name, and in brackets what is to be said of the words.

    Args:
        speaker: The name; may be empty.
        untranslated: The language, where it is not the document's.
        rough: What a rough translation is called, where it is one.
    """
    return " ".join(filter(None, (speaker, *(f"[{mark}]" for mark in (untranslated, rough) if mark))))


def clock_time(seconds: float) -> str:
    """Return `HH:MM:SS`, rounded down; hours may have more than two digits."""
    whole = max(int(seconds), 0)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _continues(joined: Sequence[Caption], caption: Caption) -> bool:
    first = joined[0]
    return (
        caption.participant == first.participant
        and caption.speaker == first.speaker
        and untranslated_in(caption) == untranslated_in(first)
        and is_rough(caption) == is_rough(first)
        and caption.start_seconds - first.start_seconds < MAX_PARAGRAPH_SECONDS
    )


def _paragraph(captions: Sequence[Caption]) -> SpokenParagraph:
    first = captions[0]
    parts = [one_line(first.text)]
    for before, caption in pairwise(captions):
        unspaced = {before.lang, caption.lang} <= UNSPACED_LANGUAGES
        parts += ["" if unspaced else " ", one_line(caption.text)]
    text = "".join(parts)
    speaker, untranslated = one_line(first.speaker), untranslated_in(first)
    return SpokenParagraph(speaker, first.start_seconds, text, untranslated, is_rough(first))
