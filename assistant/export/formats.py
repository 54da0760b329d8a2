"""The formats of a transcript, one module each, and the door to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from assistant.core.captions import Caption
from assistant.core.errors import FormatUnknown
from assistant.export.json_format import render_json
from assistant.export.markdown_format import render_markdown
from assistant.export.srt_format import render_srt
from assistant.export.text_format import render_text
from assistant.export.transcript import Transcript
from assistant.export.vtt_format import render_vtt


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of document.

    Attributes:
        media_type: The value of a `Content-Type` header.
        extension: How file names end, without the dot.
        write: Makes the document's bytes.
    """

    media_type: str
    extension: str
    write: Callable[[Transcript], bytes]


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "txt": Format("text/plain; charset=utf-8", "txt", render_text),
        "md": Format("text/markdown; charset=utf-8", "md", render_markdown),
        "json": Format("application/json", "json", render_json),
        "vtt": Format("text/vtt; charset=utf-8", "vtt", render_vtt),
        "srt": Format("application/x-subrip; charset=utf-8", "srt", render_srt),
    }
)
"""What `render` can write, by the name that addresses and the command line use."""


def find_format(name: str) -> Format:
    """Return the format called `name`, or raise `FormatUnknown` with the names there are."""
    if name not in FORMATS:
        raise FormatUnknown(f"“{name[:20]}” is no transcript format; there are {', '.join(FORMATS)}.")
    return FORMATS[name]


def render(captions: Sequence[Caption], format: str, *, title: str = "", room: str = "") -> bytes:  # noqa: A002 - the wire contract's name
    """Return a transcript as a document.

    A meeting of hours takes up to half a second, so event loops call this in a thread.

    Args:
        captions: The latest finals in any order; those without text are left out.
        format: A name in `FORMATS`.
        title: What people call the meeting.
        room: The room's name; by default that of the first caption.

    Raises:
        FormatUnknown: There is no such format.
    """
    return find_format(format).write(Transcript.of(captions, title=title, room=room))
