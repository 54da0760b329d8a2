"""A transcript as plain text: the title, then `[00:01:05] Speaker: text`, a line for each paragraph."""

from __future__ import annotations

from assistant.export.transcript import Transcript, clock_time, paragraphs


def render_text(transcript: Transcript) -> bytes:
    """Return UTF-8 text that ends with a line break, or nothing where there is neither title nor text."""
    lines = [transcript.title, ""] if transcript.title else []
    for paragraph in paragraphs(transcript.captions):
        speaker = f"{paragraph.label}: " if paragraph.label else ""
        lines.append(f"[{clock_time(paragraph.start_seconds)}] {speaker}{paragraph.text}")
    return "".join(f"{line}\n" for line in lines).encode()
