"""A transcript as Markdown (CommonMark): the title as heading, then a paragraph for each speaker's turn."""

from __future__ import annotations

import re

from assistant.export.minutes_view import PrintOptions
from assistant.export.transcript import Transcript, clock_time, paragraphs
from assistant.export.wording import wording_of

_SPECIAL = re.compile(r"([\\`*_\[\]<>&|~#])")


def render_markdown(transcript: Transcript, options: PrintOptions) -> bytes:
    """Return UTF-8 Markdown in which names and spoken text have no markup of their own."""
    words = wording_of(options.lang)
    blocks = [f"# {_escaped(transcript.title)}"] if transcript.title else []
    if transcript.rough:
        blocks.append(words.roughly_translated)
    for paragraph in paragraphs(transcript.captions):
        label = paragraph.label(words.rough)
        speaker = f" **{_escaped(label)}:**" if label else ""
        blocks.append(f"[{clock_time(paragraph.start_seconds)}]{speaker} {_escaped(paragraph.text)}")
    return "".join(f"{block}\n" for block in "\n\n".join(blocks).splitlines()).encode()


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
