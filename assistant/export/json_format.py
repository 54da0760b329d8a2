"""A transcript as JSON, for programs.

::

    {"room": "weekly", "title": "Weekly meeting", "captions": [
      {"id": "c7", "rev": 12, "participant": "p1", "speaker": "Ana", "lang": "fr", "source_lang": "fr",
       "start": 65.2, "end": 68.04, "text": "Bonjour à tous.", "edited": false,
       "words": [{"text": "Bonjour", "start": 65.3, "end": 65.82, "probability": 0.98}, …]}, …]}

A translation has `"source_rev"` (what it translates), and `"via"` where it went through other languages, or
`"how": "speech"` where the recogniser translated, and `"rough": true` where it is rough. What could not be
translated is there as it was said, with `"untranslated"` saying why: `no_route`, `failed`, `too_late` or
`other_language`. The last one stands also on what was never to be translated, where the words are in another
language than was spoken (`source_lang`).

`"level"` is its protection level, where it has one that is printed. Times are seconds since the room began,
to the millisecond. `captions` are in the order of `start`. `words` is empty where no word times are known,
and tells what was recognised, not what a clerk made of it. New members may be added; those above stay.
"""

from __future__ import annotations

import json

from assistant.core.captions.caption import Caption
from assistant.core.speech.audio import seconds_of
from assistant.core.speech.hypothesis import Word
from assistant.export.minutes_view import PrintOptions
from assistant.export.transcript import Transcript


def render_json(transcript: Transcript, options: PrintOptions) -> bytes:
    """Return a UTF-8 JSON document of the shape above."""
    document = {
        "room": transcript.room,
        "title": transcript.title,
        **({"level": options.level.code} if options.level.marked else {}),
        "captions": [_caption(caption) for caption in transcript.captions],
    }
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _caption(caption: Caption) -> dict[str, object]:
    return {
        "id": caption.id,
        "rev": caption.rev,
        "participant": caption.participant,
        "speaker": caption.speaker,
        "lang": caption.lang,
        "source_lang": caption.source_lang,
        "start": _rounded(caption.start_seconds),
        "end": _rounded(caption.end_seconds),
        "text": caption.text,
        "edited": caption.edited,
        **_translation(caption),
        "words": [_word(word, caption.start_seconds) for word in caption.words],
    }


def _translation(caption: Caption) -> dict[str, object]:
    translation = caption.translation
    if caption.in_other_language:
        return {"untranslated": "other_language"}
    if translation is None:
        return {}
    if translation.problem:
        return {"untranslated": translation.problem}
    told: dict[str, object] = {"source_rev": translation.source_rev}
    if translation.via:
        told["via"] = list(translation.via)
    if translation.rough:
        told["rough"] = True
    if translation.how != "text":
        told["how"] = translation.how
    return told


def _word(word: Word, began_seconds: float) -> dict[str, object]:
    return {
        "text": word.text.strip(),
        "start": _rounded(began_seconds + seconds_of(word.span.start_samples)),
        "end": _rounded(began_seconds + seconds_of(word.span.end_samples)),
        "probability": round(float(word.probability), 4),
    }


def _rounded(seconds: float) -> float:
    return round(float(seconds), 3)
