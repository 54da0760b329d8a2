"""The captions of a finished recording in another language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from assistant.core.captions.caption import Caption, Translation, translated, untranslated
from assistant.core.errors import LanguageUnavailable
from assistant.core.glossary.glossary import Glossary
from assistant.core.translation.live import Carried, LiveTranslation
from assistant.core.translation.terminology import Terminology
from assistant.translation.translator import TranslationService


async def translate_recording(
    captions: Sequence[Caption],
    translations: TranslationService,
    lang: str,
    *,
    glossary: Glossary | None = None,
    progress: Callable[[float], None] = lambda _: None,
) -> list[Caption]:
    """Return finals in `lang`; what was said in it, has no way there or comes not through stays as it is.

    Args:
        captions: Finals of one speaker, in order.
        translations: Translates.
        lang: BCP-47 primary subtag.
        glossary: Terms to keep or to render as it says.
        progress: Told how much is done, 0..1.

    Raises:
        LanguageUnavailable: Nothing that was said can be translated into that language.
        TranslationFailed: The engine cannot translate.
    """
    spoken = {caption.source_lang for caption in captions if not caption.in_other_language} - {lang}
    if spoken and not any(translations.routes.route(source, lang) for source in spoken):
        said = ", ".join(sorted(spoken))
        offered = ", ".join(translations.routes.targets) or "none"
        raise LanguageUnavailable(
            f"There is no way from {said} to {lang}; languages that can be had with some: {offered}."
        )
    names = tuple(sorted({caption.speaker for caption in captions if caption.speaker}))
    done: list[Caption] = []
    carried: Carried | None = None
    for number, caption in enumerate(captions, 1):
        if caption.in_other_language:
            done.append(untranslated(caption, lang, "other_language"))
            carried = None
            continue
        route = translations.routes.route(caption.source_lang, lang)
        if caption.source_lang == lang or route is None:
            done.append(caption if caption.source_lang == lang else untranslated(caption, lang))
            carried = None
            continue
        live = LiveTranslation(lang, carried)
        plan = live.plan(translations.split(caption.source_lang, caption.text), final=True)
        terms = Terminology.of(glossary or Glossary(), caption.source_lang, lang, names)
        parts = await translations.translate_each(plan.sentences, route, terms, "history")
        sound = [part for part in parts if part is not None]
        if len(sound) < len(parts):
            done.append(untranslated(caption, lang, "failed"))
            carried = None
            continue
        text = live.take(plan, sound).text
        if live.before and carried:
            done[-1] = _with_end(done[-1], carried.translation, live.before)
        how = Translation(lang, caption.rev, route.via, rough=route.rough)
        done.append(translated(caption, text, how))
        carried = live.unfinished()
        progress(number / len(captions))
    return done


def _with_end(caption: Caption, end: str, better: str) -> Caption:
    text = caption.text.removesuffix(end) + better
    return replace(caption, text=text, stable=len(text))
