"""A transcript as Markdown (CommonMark): the title as heading, then a paragraph for each speaker's turn."""

from __future__ import annotations

import re

from assistant.export.transcript import Transcript, clock_time, paragraphs

_SPECIAL = re.compile(r"([\\`*_\[\]<>&|~#])")


def render_markdown(transcript: Transcript) -> bytes:
    """Return UTF-8 Markdown in which names and spoken text have no markup of their own."""
    blocks = [f"# {_escaped(transcript.title)}"] if transcript.title else []
    for paragraph in paragraphs(transcript.captions):
        speaker = f" **{_escaped(paragraph.label)}:**" if paragraph.label else ""
        blocks.append(f"[{clock_time(paragraph.start_seconds)}]{speaker} {_escaped(paragraph.text)}")
    return "".join(f"{block}\n" for block in "\n\n".join(blocks).splitlines()).encode()


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
