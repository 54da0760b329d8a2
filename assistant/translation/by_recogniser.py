"""Translation by the recogniser itself: of speech that no text model leads from into English.

It costs as much as a final, so it waits until nothing else does, and under load it is left out: what
was said stands there already, marked.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

import structlog

from assistant.captioning.scheduler import InferenceScheduler
from assistant.core.captions.caption import Caption
from assistant.core.speech.audio import Waveform
from assistant.ports.speech import TranscriptionRequest
from assistant.ports.system import Clock
from assistant.rooms.room import ReadAudio
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
    """Asks the scheduler for one translation at a time; start it inside the event loop."""

    def __init__(self, scheduler: InferenceScheduler, clock: Clock) -> None:
        self._scheduler = scheduler
        self._clock = clock
        self._waiting: deque[_Heard] = deque()
        self._changed = asyncio.Event()
        self._tasks = TaskOwner()
        self._tasks.start(self._work(), "speech-translation")

    async def offer(self, caption: Caption, read: ReadAudio, translations: RoomTranslations) -> None:
        """Translate a final from its audio, if nobody else can and somebody waits for it."""
        if translations.expect(caption):
            self._waiting.append(_Heard(caption, await read(), translations))
            self._changed.set()
            if len(self._waiting) > _MOST_WAITING:
                left_out = self._waiting.popleft()
                await left_out.translations.spoken(left_out.caption, "")

    async def close(self) -> None:
        """Stop."""
        await self._tasks.close()

    async def _work(self) -> None:
        while True:
            while not self._waiting:
                self._changed.clear()
                await self._changed.wait()
            heard = self._waiting.popleft()
            text = ""
            try:
                text = await self._translated(heard)
            except Exception as error:  # noqa: BLE001 - one bad stretch of audio must not end it
                _log.warning("translation_lost", lang=BY_SPEECH, error=type(error).__name__)
            try:
                await heard.translations.spoken(heard.caption, text)
            except Exception as error:  # noqa: BLE001 - nor may a full disk
                _log.warning("translation_lost", lang=BY_SPEECH, error=type(error).__name__)

    async def _translated(self, heard: _Heard) -> str:
        request = TranscriptionRequest(
            heard.waveform, heard.caption.source_lang, quality="final", translate=True
        )
        hypothesis = await self._scheduler.run(
            "final",
            lambda: request,
            track=f"translation of {heard.caption.id}",
            due_seconds=self._clock.monotonic(),
            bulk=True,
        )
        return hypothesis.text.strip() if hypothesis and not hypothesis.looped else ""
