"""What others measured of the same models on the same sentences, to hold our figures against."""

from __future__ import annotations

from dataclasses import dataclass

SOURCE = "published (FLORES, Mozilla's evaluation)"

_FLORES = "flores"


@dataclass(frozen=True, slots=True)
class Published:
    """One published figure.

    Attributes:
        source: BCP-47 code of the language that was translated.
        target: The same of the translation.
        model: What translated.
        bleu: BLEU, 0..100.
        comet: COMET, 0..1.
    """

    source: str
    target: str
    model: str
    bleu: float
    comet: float


PUBLISHED = (
    Published("en", "fr", "Argos", 42.7, 0.835),
    Published("en", "fr", "Firefox base-memory", 49.6, 0.870),
    Published("fr", "en", "Argos", 40.8, 0.873),
    Published("fr", "en", "Firefox base-memory", 44.3, 0.886),
    Published("en", "pt", "Argos", 43.9, 0.865),
    Published("en", "pt", "Firefox tiny", 49.4, 0.890),
)


def published_of(text: str, source: str, target: str) -> list[Published]:
    """Return what was published of a direction on the text of that name; nothing unless it is FLORES."""
    if not text.startswith(_FLORES):
        return []
    return [each for each in PUBLISHED if (each.source, each.target) == (source, target)]
