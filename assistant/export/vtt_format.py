"""A transcript as WebVTT (W3C, https://www.w3.org/TR/webvtt1/), speakers as voice spans."""

from __future__ import annotations

from assistant.export.cues import Cue, clock_ms, cues
from assistant.export.transcript import Transcript


def render_vtt(transcript: Transcript) -> bytes:
    """Return a UTF-8 WebVTT file; cues of different speakers may overlap."""
    title = transcript.title.replace("-->", "→")
    header = f"WEBVTT - {title}\n" if title else "WEBVTT\n"
    return (header + "".join(_cue(cue) for cue in cues(transcript.captions))).encode()


def _cue(cue: Cue) -> str:
    text = _escaped("\n".join(cue.lines))
    if cue.speaker:
        text = f"<v {_escaped(cue.speaker)}>{text}</v>"
    return f"\n{clock_ms(cue.start_ms, '.')} --> {clock_ms(cue.end_ms, '.')}\n{text}\n"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
