"""A summary of a transcript that comes as text: what was told, decided, promised and left open."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from assistant.core.plain_text import one_line
from assistant.minutes.drafting.findings import find
from assistant.minutes.drafting.lines import Line, sentences_of
from assistant.minutes.drafting.ranking import rank

_SPEAKER = re.compile(r"^\W*(?:\[?[\d:.,]+\]?\W*)?\**([^*:\n]{1,80}?)\**\s*:\**\s+(.+)$")
_MARKUP = re.compile(r"^[#>\-*\s]+|[*_`]{2,}")
_MOST_LINES = 20_000
_SENTENCES_PER_POINT = 15
_POINTS = (3, 15)


@dataclass(frozen=True, slots=True)
class Summary:
    """What is told of a talk, each part in the order in which it was said.

    Attributes:
        lang: BCP-47 primary subtag.
        points: The most telling sentences, with who said them.
        decisions: What was decided.
        actions: Who does what by when: name, words and day (ISO 8601), the first and last may be empty.
        questions: What was left open.
    """

    lang: str
    points: tuple[str, ...]
    decisions: tuple[str, ...]
    actions: tuple[tuple[str, str, str], ...]
    questions: tuple[str, ...]


def summarise(text: str, lang: str, on: date) -> Summary:
    """Return the summary of a transcript.

    Args:
        text: One paragraph for each turn, `Speaker: words`, plain or in Markdown.
        lang: BCP-47 primary subtag.
        on: The day by which "Friday" is told.
    """
    lines = _lines_of(text, lang)
    sentences = sentences_of(lines)
    found = find(lines, on, [line.speaker for line in lines])
    told = {line for finding in found for line in finding.lines}
    least, most = _POINTS
    wanted = max(least, min(most, len(sentences) // _SENTENCES_PER_POINT))
    leave_out = {at for at, sentence in enumerate(sentences) if sentence.line in told}
    points = [sentences[at] for at in rank(sentences, wanted, leave_out)]
    return Summary(
        lang,
        tuple(_with_speaker(lines[one.line].speaker, one.text) for one in points),
        tuple(one.text for one in found if one.kind == "decision"),
        tuple((one.who, one.text, one.due) for one in found if one.kind == "action"),
        tuple(one.text for one in found if one.kind == "question"),
    )


def _with_speaker(speaker: str, text: str) -> str:
    return f"{speaker}: {text}" if speaker else text


def _lines_of(text: str, lang: str) -> list[Line]:
    lines: list[Line] = []
    speaker = ""
    for paragraph in text.splitlines()[:_MOST_LINES]:
        if paragraph.lstrip().startswith("#"):
            continue  # a heading is nobody's words
        if turn := _SPEAKER.match(paragraph.strip()):
            speaker = one_line(turn.group(1))
            paragraph = turn.group(2)  # noqa: PLW2901 - the rest of it
        said = one_line(_MARKUP.sub(" ", paragraph))
        if said:
            at = float(len(lines))
            lines.append(Line(f"c{len(lines)}", speaker or "-", speaker, said, lang, at, at + 1))
    return lines
