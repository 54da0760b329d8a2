"""The formats of a transcript, one module each, and the door to them.

Another format is its module and its entry in `FORMATS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from assistant.core.captions.caption import Caption
from assistant.core.errors import FormatUnknown
from assistant.export.blocks import Document
from assistant.export.document_text import render_document_markdown, render_document_text
from assistant.export.json_format import render_json
from assistant.export.markdown_format import render_markdown
from assistant.export.minutes_formats import DOCUMENT_FORMATS
from assistant.export.minutes_view import PrintOptions
from assistant.export.srt_format import render_srt
from assistant.export.text_format import render_text
from assistant.export.transcript import Transcript
from assistant.export.transcript_view import view_transcript
from assistant.export.vtt_format import render_vtt

Write = Callable[[Transcript, PrintOptions], bytes]
"""Makes a document's bytes."""


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of document.

    Attributes:
        media_type: The value of a `Content-Type` header.
        write: Makes the document's bytes.
        plain: Whether it is text without markup that could do harm: browsers show it in place, and the
            command line writes it.
        two_languages: Whether it has a place for a second language beside the first.
    """

    media_type: str
    write: Write
    plain: bool = False
    two_languages: bool = False


def _printer(write: Callable[[Document], bytes]) -> Write:
    return lambda transcript, options: write(view_transcript(transcript, options))


def _lines(write: Write, write_document: Callable[[Document], bytes]) -> Write:
    """Return what writes lines, and a document where there is more to tell than who said what."""
    printed = _printer(write_document)

    def written(transcript: Transcript, options: PrintOptions) -> bytes:
        told_more = transcript.beside or options.level.marked
        return printed(transcript, options) if told_more else write(transcript, options)

    return written


_text = _lines(render_text, render_document_text)
_markdown = _lines(render_markdown, render_document_markdown)
_PRINTED = {
    name: Format(known.media_type, _printer(known.write), two_languages=True)
    for name, known in DOCUMENT_FORMATS.items()
    if name not in {"md", "txt"}
}

FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "txt": Format("text/plain; charset=utf-8", _text, plain=True, two_languages=True),
        "md": Format("text/markdown; charset=utf-8", _markdown, plain=True, two_languages=True),
        "json": Format("application/json", render_json, plain=True),
        "vtt": Format("text/vtt; charset=utf-8", render_vtt, plain=True),
        "srt": Format("application/x-subrip; charset=utf-8", render_srt, plain=True),
    }
    | _PRINTED
)
"""What `render` can write, by the name that addresses and the command line use: the one list of it."""


def find_format(name: str) -> Format:
    """Return the format called `name`, or raise `FormatUnknown` with the names there are."""
    if name not in FORMATS:
        raise FormatUnknown(f"“{name[:20]}” is no transcript format; there are {', '.join(FORMATS)}.")
    return FORMATS[name]


def render(
    captions: Sequence[Caption],
    format: str,  # noqa: A002 - the wire contract's name
    *,
    title: str = "",
    room: str = "",
    beside: Sequence[Caption] = (),
    options: PrintOptions | None = None,
) -> bytes:
    """Return a transcript as a document.

    A meeting of hours takes up to some seconds, so event loops call this in a thread.

    Args:
        captions: The latest finals in any order; those without text are left out.
        format: A name in `FORMATS`.
        title: What people call the meeting.
        room: The room's name; by default that of the first caption.
        beside: The captions in a second language, to be printed beside the first.
        options: How it is printed, where the format has pages.

    Raises:
        FormatUnknown: There is no such format, or it has no place for a second language.
    """
    chosen = find_format(format)
    transcript = Transcript.of(captions, title=title, room=room, beside=beside)
    if transcript.beside and not chosen.two_languages:
        names = ", ".join(name for name, known in FORMATS.items() if known.two_languages)
        raise FormatUnknown(f"Two languages side by side come as one of {names}.")
    return chosen.write(transcript, options or PrintOptions())
