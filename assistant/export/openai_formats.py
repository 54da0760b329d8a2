"""Transcripts of recordings as OpenAI's API and La Suite's summary service have them."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence

from assistant.core.captions.caption import Caption
from assistant.core.speech.audio import seconds_of
from assistant.core.speech.hypothesis import Word

LANGUAGE_NAMES: Mapping[str, str] = {
    "ar": "arabic", "bg": "bulgarian", "bn": "bengali", "ca": "catalan", "cs": "czech", "cy": "welsh",
    "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish", "et": "estonian",
    "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french", "gl": "galician", "he": "hebrew",
    "hi": "hindi", "hr": "croatian", "hu": "hungarian", "id": "indonesian", "is": "icelandic",
    "it": "italian", "ja": "japanese", "ko": "korean", "lt": "lithuanian", "lv": "latvian",
    "mk": "macedonian", "ms": "malay", "nl": "dutch", "no": "norwegian", "oc": "occitan", "pl": "polish",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sk": "slovak", "sl": "slovenian",
    "sq": "albanian", "sr": "serbian", "sv": "swedish", "th": "thai", "tr": "turkish", "uk": "ukrainian",
    "ur": "urdu", "vi": "vietnamese", "zh": "chinese",
}  # fmt: skip
"""How OpenAI's API names languages; others are named by their code."""

Warnings = Sequence[Mapping[str, object]]

_LEAST_PROBABILITY = 1e-6


def text_of_captions(captions: Sequence[Caption]) -> str:
    """Return all that was said as one text."""
    return " ".join(caption.text for caption in captions if caption.text)


def verbose(
    captions: Sequence[Caption],
    *,
    language: str,
    duration_seconds: float,
    words: bool,
    segments: bool,
    warnings: Warnings = (),
) -> dict[str, object]:
    """Return `verbose_json`; `warnings` say what the recording lacks.

    A segment is an utterance. Its `avg_logprob` is that of its words, `tokens` are not told, and
    `no_speech_prob` is 0: what is no speech is left out.
    """
    document: dict[str, object] = {
        "task": "transcribe",
        "language": LANGUAGE_NAMES.get(language, language),
        "duration": _rounded(duration_seconds),
        "text": text_of_captions(captions),
    }
    if segments:
        document["segments"] = [_segment(number, caption) for number, caption in enumerate(captions)]
    if words:
        document["words"] = [
            {"word": word.text.strip(), "start": start, "end": end}
            for caption in captions
            for word, start, end in _timed(caption)
        ]
    return document | warned(warnings)


def warned(warnings: Warnings) -> dict[str, object]:
    """Return what a document says of what the recording lacks: nothing where it lacks nothing."""
    return {"warnings": list(warnings)} if warnings else {}


def diarized(
    captions: Sequence[Caption], *, duration_seconds: float, warnings: Warnings = ()
) -> dict[str, object]:
    """Return `diarized_json`: utterances and words with their speakers, as WhisperX and OpenAI have them.

    `warnings` say what the recording lacks.
    """
    segments = [_spoken_segment(number, caption) for number, caption in enumerate(captions)]
    return {
        "task": "transcribe",
        "duration": _rounded(duration_seconds),
        "text": text_of_captions(captions),
        "segments": segments,
        "word_segments": [word for caption in captions for word in _spoken_words(caption)],
    } | warned(warnings)


def _segment(number: int, caption: Caption) -> dict[str, object]:
    encoded = caption.text.encode()
    logs = [math.log(max(word.probability, _LEAST_PROBABILITY)) for word in caption.words]
    return {
        "id": number,
        "seek": round(caption.start_seconds * 100),
        "start": _rounded(caption.start_seconds),
        "end": _rounded(caption.end_seconds),
        "text": caption.text,
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": round(sum(logs) / len(logs), 4) if logs else 0.0,
        "compression_ratio": round(len(encoded) / len(zlib.compress(encoded)), 4) if encoded else 0.0,
        "no_speech_prob": 0.0,
    }


def _spoken_segment(number: int, caption: Caption) -> dict[str, object]:
    return {
        "id": f"seg_{number:05d}",
        "type": "transcript.text.segment",
        "start": _rounded(caption.start_seconds),
        "end": _rounded(caption.end_seconds),
        "text": caption.text,
        "speaker": caption.speaker,
        "words": _spoken_words(caption),
    }


def _spoken_words(caption: Caption) -> list[dict[str, object]]:
    return [
        {
            "word": word.text.strip(),
            "start": start,
            "end": end,
            "score": round(word.probability, 3),
            "speaker": caption.speaker,
        }
        for word, start, end in _timed(caption)
    ]


def _timed(caption: Caption) -> list[tuple[Word, float, float]]:
    return [
        (
            word,
            _rounded(caption.start_seconds + seconds_of(word.span.start_samples)),
            _rounded(caption.start_seconds + seconds_of(word.span.end_samples)),
        )
        for word in caption.words
    ]


def _rounded(seconds: float) -> float:
    return round(seconds, 3)
