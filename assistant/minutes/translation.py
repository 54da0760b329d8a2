"""Minutes in another language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from assistant.core.errors import LanguageUnavailable, RoughUnconfirmed
from assistant.core.glossary.glossary import Glossary
from assistant.core.minutes.document import Minutes
from assistant.core.translation.terminology import Terminology
from assistant.translation.translator import TranslationService


async def translate_minutes(
    minutes: Minutes,
    lang: str,
    translations: TranslationService,
    glossary: Glossary,
    skip: Callable[[str], bool],
    *,
    rough: bool = False,
) -> Minutes:
    """Return minutes with every text in `lang`; a text without a way there stays, with its own language.

    What went a rough way is marked.

    Args:
        minutes: The minutes in their reference language, with statements in whatever language they were said.
        lang: BCP-47 primary subtag.
        translations: Translates.
        glossary: Terms to keep or to render as it says.
        skip: Whether a text needs no translation, such as a mask.
        rough: Whether a clerk wants rough translations, too.

    Raises:
        RoughUnconfirmed: Some of it can only be translated roughly, and no clerk wants that.
        LanguageUnavailable: The reference language cannot be translated into that one.
        TranslationFailed: The engine cannot translate.
    """
    reference = minutes.meeting.language
    if lang != reference and translations.routes.route(reference, lang) is None:
        offered = sorted(
            {
                reference,
                *(to for to in translations.routes.targets if translations.routes.route(reference, to)),
            }
        )
        raise LanguageUnavailable(
            f"These minutes are in “{reference}”, from which nothing leads to “{lang}”; "
            f"they can be had in: {', '.join(offered)}."
        )
    texts = [(reference, text) for text in _own_texts(minutes)]
    texts += [(statement.lang, statement.text) for statement in minutes.statements]
    wanted = {source for source, text in texts if source != lang and not skip(text)}
    routes = {source: translations.routes.route(source, lang) for source in wanted}
    roughly = {source for source, route in routes.items() if route and route.rough}
    if roughly and not rough:
        raise RoughUnconfirmed(
            f"The translation into “{lang}” is rough. It enters minutes only if a clerk says so: rough=true."
        )
    names = [person.name for person in minutes.attendees]
    known = await _translated(
        texts, lang, translations, skip, lambda source: Terminology(glossary, source, lang, names)
    )

    def own(text: str) -> str:
        return known.get((reference, text), text)

    items = tuple(
        replace(
            item,
            title=own(item.title),
            statements=tuple(
                replace(
                    statement,
                    text=known[statement.lang, statement.text],
                    lang=lang,
                    rough=statement.lang in roughly,
                )
                if (statement.lang, statement.text) in known
                else statement
                for statement in item.statements
            ),
        )
        for item in minutes.items
    )
    return replace(
        minutes,
        rough=any(source in roughly for source, _ in known),
        meeting=replace(
            minutes.meeting,
            title=own(minutes.meeting.title),
            next_meeting=own(minutes.meeting.next_meeting),
        ),
        attendees=tuple(replace(person, role=own(person.role)) for person in minutes.attendees),
        items=items,
        annexes=tuple(
            replace(annex, title=own(annex.title), note=own(annex.note)) for annex in minutes.annexes
        ),
    )


def _own_texts(minutes: Minutes) -> list[str]:
    """Return the texts that are in the reference language."""
    texts = [minutes.meeting.title, minutes.meeting.next_meeting]
    texts += [item.title for item in minutes.items]
    texts += [person.role for person in minutes.attendees]
    return texts + [text for annex in minutes.annexes for text in (annex.title, annex.note)]


async def _translated(
    texts: list[tuple[str, str]],
    lang: str,
    translations: TranslationService,
    skip: Callable[[str], bool],
    terms: Callable[[str], Terminology],
) -> dict[tuple[str, str], str]:
    """Return the translation of each text that has a way and comes through, one call for each language."""
    known: dict[tuple[str, str], str] = {}
    for source in dict.fromkeys(source for source, _ in texts):
        route = translations.routes.route(source, lang)
        if source == lang or route is None:
            continue
        wanted = [
            text for text in dict.fromkeys(text for one, text in texts if one == source) if not skip(text)
        ]
        sentences = [translations.split(source, text) for text in wanted]
        done = await translations.translate_texts(sentences, route, terms(source), "history")
        for text, translated in zip(wanted, done, strict=True):
            sound = [part.strip() for part in translated if part is not None]
            if len(sound) == len(translated):
                known[source, text] = " ".join(sound)
    return known
