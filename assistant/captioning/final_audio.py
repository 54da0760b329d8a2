"""The audio of finals, kept for those who work on it once a final is in the room's log.

A track itself forgets audio as soon as it is captioned.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from assistant.core.speech.audio import Waveform

_MOST_KEPT = 16
"""The audio of how many finals is kept; beyond that the oldest goes."""

Wants = Callable[[str, str], bool]
"""Says whether the audio of finals in a room and a language (BCP-47 primary subtag) is wanted now."""


class FinalAudio:
    """Keeps the audio of the last finals of rooms where it is wanted, until somebody takes it."""

    def __init__(self) -> None:
        self._wants: Wants | None = None
        self._kept: OrderedDict[str, Waveform] = OrderedDict()

    def ask(self, wants: Wants) -> None:
        """Keep the audio of finals where it is wanted; before this, none is kept."""
        self._wants = wants

    def wanted(self, room: str, lang: str) -> bool:
        """Return whether somebody waits for the audio of finals in a language (BCP-47 primary subtag)."""
        return self._wants is not None and self._wants(room, lang)

    def put(self, caption_id: str, waveform: Waveform) -> None:
        """Keep the audio of a final that is about to be published."""
        self._kept[caption_id] = waveform
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)

    def take(self, caption_id: str) -> Waveform | None:
        """Return the audio of a final, and keep it no longer; None where it is not kept."""
        return self._kept.pop(caption_id, None)
