"""The policy of the service: how it shows a caption in another language while it grows."""

from __future__ import annotations

from assistant.core.translation.live import LiveTranslation
from assistant.engines.sentences import split_sentences
from benchmark.live_text import Rendering, Translate


class Retranslated:
    """Translates and shows as `core/translation/live` decides; a `live_text.Policy`.

    Each line is a caption by itself: nothing is carried over from the one before.
    """

    def __init__(self, translate: Translate, source: str, target: str) -> None:
        self._translate = translate
        self._source = source
        self._live = LiveTranslation(target)
        self._shown = Rendering("", 0)

    async def show(self, source: str, *, final: bool) -> Rendering:
        """Return what the service would show; where there is nothing new to translate, that stays."""
        live = self._live
        plan = live.plan(split_sentences(self._source, live.unstable(source)), final=final)
        if plan.sentences or final:
            shown = live.take(plan, await self._translate(plan.sentences))
            self._shown = Rendering(shown.text, shown.stable)
        return self._shown
