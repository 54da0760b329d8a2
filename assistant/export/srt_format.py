"""A transcript as SubRip, which has no markup: a speaker's name stands before their words.

What could not be translated has its language behind the name, and a rough translation that it is one.

Players take text as it is; only the arrow that separates times is replaced where somebody's text has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.export.cues import Cue, clock_ms, cues
from assistant.export.layout import columns
from assistant.export.minutes_view import PrintOptions
from assistant.export.transcript import Transcript, label_of
from assistant.export.wording import wording_of

_MAX_NAME_CHARACTERS = 20
"""A longer name is cut, so that half a line is left for the words."""


def render_srt(transcript: Transcript, options: PrintOptions) -> bytes:
    """Return a UTF-8 SubRip file; a cue begins with `Speaker: ` when another than before speaks.

    So it does when the language that is not the document's changes, `Speaker [fr]: `, or whether a
    translation is rough, `Speaker [rough]: `.
    """
    word = wording_of(options.lang).rough
    found = cues(
        transcript.captions,
        reserved_columns=lambda speaker, untranslated, rough: columns(
            _prefix(speaker, untranslated, word if rough else "")
        ),
    )
    return "\n".join(_numbered(found, word)).encode()


def _numbered(found: Sequence[Cue], word: str) -> Iterator[str]:
    before = None
    for number, cue in enumerate(found, start=1):
        turn = (cue.participant, cue.speaker, cue.untranslated, cue.rough)
        label = _prefix(cue.speaker, cue.untranslated, word if cue.rough else "")
        prefix = label if turn != before else ""
        before = turn
        first, *others = cue.lines
        lines = [(prefix + first).strip(), *others]
        text = "\n".join(line.replace("-->", "→") for line in lines if line)
        yield f"{number}\n{clock_ms(cue.start_ms, ',')} --> {clock_ms(cue.end_ms, ',')}\n{text}\n"


def _prefix(speaker: str, untranslated: str, rough: str) -> str:
    if len(speaker) > _MAX_NAME_CHARACTERS:
        speaker = speaker[: _MAX_NAME_CHARACTERS - 1].rstrip() + "…"
    label = label_of(speaker, untranslated, rough)
    return f"{label}: " if label else ""
