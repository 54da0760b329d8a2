"""Summaries of transcripts that come as text."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from assistant.export.summary_markdown import write_summary
from assistant.minutes.drafting.summary import summarise

ON = date(2026, 11, 25)


def written(text: str, lang: str) -> str:
    told = summarise(text, lang, ON)
    return write_summary(
        told.lang,
        points=told.points,
        decisions=told.decisions,
        actions=told.actions,
        questions=told.questions,
    )


def test_turns_are_read_in_plain_text_and_markdown() -> None:
    """With times before the names or without, headings left out."""
    for text in (
        "Mary: I'll send you the draft by Friday.",
        "[00:01:05] Mary: I'll send you the draft by Friday.",
        "# Meeting\n\n**Mary**: I'll send you the draft by Friday.",
        "[00:01:05] **Mary:** I'll send you the draft by Friday.",
    ):
        assert summarise(text, "en", ON).actions == (
            ("Mary", "I'll send you the draft by Friday.", "2026-11-27"),
        )


def test_what_is_not_there_has_no_heading() -> None:
    """And nothing at all is said in a sentence."""
    assert written("", "fr") == "Rien à relever.\n"
    assert written("Mme Roy: C'est décidé, on ferme la rue du Moulin.", "fr").startswith("## Décisions\n")


@given(st.text(max_size=400))
def test_any_text_is_summarised(text: str) -> None:
    """In any language, known or not."""
    for lang in ("en", "xx"):
        assert written(text, lang)
