"""What was said, as drafting reads it: lines, and the sentences in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.core.captions.caption import Caption
from assistant.core.minutes.document import Evidence
from assistant.core.plain_text import one_line
from assistant.core.translation.sentences import join_pieces
from assistant.minutes.drafting.content import content_of

_CUT = re.compile(r"(?<=[.!?…。！？])(\s+)")
_MOST_SENTENCE_WORDS = 60
"""How many words a sentence may have before it is cut, which happens where nothing is punctuated."""


@dataclass(frozen=True, slots=True)
class Line:
    """One caption.

    Attributes:
        caption: The caption's id.
        participant: The speaker's id.
        speaker: The speaker's name as shown.
        text: What was said, one line.
        lang: BCP-47 primary subtag.
        start_seconds: When it begins, seconds since the room began.
        end_seconds: When it ends, seconds since the room began.
    """

    caption: str
    participant: str
    speaker: str
    text: str
    lang: str
    start_seconds: float = 0.0
    end_seconds: float = 0.0

    @property
    def evidence(self) -> Evidence:
        """The line as what a statement rests on."""
        return Evidence(self.caption, self.start_seconds, self.end_seconds)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a line.

    Attributes:
        text: The sentence as it was said.
        lang: BCP-47 primary subtag.
        line: The position of its line among all lines.
        ordinal: Its position in its line.
        stems: The stems of the words that say what it is about, in order.
    """

    text: str
    lang: str
    line: int
    ordinal: int
    stems: tuple[str, ...]


def lines_of(captions: Iterable[Caption]) -> list[Line]:
    """Return finals with text as lines, in the order in which they were said."""
    spoken = [caption for caption in captions if caption.final and caption.text.strip()]
    spoken.sort(key=lambda caption: (caption.start_seconds, caption.seq))
    return [
        Line(
            caption.id,
            caption.participant,
            one_line(caption.speaker) or caption.participant,
            one_line(caption.text),
            caption.lang.split("-", maxsplit=1)[0],
            caption.start_seconds,
            caption.end_seconds,
        )
        for caption in spoken
    ]


def sentences_of(lines: Sequence[Line]) -> list[Sentence]:
    """Return the sentences of all lines, in order."""
    return [
        Sentence(text, line.lang, at, ordinal, tuple(content_of(text, line.lang)))
        for at, line in enumerate(lines)
        for ordinal, text in enumerate(split_sentences(line.text, line.lang))
    ]


def split_sentences(text: str, lang: str) -> list[str]:
    """Return the sentences of a text, stripped; one that goes on and on without a mark is cut."""
    pieces = _CUT.split(text)
    whole = [piece + space for piece, space in zip(pieces[::2], [*pieces[1::2], ""], strict=True)]
    sentences = []
    for sentence in join_pieces(lang, whole):
        words = sentence.split()
        sentences += [
            " ".join(words[at : at + _MOST_SENTENCE_WORDS])
            for at in range(0, len(words), _MOST_SENTENCE_WORDS)
        ]
    return sentences
