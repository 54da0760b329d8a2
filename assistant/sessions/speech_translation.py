"""Translation by the recogniser itself: of speech that no text model leads from into English.

It costs as much as a final, so it waits until nothing else does, and under load it is left out: what
was said stands there already, marked as not translated.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

from assistant.core.audio import Waveform
from assistant.core.captions import Caption
from assistant.core.errors import AssistantError
from assistant.ports import Clock, TranscriptionRequest
from assistant.sessions.room import ReadAudio
from assistant.sessions.room_translations import RoomTranslations
from assistant.sessions.scheduler import InferenceScheduler

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
        self._waiting: deque[_Heard] = deque(maxlen=_MOST_WAITING)
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._work(), name="speech-translation")

    async def offer(self, caption: Caption, read: ReadAudio, translations: RoomTranslations) -> None:
        """Translate a final from its audio, if nobody else can and somebody waits for it."""
        if caption.text and translations.wants_speech(caption.source_lang):
            self._waiting.append(_Heard(caption, await read(), translations))
            self._changed.set()

    async def close(self) -> None:
        """Stop."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            while not self._waiting:
                self._changed.clear()
                await self._changed.wait()
            heard = self._waiting.popleft()
            try:
                await self._translate(heard)
            except AssistantError:
                continue  # the caption stays marked as not translated

    async def _translate(self, heard: _Heard) -> None:
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
        if hypothesis and hypothesis.text.strip() and not hypothesis.looped:
            await heard.translations.spoken(heard.caption, hypothesis.text.strip())
