"""Plain text in another language, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.core.glossary.glossary import Glossary
from assistant.core.translation.routes import Route
from assistant.core.translation.terminology import Terminology
from assistant.translation.translator import TranslationService


@dataclass(frozen=True, slots=True)
class TranslatedLine:
    """What became of a line.

    Attributes:
        text: Its translation, or the line itself where there is none; of one line.
        whole: Whether all of it was translated.
    """

    text: str
    whole: bool


async def translate_lines(
    lines: Sequence[str], service: TranslationService, route: Route, glossary: Glossary
) -> list[TranslatedLine]:
    """Return the translation of each line, in order.

    A sentence that does not come through whole stays as it is; white space around and between sentences too.

    Args:
        lines: Each of one or several sentences, or none.
        service: Translates.
        route: From and to which language.
        glossary: Terms to keep or to render as it says.

    Raises:
        TranslationFailed: The engine cannot translate.
    """
    source, target = route.legs[0].source, route.legs[-1].target
    terms = Terminology.of(glossary, source, target)
    parts = [service.split(source, line) if line.strip() else [] for line in lines]
    wanted = [[sentence.strip() for sentence in sentences] for sentences in parts]
    answers = await service.translate_texts(wanted, route, terms, "history")
    done = []
    for line, sentences, translations in zip(lines, parts, answers, strict=True):
        text = "".join(
            _in_place(sentence, " ".join((translation or sentence).split()))
            for sentence, translation in zip(sentences, translations, strict=True)
        )
        done.append(TranslatedLine(text if sentences else line, None not in translations))
    return done


def _in_place(sentence: str, translation: str) -> str:
    """Return a translation with the white space around its sentence."""
    bare = sentence.strip()
    before, _, behind = sentence.partition(bare) if bare else (sentence, "", "")
    return f"{before}{translation}{behind}"
