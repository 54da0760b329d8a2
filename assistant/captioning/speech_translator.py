"""Translation by the recogniser itself: of speech that no text model leads from into English.

It costs as much as a final, so it waits until nothing else does, and under load it is left out: what
was said stands there already, marked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from assistant.captioning.final_audio import FinalAudio
from assistant.captioning.scheduler import InferenceScheduler
from assistant.core.captions.caption import Caption
from assistant.core.captions.events import FinalAppended, RoomEvent
from assistant.core.inference.queue import InferenceRequest
from assistant.core.speech.audio import Waveform
from assistant.ports.speech import TranscriptionRequest
from assistant.ports.system import Clock
from assistant.tasks.owner import TaskOwner
from assistant.translation.room_translations import BY_SPEECH, RoomTranslations

_log = structlog.get_logger(__name__)
_MOST_WAITING = 16


@dataclass(frozen=True, slots=True)
class _Heard:
    caption: Caption
    waveform: Waveform
    translations: RoomTranslations


class SpeechTranslator:
    """Asks the scheduler for one translation at a time; start it inside the event loop.

    It follows the rooms that are in use.
    """

    def __init__(
        self,
        scheduler: InferenceScheduler,
        clock: Clock,
        audio: FinalAudio,
        translations_of: Callable[[str], RoomTranslations | None],
    ) -> None:
        """Begin to work.

        Args:
            scheduler: Shares the recogniser out.
            clock: Says when a translation is due.
            audio: Has the audio of finals.
            translations_of: Returns the languages of a room; None where it is gone.
        """
        self._scheduler = scheduler
        self._clock = clock
        self._audio = audio
        self._translations_of = translations_of
        self._waiting: asyncio.Queue[_Heard] = asyncio.Queue(_MOST_WAITING)
        self._tasks = TaskOwner()
        self._tasks.start(self._work(), "speech-translation")

    def wants(self, event: RoomEvent) -> bool:
        """Return whether an event is a final that no refined revision follows at once."""
        return isinstance(event, FinalAppended) and not event.caption.improves

    async def take(self, room: str, event: RoomEvent) -> None:
        """Translate a final from its audio, if nobody else can and somebody waits for it."""
        translations = self._translations_of(room)
        if not isinstance(event, FinalAppended):
            return
        waveform = self._audio.take(event.caption.id)
        if translations is None or not translations.expect(event.caption):
            return
        if waveform is None:  # nobody asked for its audio before it was published
            await translations.publish_from_speech(event.caption, "")
            return
        left_out = self._waiting.get_nowait() if self._waiting.full() else None
        self._waiting.put_nowait(_Heard(event.caption, waveform, translations))
        if left_out:
            await left_out.translations.publish_from_speech(left_out.caption, "")

    async def close(self) -> None:
        """Stop."""
        await self._tasks.close()

    async def _work(self) -> None:
        while True:
            heard = await self._waiting.get()
            text = ""
            try:
                text = await self._translated(heard)
            except Exception as error:  # noqa: BLE001 - one bad stretch of audio must not end it
                _log.warning("translation_lost", lang=BY_SPEECH, error=type(error).__name__)
            try:
                await heard.translations.publish_from_speech(heard.caption, text)
            except Exception as error:  # noqa: BLE001 - nor may a full disk
                _log.warning("translation_lost", lang=BY_SPEECH, error=type(error).__name__)

    async def _translated(self, heard: _Heard) -> str:
        request = TranscriptionRequest(
            heard.waveform, heard.caption.source_lang, quality="final", translate=True
        )
        wanted = InferenceRequest("final", self._clock.monotonic(), bulk=True)
        track = f"translation of {heard.caption.id}"
        hypothesis = await self._scheduler.run(wanted, lambda: request, track=track)
        return hypothesis.text.strip() if hypothesis and not hypothesis.looped else ""
