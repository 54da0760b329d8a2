"""Brings the translations of one room into one language before its readers and into the store."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import structlog

from assistant.core.captions.caption import Caption, Translation, translated, untranslated
from assistant.core.captions.events import (
    CaptionTranslated,
    NotEnded,
    NotRevised,
    Precondition,
    PreconditionFailed,
    is_marked,
    revised,
)
from assistant.core.errors import StoreUnavailable
from assistant.core.speech.stabilisation import Shown
from assistant.core.translation.routes import Route
from assistant.ports.room_log import RoomLog
from assistant.ports.storage import TranscriptStore
from assistant.tasks.owner import TaskOwner
from assistant.tasks.retries import Backoff

_log = structlog.get_logger(__name__)
MOST_FOLLOWED_CAPTIONS = 200
_PAUSES = Backoff(0.25, 1.0)


@dataclass(frozen=True, slots=True)
class SavingRules:
    """How translations get into a store that may be away.

    Attributes:
        patience_seconds: How long one that is shown waits for being stored, before the next is made.
        pauses: How long is waited before the store is asked again.
    """

    patience_seconds: float = 1.0
    pauses: Backoff = _PAUSES


class TranslationPublisher:
    """Publishes translations into `lang`, and stores those of finals.

    Attributes:
        lang: BCP-47 primary subtag.
        shown: What readers have seen and the store does not have, by caption: translations of what grows,
            finals on their way there, and those that failed.
        translated_revs: The newest revision of each final whose translation was published.
    """

    def __init__(self, log: RoomLog, lang: str, store: TranscriptStore, rules: SavingRules) -> None:
        self.lang = lang
        self.shown: dict[str, Caption] = {}
        self.translated_revs: dict[str, int] = {}
        self._log = log
        self._store = store
        self._rules = rules
        self._closed = False
        self._saving = TaskOwner()

    async def close(self) -> None:
        """Wait until what has begun to be written is written; a store that is away is not waited for."""
        self._closed = True
        await self._saving.wait()

    async def publish_translation(
        self, caption: Caption, text: str, translation: Translation
    ) -> Caption | None:
        """Publish the translation of a final; return it with its number, or None if the final has changed."""
        made = translated(caption, text, translation)
        published = await self._append(made, NotRevised(caption.id, translation.source_rev))
        if published:
            self.translated_revs[caption.id] = translation.source_rev
            # What has begun to be written is written, also if the language is closed meanwhile.
            saving = self._saving.start(self._save(published), f"translate-{self.lang}")
            # A store that is away holds up no reader.
            done, _ = await asyncio.wait({saving}, timeout=self._rules.patience_seconds)
            for saved in done:
                saved.result()
        return published

    async def publish_partial(self, caption: Caption, shown: Shown, route: Route) -> None:
        """Publish what is shown of the translation of a caption, if it still grows."""
        how = Translation(self.lang, caption.rev, route.via, rough=route.rough)
        made = translated(caption, shown.text, how)
        await self._append(replace(made, stable=shown.stable), NotEnded(caption.id))

    async def publish_untranslated(self, caption: Caption) -> None:
        """Show a caption whose translation failed as it was said, unless it has changed."""
        unchanged = NotRevised(caption.id, caption.rev) if caption.final else NotEnded(caption.id)
        await self._append(untranslated(caption, self.lang, "failed"), unchanged)
        failed = [id_ for id_, shown in self.shown.items() if shown.final and is_marked(shown)]
        for id_ in failed[:-MOST_FOLLOWED_CAPTIONS]:
            del self.shown[id_]

    async def _append(self, made: Caption, precondition: Precondition) -> Caption | None:
        """Publish a translation, unless what it translates has changed when its turn has come."""
        try:
            (seq,) = await self._log.append([CaptionTranslated(made)], [precondition])
        except PreconditionFailed:
            return None
        published = replace(made, seq=seq) if is_marked(made) else revised(made, seq)
        self.shown[made.id] = published
        return published

    async def _save(self, translation: Caption) -> None:
        failures = 0
        while self.shown.get(translation.id) is translation:  # else a newer one is stored instead
            try:
                await self._store.save_translation(translation)
            except StoreUnavailable as error:
                _log.warning("translation_not_stored", lang=self.lang, code=error.code)
                if not self._closed:
                    failures += 1
                    await asyncio.sleep(self._rules.pauses.pause_seconds(failures))
                    continue  # else it can be made again
            if self.shown.get(translation.id) is translation:
                del self.shown[translation.id]
