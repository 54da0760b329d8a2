"""The formats of a transcript, one module each, and the door to them."""

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
from assistant.export.minutes_view import PrintOptions, furniture_of
from assistant.export.srt_format import render_srt
from assistant.export.text_format import render_text
from assistant.export.transcript import Transcript
from assistant.export.transcript_view import view_transcript
from assistant.export.vtt_format import render_vtt


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of document.

    Attributes:
        media_type: The value of a `Content-Type` header.
        write: Makes the document's bytes.
    """

    media_type: str
    write: Callable[[Transcript, PrintOptions], bytes]


def _alone(
    write: Callable[[Transcript, PrintOptions], bytes],
) -> Callable[[Transcript, PrintOptions], bytes]:
    """Return what writes one language and has no place for another."""

    def written(transcript: Transcript, options: PrintOptions) -> bytes:
        if transcript.beside:
            raise FormatUnknown("Two languages side by side come as docx, odt, pdf, html, md or txt.")
        return write(transcript, options)

    return written


def _json(transcript: Transcript, options: PrintOptions) -> bytes:
    return render_json(transcript, level=options.level.code if options.level.marked else "")


def _vtt(transcript: Transcript, options: PrintOptions) -> bytes:
    return render_vtt(transcript, note=" · ".join(furniture_of(options, "").marks))


def _printer(write: Callable[[Document], bytes]) -> Callable[[Transcript, PrintOptions], bytes]:
    return lambda transcript, options: write(view_transcript(transcript, options))


def _text(transcript: Transcript, options: PrintOptions) -> bytes:
    """Write lines; as a document where there is more to tell than who said what."""
    if transcript.beside or options.level.marked:
        return render_document_text(view_transcript(transcript, options))
    return render_text(transcript)


def _markdown(transcript: Transcript, options: PrintOptions) -> bytes:
    if transcript.beside or options.level.marked:
        return render_document_markdown(view_transcript(transcript, options))
    return render_markdown(transcript)


_PRINTED = {
    name: Format(known.media_type, _printer(known.write))
    for name, known in DOCUMENT_FORMATS.items()
    if name not in {"md", "txt"}
}

FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "txt": Format("text/plain; charset=utf-8", _text),
        "md": Format("text/markdown; charset=utf-8", _markdown),
        "json": Format("application/json", _alone(_json)),
        "vtt": Format("text/vtt; charset=utf-8", _alone(_vtt)),
        "srt": Format(
            "application/x-subrip; charset=utf-8", _alone(lambda transcript, _: render_srt(transcript))
        ),
    }
    | _PRINTED
)
"""What `render` can write, by the name that addresses, the command line and the ends of file names use."""


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
        beside: The same in a second language, to be printed beside it.
        options: How it is printed, where the format has pages.

    Raises:
        FormatUnknown: There is no such format, or it has no place for a second language.
    """
    transcript = Transcript.of(captions, title=title, room=room, beside=beside)
    return find_format(format).write(transcript, options or PrintOptions())
