"""A summary as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.export.calendar_words import short_day
from assistant.export.document_text import escaped
from assistant.export.wording import wording_of


def write_summary(
    lang: str,
    *,
    points: Sequence[str],
    decisions: Sequence[str],
    actions: Sequence[tuple[str, str, str]],
    questions: Sequence[str],
) -> str:
    """Return Markdown with a heading for each part that is there; a sentence where nothing is.

    Args:
        lang: BCP-47 code; the headings are in it.
        points: What was told in the discussion.
        decisions: What was decided.
        actions: Who does what by when (ISO 8601).
        questions: What was left open.
    """
    words = wording_of(lang)
    told = [
        " – ".join(filter(None, (who, what, short_day(due, lang) if due else "")))
        for who, what, due in actions
    ]
    parts = (
        (words.discussion, points),
        (words.decisions, decisions),
        (words.actions, told),
        (words.questions, questions),
    )
    sections = [section for heading, lines in parts for section in _section(heading, lines)]
    return "\n\n".join(sections or [words.nothing_found]) + "\n"


def _section(heading: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"## {heading}"
        yield "\n".join(f"- {escaped(line)}" for line in lines)
