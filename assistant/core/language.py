"""Language tags."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from assistant.core.errors import LanguageUnknown

AUTO = "auto"
"""Stands for a spoken language that is to be detected."""

SOURCE = "source"
"""Stands for the language in which each caption was said, where a language to read is chosen."""

SPOKEN_LANGUAGES = frozenset(
    (
        "af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw he "
        "hi hr ht hu hy id is it ja jw ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my ne nl "
        "nn no oc pa pl ps pt ro ru sa sd si sk sl sn so sq sr su sv sw ta te tg th tk tl tr tt uk ur uz "
        "vi yi yo yue zh "
    ).split()
)
"""BCP-47 codes that multilingual Whisper recognises (the openai/whisper tokenizer's list)."""

UNSPACED_LANGUAGES = frozenset("bo ja km lo my th yue zh".split())
"""Languages that put no space between words, nor between sentences."""

_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def parse_language(tag: str) -> str:
    """Return the primary subtag of a BCP-47 `tag` in lower case (`pt-BR` gives `pt`).

    Raises:
        LanguageUnknown: `tag` is no tag, or no language that the service knows.
    """
    if _TAG.fullmatch(tag):
        primary = tag.split("-", 1)[0].lower()
        if primary in SPOKEN_LANGUAGES:
            return primary
    raise LanguageUnknown(
        f"“{tag[:40]}” is no language tag that this service knows, such as fr, en or pt-BR."
    )


def parse_spoken_language(tag: str) -> str:
    """Return `auto` or what `parse_language` returns."""
    return AUTO if tag == AUTO else parse_language(tag)


@dataclass(frozen=True, slots=True)
class ReaderLanguages:
    """What a reader wants to see.

    Attributes:
        source: Whether captions are shown as they were said.
        translation: The language they are shown in besides, or instead; empty for none.
    """

    source: bool = True
    translation: str = ""

    @classmethod
    def parse(cls, text: str) -> ReaderLanguages:
        """Return what `source`, a tag such as `fr`, or both (`source,fr`) ask for.

        Raises:
            LanguageUnknown: A part is neither, or there are two languages.
        """
        parts = [part.strip() for part in text.split(",")]
        tags = list(dict.fromkeys(parse_language(part) for part in parts if part != SOURCE))
        if len(tags) > 1:
            raise LanguageUnknown(
                "One language can be shown at a time, beside what was said: lang=source,fr."
            )
        return cls(SOURCE in parts, tags[0] if tags else "")

    def __str__(self) -> str:
        """Return the text that `parse` reads."""
        return ",".join(filter(None, (SOURCE if self.source else "", self.translation)))


class LanguageMemory:
    """Follows which language one speaker uses, with inertia.

    Short audio says little about its language: a name or an "OK" must not flip it, a speaker who
    really switches must be followed. So the language spoken before gets a bonus that fades as the
    audio grows longer.
    """

    def __init__(self, allowed: frozenset[str] = frozenset(), *, current: str | None = None) -> None:
        self._allowed = allowed
        self.current = current

    def choose(self, probabilities: Mapping[str, float], heard_seconds: float) -> str:
        """Return the language to assume, given what detection heard in `heard_seconds` of audio."""
        scores = {
            tag: heard for tag, heard in probabilities.items() if not self._allowed or tag in self._allowed
        }
        if not scores:
            return self.current or min(self._allowed, default="en")
        if self.current in scores:
            scores[self.current] *= _inertia(heard_seconds)
        return max(scores, key=lambda tag: scores[tag])

    def confirm(self, language: str) -> None:
        """Note that an utterance was in `language`."""
        self.current = language


class LanguageChooser:
    """Chooses the language of one stretch of audio by what a speaker's memory holds at that moment.

    The memory may have moved on by the time the result is there: `holds` says whether it would still choose
    the same.
    """

    def __init__(self, memory: LanguageMemory, heard_seconds: float) -> None:
        self._memory = memory
        self._heard_seconds = heard_seconds
        self._chosen: list[tuple[Mapping[str, float], str]] = []

    def __call__(self, probabilities: Mapping[str, float]) -> str:
        """Return the language to assume, given what detection heard."""
        language = self._memory.choose(probabilities, self._heard_seconds)
        self._chosen.append((probabilities, language))
        return language

    def holds(self) -> bool:
        """Whether everything that was chosen would be chosen now as well."""
        return all(
            self._memory.choose(probabilities, self._heard_seconds) == language
            for probabilities, language in self._chosen
        )


def _inertia(heard_seconds: float) -> float:
    """Return how many times likelier the same language is than another, before listening."""
    return 2.0 + 18.0 * math.exp(-heard_seconds / 1.2)
