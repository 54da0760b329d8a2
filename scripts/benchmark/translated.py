"""What readers of another language saw of captions, and how much later; no I/O, no clock.

A caption that is spoken in the reader's own language is not translated and does not count. Of the others:

* *stable*: for each partial revision whose stable prefix is longer than any before it, from its
  arrival until the first translation that has text and renders that revision or a later one;
* *final*: from the arrival of the final until the first final translation that renders it or a later
  revision;
* *untranslated*: what came as it was said, and what the reader has no final of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from benchmark.result import Percentiles, percentiles
from benchmark.scoring import History, Shown, Steadiness, histories_of, steadiness_of


class Seen(Protocol):
    """One speaker's captions as readers got them."""

    @property
    def events(self) -> tuple[Shown, ...]:
        """As they were said, in order of arrival."""

    @property
    def read(self) -> Mapping[str, tuple[Shown, ...]]:
        """What the reader of each language got, in order of arrival."""


@dataclass(frozen=True, slots=True)
class TranslationScore:
    """What captions in one language amount to.

    Attributes:
        lang: BCP-47 code of the language that was read.
        captions: Captions that became final, spoken in another language.
        untranslated: How many of them the reader was left without in this language.
        growths: How often a stable prefix grew.
        stable_seconds: Of those after which a translation was shown, how long that took.
        final_seconds: The same of finals.
        steadiness: Words of the translations that were taken back.
    """

    lang: str
    captions: int = 0
    untranslated: int = 0
    growths: int = 0
    stable_seconds: tuple[float, ...] = ()
    final_seconds: tuple[float, ...] = ()
    steadiness: Steadiness = field(default_factory=Steadiness)

    def __add__(self, other: TranslationScore) -> TranslationScore:
        return TranslationScore(
            self.lang,
            self.captions + other.captions,
            self.untranslated + other.untranslated,
            self.growths + other.growths,
            self.stable_seconds + other.stable_seconds,
            self.final_seconds + other.final_seconds,
            self.steadiness + other.steadiness,
        )

    @property
    def stable(self) -> Percentiles | None:
        """From a stable source word to its translation; seconds."""
        return percentiles(self.stable_seconds)

    @property
    def final(self) -> Percentiles | None:
        """From a final to its translation; seconds."""
        return percentiles(self.final_seconds)

    @property
    def flicker(self) -> float | None:
        """Words taken back for each word of the final translations."""
        return self.steadiness.rate

    @property
    def untranslated_share(self) -> float | None:
        """How many captions came without a translation, 0..1; None where there are none."""
        return self.untranslated / self.captions if self.captions else None


def translation_scores(speakers: Iterable[Seen]) -> list[TranslationScore]:
    """Return what all speakers' captions amount to in each language that was read, in order."""
    scores: dict[str, TranslationScore] = {}
    for speaker in speakers:
        for lang, read in speaker.read.items():
            scores[lang] = scores.get(lang, TranslationScore(lang)) + _score(speaker.events, read, lang)
    return list(scores.values())


def _score(events: Sequence[Shown], read: Sequence[Shown], lang: str) -> TranslationScore:
    foreign = [history for history in histories_of(events) if _is_foreign(history, lang)]
    translations: dict[str, list[Shown]] = {history.settled.id: [] for history in foreign}
    for shown in read:
        if shown.caption.lang == lang and shown.caption.id in translations:
            translations[shown.caption.id].append(shown)
    growths = [growth for history in foreign for growth in _growths(history)]
    stable_seconds = [_wait(growth, translations[growth.caption.id]) for growth in growths]
    finals = [history.live[-1] for history in foreign]
    final_seconds = [_wait(final, _finals(translations[final.caption.id])) for final in finals]
    return TranslationScore(
        lang=lang,
        captions=len(foreign),
        untranslated=sum(not _ends_translated(history.settled.id, read, lang) for history in foreign),
        growths=len(growths),
        stable_seconds=tuple(seconds for seconds in stable_seconds if seconds is not None),
        final_seconds=tuple(seconds for seconds in final_seconds if seconds is not None),
        steadiness=_steadiness(translations, lang),
    )


def _is_foreign(history: History, lang: str) -> bool:
    """Return whether a caption needs a translation: said in another language, and speech after all."""
    return history.settled.source_lang != lang and bool(history.settled.text)


def _growths(history: History) -> list[Shown]:
    """Return the partial revisions that promise more than any before."""
    promised, found = 0, []
    for shown in history.live[:-1]:
        if shown.caption.stable > promised:
            promised = shown.caption.stable
            found.append(shown)
    return found


def _finals(translations: Iterable[Shown]) -> list[Shown]:
    return [shown for shown in translations if shown.caption.final]


def _wait(source: Shown, translations: Iterable[Shown]) -> float | None:
    """Return how long after a revision the first translation of it came; None where none came.

    The two readers have connections of their own, so that a translation may arrive first.
    """
    for shown in translations:
        rendered = shown.caption.source_rev
        if rendered is not None and rendered >= source.caption.rev and shown.caption.text.strip():
            return max(0.0, shown.at_seconds - source.at_seconds)
    return None


def _ends_translated(caption_id: str, read: Sequence[Shown], lang: str) -> bool:
    newest = max(
        (shown.caption for shown in read if shown.caption.id == caption_id),
        key=lambda caption: caption.rev,
        default=None,
    )
    return newest is not None and newest.final and newest.lang == lang and not newest.untranslated


def _steadiness(translations: Mapping[str, Sequence[Shown]], lang: str) -> Steadiness:
    shown = [each for revisions in translations.values() for each in revisions]
    return sum((steadiness_of(history, lang) for history in histories_of(shown)), Steadiness())
