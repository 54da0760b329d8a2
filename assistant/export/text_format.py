"""A transcript as plain text: the title, then `[00:01:05] Speaker: text`, a line for each paragraph."""

from __future__ import annotations

from assistant.export.minutes_view import PrintOptions
from assistant.export.transcript import Transcript, clock_time, paragraphs
from assistant.export.wording import wording_of


def render_text(transcript: Transcript, options: PrintOptions) -> bytes:
    """Return UTF-8 text that ends with a line break, or nothing where there is neither title nor text."""
    words = wording_of(options.lang)
    lines = [transcript.title, ""] if transcript.title else []
    if transcript.rough:
        lines += [words.roughly_translated, ""]
    for paragraph in paragraphs(transcript.captions):
        label = paragraph.label(words.rough)
        speaker = f"{label}: " if label else ""
        lines.append(f"[{clock_time(paragraph.start_seconds)}] {speaker}{paragraph.text}")
    return "".join(f"{line}\n" for line in lines).encode()
