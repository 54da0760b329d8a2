"""A transcript as WebVTT (W3C, https://www.w3.org/TR/webvtt1/), speakers as voice spans.

What could not be translated is a language span behind its language in brackets, since players show neither
kind of span. So it is told which translations are rough, with a note on top.
"""

from __future__ import annotations

from assistant.export.cues import Cue, clock_ms, cues
from assistant.export.layout import columns
from assistant.export.minutes_view import PrintOptions, furniture_of
from assistant.export.transcript import Transcript, label_of
from assistant.export.wording import wording_of


def render_vtt(transcript: Transcript, options: PrintOptions) -> bytes:
    """Return a UTF-8 WebVTT file; cues of different speakers may overlap.

    Its protection level and the number of the copy are a note, which players do not show.
    """
    title = transcript.title.replace("-->", "→")
    header = f"WEBVTT - {title}\n" if title else "WEBVTT\n"
    furniture = furniture_of(options, "")
    if note := " · ".join(filter(None, (furniture.level, furniture.copy))):
        header += f"\nNOTE {' '.join(note.replace('-->', '→').split())}\n"
    words = wording_of(options.lang)
    if transcript.rough:
        header += f"\nNOTE {words.roughly_translated}\n"
    found = cues(
        transcript.captions,
        reserved_columns=lambda _, untranslated, rough: columns(
            _mark(untranslated, words.rough if rough else "")
        ),
    )
    return (header + "".join(_cue(cue, words.rough) for cue in found)).encode()


def _cue(cue: Cue, rough: str) -> str:
    text = _escaped("\n".join(cue.lines))
    if cue.untranslated:
        text = f"<lang {cue.untranslated}>{text}</lang>"
    text = _mark(cue.untranslated, rough if cue.rough else "") + text
    if cue.speaker:
        text = f"<v {_escaped(cue.speaker)}>{text}</v>"
    return f"\n{clock_ms(cue.start_ms, '.')} --> {clock_ms(cue.end_ms, '.')}\n{text}\n"


def _mark(untranslated: str, rough: str) -> str:
    label = label_of("", untranslated, rough)
    return f"{label} " if label else ""


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
